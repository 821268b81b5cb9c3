import { headProbabilities } from '../../domain/head-maths.ts';
import { seededRandom } from '../../domain/random.ts';
import { fitTemperature, temper } from '../../domain/temperature.ts';
import type { FittedHead, TrainRequest } from '../../loop/learner-ports.ts';
import type { Committee } from '../../strategies/strategy.ts';

const FOLDS = 5;
const LEAST_LABELS = 15;
/** Within these bounds a float32 probability that underflows to 0 can't move a utility by more than ranking allows for. */
const BOUNDS = { least: 0.1, most: 10 };

/**
 * Temperature of a head from out-of-fold probabilities on its training labels. Each fold's head is fitted as the head
 * itself was, neighbours and class weights included. 1 where a fold is of another kind, with or without a hidden layer, as close
 * to the number of labels at which the kind changes: its T says nothing of the head. Rows of a class that the other folds lack are
 * left out. The folds depend on rows and seed alone. 1 with under 15 labels.
 * @param x row-major [*, dim], the pool
 */
export async function crossValidatedTemperature(
  request: TrainRequest,
  x: Float32Array,
  fit: (request: TrainRequest) => Promise<FittedHead>,
  hasHidden = false,
): Promise<number> {
  const { rows, labels, classCount: width, seed } = request;
  if (rows.length < LEAST_LABELS || width < 2 || request.targets) return 1;
  const order = seededRandom(seed)
    .fork('temperature')
    .shuffle(Int32Array.from(rows, (_, i) => i));
  const p: number[] = [];
  const truth: number[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const train = order.filter((_, k) => k % FOLDS !== fold).sort();
    const present = [...new Set(Array.from(train, (i) => labels[i] as number))].sort((a, b) => a - b);
    const held = order.filter((i, k) => k % FOLDS === fold && present.includes(labels[i] as number));
    if (present.length < 2 || held.length === 0) continue;
    const head = await fit({
      ...request,
      rows: train.map((i) => rows[i] as number),
      labels: train.map((i) => present.indexOf(labels[i] as number)),
      classCount: present.length,
    });
    if ((head.hidden !== undefined) !== hasHidden) return 1;
    const said = headProbabilities(
      head,
      x,
      held.map((i) => rows[i] as number),
    );
    held.forEach((i, k) => {
      const own = new Array<number>(width).fill(0);
      present.forEach((c, at) => (own[c] = said[k * present.length + at] as number));
      p.push(...own);
      truth.push(labels[i] as number);
    });
  }
  return Math.min(BOUNDS.most, Math.max(BOUNDS.least, fitTemperature(p, truth, width)));
}

/** The committee with all opinions at a temperature. */
export function temperedCommittee(committee: Committee, temperature: number): Committee {
  if (temperature === 1) return committee;
  const { classes } = committee;
  return {
    ...committee,
    probabilities: async (rows) => temper(await committee.probabilities(rows), classes, temperature),
    exactProbabilities: (rows) => committee.exactProbabilities(rows).map((p) => temper(p, classes, temperature)),
  };
}

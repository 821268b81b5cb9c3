import type { Guards } from '../domain/guards.ts';
import { seededRandom } from '../domain/random.ts';
import { mostLikely } from '../domain/uncertainty.ts';
import type { ItemGroup } from '../strategies/strategy.ts';
import type { Learner } from './learner-ports.ts';

/** A fully labelled data set replayed with an oracle instead of a person. Rows are those the learner has loaded. */
export interface Simulation {
  /** True class of every loaded row. */
  readonly truth: Int32Array;
  readonly classCount: number;
  /** Rows that may be queried. */
  readonly pool: Int32Array;
  /** Rows that the head is tested on; never queried, never trained on. */
  readonly test: Int32Array;
  readonly coldStart: string;
  readonly strategy: string;
  readonly batch: number;
  /** Labels to spend. */
  readonly budget: number;
  /** Share of each batch after the first that is drawn at random. */
  readonly randomShare: number;
  /** Guesses for cold starts that spread over them. None when absent. */
  readonly groups?: readonly ItemGroup[];
  /** What every batch is guarded against. Nothing when absent. */
  readonly guards?: Pick<Guards, 'nearDuplicates' | 'skipsOutliers'>;
  /** Share of the oracle's answers that are another class, uniformly. */
  readonly noise: number;
  /** Inverse penalty held fixed; null lets the head choose as in the app. */
  readonly c: number | null;
  readonly seed: number;
  /** True puts the probabilities that the strategy sees at the cross-validated temperature. */
  readonly isTempered?: boolean;
}
export interface SimulatedRound {
  readonly labels: number;
  /** On the test rows. */
  readonly accuracy: number;
  readonly selectMs: number;
  readonly fitMs: number;
}

/** Replays the loop: cold start until two classes are labelled, then the strategy; one result per round. */
export async function* simulate(learner: Learner, plan: Simulation): AsyncGenerator<SimulatedRound> {
  const random = seededRandom(plan.seed);
  const oracle = noisyOracle(plan, random.fork('noise'));
  const labelled = new Map<number, number>();
  for (let round = 0; labelled.size < Math.min(plan.budget, plan.pool.length); round++) {
    const stream = random.fork(`round ${round}`);
    const count = Math.min(plan.batch, plan.pool.length - labelled.size);
    const known = training(labelled);
    const isCold = known.classes.length < 2;
    const free = plan.pool.filter((row) => !labelled.has(row));
    const drawn = isCold ? 0 : Math.round(count * plan.randomShare);
    const byChance = stream.fork('share').shuffle(Int32Array.from(free)).slice(0, drawn);
    const taken = new Set(byChance);
    const { picks, selectMs } = await learner.select({
      strategy: isCold ? plan.coldStart : plan.strategy,
      count: count - drawn,
      seed: Math.floor(stream.next() * 2 ** 32),
      candidates: free.filter((row) => !taken.has(row)),
      labelledRows: known.rows,
      labels: known.labels,
      classNames: known.classes.map((c) => `class ${c}`),
      batchRows: byChance,
      namedClasses: plan.classCount,
      ...(plan.isTempered && !isCold ? { temperature: { seed: plan.seed, c: plan.c, pool: plan.pool } } : {}),
      ...(plan.groups ? { groups: plan.groups } : {}),
      ...(plan.guards ? { guards: { ...plan.guards, quotas: [] } } : {}),
    });
    for (const row of [...byChance, ...picks.map((p) => p.row)]) labelled.set(row, oracle(row));
    const now = training(labelled);
    const head = await learner.train({
      rows: now.rows,
      labels: now.labels,
      classCount: now.classes.length,
      seed: plan.seed,
      c: plan.c,
      pool: plan.pool,
    });
    const accuracy = accuracyOf(await learner.probabilities(plan.test), now.classes, plan);
    yield { labels: labelled.size, accuracy, selectMs, fitMs: head.fitMs };
  }
}

/** Test accuracy of a head trained on the whole pool. */
export async function fullPoolAccuracy(learner: Learner, plan: Simulation): Promise<number> {
  const { rows, labels, classes } = training(new Map(Array.from(plan.pool, (row) => [row, plan.truth[row] as number])));
  await learner.train({ rows, labels, classCount: classes.length, seed: plan.seed, c: plan.c, pool: plan.pool });
  return accuracyOf(await learner.probabilities(plan.test), classes, plan);
}

function accuracyOf(probabilities: Float32Array, classes: readonly number[], { test, truth }: Simulation): number {
  const width = classes.length;
  let right = 0;
  for (let i = 0; i < test.length; i++) {
    if (classes[mostLikely(probabilities, i, width)] === truth[test[i] as number]) right++;
  }
  return right / test.length;
}

/** Labelled rows ascending, their classes as indices into the classes seen so far. */
function training(labelled: ReadonlyMap<number, number>): { rows: Int32Array; labels: Int32Array; classes: number[] } {
  const rows = Int32Array.from(labelled.keys()).sort();
  const classes = [...new Set(labelled.values())].sort((a, b) => a - b);
  const index = new Map(classes.map((c, i) => [c, i]));
  return { rows, labels: rows.map((row) => index.get(labelled.get(row) as number) as number), classes };
}

function noisyOracle(
  { truth, classCount, noise }: Simulation,
  random: ReturnType<typeof seededRandom>,
): (row: number) => number {
  return (row) => {
    const right = truth[row] as number;
    if (noise === 0 || classCount < 2 || random.next() >= noise) return right;
    return (right + 1 + random.below(classCount - 1)) % classCount;
  };
}

import { disagreementOf, dissent } from './committee-measures.ts';
import { representatives } from './diverse.ts';
import { sampleRows } from './herding.ts';
import type { Row } from '../domain/ids.ts';
import { marginUncertainty, mostLikely } from '../domain/uncertainty.ts';
import { topNames } from './shortlist.ts';
import type { Strategy, StrategyPick } from './strategy.ts';

const PASSES = 3;
/** Predictions that flip in more than half of the passes make a candidate. */
const FLIPS = 0.5;
/** The bar is lowered until this many candidates per place are found. */
const CANDIDATES_PER_PLACE = 25;
/** Exact probabilities cost rows times dimensions times classes: about two seconds for this many. */
const MOST_PRODUCTS = 1.2e9;
const MOST_ROWS = 20_000;
/** More candidates than this are thinned out at random before they are clustered. */
const MOST_CLUSTERED = 5000;

export default {
  id: 'dropquery',
  name: 'Flipped by dropout',
  summary: 'Hides most of the input a few times and spreads the batch over items whose prediction flips.',
  source:
    'Gupte, Aklilu, Nirschl and Yeung-Levy 2024, Revisiting active learning in the era of vision foundation models (DropQuery).',
  isColdStart: false,
  needsHead: true,
  async select(view, count, random, compute) {
    if (!view.committee || !view.exactProbabilities) throw new RangeError('This strategy needs a trained head.');
    const { embeddings, probabilities, candidates } = view;
    const cost = embeddings.cols * (probabilities?.cols ?? 1) * (PASSES + 1);
    const least = Math.min(MOST_ROWS, count * CANDIDATES_PER_PLACE * 2);
    const most = Math.max(least, Math.min(MOST_ROWS, Math.floor(MOST_PRODUCTS / cost)));
    const rows = sampleRows(candidates, Math.max(most, count), random.fork('thin'));
    const committee = await view.committee('dropout', PASSES);
    const own = view.exactProbabilities(rows);
    const passes = committee.exactProbabilities(rows);
    const flips = flipShare(own, passes, rows.length);
    const unrest = disagreementOf(passes, rows.length, dissent);
    const classes = own.length / Math.max(1, rows.length);
    const doubt = Float64Array.from(rows, (_, i) => marginUncertainty(own, i, classes));
    // Few passes flip in few ways; by row those of the first folders would come first among equals.
    const order = Array.from(rows, (_, i) => i).sort(
      (a, b) =>
        (flips[b] as number) - (flips[a] as number) ||
        (unrest[b] as number) - (unrest[a] as number) ||
        (doubt[b] as number) - (doubt[a] as number) ||
        a - b,
    );
    const sure = order.filter((i) => (flips[i] as number) > FLIPS).length;
    const wanted = count * CANDIDATES_PER_PLACE;
    const flipped = sampleRows(
      Int32Array.from({ length: sure }, (_, at) => at),
      Math.max(MOST_CLUSTERED, wanted),
      random.fork('flipped'),
    );
    const chosen = sure > wanted ? Array.from(flipped, (at) => order[at] as number) : order.slice(0, wanted);
    const utility = new Map<Row, number>(chosen.map((i) => [rows[i] as Row, flips[i] as number]));
    const clustered = Int32Array.from(utility.keys()).sort();
    const centres = representatives(view.embeddings, clustered, count, random, compute).map((r) => r.row);
    const taken = new Set(centres);
    const rest = chosen.map((i) => rows[i] as Row).filter((row) => !taken.has(row));
    const picks: StrategyPick[] = [...centres, ...rest].slice(0, count).map((row) => {
      const { first, second } = topNames(view, row);
      const times = Math.round((utility.get(row) ?? 0) * PASSES);
      const reason =
        times > 0
          ? `With parts of its input hidden the prediction left ${first} in ${times} of ${PASSES} tries.`
          : `${first} or ${second}: picked to spread the batch.`;
      return { row, utility: utility.get(row) ?? 0, reason };
    });
    return picks.sort((a, b) => b.utility - a.utility || a.row - b.row);
  },
} satisfies Strategy;

/** Share of the passes whose class differs from the full head's. */
function flipShare(own: Float64Array, passes: readonly Float64Array[], rows: number): Float64Array {
  const classes = own.length / Math.max(1, rows);
  return Float64Array.from(
    { length: rows },
    (_, i) =>
      passes.filter((p) => mostLikely(p, i, classes) !== mostLikely(own, i, classes)).length /
      Math.max(1, passes.length),
  );
}

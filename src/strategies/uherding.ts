import {
  centredRows,
  coveringRows,
  herd,
  herdingSizes,
  labelledRadius,
  meanOf,
  poolRadius,
  sampleRows,
} from './herding.ts';
import { doubtOf, mostUseful, openClasses, topNames } from './shortlist.ts';
import type { PoolView, Strategy } from './strategy.ts';
import type { Random } from '../domain/random.ts';

/** Candidates per place in the batch, at least: by uncertainty and at random. */
const CANDIDATES_PER_PLACE = 30;
/** Share of the candidates that is taken by uncertainty when not all can be looked at. */
const UNCERTAIN_SHARE = 2 / 3;
/** Below this weight a reference does not count as undecided in a reason. */
const CLOSE_CALL = 0.5;

export default {
  id: 'uherding',
  name: 'Uncertain cover',
  summary: 'Picks the items that together stand for most of what the model is unsure about.',
  source: 'Bae, Sutherland and Oliveira 2025, Uncertainty herding: one active learning method for all label budgets.',
  isColdStart: false,
  needsHead: true,
  readsSets: true,
  async select(view, count, random, compute) {
    const { candidates, embeddings, labelledRows, probabilities, exactProbabilities } = view;
    if (!probabilities || !exactProbabilities) throw new RangeError('This strategy needs a trained head.');
    const sizes = herdingSizes(candidates.length, embeddings.cols, count * CANDIDATES_PER_PLACE);
    const referenceRows = sampleRows(candidates, sizes.references, random.fork('references'));
    const rows = shortlist(view, sizes.candidates, random);
    const mean = meanOf(embeddings, candidates);
    const references = centredRows(embeddings, referenceRows, mean);
    const labelled = centredRows(embeddings, labelledRows, mean);
    const classes = probabilities.cols;
    const doubt = doubtOf(view);
    const uncertainties = (of: Int32Array): Float64Array => {
      const exact = exactProbabilities(of);
      return Float64Array.from(of, (_, i) => doubt(exact, i, classes));
    };
    const picks = await herd(
      {
        candidates: centredRows(embeddings, rows, mean),
        rows,
        references,
        weights: uncertainties(referenceRows),
        covering: centredRows(embeddings, coveringRows(view), mean),
        sigmaSquared:
          (await labelledRadius(labelled, compute)) ??
          (await poolRadius(references, view.namedClasses, random.fork('radius'), compute)),
      },
      count,
      compute,
    );
    const own = uncertainties(Int32Array.from(picks, (p) => p.row));
    return picks.map(({ row, gain }, i) => {
      if (view.thresholds) {
        const reason = `Least sure of ${openClasses(view, row)}, and typical of other undecided items.`;
        return { row, utility: gain, reason };
      }
      const { first, second } = topNames(view, row);
      const reason =
        (own[i] as number) >= CLOSE_CALL
          ? `${first} or ${second}: a close call, and typical of other undecided items.`
          : `Probably ${first}, and close to many items that the model cannot decide.`;
      return { row, utility: gain, reason };
    });
  },
} satisfies Strategy;

/** All candidates, or the most uncertain ones and some at random, ascending. */
function shortlist(view: PoolView, most: number, random: Random): Int32Array {
  if (view.candidates.length <= most) return view.candidates;
  const uncertain = mostUseful(view, Math.round(most * UNCERTAIN_SHARE), doubtOf(view)).map((r) => r.row);
  const taken = new Set(uncertain);
  const others = view.candidates.filter((row) => !taken.has(row));
  return Int32Array.from([
    ...uncertain,
    ...sampleRows(others, most - uncertain.length, random.fork('candidates')),
  ]).sort();
}

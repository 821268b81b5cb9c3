import type { Row } from '../domain/ids.ts';
import { drawIndex } from '../domain/random.ts';
import { mostLikely } from '../domain/uncertainty.ts';
import { lastInputsOf, squaredInput } from './last-inputs.ts';
import { topNames } from './shortlist.ts';
import type { Strategy, StrategyPick } from './strategy.ts';

/** Larger pools are thinned out at random first: the draw is random anyway, and costs one pass per pick. */
const MOST_ROWS = 20_000;

export default {
  id: 'badge',
  name: 'Diverse gradients',
  summary: 'Draws items whose labels would push the model hard and in different directions.',
  source:
    'Ash, Zhang, Krishnamurthy, Langford and Agarwal 2020, Deep batch active learning by diverse, uncertain gradient lower bounds (BADGE).',
  isColdStart: false,
  needsHead: true,
  select(view, count, random) {
    const { exactProbabilities } = view;
    if (!exactProbabilities) throw new RangeError('This strategy needs a trained head.');
    const rows =
      view.candidates.length <= MOST_ROWS
        ? view.candidates
        : random.fork('thin').shuffle(Int32Array.from(view.candidates)).slice(0, MOST_ROWS).sort();
    const n = rows.length;
    const inputs = lastInputsOf(view, rows);
    const { data, width: dim, start } = inputs;
    const q = residuals(exactProbabilities(rows), n);
    const classes = q.length / Math.max(1, n);
    const lengths = Float64Array.from(rows, (_, i) => squared(q, i, classes) * (1 + squaredInput(inputs, i)));
    /** Squared distance to the nearest gradient that is picked; the origin is not one of them. */
    const nearest = new Float64Array(n).fill(Infinity);
    const picks: StrategyPick[] = [];
    const isTaken = new Uint8Array(n);
    while (picks.length < Math.min(count, n)) {
      const at = picks.length === 0 ? mostLikely(lengths, 0, lengths.length) : drawIndex(nearest, random);
      const chosen = isTaken[at] === 1 ? isTaken.indexOf(0) : at;
      const row = rows[chosen] as Row;
      isTaken[chosen] = 1;
      const { first, second } = topNames(view, row);
      const reason = `${first} or ${second}: its label would push the model where no other pick does.`;
      picks.push({
        row,
        utility: Math.sqrt(Math.max(0, picks.length === 0 ? (lengths[at] as number) : (nearest[chosen] as number))),
        reason,
      });
      // |g_i - g_j|^2 from the factors g = q x^T: no gradient of C x D numbers is ever formed.
      for (let i = 0; i < n; i++) {
        let qq = 0;
        for (let c = 0; c < classes; c++) qq += (q[i * classes + c] as number) * (q[chosen * classes + c] as number);
        let xx = 1;
        const [a, b] = [start(i), start(chosen)];
        for (let d = 0; d < dim; d++) xx += (data[a + d] as number) * (data[b + d] as number);
        const distance = Math.max(0, (lengths[i] as number) + (lengths[chosen] as number) - 2 * xx * qq);
        nearest[i] = isTaken[i] === 1 ? 0 : Math.min(nearest[i] as number, distance);
      }
      nearest[chosen] = 0;
    }
    return Promise.resolve(picks.sort((a, b) => b.utility - a.utility || a.row - b.row));
  },
} satisfies Strategy;

/** p minus the one-hot vector of the most likely class, [rows, classes]. */
function residuals(p: Float64Array, rows: number): Float64Array {
  const classes = p.length / Math.max(1, rows);
  const out = Float64Array.from(p);
  for (let i = 0; i < rows; i++) {
    const at = i * classes + mostLikely(p, i, classes);
    out[at] = (out[at] as number) - 1;
  }
  return out;
}

function squared(values: Float64Array, i: number, width: number): number {
  let sum = 0;
  for (let c = 0; c < width; c++) sum += (values[i * width + c] as number) ** 2;
  return sum;
}

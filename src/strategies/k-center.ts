import type { Row } from '../domain/ids.ts';
import { DISTANCE_SLACK, leastSquaredDistance, nearestSquared, squaredDistance } from './distances.ts';
import { sampleRows } from './herding.ts';
import type { Matrix, Strategy, StrategyPick } from './strategy.ts';

/** Candidates times labelled rows times dimensions: about two seconds on one WASM core. More candidates are thinned out. */
const MOST_PRODUCTS = 2e10;

export default {
  id: 'k-center',
  name: 'Core set',
  summary: 'Picks the items farthest from everything labelled so far, one after another.',
  source:
    'Sener and Savarese 2018, Active learning for convolutional neural networks: a core-set approach (k-center greedy).',
  isColdStart: true,
  needsHead: false,
  async select({ embeddings, candidates, labelledRows }, count, random, compute) {
    const most = Math.floor(MOST_PRODUCTS / Math.max(1, labelledRows.length * embeddings.cols));
    const rows = sampleRows(candidates, Math.max(most, count), random.fork('thin'));
    const rough = await nearestSquared(embeddings, rows, embeddings, labelledRows, compute);
    const bounds = rough.map((squared) => squared + DISTANCE_SLACK * (1 + squared));
    return farthestFirst(embeddings, rows, labelledRows, bounds, count).map(({ row, squared }): StrategyPick => {
      const isFirst = !Number.isFinite(squared);
      const reason = isFirst
        ? 'The first item: the others are picked by their distance from it.'
        : 'The farthest item from everything labelled or picked so far.';
      // As far from nothing as unit rows can be.
      return { row, utility: isFirst ? 2 : Math.sqrt(squared), reason };
    });
  },
} satisfies Strategy;

/**
 * Farthest-first traversal (Gonzalez 1985, Clustering to minimize the maximum intercluster distance), ties by row. A
 * distance to the nearest centre never grows, so an upper bound stays one and only rows whose bound beats the best exact
 * distance are measured again, in float64: the picks equal those of the plain method on every backend.
 * @param bounds upper bounds of the squared distances to the labelled rows, [rows]; changed in place
 */
function farthestFirst(
  embeddings: Matrix,
  rows: Int32Array,
  labelledRows: Int32Array,
  bounds: Float64Array,
  count: number,
): { row: Row; squared: number }[] {
  const picks: { row: Row; squared: number }[] = [];
  /** How many picks each bound knows of; -1 while it is only a bound. */
  const known = new Int32Array(rows.length).fill(-1);
  const measure = (i: number): number => {
    const row = rows[i] as Row;
    let squared = bounds[i] as number;
    if (known[i] === -1) squared = leastSquaredDistance(embeddings, row, embeddings, labelledRows);
    for (let p = Math.max(0, known[i] as number); p < picks.length; p++) {
      squared = Math.min(squared, squaredDistance(embeddings, row, embeddings, picks[p]?.row ?? row));
    }
    known[i] = picks.length;
    bounds[i] = squared;
    return squared;
  };
  while (picks.length < Math.min(count, rows.length)) {
    let best = 0;
    for (let i = 1; i < rows.length; i++) if ((bounds[i] as number) > (bounds[best] as number)) best = i;
    let most = measure(best);
    for (let i = 0; i < rows.length; i++) {
      const bound = bounds[i] as number;
      if (bound < most || (bound === most && i >= best)) continue;
      const squared = measure(i);
      if (squared > most || (squared === most && i < best)) [best, most] = [i, squared];
    }
    picks.push({ row: rows[best] as Row, squared: most });
    bounds[best] = -1;
  }
  return picks;
}

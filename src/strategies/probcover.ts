import type { Row } from '../domain/ids.ts';
import { kMeans } from '../domain/kmeans.ts';
import { centredRows, meanOf, sampleRows } from './herding.ts';
import type { Matrix, Strategy, StrategyPick } from './strategy.ts';

/** The graph has a bit per pair: 4,000 rows are 16 MB of bytes. */
const MOST_ROWS = 4000;
/** Balls must hold one cluster only, but for this share. */
const PURITY = 0.95;
/** Clusters that stand in for the unknown classes. */
const CLUSTERS = 20;
const PURITY_SAMPLE = 500;
/** Squared radii that are tried, largest first: cosine similarities from 0.05 to 0.95. */
const RADII = Array.from({ length: 19 }, (_, i) => 2 - 2 * (0.05 + 0.05 * i));

export default {
  id: 'probcover',
  name: 'Ball cover',
  summary: 'Picks the items whose surroundings, of one fixed size, hold most of what is not covered yet.',
  source: 'Yehuda, Dekel, Hacohen and Weinshall 2022, Active learning through a covering lens (ProbCover).',
  isColdStart: true,
  needsHead: false,
  async select({ embeddings, candidates, labelledRows }, count, random, compute) {
    const rows = sampleRows(candidates, Math.max(MOST_ROWS, count), random.fork('thin'));
    const mean = meanOf(embeddings, candidates);
    const x = centredRows(embeddings, rows, mean);
    const products = await compute.dotProducts(x, x);
    const radius = pureRadius(x, products, random);
    const isNear = (i: number, j: number): boolean => 2 - 2 * (products[i * x.rows + j] as number) < radius;
    const isCovered = new Uint8Array(x.rows);
    const toLabelled =
      labelledRows.length > 0 ? await compute.nearest(x, centredRows(embeddings, labelledRows, mean)) : null;
    if (toLabelled) for (let i = 0; i < x.rows; i++) if ((toLabelled.squared[i] as number) < radius) isCovered[i] = 1;
    const reach = new Int32Array(x.rows);
    for (let i = 0; i < x.rows; i++)
      for (let j = 0; j < x.rows; j++) if (isCovered[j] === 0 && isNear(i, j)) reach[i] = (reach[i] as number) + 1;
    // With a small radius most rows reach only themselves: such ties are broken at random, not by row.
    const order = random.fork('ties').shuffle(Int32Array.from({ length: x.rows }, (_, i) => i));
    const picks: StrategyPick[] = [];
    const isTaken = new Uint8Array(x.rows);
    while (picks.length < Math.min(count, x.rows)) {
      let best = -1;
      for (const i of order) {
        if (isTaken[i] === 0 && (best < 0 || (reach[i] as number) > (reach[best] as number))) best = i;
      }
      const gain = reach[best] as number;
      if (gain === 0) break;
      isTaken[best] = 1;
      const share = Math.max(1, Math.round((gain / x.rows) * candidates.length));
      const reason = `Stands for about ${share} items that nothing labelled is close to.`;
      picks.push({ row: rows[best] as Row, utility: gain, reason });
      for (let j = 0; j < x.rows; j++) {
        if (isCovered[j] === 1 || !isNear(best, j)) continue;
        isCovered[j] = 1;
        for (let i = 0; i < x.rows; i++) if (isNear(i, j)) reach[i] = (reach[i] as number) - 1;
      }
    }
    const rest = random.fork('fill').shuffle(rows.filter((_, i) => isTaken[i] === 0));
    for (const row of rest.slice(0, Math.max(0, count - picks.length))) {
      picks.push({ row, utility: 0, reason: 'Drawn at random: everything in the pool is covered already.' });
    }
    return picks;
  },
} satisfies Strategy;

/** The largest squared radius whose balls are pure under k-means; the smallest one when none is. */
function pureRadius(x: Matrix, products: Float32Array, random: Parameters<Strategy['select']>[2]): number {
  const { assignment } = kMeans(
    x.data,
    x.rows,
    x.cols,
    Math.min(CLUSTERS, Math.ceil(x.rows / 10)),
    random.fork('clusters'),
    10,
  );
  const all = Int32Array.from({ length: x.rows }, (_, i) => i);
  const sample = sampleRows(all, PURITY_SAMPLE, random.fork('purity'));
  const purity = (radius: number): number => {
    let pure = 0;
    for (const i of sample) {
      let isPure = true;
      for (let j = 0; j < x.rows && isPure; j++) {
        isPure = 2 - 2 * (products[i * x.rows + j] as number) >= radius || assignment[i] === assignment[j];
      }
      if (isPure) pure++;
    }
    return pure / Math.max(1, sample.length);
  };
  return RADII.find((radius) => purity(radius) >= PURITY) ?? (RADII.at(-1) as number);
}

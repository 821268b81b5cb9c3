import type { Row } from '../domain/ids.ts';
import { kMeans } from '../domain/kmeans.ts';
import type { Random } from '../domain/random.ts';
import { DISTANCE_SLACK, leastSquaredDistance, nearestSquared, squaredDistance } from './distances.ts';
import { centredRows, meanOf, sampleRows } from './herding.ts';
import type { Compute, Matrix, Strategy, StrategyPick } from './strategy.ts';

/** The graph has a float32 product per pair: 64 MB. */
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
    const rows = sampleRows(candidates, MOST_ROWS, random.fork('thin'));
    const mean = meanOf(embeddings, candidates);
    const x = centredRows(embeddings, rows, mean);
    const isWithin = reachOf(x, await compute.dotProducts(x, x));
    const radius = pureRadius(x, isWithin, random, compute);
    const isNear = (i: number, j: number): boolean => isWithin(i, j, radius);
    const isCovered = await coveredBy(x, centredRows(embeddings, labelledRows, mean), radius, compute);
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
    const taken = new Set(picks.map((p) => p.row));
    const rest = random.fork('fill').shuffle(candidates.filter((row) => !taken.has(row)));
    for (const row of rest.slice(0, Math.max(0, count - picks.length))) {
      picks.push({ row, utility: 0, reason: 'Drawn at random: everything in the pool is covered already.' });
    }
    return picks;
  },
} satisfies Strategy;

/** Whether two rows are closer than a squared radius. */
type Reach = (i: number, j: number, radius: number) => boolean;

/** By the backend's products where these leave no doubt, in float64 where rounding could decide. */
function reachOf(x: Matrix, products: Float32Array): Reach {
  return (i, j, radius) => {
    const rough = 2 - 2 * (products[i * x.rows + j] as number);
    const isClear = Math.abs(rough - radius) > DISTANCE_SLACK;
    return (isClear ? rough : squaredDistance(x, i, x, j)) < radius;
  };
}

/** 1 for each row of x that lies within the radius of a labelled one. */
async function coveredBy(x: Matrix, labelled: Matrix, radius: number, compute: Compute): Promise<Uint8Array> {
  const all = iota(labelled.rows);
  const rough = await nearestSquared(x, iota(x.rows), labelled, all, compute);
  return Uint8Array.from(rough, (squared, i) => {
    const isClear = Math.abs(squared - radius) > DISTANCE_SLACK;
    return (isClear ? squared : leastSquaredDistance(x, i, labelled, all)) < radius ? 1 : 0;
  });
}

function iota(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => i);
}

/** The largest squared radius whose balls are pure under k-means; the smallest one when none is. */
function pureRadius(x: Matrix, isWithin: Reach, random: Random, { matrix }: Compute): number {
  const { assignment } = kMeans(
    x.data,
    x.rows,
    x.cols,
    Math.min(CLUSTERS, Math.ceil(x.rows / 10)),
    random.fork('clusters'),
    { iterations: 10, matrix },
  );
  const sample = sampleRows(iota(x.rows), PURITY_SAMPLE, random.fork('purity'));
  const purity = (radius: number): number => {
    let pure = 0;
    for (const i of sample) {
      let isPure = true;
      for (let j = 0; j < x.rows && isPure; j++) {
        isPure = assignment[i] === assignment[j] || !isWithin(i, j, radius);
      }
      if (isPure) pure++;
    }
    return pure / Math.max(1, sample.length);
  };
  return RADII.find((radius) => purity(radius) >= PURITY) ?? (RADII.at(-1) as number);
}

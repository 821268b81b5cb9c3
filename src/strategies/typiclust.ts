import type { Row } from '../domain/ids.ts';
import { kMeans } from '../domain/kmeans.ts';
import { gatherRows } from './distances.ts';
import { sampleRows } from './herding.ts';
import type { Matrix, Strategy, StrategyPick } from './strategy.ts';

const MOST_CLUSTERS = 500;
/** Clusters need this many members on average, or typicality means nothing. */
const ROWS_PER_CLUSTER = 12;
const LEAST_SIZE = 5;
const NEIGHBOURS = 20;
const MOST_ROWS = 3000;

export default {
  id: 'typiclust',
  name: 'Typical clusters',
  summary: 'Groups the pool and picks the most typical item of the largest groups without a label.',
  source:
    'Hacohen, Dekel and Weinshall 2022, Active learning on a budget: opposite strategies suit high and low budgets (TypiClust).',
  isColdStart: true,
  needsHead: false,
  select({ embeddings, candidates, labelledRows }, count, random, compute) {
    const thinned = sampleRows(candidates, MOST_ROWS, random.fork('thin'));
    const clustered = sampleRows(labelledRows, MOST_ROWS / 2, random.fork('labelled'));
    const rows = Int32Array.from([...clustered, ...thinned]);
    const labelled = clustered.length;
    const wanted = Math.max(
      1,
      Math.min(labelledRows.length + count, MOST_CLUSTERS, Math.floor(rows.length / ROWS_PER_CLUSTER)),
    );
    const x = gatherRows(embeddings, rows).data;
    const { assignment, centres, k } = kMeans(x, rows.length, embeddings.cols, wanted, random, {
      iterations: 10,
      matrix: compute.matrix,
    });
    const clusters = Array.from({ length: k }, () => ({ members: [] as number[], labels: 0, size: 0 }));
    rows.forEach((_, i) => {
      const cluster = clusters[assignment[i] as number];
      if (!cluster) return;
      cluster.size++;
      if (i < labelled) cluster.labels++;
      else cluster.members.push(i);
    });
    // Labelled rows that k-means is spared of still count where they lie.
    const known = new Set(clustered);
    for (const row of labelledRows) {
      const cluster = known.has(row) ? undefined : clusters[nearestCentre(embeddings, row, centres, k)];
      if (cluster) cluster.labels++;
    }
    const picks: StrategyPick[] = [];
    const left = clusters.filter((c) => c.members.length > 0);
    while (picks.length < Math.min(count, thinned.length)) {
      left.sort(
        (a, b) => a.labels - b.labels || Number(b.size > LEAST_SIZE) - Number(a.size > LEAST_SIZE) || b.size - a.size,
      );
      const cluster = left.find((c) => c.members.length > 0);
      if (!cluster) break;
      const chosen = mostTypical(x, embeddings.cols, cluster.members);
      cluster.members = cluster.members.filter((i) => i !== chosen);
      const share = Math.round((cluster.size / rows.length) * candidates.length);
      const reason = `The most typical of about ${share} similar items, ${cluster.labels === 0 ? 'none' : cluster.labels} of them labelled.`;
      picks.push({ row: rows[chosen] as Row, utility: count - picks.length, reason });
      cluster.labels++;
    }
    const taken = new Set(picks.map((p) => p.row));
    for (const row of random.fork('fill').shuffle(candidates.filter((r) => !taken.has(r)))) {
      if (picks.length >= Math.min(count, candidates.length)) break;
      picks.push({ row, utility: 0, reason: 'Drawn at random: the pool has fewer groups than the batch has places.' });
    }
    return Promise.resolve(picks);
  },
} satisfies Strategy;

/** The member with the least mean distance to its nearest fellow members. */
function mostTypical(x: Float32Array, dim: number, members: readonly number[]): number {
  const near = Math.max(1, Math.min(NEIGHBOURS, Math.floor(members.length / 2)));
  let best = members[0] ?? 0;
  let least = Infinity;
  for (const i of members) {
    const distances = Float64Array.from(members, (j) => {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += ((x[i * dim + d] as number) - (x[j * dim + d] as number)) ** 2;
      return Math.sqrt(sum);
    }).sort();
    const mean = distances.slice(1, near + 1).reduce((a, b) => a + b, 0) / near;
    if (mean < least) [best, least] = [i, mean];
  }
  return best;
}

function nearestCentre({ data, cols }: Matrix, row: Row, centres: Float64Array, k: number): number {
  let best = 0;
  let least = Infinity;
  for (let c = 0; c < k; c++) {
    let sum = 0;
    for (let d = 0; d < cols && sum < least; d++)
      sum += ((data[row * cols + d] as number) - (centres[c * cols + d] as number)) ** 2;
    if (sum < least) [best, least] = [c, sum];
  }
  return best;
}

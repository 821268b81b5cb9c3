import type { Row } from '../../domain/ids.ts';
import { MOST_BLOCK_VALUES } from '../distances.ts';
import { centredRows } from '../herding.ts';
import type { Matrix } from '../strategy.ts';
import { refilled } from './refill.ts';
import type { JudgeMaker, Wrapper } from './wrapper.ts';

/** Backends' float32 cosines of unit rows are off by far less than this. */
export const SLACK = 1e-4;
/** Refused so often, the strategy is shown only what is near nothing that is fixed or kept. */
const PATIENCE = 3;

/** No two picks of a batch, nor a pick and a labelled item, are more alike than a cosine, unless nothing else is left. */
export default {
  id: 'near-duplicates',
  wrap(inner, { nearDuplicates }) {
    return nearDuplicates === null ? null : refilled(inner, judge(nearDuplicates));
  },
} satisfies Wrapper;

function judge(threshold: number): JudgeMaker {
  return (view, _random, compute) => {
    const { embeddings } = view;
    const fixed = [...view.labelledRows, ...(view.batchRows ?? [])];
    const origin = new Float64Array(embeddings.cols);
    /** What refused a pick: everything else near it would be refused too. */
    const blockers = new Set<Row>();
    let beside: readonly Row[] = [];
    return Promise.resolve({
      look: () => Promise.resolve(),
      accepts(row, kept) {
        beside = kept;
        const near = [...kept, ...fixed].find((other) => cosine(embeddings, row, other) >= threshold);
        if (near !== undefined) blockers.add(near);
        return near === undefined;
      },
      async prune(rows, attempt) {
        const anchors = Int32Array.from(attempt === PATIENCE ? [...fixed, ...beside] : blockers);
        blockers.clear();
        if (anchors.length === 0) return rows;
        const others = centredRows(embeddings, anchors, origin);
        const block = Math.max(1, Math.floor(MOST_BLOCK_VALUES / Math.max(anchors.length, embeddings.cols)));
        const isNear = new Uint8Array(rows.length);
        for (let start = 0; start < rows.length; start += block) {
          const own = rows.subarray(start, start + block);
          const products = await compute.dotProducts(centredRows(embeddings, own, origin), others);
          products.forEach((rough, at) => {
            if (rough < threshold - SLACK) return;
            const i = start + Math.floor(at / anchors.length);
            const anchor = anchors[at % anchors.length] as Row;
            const isSure = rough > threshold + SLACK;
            if (isSure || cosine(embeddings, rows[i] as Row, anchor) >= threshold) isNear[i] = 1;
          });
        }
        return rows.filter((_, i) => isNear[i] === 0);
      },
    });
  };
}

/** Cosine of two rows in float64: the same on every backend. Two rows of zeros are the same item. */
export function cosine({ data, cols }: Matrix, a: Row, b: Row): number {
  let [product, normA, normB] = [0, 0, 0];
  for (let d = 0; d < cols; d++) {
    const x = data[a * cols + d] as number;
    const y = data[b * cols + d] as number;
    product += x * y;
    normA += x * x;
    normB += y * y;
  }
  if (normA === 0 || normB === 0) return normA === normB ? 1 : 0;
  return product / Math.sqrt(normA * normB);
}

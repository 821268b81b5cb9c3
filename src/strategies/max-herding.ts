import { centredRows, coveringRows, herd, herdingSizes, meanOf, poolRadius, sampleRows } from './herding.ts';
import { percent } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

const LEAST_CANDIDATES = 30;

/** Of fewer items than this a share says nothing. */
const FEW = 20;

export default {
  id: 'max-herding',
  name: 'Representative cover',
  summary: 'Picks the items that together stand for most of the pool. Needs no labels.',
  source: 'Bae, Noh and Sutherland 2024, Generalized coverage for more robust low-budget active learning (MaxHerding).',
  isColdStart: true,
  needsHead: false,
  async select(view, count, random, compute) {
    const { candidates, embeddings, namedClasses } = view;
    const sizes = herdingSizes(candidates.length, embeddings.cols, count * LEAST_CANDIDATES);
    const referenceRows = sampleRows(candidates, sizes.references, random.fork('references'));
    const rows = sampleRows(candidates, sizes.candidates, random.fork('candidates'));
    const mean = meanOf(embeddings, candidates);
    const references = centredRows(embeddings, referenceRows, mean);
    const picks = await herd(
      {
        candidates: centredRows(embeddings, rows, mean),
        rows,
        references,
        weights: new Float64Array(references.rows).fill(1),
        covering: centredRows(embeddings, coveringRows(view), mean),
        sigmaSquared: await poolRadius(references, namedClasses, random.fork('radius'), compute),
      },
      count,
      compute,
    );
    return picks.map(({ row, gain, share }) => ({
      row,
      utility: gain,
      reason:
        references.rows < FEW
          ? 'Typical of the items without a label.'
          : `Stands for ${percent(share)} of the pool that no labelled item resembles yet.`,
    }));
  },
} satisfies Strategy;

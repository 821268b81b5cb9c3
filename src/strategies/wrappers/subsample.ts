import { sampleRows } from '../herding.ts';
import type { Wrapper } from './wrapper.ts';

/** A strategy that says so looks at a uniform sample of the candidates only, when there are more than it can take. */
export default {
  id: 'subsample',
  wrap(inner, _guards, { mostCandidates }) {
    if (mostCandidates === undefined) return null;
    return (view, count, random, compute) => {
      const most = Math.max(mostCandidates, count);
      if (view.candidates.length <= most) return inner(view, count, random, compute);
      const candidates = sampleRows(view.candidates, most, random.fork('subsample'));
      return inner({ ...view, candidates }, count, random, compute);
    };
  },
} satisfies Wrapper;

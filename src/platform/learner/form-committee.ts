import { bootstrapHeads, dropoutHeads } from '../../domain/committee.ts';
import { HIDDEN_DROPOUT } from '../../domain/fit-hidden.ts';
import { foldHead, headProbabilities, hiddenUnits, outerHead } from '../../domain/head-maths.ts';
import type { MakeProducts } from '../../domain/logistic-kernels.ts';
import { standardise } from '../../domain/logistic.ts';
import { seededRandom } from '../../domain/random.ts';
import type { FittedHead, SelectRequest } from '../../loop/learner-ports.ts';
import { gatherRows } from '../../strategies/distances.ts';
import type { Committee, CommitteeKind, Compute } from '../../strategies/strategy.ts';
import { committeeProduct } from './committee-product.ts';
import type { Pool } from './engine.ts';
import { hiddenProduct } from './hidden-product.ts';

/**
 * A committee of heads around the current one. Behind a hidden layer the members share it and differ in what follows: their
 * last layer is fitted to reweighted labels (neural-linear: Riquelme, Tucker and Snoek 2018, Deep Bayesian bandits showdown),
 * or sees a part of the units, as in training (Gal and Ghahramani 2016, Dropout as a Bayesian approximation).
 */
export function formCommittee(
  pool: Pool,
  head: FittedHead,
  kind: CommitteeKind,
  members: number,
  { labelledRows, labels, targets, seed }: SelectRequest,
  compute: Compute,
  products: MakeProducts,
): Committee {
  const random = seededRandom(seed).fork('committee');
  const outer = outerHead(head);
  const inputs = (rows: Int32Array): Float32Array =>
    head.hidden ? hiddenUnits(head, pool.data, rows) : gatherRows(pool, rows).data;
  const refitted = (): ReturnType<typeof bootstrapHeads> => {
    const z = standardise(inputs(labelledRows), labelledRows.length, outer.dim, outer);
    return bootstrapHeads(outer, z, targets ? { targets } : { y: labels }, members, random, { products });
  };
  const heads = kind === 'dropout' ? dropoutHeads(outer, members, random, head.hidden && HIDDEN_DROPOUT) : refitted();
  const last = committeeProduct(heads, compute);
  const folded = foldHead(head).hidden;
  const units = folded ? hiddenProduct(folded, compute) : null;
  return {
    members: heads.length,
    classes: head.bias.length,
    probabilities: async (rows) => {
      const x = gatherRows(pool, rows).data;
      return last(units ? await units(x, rows.length) : x, rows.length);
    },
    exactProbabilities: (rows) => {
      const own = head.hidden ? hiddenUnits(head, pool.data, rows) : null;
      const all = Int32Array.from(rows, (_, i) => i);
      return heads.map((h) => (own ? headProbabilities(h, own, all) : headProbabilities(h, pool.data, rows)));
    },
  };
}

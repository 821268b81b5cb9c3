import type { HiddenLayer } from '../../domain/head.ts';
import type { Compute } from '../../strategies/strategy.ts';
import { reluRows } from './softmax-rows.ts';

/** What a hidden layer gives for some rows x [rows, dim] on the backend, row-major [rows, units]. */
export type HiddenProduct = (x: Float32Array, rows: number) => Promise<Float32Array>;

/** @param layer with the standardisation folded in (`foldHead`) */
export function hiddenProduct({ weights, bias }: HiddenLayer, compute: Compute): HiddenProduct {
  const units = bias.length;
  const dim = weights.length / units;
  const columns = new Float32Array(weights.length);
  for (let d = 0; d < dim; d++) for (let u = 0; u < units; u++) columns[u * dim + d] = weights[d * units + u] as number;
  return async (x, rows) => {
    const out = await compute.dotProducts({ data: x, rows, cols: dim }, { data: columns, rows: units, cols: dim });
    reluRows(out, bias);
    return out;
  };
}

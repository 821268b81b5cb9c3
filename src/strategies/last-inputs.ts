import type { PoolView } from './strategy.ts';

/** Numbers of some rows where they lie: row i begins at `start(i)` and is `width` long. */
export interface Inputs {
  readonly data: Float32Array;
  readonly width: number;
  readonly start: (i: number) => number;
}

/** What the head's last layer reads of some rows: the units of its hidden layer, or the embeddings. */
export function lastInputsOf({ lastInputs, embeddings }: PoolView, rows: Int32Array): Inputs {
  const width = embeddings.cols;
  if (!lastInputs) return { data: embeddings.data, width, start: (i) => (rows[i] as number) * width };
  const data = lastInputs(rows);
  const units = data.length / Math.max(1, rows.length);
  return { data, width: units, start: (i) => i * units };
}

/** Squared length of row i. */
export function squaredInput({ data, width, start }: Inputs, i: number): number {
  const from = start(i);
  let sum = 0;
  for (let d = 0; d < width; d++) sum += (data[from + d] as number) ** 2;
  return sum;
}

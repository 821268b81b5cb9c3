import { coordinatesOf, fitPoolBasis, NEIGHBOURS, smoothRow } from '../../domain/neighbourhood.ts';
import type { Random } from '../../domain/random.ts';
import type { PoolBasis, SampleViews } from '../../domain/semi-supervised.ts';
import { centredRows, meanOf, sampleRows } from '../../strategies/herding.ts';
import type { Compute, Matrix } from '../../strategies/strategy.ts';

/** Rows among which neighbours are looked for; of them the unlabelled rows that teach, and the rows that fix the basis. */
const REFERENCES = 5000;
const UNLABELLED = 2000;
const BASIS_ROWS = 400;
/** Products at a time: [rows, references] float32. */
const BLOCK_ROWS = 512;
/** Neighbours on the backend's shortlist beyond those used; itself may be among them. */
const SPARE = 5;

/**
 * Both views that the semi-supervised head needs, of any rows of a pool. Built once per pool; a row is smoothed once.
 * The same pool and seed give the same numbers, whatever is labelled.
 */
export class NeighbourhoodViews {
  readonly basis: PoolBasis;
  readonly #embeddings: Matrix;
  readonly #compute: Compute;
  readonly #mean: Float64Array;
  readonly #referenceRows: Int32Array;
  readonly #references: Matrix;
  readonly #unlabelledRows: Int32Array;
  readonly #smoothed = new Map<number, Float32Array>();
  #unlabelled: Promise<{ views: SampleViews; mean: Float64Array }> | null = null;

  /** @param pool rows of which the labels may be unknown: all but held-out items. Not empty. */
  constructor(embeddings: Matrix, pool: Int32Array, random: Random, compute: Compute) {
    this.#embeddings = embeddings;
    this.#compute = compute;
    this.#mean = meanOf(embeddings, pool);
    this.#referenceRows = sampleRows(pool, REFERENCES, random.fork('references'));
    this.#references = centredRows(embeddings, this.#referenceRows, this.#mean);
    this.#unlabelledRows = sampleRows(this.#referenceRows, UNLABELLED, random.fork('unlabelled'));
    const basisRows = sampleRows(this.#unlabelledRows, BASIS_ROWS, random.fork('basis'));
    const dim = embeddings.cols;
    const x = new Float32Array(basisRows.length * dim);
    basisRows.forEach((row, i) => x.set(embeddings.data.subarray(row * dim, (row + 1) * dim), i * dim));
    this.basis = fitPoolBasis(x, basisRows.length, dim, random.fork('axes'));
  }

  /** Views of the rows that teach, and the mean of their smoothed view, [dim]. */
  unlabelled(): Promise<{ views: SampleViews; mean: Float64Array }> {
    return (this.#unlabelled ??= this.#readUnlabelled());
  }

  async #readUnlabelled(): Promise<{ views: SampleViews; mean: Float64Array }> {
    const views = await this.of(this.#unlabelledRows);
    const mean = meanOf(
      { data: views.smoothed, rows: views.count, cols: this.basis.dim },
      Int32Array.from({ length: views.count }, (_, i) => i),
    );
    return { views, mean };
  }

  async of(rows: Int32Array): Promise<SampleViews> {
    const { dim } = this.basis;
    const missing = rows.filter((row) => !this.#smoothed.has(row));
    for (let start = 0; start < missing.length; start += BLOCK_ROWS) {
      await this.#smooth(missing.slice(start, start + BLOCK_ROWS));
    }
    const smoothed = new Float32Array(rows.length * dim);
    rows.forEach((row, i) => smoothed.set(this.#smoothed.get(row) ?? [], i * dim));
    return { count: rows.length, smoothed, coordinates: coordinatesOf(this.basis, this.#embeddings.data, rows) };
  }

  async #smooth(rows: Int32Array): Promise<void> {
    const { dim } = this.basis;
    const own = centredRows(this.#embeddings, rows, this.#mean);
    const products = await this.#compute.dotProducts(own, this.#references);
    const width = this.#references.rows;
    rows.forEach((row, i) => {
      const shortlist = highest(products.subarray(i * width, (i + 1) * width), NEIGHBOURS + SPARE);
      const others = shortlist.filter((index) => this.#referenceRows[index] !== row);
      this.#smoothed.set(row, smoothRow(own.data.slice(i * dim, (i + 1) * dim), this.#references.data, others, dim));
    });
  }
}

/** Indices of the `count` largest values, by insertion into a short sorted list; ties go to the lower index. */
function highest(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (best.length === count && value <= (values[best[count - 1] as number] as number)) continue;
    let at = best.length;
    while (at > 0 && (values[best[at - 1] as number] as number) < value) at--;
    best.splice(at, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

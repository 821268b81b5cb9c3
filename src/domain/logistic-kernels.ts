import type { MakeStationary } from './stationary-matrix.ts';

/** Both products for one matrix z [n, dim]. */
export interface Products {
  /** Share of a loss by which the products' rounding may change it. */
  readonly noise: number;
  /** out [n, classes] = z W + b; theta is W [dim, classes] then b [classes]. */
  logits(theta: Float64Array, out: Float64Array): void;
  /** gradient[0 .. dim * classes) = zT residual [n, classes]. */
  gradient(residual: Float64Array, gradient: Float64Array): void;
  /** To be called when the fit is done. */
  release(): void;
}
export type MakeProducts = (z: Float64Array, n: number, dim: number, classes: number) => Products;

/** In float64, always in the same order of summation. */
export const plainProducts: MakeProducts = (z, n, dim, classes) => ({
  noise: 0,
  logits: (theta, out) => logits(z, theta, n, dim, classes, out),
  gradient: (residual, gradient) => {
    gradient.fill(0, 0, dim * classes);
    addTransposedProduct(z, residual, n, dim, classes, gradient);
  },
  release: () => undefined,
});

/** Multiply-adds per product below which plain float64 is as quick. */
const LEAST_WORK = 2e5;

const FLOAT32_NOISE = 1e-7;

/** In float32 on stationary matrices, z and a transposed copy of it, where they are quicker. */
export function stationaryProducts(make: MakeStationary): MakeProducts {
  return (z, n, dim, classes) => {
    if (n * dim * classes < LEAST_WORK) return plainProducts(z, n, dim, classes);
    const forward = make(n, dim);
    const backward = make(dim, n);
    forward.data.set(z);
    for (let i = 0; i < n; i++) for (let d = 0; d < dim; d++) backward.data[d * n + i] = z[i * dim + d] as number;
    return {
      noise: FLOAT32_NOISE,
      logits(theta, out) {
        forward.times(theta, classes, out);
        const biasAt = dim * classes;
        for (let i = 0; i < n; i++)
          for (let c = 0; c < classes; c++) {
            out[i * classes + c] = (out[i * classes + c] as number) + (theta[biasAt + c] as number);
          }
      },
      gradient: (residual, gradient) => backward.times(residual, classes, gradient),
      release() {
        forward.release();
        backward.release();
      },
    };
  };
}

/**
 * out [n, classes] = z W + b; theta is W [dim, classes] then b. Two rows and four features at a time: most of what is
 * loaded is used twice, and sums are stored once per four products.
 */
function logits(
  z: Float64Array,
  theta: Float64Array,
  n: number,
  dim: number,
  classes: number,
  out: Float64Array,
): void {
  const biasAt = dim * classes;
  for (let i = 0; i < n; i++) for (let c = 0; c < classes; c++) out[i * classes + c] = theta[biasAt + c] as number;
  const [evenRows, fours] = [n - (n % 2), dim - (dim % 4)];
  for (let i = 0; i < evenRows; i += 2) {
    const [r0, r1] = [i * dim, (i + 1) * dim];
    const [o0, o1] = [i * classes, (i + 1) * classes];
    for (let d = 0; d < fours; d += 4) {
      const a0 = z[r0 + d] as number;
      const a1 = z[r0 + d + 1] as number;
      const a2 = z[r0 + d + 2] as number;
      const a3 = z[r0 + d + 3] as number;
      const b0 = z[r1 + d] as number;
      const b1 = z[r1 + d + 1] as number;
      const b2 = z[r1 + d + 2] as number;
      const b3 = z[r1 + d + 3] as number;
      const w0 = d * classes;
      const w1 = w0 + classes;
      const w2 = w1 + classes;
      const w3 = w2 + classes;
      for (let c = 0; c < classes; c++) {
        const u0 = theta[w0 + c] as number;
        const u1 = theta[w1 + c] as number;
        const u2 = theta[w2 + c] as number;
        const u3 = theta[w3 + c] as number;
        out[o0 + c] = (out[o0 + c] as number) + (a0 * u0 + a1 * u1 + (a2 * u2 + a3 * u3));
        out[o1 + c] = (out[o1 + c] as number) + (b0 * u0 + b1 * u1 + (b2 * u2 + b3 * u3));
      }
    }
    addProducts(z, theta, i, i + 2, fours, dim, classes, out);
  }
  addProducts(z, theta, evenRows, n, 0, dim, classes, out);
}

/** The part of the product that does not fit the tiles: some rows, features from `first` on. */
function addProducts(
  z: Float64Array,
  theta: Float64Array,
  fromRow: number,
  toRow: number,
  first: number,
  dim: number,
  classes: number,
  out: Float64Array,
): void {
  for (let i = fromRow; i < toRow; i++) {
    for (let d = first; d < dim; d++) {
      const a = z[i * dim + d] as number;
      for (let c = 0; c < classes; c++) {
        out[i * classes + c] = (out[i * classes + c] as number) + a * (theta[d * classes + c] as number);
      }
    }
  }
}

/** gradient[0 .. dim*classes) += zT r for r [n, classes]. Four rows and two features at a time share what is loaded. */
export function addTransposedProduct(
  z: Float64Array,
  r: Float64Array,
  n: number,
  dim: number,
  classes: number,
  gradient: Float64Array,
): void {
  const [fours, evenFeatures] = [n - (n % 4), dim - (dim % 2)];
  for (let i = 0; i < fours; i += 4) {
    const r0 = i * dim;
    const r1 = r0 + dim;
    const r2 = r1 + dim;
    const r3 = r2 + dim;
    const o0 = i * classes;
    const o1 = o0 + classes;
    const o2 = o1 + classes;
    const o3 = o2 + classes;
    for (let d = 0; d < evenFeatures; d += 2) {
      const a0 = z[r0 + d] as number;
      const a1 = z[r1 + d] as number;
      const a2 = z[r2 + d] as number;
      const a3 = z[r3 + d] as number;
      const b0 = z[r0 + d + 1] as number;
      const b1 = z[r1 + d + 1] as number;
      const b2 = z[r2 + d + 1] as number;
      const b3 = z[r3 + d + 1] as number;
      const g0 = d * classes;
      const g1 = g0 + classes;
      for (let c = 0; c < classes; c++) {
        const u0 = r[o0 + c] as number;
        const u1 = r[o1 + c] as number;
        const u2 = r[o2 + c] as number;
        const u3 = r[o3 + c] as number;
        gradient[g0 + c] = (gradient[g0 + c] as number) + (a0 * u0 + a1 * u1 + (a2 * u2 + a3 * u3));
        gradient[g1 + c] = (gradient[g1 + c] as number) + (b0 * u0 + b1 * u1 + (b2 * u2 + b3 * u3));
      }
    }
    addOuter(z, r, i, i + 4, evenFeatures, dim, classes, gradient);
  }
  addOuter(z, r, fours, n, 0, dim, classes, gradient);
}

/** The part of the gradient that does not fit the tiles. */
function addOuter(
  z: Float64Array,
  r: Float64Array,
  fromRow: number,
  toRow: number,
  first: number,
  dim: number,
  classes: number,
  gradient: Float64Array,
): void {
  for (let i = fromRow; i < toRow; i++) {
    for (let d = first; d < dim; d++) {
      const a = z[i * dim + d] as number;
      for (let c = 0; c < classes; c++) {
        gradient[d * classes + c] = (gradient[d * classes + c] as number) + a * (r[i * classes + c] as number);
      }
    }
  }
}

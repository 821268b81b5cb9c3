/** Resampling of pictures as Pillow does it: separable, the kernel widened when a picture is made smaller. */
export type Kernel = 'bilinear' | 'bicubic' | 'lanczos';

const KERNELS: Readonly<Record<Kernel, { support: number; weight: (x: number) => number }>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x)) },
  lanczos: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** A part of a scaled picture: scaled to width x height, then [x, x + columns) x [y, y + rows) of it. */
export interface ScaledPart {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  readonly rows: number;
}

/**
 * @param rgba bytes, [height, width, 4]; alpha is not looked at
 * @returns planar [3, rows, columns], 0..255, not rounded; what lies outside the scaled picture is 0
 */
export function resample(
  rgba: Uint8ClampedArray,
  width: number,
  height: number,
  part: ScaledPart,
  kernel: Kernel,
): Float32Array {
  const { rows, columns } = part;
  const across = taps(width, part.width, part.x, columns, kernel);
  const down = taps(height, part.height, part.y, rows, kernel);
  const firstRow = Math.min(height, ...used(down).map((t) => t.from));
  const lastRow = Math.max(0, ...used(down).map((t) => t.from + t.weights.length));
  const out = new Float32Array(3 * rows * columns);
  const strip = new Float32Array(Math.max(0, lastRow - firstRow) * columns);
  for (let c = 0; c < 3; c++) {
    for (let y = firstRow; y < lastRow; y++) {
      for (let x = 0; x < columns; x++) {
        const { from, weights } = across[x] as Taps;
        let sum = 0;
        for (let k = 0, at = (y * width + from) * 4 + c; k < weights.length; k++, at += 4)
          sum += (weights[k] as number) * (rgba[at] as number);
        strip[(y - firstRow) * columns + x] = sum;
      }
    }
    for (let y = 0; y < rows; y++) {
      const { from, weights } = down[y] as Taps;
      const to = (c * rows + y) * columns;
      for (let k = 0; k < weights.length; k++) {
        const weight = weights[k] as number;
        const line = (from + k - firstRow) * columns;
        for (let x = 0; x < columns; x++) out[to + x] = (out[to + x] as number) + weight * (strip[line + x] as number);
      }
    }
  }
  // Kernels with negative lobes overshoot; bytes could not.
  if (kernel !== 'bilinear') for (let i = 0; i < out.length; i++) out[i] = Math.min(255, Math.max(0, out[i] as number));
  return out;
}

interface Taps {
  readonly from: number;
  /** Sum to 1; empty outside the picture. */
  readonly weights: Float32Array;
}

function taps(size: number, scaled: number, start: number, count: number, kernel: Kernel): Taps[] {
  const { support, weight } = KERNELS[kernel];
  const step = size / scaled;
  const widening = Math.max(1, step);
  return Array.from({ length: count }, (_, i) => {
    const at = start + i;
    if (at < 0 || at >= scaled) return { from: 0, weights: new Float32Array() };
    const centre = (at + 0.5) * step;
    const from = Math.max(0, Math.floor(centre - support * widening + 0.5));
    const to = Math.min(size, Math.max(from + 1, Math.floor(centre + support * widening + 0.5)));
    const weights = Float32Array.from({ length: to - from }, (_unused, k) =>
      weight((from + k + 0.5 - centre) / widening),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return { from, weights: weights.map((w) => w / sum) };
  });
}

function used(all: readonly Taps[]): readonly Taps[] {
  return all.filter((t) => t.weights.length > 0);
}

/** Keys (1981) with a = -0.5, as Pillow's. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

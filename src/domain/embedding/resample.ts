/**
 * Resampling of pictures as transformers.js does it in Node (libvips): bilinear and bicubic look at the nearest pixels of
 * the whole picture, with its upper left corner in place; Lanczos widens its kernel when a picture is made smaller. An
 * embedding that is computed here is the one that is computed there.
 */
export type Kernel = 'bilinear' | 'bicubic' | 'lanczos';

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
 * @returns planar [3, rows, columns], whole numbers 0..255; what lies outside the scaled picture is 0
 */
export function resample(
  rgba: Uint8ClampedArray,
  width: number,
  height: number,
  part: ScaledPart,
  kernel: Kernel,
): Float32Array {
  const { rows, columns } = part;
  const across = allTaps(width, part.width, part.x, columns, kernel);
  const down = allTaps(height, part.height, part.y, rows, kernel);
  const isUsed = new Uint8Array(height);
  for (const { from, weights } of down) isUsed.fill(1, from, from + weights.length);
  const out = new Float32Array(3 * rows * columns);
  const strip = new Float32Array(height * columns);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      if (isUsed[y] === 0) continue;
      for (let x = 0; x < columns; x++) {
        const { from, weights } = across[x] as Taps;
        let sum = 0;
        for (let k = 0, at = (y * width + from) * 4 + c; k < weights.length; k++, at += 4) {
          sum += (weights[k] as number) * (rgba[at] as number);
        }
        strip[y * columns + x] = sum;
      }
    }
    for (let y = 0; y < rows; y++) {
      const { from, weights } = down[y] as Taps;
      const to = (c * rows + y) * columns;
      for (let k = 0; k < weights.length; k++) {
        const weight = weights[k] as number;
        const line = (from + k) * columns;
        for (let x = 0; x < columns; x++) out[to + x] = (out[to + x] as number) + weight * (strip[line + x] as number);
      }
    }
  }
  for (let i = 0; i < out.length; i++) out[i] = Math.min(255, Math.max(0, Math.round(out[i] as number)));
  return out;
}

interface Taps {
  readonly from: number;
  /** Sum to 1; empty outside the picture. */
  readonly weights: Float32Array;
}

/** Pictures of a folder are often of one size: the last few sets of weights are kept. */
const KEPT = 8;
const kept = new Map<string, readonly Taps[]>();

function allTaps(size: number, scaled: number, start: number, count: number, kernel: Kernel): readonly Taps[] {
  const key = `${size} ${scaled} ${start} ${count} ${kernel}`;
  const known = kept.get(key);
  if (known) return known;
  const made = Array.from({ length: count }, (_, i) => taps(size, scaled, start + i, kernel));
  if (kept.size >= KEPT) kept.clear();
  kept.set(key, made);
  return made;
}

function taps(size: number, scaled: number, at: number, kernel: Kernel): Taps {
  if (at < 0 || at >= scaled) return { from: 0, weights: new Float32Array() };
  const step = size / scaled;
  return kernel === 'lanczos' ? wideTaps(size, step, at) : nearTaps(size, step, at, kernel === 'bilinear' ? 1 : 2);
}

/** The nearest 2 x reach pixels; what would lie beyond an edge is the edge. */
function nearTaps(size: number, step: number, at: number, reach: 1 | 2): Taps {
  const place = Math.min(size - 1, at * step);
  const first = Math.floor(place) - reach + 1;
  const from = Math.max(0, first);
  const to = Math.min(size - 1, first + 2 * reach - 1);
  const weights = new Float32Array(to - from + 1);
  for (let i = first; i < first + 2 * reach; i++) {
    const distance = Math.abs(i - place);
    const k = Math.min(to, Math.max(from, i)) - from;
    weights[k] = (weights[k] as number) + (reach === 1 ? Math.max(0, 1 - distance) : cubic(distance));
  }
  return { from, weights };
}

function wideTaps(size: number, step: number, at: number): Taps {
  const widening = Math.max(1, step);
  const centre = (at + 0.5) * step;
  const from = Math.max(0, Math.floor(centre - 3 * widening + 0.5));
  const to = Math.min(size, Math.max(from + 1, Math.floor(centre + 3 * widening + 0.5)));
  const weights = Float32Array.from({ length: to - from }, (_, k) => lanczos((from + k + 0.5 - centre) / widening));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { from, weights: weights.map((w) => w / sum) };
}

/** Catmull and Rom (1974), which is Keys (1981) with a = -0.5. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function lanczos(x: number): number {
  const sinc = (t: number): number => (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t));
  return Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

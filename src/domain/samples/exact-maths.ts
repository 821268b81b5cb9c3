/**
 * Functions for drawing that use only the four operations and `Math.sqrt`, which every machine rounds alike. `Math.sin`
 * may differ in the last bit between browsers, and one different byte is a different item.
 */

/** Sine of an angle in turns (1 = full circle); absolute error below 1e-5. */
export function sinTurn(turns: number): number {
  let t = turns - Math.floor(turns);
  let sign = 1;
  if (t >= 0.5) {
    t -= 0.5;
    sign = -1;
  }
  if (t > 0.25) t = 0.5 - t;
  const x = t * 6.283185307179586;
  const q = x * x;
  return sign * x * (1 - (q / 6) * (1 - (q / 20) * (1 - (q / 42) * (1 - q / 72))));
}

/** Cosine of an angle in turns. */
export function cosTurn(turns: number): number {
  return sinTurn(turns + 0.25);
}

export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

/** 0 below `from`, 1 above `to`, a smooth cubic between. */
export function smoothStep(from: number, to: number, value: number): number {
  const t = clamp((value - from) / (to - from), 0, 1);
  return t * t * (3 - 2 * t);
}

/** Uniform in [0, 1) from two lattice coordinates and a seed. */
export function latticeNoise(x: number, y: number, seed: number): number {
  let h = Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1) ^ seed;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** Value noise in [0, 1): lattice noise, smoothly interpolated. */
export function valueNoise(x: number, y: number, seed: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const u = smoothStep(0, 1, x - x0);
  const v = smoothStep(0, 1, y - y0);
  const top = latticeNoise(x0, y0, seed) * (1 - u) + latticeNoise(x0 + 1, y0, seed) * u;
  const bottom = latticeNoise(x0, y0 + 1, seed) * (1 - u) + latticeNoise(x0 + 1, y0 + 1, seed) * u;
  return top * (1 - v) + bottom * v;
}

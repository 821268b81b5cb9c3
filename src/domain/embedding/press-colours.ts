/**
 * Colours of a picture in printing inks (CMYK) that names no colour profile. Browsers multiply the inks' complements,
 * which is far too bright; libvips, and so transformers.js in Node, takes an ordinary printing press. A
 * quartic in the browser's red, green and blue, fitted by least squares to libvips' conversion of 5,832 colours, is 2.7
 * levels of 255 off (root mean square) where the browser is 41 off. Terms r^i g^j b^k in the order of i, then j, then k,
 * i + j + k <= DEGREE.
 */
const DEGREE = 4;
const TERMS: readonly (readonly number[])[] = [
  [
    0.0233, -0.0433, 0.1506, -0.0551, 0.051, -0.199, -0.1935, -0.1786, 0.1151, -0.6456, -0.0733, -0.1196, -0.0038,
    -0.0095, -0.0609, 1.8378, -0.0306, -0.2319, -0.1781, 2.0883, 0.5488, 0.1067, 1.68, 0.2421, -0.1444, -3.1251, 0.2583,
    0.3448, -4.1737, -0.4894, -0.768, 3.5995, -0.2608, 2.361, -1.4311,
  ],
  [
    -0.0063, -0.0469, -0.0209, 0.2178, -0.1038, 1.4442, 0.2809, -0.403, -0.1025, -2.8739, -0.1444, 0.581, 3.1428,
    -0.0506, -1.2208, 0.2004, 0.1779, -0.3859, 0.0253, 1.1895, -0.0437, -0.114, -0.6848, -0.291, -0.1487, -0.436,
    -0.0076, 0.3295, -1.0785, 0.3667, 1.073, 0.4488, -0.1864, 0.0583, -0.1839,
  ],
  [
    -0.0212, 1.1941, -1.8552, 1.5624, -0.4171, 0.2897, 1.0258, -0.9553, -0.091, -0.3423, -0.8183, 1.3789, 0.4427,
    -0.4764, -0.1255, -0.0638, 0.5775, -0.0971, -0.3157, -0.366, 0.7654, -0.3641, -0.0359, 0.3286, 0.0412, 0.0932,
    -1.0751, 0.6883, 0.0202, -0.2137, -0.1001, 0.1568, 0.2374, 0.0712, -0.1518,
  ],
];

/** @param planar [3, pixels], 0..255; changed in place */
export function pressColours(planar: Float32Array): void {
  const pixels = planar.length / 3;
  const powers = new Float64Array((TERMS[0] as readonly number[]).length);
  for (let p = 0; p < pixels; p++) {
    const r = (planar[p] as number) / 255;
    const g = (planar[pixels + p] as number) / 255;
    const b = (planar[2 * pixels + p] as number) / 255;
    let t = 0;
    for (let i = 0, ri = 1; i <= DEGREE; i++, ri *= r) {
      for (let j = 0, gj = ri; i + j <= DEGREE; j++, gj *= g) {
        for (let k = 0, bk = gj; i + j + k <= DEGREE; k++, bk *= b) powers[t++] = bk;
      }
    }
    for (let c = 0; c < 3; c++) {
      const terms = TERMS[c] as readonly number[];
      let sum = 0;
      for (let n = 0; n < terms.length; n++) sum += (terms[n] as number) * (powers[n] as number);
      planar[c * pixels + p] = 255 * Math.min(1, Math.max(0, sum));
    }
  }
}

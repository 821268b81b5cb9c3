/**
 * Colours of a picture in printing inks (CMYK) that names no colour profile. Browsers multiply the inks' complements,
 * which is far too bright; libvips, and so transformers.js in Node, takes an ordinary printing press. A cubic in the
 * browser's red, green and blue, fitted by least squares to libvips' conversion of 5,832 colours, is 4 levels of 255 off
 * (root mean square) where the browser is 41 off. Terms r^i g^j b^k in the order of i, then j, then k, i + j + k <= 3.
 */
const TERMS: readonly (readonly number[])[] = [
  [
    0.0269, -0.0182, 0.0779, 0.0303, -0.2323, -0.1749, -0.1079, -0.2238, -0.023, -0.1466, 1.6727, -0.0754, -0.1229,
    1.1326, 0.311, 0.4112, -1.8866, 0.1052, -0.8843, 1.1131,
  ],
  [
    -0.0158, 0.0085, 0.0738, -0.0389, 1.2309, -0.0794, -0.0661, -1.1728, 0.181, 0.437, 0.2847, -0.1515, -0.0069, 0.066,
    0.0169, 0.1376, -0.2668, 0.1385, 0.2005, 0.002,
  ],
  [
    -0.039, 1.1952, -1.1419, 0.4364, 0.2783, -0.0124, 0.1057, 0.0085, 0.0801, -0.0719, 0.0211, -0.0493, 0.0485, -0.3297,
    0.4356, 0.0486, 0.057, -0.0194, -0.0418, -0.0324,
  ],
];

/** @param planar [3, pixels], 0..255; changed in place */
export function pressColours(planar: Float32Array): void {
  const pixels = planar.length / 3;
  const powers = new Float64Array(20);
  for (let p = 0; p < pixels; p++) {
    const r = (planar[p] as number) / 255;
    const g = (planar[pixels + p] as number) / 255;
    const b = (planar[2 * pixels + p] as number) / 255;
    let t = 0;
    for (let i = 0, ri = 1; i <= 3; i++, ri *= r) {
      for (let j = 0, gj = ri; i + j <= 3; j++, gj *= g) {
        for (let k = 0, bk = gj; i + j + k <= 3; k++, bk *= b) powers[t++] = bk;
      }
    }
    for (let c = 0; c < 3; c++) {
      const terms = TERMS[c] as readonly number[];
      let sum = 0;
      for (let n = 0; n < 20; n++) sum += (terms[n] as number) * (powers[n] as number);
      planar[c * pixels + p] = 255 * Math.min(1, Math.max(0, sum));
    }
  }
}

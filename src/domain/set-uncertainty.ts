/**
 * Uncertainty where an item can have several classes. `p` is row-major [rows, classes], independent probabilities;
 * `thresholds` [classes]. Each is 0 when every class is certain, and at most 1. How classes are put together: Esuli and
 * Sebastiani 2009, Active learning strategies for multi-label text classification; nearest class: Brinker 2006, On active
 * learning in multi-label classification.
 */
type Numbers = ArrayLike<number>;

/** 1 - |2 q - 1| of one class, q being the probability with its logit shifted so that the threshold becomes 0.5. */
export function classDoubt(p: number, threshold: number): number {
  const yes = p * (1 - threshold);
  const no = (1 - p) * threshold;
  return yes + no > 0 ? (2 * Math.min(yes, no)) / (yes + no) : 0;
}

/** Of the class that is nearest to its threshold: 1 at the threshold. */
export function nearestDoubt(p: Numbers, row: number, thresholds: Numbers): number {
  const width = thresholds.length;
  let most = 0;
  for (let c = 0; c < width; c++) {
    most = Math.max(most, classDoubt(p[row * width + c] as number, thresholds[c] as number));
  }
  return most;
}

/** Mean over the classes. */
export function meanDoubt(p: Numbers, row: number, thresholds: Numbers): number {
  const width = thresholds.length;
  let sum = 0;
  for (let c = 0; c < width; c++) sum += classDoubt(p[row * width + c] as number, thresholds[c] as number);
  return width > 0 ? sum / width : 0;
}

/** Mean over the classes of the binary entropy, in bits. */
export function meanBinaryEntropy(p: Numbers, row: number, classes: number): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const yes = p[row * classes + c] as number;
    for (const q of [yes, 1 - yes]) if (q > 0) sum -= q * Math.log2(q);
  }
  return classes > 0 ? sum / classes : 0;
}

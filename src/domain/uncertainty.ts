/**
 * Uncertainty of class probabilities (Lewis and Gale 1994; Scheffer, Decomain and Wrobel 2001; Shannon 1948).
 * `p` is row-major [rows, classes]; `row` a row. Each is 0 for a certain prediction and grows with uncertainty.
 */
type Probabilities = ArrayLike<number>;

/** 1 - p1, in [0, 1 - 1/classes]. */
export function leastConfidence(p: Probabilities, row: number, classes: number): number {
  return 1 - topTwo(p, row, classes).first;
}

/** 1 - (p1 - p2), in [0, 1]: 1 for a tie. 0 with one class. */
export function marginUncertainty(p: Probabilities, row: number, classes: number): number {
  if (classes < 2) return 0;
  const { first, second } = topTwo(p, row, classes);
  return 1 - (first - second);
}

/** -sum p log p in nats, in [0, log classes]. */
export function entropy(p: Probabilities, row: number, classes: number): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const value = p[row * classes + c] as number;
    if (value > 0) sum -= value * Math.log(value);
  }
  return sum;
}

/** The most likely class of a row; the lower one of a tie. */
export function mostLikely(p: Probabilities, row: number, classes: number): number {
  const from = row * classes;
  let best = 0;
  for (let c = 1; c < classes; c++) if ((p[from + c] as number) > (p[from + best] as number)) best = c;
  return best;
}

/** The two largest probabilities of a row and their classes; ties go to the lower class. `secondClass` is -1 with one class. */
export function topTwo(
  p: Probabilities,
  row: number,
  classes: number,
): { first: number; second: number; firstClass: number; secondClass: number } {
  let first = -1;
  let second = -1;
  let firstClass = -1;
  let secondClass = -1;
  for (let c = 0; c < classes; c++) {
    const value = p[row * classes + c] as number;
    if (value > first) {
      second = first;
      secondClass = firstClass;
      first = value;
      firstClass = c;
    } else if (value > second) {
      second = value;
      secondClass = c;
    }
  }
  return { first, second: Math.max(0, second), firstClass, secondClass };
}

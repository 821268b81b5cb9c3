/** With fewer examples or counter-examples than this a chosen threshold would be a guess. */
export const LEAST_EXAMPLES = 5;
export const DEFAULT_THRESHOLD = 0.5;
/** A threshold nearer to 0 or 1 would rest on a few rows at the edge. */
const [LOWEST, HIGHEST] = [0.05, 0.95];

/**
 * The probability from which on a class is given: the one with the highest F1 on held-out rows (SCut: Yang 2001, A study
 * of thresholding strategies for text categorization), midway between two neighbouring probabilities; of equally good
 * ones that nearest to 0.5. 0.5 where there are too few rows of either kind.
 * @param p held-out probabilities @param isPresent whether each row has the class
 */
export function bestThreshold(p: ArrayLike<number>, isPresent: ArrayLike<boolean>): number {
  const rows = Array.from({ length: p.length }, (_, i) => ({ p: p[i] as number, isPresent: isPresent[i] === true }));
  rows.sort((a, b) => b.p - a.p);
  const positives = rows.filter((r) => r.isPresent).length;
  if (positives < LEAST_EXAMPLES || rows.length - positives < LEAST_EXAMPLES) return DEFAULT_THRESHOLD;
  let best = { threshold: DEFAULT_THRESHOLD, f1: f1At(rows, DEFAULT_THRESHOLD, positives) };
  let hits = 0;
  for (let given = 1; given < rows.length; given++) {
    const [here, next] = [rows[given - 1], rows[given]];
    if (!here || !next) break;
    if (here.isPresent) hits++;
    if (here.p === next.p) continue;
    const threshold = (here.p + next.p) / 2;
    if (threshold < LOWEST || threshold > HIGHEST) continue;
    const f1 = (2 * hits) / (given + positives);
    const isNearer = Math.abs(threshold - DEFAULT_THRESHOLD) < Math.abs(best.threshold - DEFAULT_THRESHOLD);
    if (f1 > best.f1 + 1e-12 || (f1 > best.f1 - 1e-12 && isNearer)) best = { threshold, f1 };
  }
  return best.threshold;
}

function f1At(rows: readonly { p: number; isPresent: boolean }[], threshold: number, positives: number): number {
  const given = rows.filter((r) => r.p >= threshold);
  return (2 * given.filter((r) => r.isPresent).length) / (given.length + positives);
}

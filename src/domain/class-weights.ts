/**
 * Weights that let every class count alike, however many labels it has: n / (classes * labels of the class) (King and Zeng
 * 2001, Logistic regression in rare events data). Their mean is 1.
 * @param y class index of each row, [n] @returns [n]
 */
export function balancedWeights(y: Int32Array): Float64Array {
  const counts = new Map<number, number>();
  for (const c of y) counts.set(c, (counts.get(c) ?? 0) + 1);
  return Float64Array.from(y, (c) => y.length / (counts.size * (counts.get(c) ?? 1)));
}

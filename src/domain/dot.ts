/** Inner product, in four sums that do not wait for each other: always the same bits. */
export function dot(a: Float64Array, b: Float64Array): number {
  return dotAt(a, 0, b, 0, a.length);
}

/** Inner product of `length` numbers of a and b from the given places on. */
export function dotAt(a: Float64Array, fromA: number, b: Float64Array, fromB: number, length: number): number {
  const whole = length & ~3;
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    s0 += (a[fromA + i] as number) * (b[fromB + i] as number);
    s1 += (a[fromA + i + 1] as number) * (b[fromB + i + 1] as number);
    s2 += (a[fromA + i + 2] as number) * (b[fromB + i + 2] as number);
    s3 += (a[fromA + i + 3] as number) * (b[fromB + i + 3] as number);
  }
  for (let i = whole; i < length; i++) s0 += (a[fromA + i] as number) * (b[fromB + i] as number);
  return s0 + s1 + (s2 + s3);
}

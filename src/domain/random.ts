/** Seeded random numbers: sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32. Same seed, same stream, everywhere. */
export interface Random {
  /** Uniform in [0, 1) with 32 bits. */
  next(): number;
  /** Uniform integer in [0, bound). Throws `RangeError` when bound < 1. */
  below(bound: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Fisher-Yates, in place; returns its argument. */
  shuffle<T extends { length: number; [index: number]: unknown }>(list: T): T;
  /** A stream of its own, derived from this stream's seed and a label; does not advance this one. */
  fork(label: string): Random;
}

/** A stream from a 32-bit seed. */
export function seededRandom(seed: number): Random {
  let s = seed >>> 0;
  const mix = (): number => {
    s = (s + 0x9e3779b9) >>> 0;
    let z = s;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let a = mix();
  let b = mix();
  let c = mix();
  let d = 1;
  const next32 = (): number => {
    const t = (a + b + d) >>> 0;
    d = (d + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + t) >>> 0;
    return t;
  };
  for (let i = 0; i < 12; i++) next32();
  const random: Random = {
    next: () => next32() / 4294967296,
    below(bound) {
      if (!(bound >= 1)) throw new RangeError('The bound must be at least 1.');
      return Math.floor((next32() / 4294967296) * bound);
    },
    normal() {
      const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
      return radius * Math.cos(2 * Math.PI * random.next());
    },
    shuffle(list) {
      const items = list as { [index: number]: unknown; length: number };
      for (let i = items.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [items[i], items[j]] = [items[j], items[i]];
      }
      return list;
    },
    fork: (label) => seededRandom(hashSeed(seed, label)),
  };
  return random;
}

/** A 32-bit seed from a seed and a label (FNV-1a over UTF-16 code units). */
export function hashSeed(seed: number, label: string): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193) >>> 0;
  return h >>> 0;
}

/** An index drawn in proportion to its value; the last positive one should rounding run out. */
export function drawIndex(chance: Float64Array, random: Random): number {
  let target = random.next() * chance.reduce((a, b) => a + b, 0);
  let last = 0;
  for (let i = 0; i < chance.length; i++) {
    if ((chance[i] as number) <= 0) continue;
    last = i;
    target -= chance[i] as number;
    if (target < 0) break;
  }
  return last;
}

import { hashSeed, seededRandom, type Random } from '../random.ts';

/** Side of a sample image in pixels. */
export const SAMPLE_SIDE = 96;
const CLASSES: readonly (readonly [string, number])[] = [
  ['intact', 42], ['scratch', 18], ['stain', 15], ['dent', 12], ['burr', 10.5], ['crack', 2.5],
];

export interface SampleImage {
  readonly label: string;
  /** RGBA bytes, SAMPLE_SIDE x SAMPLE_SIDE. */
  readonly pixels: Uint8ClampedArray;
}

/**
 * One drawn photograph of a turned metal washer under a lamp, as an inspector sees them: flaws of several kinds and
 * strengths, changing light, and now and then a near-duplicate of the image before. Same seed and index, same pixels.
 */
export function inspectionImage(seed: number, index: number): SampleImage {
  const own = seededRandom(hashSeed(seed, `part-${index}`));
  const isNearDuplicate = index > 0 && own.next() < 0.04;
  const random = isNearDuplicate ? seededRandom(hashSeed(seed, `part-${index - 1}`)) : own;
  if (isNearDuplicate) random.next();
  const label = weighted(random);
  const pixels = drawPart(label, random);
  if (isNearDuplicate) for (let i = 0; i < pixels.length; i += 4) pixels[i] = (pixels[i] as number) + own.below(3);
  return { label, pixels };
}

function weighted(random: Random): string {
  let at = random.next() * CLASSES.reduce((sum, [, w]) => sum + w, 0);
  for (const [label, weight] of CLASSES) {
    at -= weight;
    if (at < 0) return label;
  }
  return 'intact';
}

/** Signed brightness (-1..1) and rust (0..1) that a flaw adds at a point of the part. */
type Flaw = (x: number, y: number) => { light: number; rust: number };

function drawPart(label: string, random: Random): Uint8ClampedArray {
  const side = SAMPLE_SIDE;
  const pixels = new Uint8ClampedArray(side * side * 4);
  const cx = side / 2 + random.normal() * 2;
  const cy = side / 2 + random.normal() * 2;
  const outer = 38 + random.next() * 5;
  const inner = 11 + random.next() * 4;
  const lamp = random.next() * Math.PI * 2;
  const brightness = 0.52 + random.normal() * 0.05;
  const tint = 0.97 + random.next() * 0.06;
  const grooves = 1.2 + random.next() * 0.8;
  const table = 0.16 + random.next() * 0.08;
  const strength = 0.35 + random.next() * 0.65;
  const flaw = makeFlaw(label, random, cx, cy, inner, outer, strength);
  const edge = label === 'burr' ? burr(random, strength) : () => 0;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const dx = x - cx;
      const dy = y - cy;
      const r = Math.hypot(dx, dy);
      const angle = Math.atan2(dy, dx);
      const rim = outer + edge(angle);
      const cover = clamp(rim - r) * clamp(r - inner);
      const shine = 0.13 * Math.cos(angle - lamp) + 0.1 * Math.cos(2 * (angle - lamp)) + 0.025 * Math.sin(r * grooves);
      const bevel = 0.22 * Math.exp(-((rim - r - 2) ** 2) / 3) * Math.cos(angle - lamp) - 0.18 * Math.exp(-((r - inner) ** 2) / 4);
      const { light, rust } = flaw(x, y);
      const noise = (random.next() - 0.5) * 0.05;
      const metal = brightness + shine + bevel + light + noise;
      const shadow = table - 0.1 * Math.exp(-Math.max(0, r - outer) / 5) + noise * 0.6;
      const value = cover * metal + (1 - cover) * shadow;
      const at = (y * side + x) * 4;
      const brown = cover * rust;
      pixels[at] = 255 * (value * tint + brown * 0.12);
      pixels[at + 1] = 255 * (value - brown * 0.1);
      pixels[at + 2] = 255 * (value * (2 - tint) - brown * 0.24);
      pixels[at + 3] = 255;
    }
  }
  return pixels;
}

function makeFlaw(
  label: string,
  random: Random,
  cx: number,
  cy: number,
  inner: number,
  outer: number,
  strength: number,
): Flaw {
  const none = { light: 0, rust: 0 };
  const angle = random.next() * Math.PI * 2;
  const radius = inner + (0.25 + 0.5 * random.next()) * (outer - inner);
  const px = cx + radius * Math.cos(angle);
  const py = cy + radius * Math.sin(angle);
  if (label === 'scratch') {
    const direction = random.next() * Math.PI;
    const length = 8 + random.next() * 16;
    return (x, y) => {
      const along = (x - px) * Math.cos(direction) + (y - py) * Math.sin(direction);
      const across = -(x - px) * Math.sin(direction) + (y - py) * Math.cos(direction);
      if (Math.abs(along) > length) return none;
      return { light: strength * (0.45 * Math.exp(-(across ** 2) / 0.8) - 0.25 * Math.exp(-((across - 1.6) ** 2) / 0.8)), rust: 0 };
    };
  }
  if (label === 'stain') {
    const [wx, wy] = [4 + random.next() * 7, 4 + random.next() * 7];
    return (x, y) => {
      const d = ((x - px) / wx) ** 2 + ((y - py) / wy) ** 2 + 0.3 * Math.sin(x * 0.9 + y * 0.5);
      const amount = 1 / (1 + Math.exp(4 * (d - 1)));
      return { light: -0.2 * strength * amount, rust: strength * amount };
    };
  }
  if (label === 'dent') {
    const size = 3.5 + random.next() * 4;
    return (x, y) => {
      const [u, v] = [(x - px) / size, (y - py) / size];
      const bowl = Math.exp(-(u * u + v * v));
      return { light: strength * bowl * 0.75 * (u * Math.cos(angle) + v * Math.sin(angle)) - 0.12 * strength * bowl, rust: 0 };
    };
  }
  if (label === 'crack') {
    const wobble = 1 + random.next() * 2;
    const phase = random.next() * 6;
    return (x, y) => {
      const r = Math.hypot(x - cx, y - cy);
      const turn = Math.atan2(y - cy, x - cx) - angle - (wobble * Math.sin(r * 0.45 + phase)) / 22;
      const across = Math.atan2(Math.sin(turn), Math.cos(turn)) * r;
      return { light: -0.55 * strength * Math.exp(-(across ** 2) / 0.9), rust: 0 };
    };
  }
  // Intact parts carry handling marks too faint to matter: the hard negatives.
  const faint = random.next() < 0.25 ? 0.12 : 0;
  return (x, y) => ({ light: faint * Math.exp(-(((x - px) * Math.cos(angle) + (y - py) * Math.sin(angle)) ** 2) / 1.2), rust: 0 });
}

/** Extra radius of a rim with a ragged stretch. */
function burr(random: Random, strength: number): (angle: number) => number {
  const centre = random.next() * Math.PI * 2;
  const width = 0.25 + random.next() * 0.35;
  const rate = 18 + random.next() * 14;
  return (angle) => {
    const away = Math.atan2(Math.sin(angle - centre), Math.cos(angle - centre)) / width;
    return strength * Math.exp(-(away ** 2)) * (2.2 + 2 * Math.sin(angle * rate));
  };
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value + 0.5));
}

import { hashSeed, seededRandom, type Random } from '../random.ts';
import { cosTurn, sinTurn } from './exact-maths.ts';
import { drawPart } from './inspection-drawing.ts';
import { metalDistance, type Hole, type PartShape } from './part-shape.ts';
import { encodePng } from './png.ts';

export const INSPECTION_CLASSES = ['intact', 'scratch', 'stain', 'dent', 'crack', 'missing hole'] as const;
export type InspectionClass = (typeof INSPECTION_CLASSES)[number];
/** Share of each class, in the order of `INSPECTION_CLASSES`; the last one is the rare one. */
const SHARES = [0.36, 0.18, 0.17, 0.15, 0.115, 0.025];
/** Width and height of a picture, pixels. */
export const INSPECTION_SIDE = 96;
/** One picture in so many is a second shot of an earlier part. */
const RESHOT_EVERY = 18;

export interface Point {
  readonly x: number;
  readonly y: number;
}
/** Marks on the metal, in the part's frame. `strength` in 0..1 is how plain the mark is. */
export type Mark =
  | { readonly type: 'scratch'; readonly path: readonly Point[]; readonly width: number; readonly strength: number }
  | {
      readonly type: 'crack';
      readonly paths: readonly (readonly Point[])[];
      readonly width: number;
      readonly strength: number;
    }
  | {
      readonly type: 'dent';
      readonly at: Point;
      readonly rx: number;
      readonly ry: number;
      readonly turn: number;
      readonly strength: number;
    }
  | {
      readonly type: 'stain';
      readonly blobs: readonly Hole[];
      readonly tint: readonly [number, number, number];
      readonly strength: number;
    }
  | { readonly type: 'glint'; readonly at: Point; readonly radius: number; readonly strength: number };

/** Everything that a picture shows; drawing it takes no further chance but grain. */
export interface PartPicture {
  readonly label: InspectionClass;
  readonly shape: PartShape;
  /** Index of the bolt hole that was not drilled, or -1. */
  readonly missing: number;
  readonly marks: readonly Mark[];
  readonly metal: readonly [number, number, number];
  readonly table: readonly [number, number, number];
  /** Where the part lies: pixels from the middle, angle in turns. */
  readonly offset: Point;
  readonly turn: number;
  /** Where the light comes from, in turns, and how uneven it is, 0..1. */
  readonly lightTurn: number;
  readonly falloff: number;
  readonly exposure: number;
  readonly grainSeed: number;
  readonly textureSeed: number;
}

const METALS = [
  [168, 172, 178],
  [160, 164, 171],
  [174, 175, 176],
] as const;
const TABLE = [44, 50, 56] as const;
const TINTS = [
  [112, 62, 28],
  [70, 50, 30],
  [44, 46, 44],
  [120, 92, 30],
] as const;

/** Sample `index` of the stream with this seed: a drawn part and its true class. Same arguments, same bytes, everywhere. */
export function inspectionSample(seed: number, index: number): { label: InspectionClass; png: Uint8Array } {
  const picture = describePart(seed, index);
  return { label: picture.label, png: encodePng(drawPart(picture, INSPECTION_SIDE), INSPECTION_SIDE, INSPECTION_SIDE) };
}

/** What sample `index` shows. Every so often it is an earlier part, moved a little and lit a little differently. */
export function describePart(seed: number, index: number): PartPicture {
  const random = seededRandom(hashSeed(seed, `part ${index}`));
  const isReshot = index > 0 && random.below(RESHOT_EVERY) === 0;
  const fresh = freshPart(random.fork('fresh'));
  if (!isReshot) return fresh;
  const earlier = freshPart(seededRandom(hashSeed(seed, `part ${random.below(index)}`)).fork('fresh'));
  return {
    ...earlier,
    offset: { x: earlier.offset.x + between(random, -1, 1), y: earlier.offset.y + between(random, -1, 1) },
    exposure: earlier.exposure * between(random, 0.97, 1.03),
    grainSeed: fresh.grainSeed,
  };
}

function freshPart(random: Random): PartPicture {
  const label = pickClass(random.next());
  const shape = makeShape(random);
  const missing = label === 'missing hole' ? random.below(shape.bolts.length) : -1;
  const strength = between(random, 0.45, 1);
  const marks = [...distractors(random, shape, missing), ...defect(random, label, shape, strength)];
  return {
    label,
    shape,
    missing,
    marks,
    metal: pick(random, METALS),
    table: TABLE,
    offset: { x: between(random, -1, 1), y: between(random, -1, 1) },
    turn: between(random, -0.008, 0.008),
    lightTurn: between(random, 0.6, 0.66),
    falloff: between(random, 0, 0.2),
    exposure: between(random, 0.9, 1.1),
    grainSeed: random.below(2 ** 31),
    textureSeed: random.below(2 ** 31),
  };
}

function pickClass(at: number): InspectionClass {
  let sum = 0;
  for (const [i, name] of INSPECTION_CLASSES.entries()) {
    sum += SHARES[i] ?? 0;
    if (at < sum) return name;
  }
  return 'intact';
}

/** One fixture: the same square plate in every picture, within the tolerances of a workshop. */
function makeShape(random: Random): PartShape {
  const size = between(random, 45, 46);
  const at = between(random, 27.5, 28.5);
  const bolts = [-1, 1].flatMap((sy) => [-1, 1].map((sx) => ({ x: sx * at, y: sy * at, radius: 8 })));
  return { size, bolts, bore: { x: 0, y: 0, radius: 11 } };
}

/** Harmless things that any part may show, and that make some pictures hard. */
function distractors(random: Random, shape: PartShape, missing: number): Mark[] {
  const marks: Mark[] = [];
  if (random.next() < 0.25)
    marks.push({
      type: 'glint',
      at: onMetal(random, shape, missing, 5),
      radius: between(random, 4, 9),
      strength: between(random, 0.15, 0.5),
    });
  if (random.next() < 0.12) marks.push(scratch(random, shape, between(random, 0.12, 0.3), between(random, 12, 30)));
  if (random.next() < 0.1) marks.push(stain(random, shape, between(random, 0.1, 0.24), 3));
  return marks;
}

function defect(random: Random, label: InspectionClass, shape: PartShape, strength: number): Mark[] {
  switch (label) {
    case 'scratch': {
      const first = scratch(random, shape, strength, between(random, 50, 90));
      return random.next() < 0.5 ? [first, scratch(random, shape, strength * 0.9, between(random, 30, 60))] : [first];
    }
    case 'stain':
      return [stain(random, shape, strength, 5 + random.below(5))];
    case 'dent': {
      const radius = between(random, 12, 18);
      const at = onMetal(random, shape, -1, 5);
      return [{ type: 'dent', at, rx: radius, ry: radius * between(random, 0.7, 1), turn: random.next(), strength }];
    }
    case 'crack':
      return [crack(random, shape, strength)];
    case 'intact':
    case 'missing hole':
      return [];
  }
}

/** A long, slightly bent line through a point on the metal. */
function scratch(random: Random, shape: PartShape, strength: number, length: number): Mark {
  const middle = onMetal(random, shape, -1, 4);
  const turn = random.next();
  const bend = between(random, -8, 8);
  const path = [-1, -0.5, 0, 0.5, 1].map((t) => {
    const along = (t * length) / 2;
    const across = bend * (1 - t * t);
    return {
      x: middle.x + along * cosTurn(turn) - across * sinTurn(turn),
      y: middle.y + along * sinTurn(turn) + across * cosTurn(turn),
    };
  });
  return { type: 'scratch', path, width: between(random, 1.1, 1.9), strength };
}

function stain(random: Random, shape: PartShape, strength: number, count: number): Mark {
  const middle = onMetal(random, shape, -1, 4);
  const blobs = Array.from({ length: count }, () => ({
    x: middle.x + between(random, -13, 13),
    y: middle.y + between(random, -13, 13),
    radius: between(random, 5, 11),
  }));
  return { type: 'stain', blobs, tint: pick(random, TINTS), strength };
}

/** A jagged line with branches that starts at a hole or at the rim. */
function crack(random: Random, shape: PartShape, strength: number): Mark {
  const hole = random.next() < 0.7 ? pick(random, shape.bolts) : shape.bore;
  const out = random.next();
  const start = { x: hole.x + hole.radius * cosTurn(out), y: hole.y + hole.radius * sinTurn(out) };
  const main = jagged(random, start, out, between(random, 44, 72));
  const paths = [main];
  const branches = 2 + random.below(3);
  for (let i = 0; i < branches; i++) {
    const from = main[2 + random.below(Math.max(1, main.length - 3))] ?? start;
    paths.push(jagged(random, from, out + between(random, -0.16, 0.16), between(random, 16, 30)));
  }
  return { type: 'crack', paths, width: between(random, 1.5, 2.3), strength };
}

function jagged(random: Random, start: Point, turn: number, length: number): Point[] {
  const path = [start];
  let { x, y } = start;
  for (let done = 0; done < length;) {
    const step = between(random, 4, 7);
    const angle = turn + between(random, -0.13, 0.13);
    x += step * cosTurn(angle);
    y += step * sinTurn(angle);
    done += step;
    path.push({ x, y });
  }
  return path;
}

/** A point with at least `margin` pixels of metal around it, or the best of many tries. */
function onMetal(random: Random, shape: PartShape, missing: number, margin: number): Point {
  let best = { x: 0, y: shape.size / 2 };
  let depth = 0;
  for (let i = 0; i < 40; i++) {
    const point = { x: between(random, -shape.size, shape.size), y: between(random, -shape.size, shape.size) };
    const distance = -metalDistance(shape, point.x, point.y, missing);
    if (distance >= margin) return point;
    if (distance > depth) {
      depth = distance;
      best = point;
    }
  }
  return best;
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.next();
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

import { hashSeed, seededRandom, type Random } from '../random.ts';
import { cosTurn, sinTurn } from './exact-maths.ts';
import { drawPart } from './inspection-drawing.ts';
import { boltCircle, metalDistance, type Hole, type PartKind, type PartShape } from './part-shape.ts';
import { encodePng } from './png.ts';

export const INSPECTION_CLASSES = ['intact', 'scratch', 'stain', 'dent', 'crack', 'missing hole'] as const;
export type InspectionClass = (typeof INSPECTION_CLASSES)[number];
/** Share of each class, in the order of `INSPECTION_CLASSES`; the last one is the rare one. */
const SHARES = [0.36, 0.18, 0.17, 0.15, 0.115, 0.025];
export const INSPECTION_COUNT = 2000;
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
  [172, 176, 182],
  [150, 155, 163],
  [188, 184, 176],
  [186, 164, 118],
] as const;
const TABLES = [
  [52, 56, 62],
  [74, 92, 96],
  [205, 204, 198],
  [96, 84, 74],
] as const;
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

/** Path of a sample below the folder of its class, such as `crack/part-0007.png`. */
export function inspectionPath(label: InspectionClass, index: number): string {
  return `${label}/part-${String(index + 1).padStart(4, '0')}.png`;
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
    table: pick(random, TABLES),
    offset: { x: between(random, -2.5, 2.5), y: between(random, -2.5, 2.5) },
    turn: shape.kind === 'plate' ? between(random, -0.03, 0.03) : random.next(),
    lightTurn: between(random, 0.55, 0.8),
    falloff: between(random, 0, 0.3),
    exposure: between(random, 0.82, 1.14),
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

function makeShape(random: Random): PartShape {
  const kind: PartKind = pick(random, ['flange', 'flange', 'plate', 'hexagon']);
  if (kind === 'plate') {
    const size = between(random, 37, 40);
    const height = between(random, 29, 33);
    const bolts = [-1, 1].flatMap((sy) =>
      [-1, 1].map((sx) => ({ x: sx * (size - 10), y: sy * (height - 10), radius: 5 })),
    );
    return { kind, size, height, bolts, bore: { x: 0, y: 0, radius: between(random, 7, 10) } };
  }
  const size = between(random, 38, 41);
  const bore = { x: 0, y: 0, radius: between(random, 10, 13) };
  const distance = size - (kind === 'hexagon' ? 13 : 11);
  return { kind, size, height: size, bolts: boltCircle(6, distance, 4.8, 1 / 12), bore };
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
  if (random.next() < 0.12) marks.push(scratch(random, shape, between(random, 0.12, 0.28), between(random, 8, 18)));
  if (random.next() < 0.1) marks.push(stain(random, shape, between(random, 0.1, 0.24), 3));
  return marks;
}

function defect(random: Random, label: InspectionClass, shape: PartShape, strength: number): Mark[] {
  switch (label) {
    case 'scratch': {
      const first = scratch(random, shape, strength, between(random, 26, 52));
      return random.next() < 0.35 ? [first, scratch(random, shape, strength * 0.9, between(random, 16, 34))] : [first];
    }
    case 'stain':
      return [stain(random, shape, strength, 5 + random.below(5))];
    case 'dent': {
      const radius = between(random, 6, 10);
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
  const bend = between(random, -5, 5);
  const path = [-1, -0.5, 0, 0.5, 1].map((t) => {
    const along = (t * length) / 2;
    const across = bend * (1 - t * t);
    return {
      x: middle.x + along * cosTurn(turn) - across * sinTurn(turn),
      y: middle.y + along * sinTurn(turn) + across * cosTurn(turn),
    };
  });
  return { type: 'scratch', path, width: between(random, 0.8, 1.5), strength };
}

function stain(random: Random, shape: PartShape, strength: number, count: number): Mark {
  const middle = onMetal(random, shape, -1, 4);
  const blobs = Array.from({ length: count }, () => ({
    x: middle.x + between(random, -8, 8),
    y: middle.y + between(random, -8, 8),
    radius: between(random, 3, 7.5),
  }));
  return { type: 'stain', blobs, tint: pick(random, TINTS), strength };
}

/** A jagged line with branches that starts at a hole or at the rim. */
function crack(random: Random, shape: PartShape, strength: number): Mark {
  const hole = random.next() < 0.7 ? pick(random, shape.bolts) : (shape.bore ?? pick(random, shape.bolts));
  const out = random.next();
  const start = { x: hole.x + hole.radius * cosTurn(out), y: hole.y + hole.radius * sinTurn(out) };
  const main = jagged(random, start, out, between(random, 20, 34));
  const paths = [main];
  const branches = 1 + random.below(2);
  for (let i = 0; i < branches; i++) {
    const from = main[2 + random.below(Math.max(1, main.length - 3))] ?? start;
    paths.push(jagged(random, from, out + between(random, -0.16, 0.16), between(random, 6, 14)));
  }
  return { type: 'crack', paths, width: between(random, 0.9, 1.5), strength };
}

function jagged(random: Random, start: Point, turn: number, length: number): Point[] {
  const path = [start];
  let { x, y } = start;
  for (let done = 0; done < length;) {
    const step = between(random, 2.5, 5);
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
    const point = { x: between(random, -shape.size, shape.size), y: between(random, -shape.height, shape.height) };
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

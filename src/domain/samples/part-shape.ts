import { cosTurn, sinTurn } from './exact-maths.ts';

export type PartKind = 'flange' | 'plate' | 'hexagon';
export interface Hole {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}
/** A part seen from above, in its own frame: pixels, origin at its centre. */
export interface PartShape {
  readonly kind: PartKind;
  /** Half of its width. */
  readonly size: number;
  /** Half of its height; plates only. */
  readonly height: number;
  /** The bolt holes that should be there. */
  readonly bolts: readonly Hole[];
  /** Central bore; null for none. */
  readonly bore: Hole | null;
}

/** Holes at even angles on a circle. @param turn angle of the first, in turns */
export function boltCircle(count: number, distance: number, radius: number, turn: number): Hole[] {
  return Array.from({ length: count }, (_, i) => ({
    x: distance * cosTurn(turn + i / count),
    y: distance * sinTurn(turn + i / count),
    radius,
  }));
}

/** Signed distance to the outline without holes, pixels; negative inside. */
export function outlineDistance(shape: PartShape, x: number, y: number): number {
  if (shape.kind === 'flange') return Math.sqrt(x * x + y * y) - shape.size;
  const round = 6;
  const ax = Math.abs(x);
  const ay = Math.abs(y);
  if (shape.kind === 'plate') {
    const dx = ax - shape.size + round;
    const dy = ay - shape.height + round;
    const ox = dx > 0 ? dx : 0;
    const oy = dy > 0 ? dy : 0;
    return Math.sqrt(ox * ox + oy * oy) + Math.min(Math.max(dx, dy), 0) - round;
  }
  return Math.max(ay, ax * 0.8660254037844386 + ay * 0.5) - shape.size * 0.92;
}

/** Signed distance to the nearest hole, pixels; negative inside a hole. @param missing index of the bolt hole left out, or -1 */
export function holeDistance(shape: PartShape, x: number, y: number, missing: number): number {
  let nearest = 1e9;
  for (let i = 0; i < shape.bolts.length; i++) {
    if (i === missing) continue;
    nearest = Math.min(nearest, distanceTo(shape.bolts[i] as Hole, x, y));
  }
  return shape.bore ? Math.min(nearest, distanceTo(shape.bore, x, y)) : nearest;
}

/** Signed distance to the part's material, pixels; negative on metal. */
export function metalDistance(shape: PartShape, x: number, y: number, missing: number): number {
  return Math.max(outlineDistance(shape, x, y), -holeDistance(shape, x, y, missing));
}

function distanceTo(hole: Hole, x: number, y: number): number {
  const dx = x - hole.x;
  const dy = y - hole.y;
  return Math.sqrt(dx * dx + dy * dy) - hole.radius;
}

/** A round hole in the part's frame, pixels. */
export interface Hole {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}
/** A square plate seen from above, in its own frame: pixels, origin at its centre. */
export interface PartShape {
  /** Half of its width. */
  readonly size: number;
  /** The bolt holes that should be there. */
  readonly bolts: readonly Hole[];
  /** Central bore. */
  readonly bore: Hole;
}

const CORNER = 7;

/** Signed distance to the outline without holes, pixels; negative inside. */
export function outlineDistance(shape: PartShape, x: number, y: number): number {
  const dx = Math.abs(x) - shape.size + CORNER;
  const dy = Math.abs(y) - shape.size + CORNER;
  const ox = dx > 0 ? dx : 0;
  const oy = dy > 0 ? dy : 0;
  return Math.sqrt(ox * ox + oy * oy) + Math.min(Math.max(dx, dy), 0) - CORNER;
}

/** Signed distance to the nearest hole, pixels; negative inside a hole. @param missing index of the bolt hole left out, or -1 */
export function holeDistance(shape: PartShape, x: number, y: number, missing: number): number {
  let nearest = 1e9;
  for (let i = 0; i < shape.bolts.length; i++) {
    if (i === missing) continue;
    nearest = Math.min(nearest, distanceTo(shape.bolts[i] as Hole, x, y));
  }
  return Math.min(nearest, distanceTo(shape.bore, x, y));
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

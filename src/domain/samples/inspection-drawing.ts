import { clamp, cosTurn, latticeNoise, sinTurn, smoothStep, valueNoise } from './exact-maths.ts';
import type { Mark, PartPicture, Point } from './inspection.ts';
import { metalDistance, outlineDistance } from './part-shape.ts';

/** Renders a part by evaluating every pixel: row-major RGB bytes, side * side * 3. Pure and exact: no canvas. */
export function drawPart(picture: PartPicture, side: number): Uint8Array {
  const out = new Uint8Array(side * side * 3);
  const cos = cosTurn(picture.turn);
  const sin = sinTurn(picture.turn);
  const lightX = cosTurn(picture.lightTurn);
  const lightY = sinTurn(picture.lightTurn);
  const middle = side / 2;
  const light = { x: lightX * cos + lightY * sin, y: lightY * cos - lightX * sin };
  const colour: [number, number, number] = [0, 0, 0];
  let at = 0;
  for (let py = 0; py < side; py++) {
    for (let px = 0; px < side; px++) {
      const sx = px + 0.5 - middle;
      const sy = py + 0.5 - middle;
      const dx = sx - picture.offset.x;
      const dy = sy - picture.offset.y;
      const x = dx * cos + dy * sin;
      const y = dy * cos - dx * sin;
      tableColour(picture, px, py, colour);
      const shadow = 1 - smoothStep(-2, 7, outlineDistance(picture.shape, x + light.x * 3, y + light.y * 3));
      for (let c = 0; c < 3; c++) colour[c] = (colour[c] as number) * (1 - 0.5 * shadow);
      const distance = metalDistance(picture.shape, x, y, picture.missing);
      const coverage = 1 - smoothStep(-0.7, 0.7, distance);
      if (coverage > 0) blendMetal(picture, x, y, distance, coverage, light, colour);
      const across = (sx * lightX + sy * lightY) / middle;
      const gain = picture.exposure * (1 + picture.falloff * across * 0.6);
      const grain = (latticeNoise(px, py, picture.grainSeed) - 0.5) * 9;
      for (let c = 0; c < 3; c++) out[at++] = Math.round(clamp((colour[c] as number) * gain + grain, 0, 255));
    }
  }
  return out;
}

function tableColour(picture: PartPicture, px: number, py: number, colour: [number, number, number]): void {
  const cloud = valueNoise(px / 17, py / 17, picture.textureSeed) - 0.5;
  const fine = valueNoise(px / 2.1, py / 2.1, picture.textureSeed ^ 0x51ed) - 0.5;
  const gain = 1 + 0.16 * cloud + 0.1 * fine;
  for (let c = 0; c < 3; c++) colour[c] = (picture.table[c] as number) * gain;
}

/** Lays the metal, its bevel and its marks over the colour of the table. */
function blendMetal(
  picture: PartPicture,
  x: number,
  y: number,
  distance: number,
  coverage: number,
  light: Point,
  colour: [number, number, number],
): void {
  const { shape, missing, metal } = picture;
  let shade = brushed(picture, x, y, light);
  if (distance > -3.2) {
    const step = 0.5;
    const nx = metalDistance(shape, x + step, y, missing) - distance;
    const ny = metalDistance(shape, x, y + step, missing) - distance;
    const facing = clamp((nx * light.x + ny * light.y) / step, -1, 1);
    shade += 0.34 * facing * smoothStep(-3.2, -0.6, distance);
  }
  const rgb: [number, number, number] = [metal[0] * shade, metal[1] * shade, metal[2] * shade];
  for (const mark of picture.marks) applyMark(mark, x, y, light, picture.textureSeed, rgb);
  for (let c = 0; c < 3; c++) colour[c] = (colour[c] as number) * (1 - coverage) + (rgb[c] as number) * coverage;
}

/** Brightness of metal with brush lines along x and a sheen towards the light. About 1. */
function brushed(picture: PartPicture, x: number, y: number, light: Point): number {
  const lines = valueNoise(x / 18, y * 0.9, picture.textureSeed) - 0.5;
  return 0.97 + 0.1 * lines + (0.08 * (x * light.x + y * light.y)) / picture.shape.size;
}

function applyMark(mark: Mark, x: number, y: number, light: Point, seed: number, rgb: [number, number, number]): void {
  switch (mark.type) {
    case 'scratch': {
      const line = lineDistance(mark.path, x, y);
      if (line.distance > 5) return;
      const core = (1 - smoothStep(mark.width * 0.5, mark.width + 0.7, line.distance)) * mark.strength;
      const edge = (1 - smoothStep(mark.width, mark.width + 2, line.distance)) * mark.strength * 0.3;
      const fade = 1 - line.along * line.along * line.along * 0.6;
      for (let c = 0; c < 3; c++) {
        const dark = (rgb[c] as number) * (1 - edge * fade);
        rgb[c] = dark + (250 - dark) * core * fade;
      }
      return;
    }
    case 'crack': {
      for (const [i, path] of mark.paths.entries()) {
        const line = lineDistance(path, x, y);
        const width = mark.width * (i === 0 ? 1 : 0.7) * (1.1 - 0.6 * line.along);
        const core = (1 - smoothStep(width * 0.4, width + 0.8, line.distance)) * (0.45 + 0.5 * mark.strength);
        for (let c = 0; c < 3; c++) rgb[c] = (rgb[c] as number) * (1 - core) + 22 * core;
      }
      return;
    }
    case 'dent': {
      const cos = cosTurn(mark.turn);
      const sin = sinTurn(mark.turn);
      const dx = x - mark.at.x;
      const dy = y - mark.at.y;
      const u = (dx * cos + dy * sin) / mark.rx;
      const v = (dy * cos - dx * sin) / mark.ry;
      const r = Math.sqrt(u * u + v * v);
      if (r > 1.25) return;
      const slope = (dx * light.x + dy * light.y) / mark.rx;
      const bowl = 1 - smoothStep(0.75, 1.05, r);
      const rim = smoothStep(0.8, 1, r) * (1 - smoothStep(1, 1.25, r));
      const shade = 1 - (0.75 * slope + 0.1) * bowl * mark.strength + 0.28 * slope * rim * mark.strength;
      for (let c = 0; c < 3; c++) rgb[c] = (rgb[c] as number) * shade;
      return;
    }
    case 'stain': {
      let inside = -1e9;
      for (const blob of mark.blobs) {
        const dx = x - blob.x;
        const dy = y - blob.y;
        inside = Math.max(inside, blob.radius - Math.sqrt(dx * dx + dy * dy));
      }
      if (inside < -4) return;
      const ragged = inside + 4 * (valueNoise(x / 3, y / 3, seed ^ 0x7a31) - 0.5);
      const patchy = 0.65 + 0.5 * valueNoise(x / 5, y / 5, seed ^ 0x1f3d);
      const alpha = clamp(smoothStep(-1.5, 2.5, ragged) * patchy * mark.strength * 0.85, 0, 0.9);
      for (let c = 0; c < 3; c++) rgb[c] = (rgb[c] as number) * (1 - alpha) + (mark.tint[c] as number) * alpha;
      return;
    }
    case 'glint': {
      const dx = x - mark.at.x;
      const dy = y - mark.at.y;
      const glow = 1 - smoothStep(0, mark.radius, Math.sqrt(dx * dx + dy * dy));
      for (let c = 0; c < 3; c++) rgb[c] = (rgb[c] as number) + (255 - (rgb[c] as number)) * glow * mark.strength;
      return;
    }
  }
}

/** Distance to a polyline, pixels, and how far along it the nearest point is, 0..1. */
function lineDistance(path: readonly Point[], x: number, y: number): { distance: number; along: number } {
  let best = 1e9;
  let along = 0;
  const last = path.length - 1;
  for (let i = 0; i < last; i++) {
    const a = path[i] as Point;
    const b = path[i + 1] as Point;
    const vx = b.x - a.x;
    const vy = b.y - a.y;
    const t = clamp(((x - a.x) * vx + (y - a.y) * vy) / (vx * vx + vy * vy + 1e-9), 0, 1);
    const dx = x - a.x - t * vx;
    const dy = y - a.y - t * vy;
    const square = dx * dx + dy * dy;
    if (square < best) {
      best = square;
      along = (i + t) / last;
    }
  }
  return { distance: Math.sqrt(best), along };
}

import { plainStationary, type MakeStationary, type StationaryMatrix } from '../../domain/stationary-matrix.ts';
import bytes from './product.wat';

type Product = (a: number, b: number, c: number, m: number, k: number, n: number) => void;
interface Arena {
  readonly memory: WebAssembly.Memory;
  readonly product: Product;
}

const PAGE_BYTES = 65_536;
const FLOAT_BYTES = 4;
/** Rows and columns come in multiples of this. */
const TILE = 4;
/** Columns and rows at a time: what is worked on stays in a processor's cache. */
const [MOST_COLUMNS, MOST_ROWS] = [256, 1024];
/** Released memories that wait for the next matrix: engines reserve gigabytes of addresses for each new one. */
const [MOST_SPARES, LARGEST_SPARE_BYTES] = [6, 2 ** 27];

let module: WebAssembly.Module | null = null;
const spares: Arena[] = [];

let canMultiply: boolean | null = null;

/** Whether this machine runs our WebAssembly: it needs 128-bit vectors. */
export function canMultiplyInWasm(): boolean {
  return (canMultiply ??= typeof WebAssembly === 'object' && WebAssembly.validate(bytes));
}

/** A matrix in WebAssembly memory of its own, which never grows: `data` stays valid. Throws `RangeError` when there is too little. */
export const wasmStationary: MakeStationary = (rows, cols) => {
  const paddedRows = roundUp(rows, TILE);
  const bAt = FLOAT_BYTES * paddedRows * cols;
  const cAt = bAt + FLOAT_BYTES * cols * MOST_COLUMNS;
  const end = cAt + FLOAT_BYTES * Math.min(MOST_ROWS, paddedRows) * MOST_COLUMNS;
  const arena = takeArena(end);
  const { memory, product } = arena;
  const factors = new Float32Array(memory.buffer, bAt, cols * MOST_COLUMNS);
  const result = new Float32Array(memory.buffer, cAt, (end - cAt) / FLOAT_BYTES);

  /** @param stepK, stepJ distances in b between neighbours along the summed and along the kept side */
  const multiply: StationaryMultiply = (b, stepK, stepJ, width, out) => {
    for (let first = 0; first < width; first += MOST_COLUMNS) {
      const columns = Math.min(MOST_COLUMNS, width - first);
      const padded = roundUp(columns, TILE);
      for (let k = 0; k < cols; k++) {
        const to = k * padded;
        const from = k * stepK + first * stepJ;
        for (let j = 0; j < columns; j++) factors[to + j] = b[from + j * stepJ] as number;
        factors.fill(0, to + columns, to + padded);
      }
      for (let start = 0; start < rows; start += MOST_ROWS) {
        const count = Math.min(MOST_ROWS, rows - start);
        product(FLOAT_BYTES * start * cols, bAt, cAt, roundUp(count, TILE), cols, padded);
        if (columns === width && padded === width) {
          out.set(result.subarray(0, count * width), start * width);
          continue;
        }
        for (let i = 0; i < count; i++) {
          const [from, to] = [i * padded, (start + i) * width + first];
          for (let j = 0; j < columns; j++) out[to + j] = result[from + j] as number;
        }
      }
    }
  };
  return {
    data: new Float32Array(memory.buffer, 0, rows * cols),
    times: (b, width, out) => multiply(b, width, 1, width, out),
    dots: (b, width, out) => multiply(b, 1, cols, width, out),
    release: () => keep(arena),
  } satisfies StationaryMatrix;
};

/** In WebAssembly where it runs: the same bits either way. */
export const bestStationary: MakeStationary = (rows, cols) =>
  (canMultiplyInWasm() ? wasmStationary : plainStationary)(rows, cols);

type StationaryMultiply = (
  b: ArrayLike<number>,
  stepK: number,
  stepJ: number,
  width: number,
  out: Float32Array | Float64Array,
) => void;

/** The smallest spare memory that fits, or a new one. */
function takeArena(sizeBytes: number): Arena {
  const fitting = spares.filter(({ memory }) => memory.buffer.byteLength >= sizeBytes);
  const smallest = fitting.sort((a, b) => a.memory.buffer.byteLength - b.memory.buffer.byteLength)[0];
  if (smallest) {
    spares.splice(spares.indexOf(smallest), 1);
    return smallest;
  }
  module ??= new WebAssembly.Module(bytes);
  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(sizeBytes / PAGE_BYTES)) });
  const { exports } = new WebAssembly.Instance(module, { host: { memory } });
  return { memory, product: exports['product'] as Product };
}

/** Of too many the largest are dropped. */
function keep(arena: Arena): void {
  if (arena.memory.buffer.byteLength > LARGEST_SPARE_BYTES) return;
  spares.push(arena);
  spares.sort((a, b) => a.memory.buffer.byteLength - b.memory.buffer.byteLength);
  spares.length = Math.min(spares.length, MOST_SPARES);
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

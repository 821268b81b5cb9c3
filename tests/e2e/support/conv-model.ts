import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODELS_DIR } from './data.ts';

/** Pixels of one side of a patch. */
const PATCH = 24;

/**
 * A folder with an image encoder of a given width: one convolution with made-up weights, whose maps are its hidden state.
 * Stands in for one whose weights are not here.
 */
export function convModel(folder: string, width: number): string {
  const like = join(MODELS_DIR, 'google-coral', 'mobilenet_v2_1.0_224');
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  for (const name of ['config.json', 'preprocessor_config.json']) copyFileSync(join(like, name), join(folder, name));
  const onnx = convolution(width);
  for (const name of ['model', 'model_quantized']) writeFileSync(join(folder, 'onnx', `${name}.onnx`), onnx);
  return folder;
}

/** In ONNX's own format, which is protocol buffers: pixel_values [n, 3, h, w] -> last_hidden_state [n, width, y, x]. */
function convolution(width: number): Buffer {
  const weights = Float32Array.from({ length: width * 3 * PATCH * PATCH }, (_, i) => Math.sin(i * 12.9898) / 10);
  const kernel = Buffer.concat([
    ...[width, 3, PATCH, PATCH].map((n) => number(1, n)),
    number(2, FLOAT),
    text(8, 'kernel'),
    bytes(9, Buffer.from(weights.buffer)),
  ]);
  const node = Buffer.concat([
    text(1, 'pixel_values'),
    text(1, 'kernel'),
    text(2, 'last_hidden_state'),
    text(4, 'Conv'),
    bytes(5, Buffer.concat([text(1, 'strides'), number(8, PATCH), number(8, PATCH), number(20, INTS)])),
  ]);
  const graph = Buffer.concat([
    bytes(1, node),
    text(2, 'convolution'),
    bytes(5, kernel),
    bytes(11, value('pixel_values', ['n', 3, 'h', 'w'])),
    bytes(12, value('last_hidden_state', ['n', width, 'y', 'x'])),
  ]);
  const opset = Buffer.concat([text(1, ''), number(2, 13)]);
  return Buffer.concat([number(1, 8), bytes(7, graph), bytes(8, opset)]);
}

const FLOAT = 1;
const INTS = 7;

function value(name: string, dims: readonly (string | number)[]): Buffer {
  const shape = Buffer.concat(dims.map((dim) => bytes(1, typeof dim === 'string' ? text(2, dim) : number(1, dim))));
  const tensor = Buffer.concat([number(1, FLOAT), bytes(2, shape)]);
  return Buffer.concat([text(1, name), bytes(2, bytes(1, tensor))]);
}
function number(field: number, n: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(n)]);
}
function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}
function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content));
}
function varint(n: number): Buffer {
  const out: number[] = [];
  for (; n > 127; n = Math.floor(n / 128)) out.push((n % 128) | 128);
  return Buffer.from([...out, n]);
}

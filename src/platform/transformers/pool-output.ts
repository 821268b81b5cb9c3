import type { Tensor } from '@huggingface/transformers';
import { firstToken, mapMean, meanPool } from '../../domain/embedding/pooling.ts';
import { WinnowError } from '../../domain/errors.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';

export type Outputs = Readonly<Record<string, Tensor>>;

/** Outputs that are one vector for each input already. */
const READY = ['sentence_embedding', 'embeddings', 'text_embeds', 'image_embeds', 'pooler_output'];

/**
 * One vector for each row of a batch. Throws `model-unsuitable` when the model gives none, or one of another width than the
 * encoder is said to have: what it means can't be known then.
 * @param rows tokens of each row; none for images
 * @param columns tokens of each row with padding; 0 for images
 */
export async function poolOutput(
  spec: EncoderSpec,
  output: Outputs,
  rows: readonly Int32Array[],
  columns: number,
): Promise<Float32Array> {
  const hidden = output['last_hidden_state'];
  const ready = READY.map((name) => output[name]).find((tensor) => tensor !== undefined);
  const isReady = ready !== undefined && (spec.pooling === 'model' || !hidden);
  const tensor = isReady ? ready : hidden;
  if (!tensor) {
    const names = Object.keys(output).join(', ') || 'nothing';
    throw new WinnowError('model-unsuitable', `It gives ${names} and no embeddings`);
  }
  const data = await floats(tensor);
  const isPooled = tensor.dims.length === 2 || (isReady && tensor.dims.length === 3);
  const vectors = isPooled ? data : pooled(spec, tensor.dims, data, rows, columns);
  const width = vectors.length / rows.length;
  if (spec.dim > 0 && width !== spec.dim) {
    throw new WinnowError('model-unsuitable', `It gives ${width} numbers for an item, and ${spec.dim} were expected`);
  }
  return vectors;
}

function pooled(
  { pooling }: EncoderSpec,
  dims: readonly number[],
  data: Float32Array,
  rows: readonly Int32Array[],
  columns: number,
): Float32Array {
  const [count = 0, second = 0, third = 0, fourth = 0] = dims;
  // A convolutional network: maps of channels, in which no place is the first token.
  if (dims.length === 4) return mapMean(data, count, second, third * fourth);
  if (pooling === 'cls') return firstToken(data, count, second, third);
  // Of a picture every token counts; `model` where the model itself gives no vector of its own.
  if (columns === 0 && pooling !== 'mean') return firstToken(data, count, second, third);
  const lengths = rows.map((row) => (columns === 0 ? second : row.length));
  return meanPool(data, lengths, count, second, third);
}

/** The tensor's numbers, and gives its memory on the graphics card back. */
async function floats(tensor: Tensor): Promise<Float32Array> {
  if (tensor.location === 'gpu-buffer') await tensor.ort_tensor.getData();
  const data: unknown = tensor.type === 'float32' ? tensor.data : tensor.to('float32').data;
  return data as Float32Array;
}

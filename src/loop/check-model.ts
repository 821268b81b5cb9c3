import * as v from 'valibot';
import { WinnowError } from '../domain/errors.ts';
import type { Modality } from '../domain/item.ts';
import {
  DTYPES,
  totalBytes,
  USUAL_TOKENS,
  weightsPath,
  type Dtype,
  type EncoderSpec,
  type ModelFile,
} from '../encoders/spec.ts';

/** A model that nobody has checked yet: a repository of the hub, or a folder. */
export interface ModelSource {
  readonly files: readonly ModelFile[];
  /** Text of a small file. */
  text(path: string): Promise<string>;
}
export interface ModelIdentity {
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly revision: string;
  readonly modality: Modality;
  readonly licence: string;
  readonly advice: string;
}

/** More than a browser's WebAssembly can hold. */
const MOST_BYTES = 2_000_000_000;
/** Tokens. Where there is no limit some tokenisers say a very large number; and attention costs the square of it. */
const length = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(512));
const config = v.object({
  model_type: v.string(),
  architectures: v.optional(v.array(v.string())),
  is_encoder_decoder: v.optional(v.boolean()),
  hidden_size: v.optional(v.number()),
  projection_dim: v.optional(v.number()),
  d_model: v.optional(v.number()),
});

/**
 * Looks whether a model can serve as an encoder and describes it. Throws `model-file-missing` with the file that is
 * missing, or `model-unsuitable` with the reason.
 */
export async function checkModel(source: ModelSource, who: ModelIdentity): Promise<EncoderSpec> {
  const settings = await readConfig(source);
  const needed = who.modality === 'text' ? ['tokenizer.json', 'tokenizer_config.json'] : ['preprocessor_config.json'];
  for (const path of needed) {
    if (!has(source, path)) {
      const what = who.modality === 'text' ? 'texts' : 'images';
      throw new WinnowError('model-file-missing', `There is no ${path}, which an encoder for ${what} needs`);
    }
  }
  refuseOthers(
    settings,
    SENTENCE_FILES.some((path) => has(source, path)),
  );
  const { weights, modelFile } = findWeights(source, who.modality);
  const files = source.files.filter((f) => f.path === 'config.json' || needed.includes(f.path));
  const available = DTYPES.filter((d) => weights[d] !== undefined);
  const best = (wanted: readonly Dtype[]): Dtype => wanted.find((d) => available.includes(d)) ?? 'fp32';
  const dtypes = { webgpu: best(['fp16', 'fp32']), wasm: best(['q8', 'fp32', 'fp16']) };
  const isBag = settings.model_type === 'model2vec';
  const isTower = modelFile !== 'model';
  const { repository, revision, ...names } = who;
  const mostTokens = who.modality === 'text' ? await longestText(source) : null;
  const own = who.modality === 'text' ? await textPooling(source) : picturePooling(settings.model_type);
  const pooling = isBag || isTower ? 'model' : own;
  return {
    ...names,
    runtime: 'transformers',
    revision: revisionOf(who.modality, pooling, mostTokens),
    dim: (isTower ? settings.projection_dim : undefined) ?? settings.hidden_size ?? settings.d_model ?? 0,
    path: repository,
    pooling,
    dtypes,
    sizeBytes: totalBytes([...files, ...(weights[dtypes.wasm] ?? [])]),
    languages: '',
    hub: { repository, revision, files, weights },
    ...(mostTokens !== null && { mostTokens }),
    ...(isBag && { inputs: 'bag' as const }),
    ...(modelFile !== 'model' && { modelFile }),
  };
}

const has = (source: ModelSource, path: string): boolean => source.files.some((f) => f.path === path);

async function readConfig(source: ModelSource): Promise<v.InferOutput<typeof config>> {
  if (!has(source, 'config.json')) throw new WinnowError('model-file-missing', 'There is no config.json');
  const result = v.safeParse(config, parse(await source.text('config.json')));
  if (!result.success)
    throw new WinnowError('model-unsuitable', 'Its config.json does not say what kind of model it is');
  return result.output;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // The caller says that the file is of no use.
  }
}

/** With one of these it was trained to compare sentences, whatever its weights were made from. */
const SENTENCE_FILES = ['modules.json', 'sentence_bert_config.json', '1_Pooling/config.json'];

function refuseOthers(settings: v.InferOutput<typeof config>, isForSentences: boolean): void {
  const names = settings.architectures ?? [];
  const isWriter = names.some((n) => /For(CausalLM|ConditionalGeneration)$|LMHead/.test(n));
  if (isWriter || settings.is_encoder_decoder === true) {
    throw new WinnowError('model-unsuitable', 'It writes texts; an encoder gives numbers');
  }
  if (names.some((n) => /For\w*Classification$|ForObjectDetection$|ForQuestionAnswering$/.test(n))) {
    throw new WinnowError('model-unsuitable', 'It answers with classes of its own instead of embeddings');
  }
  // Jina's encoders of sentences bear this name too.
  if (!isForSentences && names.some((n) => /^(?!Jina)\w+ForMasked(LM|ImageModeling)$/.test(n))) {
    throw new WinnowError('model-unsuitable', 'It guesses what is masked; an encoder gives embeddings');
  }
}

function findWeights(source: ModelSource, modality: Modality) {
  const tower = modality === 'text' ? 'text_model' : 'vision_model';
  for (const modelFile of [tower, 'model'] as const) {
    const weights: Partial<Record<Dtype, ModelFile[]>> = {};
    for (const dtype of DTYPES) {
      const path = weightsPath(dtype, modelFile);
      const parts = source.files.filter((f) => f.path === path || f.path.startsWith(`${path}_data`));
      if (parts.some((f) => f.path === path) && totalBytes(parts) <= MOST_BYTES) weights[dtype] = parts;
    }
    if (Object.keys(weights).length > 0) return { weights, modelFile };
  }
  if (source.files.some((f) => /^onnx\/(.*_)?model.*\.onnx$/.test(f.path) && f.sizeBytes > MOST_BYTES)) {
    throw new WinnowError('model-unsuitable', 'Its weights are larger than a browser can hold');
  }
  const paths = DTYPES.map((d) => weightsPath(d));
  throw new WinnowError(
    'model-file-missing',
    `There is none of ${paths.slice(0, -1).join(', ')} and ${paths.at(-1) ?? ''}`,
  );
}

/** Tokens that a text may have: what sentence-transformers notes was trained, else what the tokeniser says; null where neither tells. */
async function longestText(source: ModelSource): Promise<number | null> {
  const notes = [
    ['sentence_bert_config.json', 'max_seq_length'],
    ['tokenizer_config.json', 'model_max_length'],
  ] as const;
  for (const [path, name] of notes) {
    if (!has(source, path)) continue;
    const noted = v.safeParse(v.looseObject({ [name]: length }), parse(await source.text(path)));
    if (noted.success) return noted.output[name] as number;
  }
  return null;
}

/** As sentence-transformers notes it; the mean of all tokens where it says nothing. */
async function textPooling(source: ModelSource): Promise<'mean' | 'cls'> {
  const path = '1_Pooling/config.json';
  if (!has(source, path)) return 'mean';
  const noted = parse(await source.text(path));
  const isCls = typeof noted === 'object' && noted !== null && 'pooling_mode_cls_token' in noted;
  return isCls && noted.pooling_mode_cls_token === true ? 'cls' : 'mean';
}

/** Kinds of image models whose first token is made to stand for the picture. */
const HAS_CLASS_TOKEN = /^(vit|vit_m(ae|sn)|deit|beit|data2vec-vision|dinov[23]\w*|clip\w*|metaclip\w*)$/;

/** Where no token stands for the picture (Swin, SigLIP, I-JEPA and what is not known) the mean of all does. */
function picturePooling(kind: string): 'mean' | 'cls' {
  return HAS_CLASS_TOKEN.test(kind) ? 'cls' : 'mean';
}

/** Pictures, long texts and pictures without a class token were once read in another way. */
function revisionOf(modality: Modality, pooling: EncoderSpec['pooling'], mostTokens: number | null): number {
  if (modality === 'image') return pooling === 'mean' ? 3 : 2;
  return (mostTokens ?? USUAL_TOKENS) === USUAL_TOKENS ? 1 : 2;
}

/** `owner/name` out of what a person writes or copies from the hub's page; null when it is neither. */
export function parseRepository(text: string): string | null {
  const name = text.trim().replace(/^https?:\/\/[^/]+\//, '');
  const [, owner, repository] = /^([\w.-]+)\/([\w.-]+)(?:\/.*)?$/.exec(name) ?? [];
  if (owner === undefined || repository === undefined) return null;
  return [owner, repository].some((part) => /^\.+$/.test(part)) ? null : `${owner}/${repository}`;
}

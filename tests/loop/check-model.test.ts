import { describe, expect, it } from 'vitest';
import { readEncoder } from '../../src/formats/validate-encoder.ts';
import { checkModel, parseRepository, type ModelIdentity } from '../../src/loop/check-model.ts';

const WHO: ModelIdentity = {
  id: 'hub:owner/name@abc',
  name: 'name',
  repository: 'owner/name',
  revision: 'abc',
  modality: 'text',
  licence: 'MIT',
  advice: 'Added by you.',
};
const CONFIG = { model_type: 'bert', architectures: ['BertModel'], hidden_size: 64 };
const TEXT = ['tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx', 'onnx/model_quantized.onnx'];

function check(
  paths: readonly string[],
  {
    config = CONFIG as object | string | null,
    who = {} as Partial<ModelIdentity>,
    size = 10,
    pooling = {},
    tokenizer = {},
    sentences = {},
  } = {},
) {
  const all = config === null ? paths : ['config.json', ...paths];
  const texts: Record<string, string> = {
    'config.json': typeof config === 'string' ? config : JSON.stringify(config),
    'tokenizer_config.json': JSON.stringify(tokenizer),
    'sentence_bert_config.json': JSON.stringify(sentences),
    '1_Pooling/config.json': JSON.stringify(pooling),
  };
  const source = {
    files: all.map((path) => ({ path, sizeBytes: size })),
    text: (path: string) => Promise.resolve(texts[path] ?? ''),
  };
  return checkModel(source, { ...WHO, ...who });
}

describe('a model that a user brings', () => {
  it('is described from its files', async () => {
    const spec = await check([...TEXT, 'README.md', 'vocab.txt']);
    expect(spec).toMatchObject({ dim: 64, pooling: 'mean', dtypes: { webgpu: 'fp32', wasm: 'q8' }, sizeBytes: 40 });
    expect(spec.hub?.files.map((f) => f.path)).toEqual(['config.json', 'tokenizer.json', 'tokenizer_config.json']);
    expect(Object.keys(spec.hub?.weights ?? {})).toEqual(['fp32', 'q8']);
  });
  it('survives being stored beside its files', async () => {
    const spec = await check(TEXT);
    expect(readEncoder(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    expect(readEncoder({ ...spec, pooling: 'sum' })).toBeNull();
    expect(readEncoder({ ...spec, id: 'builtin-text' })).toBeNull();
  });
  it('takes the pooling that it was trained with', async () => {
    const paths = [...TEXT, '1_Pooling/config.json'];
    expect((await check(paths, { pooling: { pooling_mode_cls_token: true } })).pooling).toBe('cls');
    expect((await check(paths, { pooling: { pooling_mode_mean_tokens: true } })).pooling).toBe('mean');
  });
  it.each([
    [512, { tokenizer: { model_max_length: 512 } }],
    [128, { tokenizer: { model_max_length: 128 } }],
    [undefined, { tokenizer: { model_max_length: 1e30 } }],
    [undefined, { tokenizer: { model_max_length: 'many' } }],
    [undefined, {}],
    [256, { tokenizer: { model_max_length: 512 }, sentences: { max_seq_length: 256 } }],
    [512, { tokenizer: { model_max_length: 512 }, sentences: { max_seq_length: null } }],
  ])('reads %s tokens of a text, as its files say', async (mostTokens, files) => {
    const spec = await check([...TEXT, 'sentence_bert_config.json'], files);
    expect(spec.mostTokens).toBe(mostTokens);
    // Embeddings of long texts are others than before.
    expect(spec.revision).toBe((mostTokens ?? 256) === 256 ? 1 : 2);
    expect(readEncoder(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });
  it('is read as a bag of tokens when it is static', async () => {
    const spec = await check(TEXT, { config: { model_type: 'model2vec', hidden_size: 256 } });
    expect(spec).toMatchObject({ inputs: 'bag', pooling: 'model', dim: 256 });
  });
  it('gives the tower that suits the items', async () => {
    const paths = ['preprocessor_config.json', 'onnx/model.onnx', 'onnx/vision_model.onnx', 'onnx/text_model.onnx'];
    const config = { model_type: 'clip', architectures: ['CLIPModel'], projection_dim: 512 };
    const spec = await check(paths, { config, who: { modality: 'image' } });
    expect(spec).toMatchObject({ modelFile: 'vision_model', dim: 512, pooling: 'model' });
    expect(spec.hub?.weights).toEqual({ fp32: [{ path: 'onnx/vision_model.onnx', sizeBytes: 10 }] });
  });
  it.each([
    ['vit', 'cls', 2],
    ['dinov2_with_registers', 'cls', 2],
    ['dinov3_vit', 'cls', 2],
    ['swin', 'mean', 3],
    ['siglip_vision_model', 'mean', 3],
    ['something-new', 'mean', 3],
  ])('takes the class token of pictures where there is one: %s', async (kind, pooling, revision) => {
    const paths = ['preprocessor_config.json', 'onnx/model.onnx'];
    const spec = await check(paths, { config: { model_type: kind, hidden_size: 8 }, who: { modality: 'image' } });
    expect(spec).toMatchObject({ pooling, revision });
  });
  it('computes in half precision on the graphics card where it has such weights', async () => {
    const spec = await check([...TEXT, 'onnx/model_fp16.onnx']);
    expect(spec.dtypes).toEqual({ webgpu: 'fp16', wasm: 'q8' });
    expect((await check(TEXT)).dtypes.webgpu).toBe('fp32');
  });
  it('keeps weights together with their data files, and leaves out what is too large', async () => {
    const paths = ['tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx', 'onnx/model.onnx_data'];
    expect((await check(paths)).hub?.weights['fp32']).toHaveLength(2);
    await expect(check(paths, { size: 3e9 })).rejects.toMatchObject({ code: 'model-unsuitable' });
  });

  it.each([
    ['config.json', TEXT, null],
    ['tokenizer.json', TEXT.slice(1), CONFIG],
    ['tokenizer_config.json', [TEXT[0] ?? '', ...TEXT.slice(2)], CONFIG],
    ['onnx/model.onnx', TEXT.slice(0, 2), CONFIG],
    ['onnx/model.onnx', ['tokenizer.json', 'tokenizer_config.json', 'model.onnx'], CONFIG],
  ])('is refused with the name of the missing file: %s', async (name, paths, config) => {
    await expect(check(paths, { config })).rejects.toMatchObject({
      code: 'model-file-missing',
      detail: expect.stringContaining(name) as string,
    });
  });
  it('needs a preprocessor for images', async () => {
    await expect(check(TEXT, { who: { modality: 'image' } })).rejects.toMatchObject({
      detail: 'There is no preprocessor_config.json, which an encoder for images needs',
    });
  });
  it.each([
    ['a text writer', { model_type: 'gpt2', architectures: ['GPT2LMHeadModel'] }],
    ['a translator', { model_type: 't5', is_encoder_decoder: true }],
    ['a classifier', { model_type: 'bert', architectures: ['BertForSequenceClassification'] }],
    ['an image classifier', { model_type: 'vit', architectures: ['ViTForImageClassification'] }],
    ['a guesser of words', { model_type: 'bert', architectures: ['BertForMaskedLM'] }],
    ['a guesser of patches', { model_type: 'vit', architectures: ['ViTForMaskedImageModeling'] }],
    ['settings without a kind', {}],
    ['settings that are no JSON', 'oops'],
  ])('is refused when it is no encoder: %s', async (_name, config) => {
    await expect(check(TEXT, { config })).rejects.toMatchObject({ code: 'model-unsuitable' });
  });
});

it.each([
  ['BertForMaskedLM', [...TEXT, 'modules.json']],
  ['JinaBertForMaskedLM', TEXT],
])('an encoder of sentences may be called after what it was made from: %s', async (name, paths) => {
  const config = { model_type: 'bert', architectures: [name], hidden_size: 64 };
  expect((await check(paths, { config })).dim).toBe(64);
});

describe('the name of a repository', () => {
  it.each([
    ['Xenova/all-MiniLM-L6-v2', 'Xenova/all-MiniLM-L6-v2'],
    [' https://huggingface.co/Xenova/all-MiniLM-L6-v2/tree/main ', 'Xenova/all-MiniLM-L6-v2'],
    ['all-MiniLM-L6-v2', null],
    ['../secret', null],
    ['owner/na me', null],
    ['', null],
  ])('%s', (text, expected) => {
    expect(parseRepository(text)).toBe(expected);
  });
});

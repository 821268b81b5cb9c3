import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { add, chooseFiles } from '../../scripts/encoders.mjs';
import { FakeHub } from '../e2e/support/fake-hub.ts';

const WEIGHTS = 'onnx/model_quantized.onnx';
let base: string;
let hub: FakeHub;
let root: string;
const lines: string[] = [];

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'winnow-encoders-'));
  root = join(base, 'models');
  const model = join(base, 'hub');
  mkdirSync(join(model, 'onnx'), { recursive: true });
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'README.md']) {
    writeFileSync(join(model, name), `{"file":"${name}"}`);
  }
  writeFileSync(join(model, WEIGHTS), Buffer.alloc(300_000, 'weights'));
  hub = await FakeHub.start({ 'owner/name': model });
  lines.length = 0;
});
afterEach(async () => {
  await hub.close();
  rmSync(base, { recursive: true });
});

const fetchIt = (): Promise<void> =>
  add('owner/name', 'main', ['q8'], { root, hub: hub.url, log: (line) => void lines.push(line) });
const file = (path: string): string => join(root, 'owner', 'name', path);

test('a model is put into the folder, its broken download resumed, nothing fetched twice', async () => {
  hub.mishaps.push(120_000, 'refused');
  await fetchIt();
  expect(readFileSync(file(WEIGHTS))).toEqual(Buffer.alloc(300_000, 'weights'));
  expect(hub.asked.filter((a) => a.path === WEIGHTS && a.range !== null).length).toBeGreaterThan(0);
  expect(existsSync(file('tokenizer_config.json'))).toBe(true);
  expect(existsSync(file('README.md'))).toBe(false);
  hub.asked.length = 0;
  await fetchIt();
  expect(hub.asked.map((a) => a.path)).toEqual(['/api/models/owner/name/revision/main']);
});

test('a wrong file is thrown away', async () => {
  hub.wrong.add(WEIGHTS);
  await expect(fetchIt()).rejects.toThrow('is not what the hub announced');
  expect(existsSync(file(WEIGHTS))).toBe(false);
  expect(existsSync(`${file(WEIGHTS)}.part`)).toBe(false);
});

test('a repository that is not there is named', async () => {
  await expect(add('owner/none', 'main', ['q8'], { root, hub: hub.url })).rejects.toThrow('no open model owner/none');
});

test('towers are taken instead of the whole model, and what is missing is named', () => {
  const files = (...paths: string[]) => paths.map((path) => ({ path, size: 1, sha256: null, gitId: null }));
  const clip = files('config.json', 'preprocessor_config.json', 'onnx/model.onnx', 'onnx/vision_model.onnx');
  expect(chooseFiles(clip, ['fp32']).map((f) => f.path)).not.toContain('onnx/model.onnx');
  expect(() => chooseFiles(files('onnx/model.onnx'), ['fp32'])).toThrow('no config.json');
  expect(() => chooseFiles(files('config.json', 'tokenizer.json'), ['fp16'])).toThrow('onnx/model_fp16.onnx');
});

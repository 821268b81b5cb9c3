/**
 * `npm run encoders -- add OWNER/NAME[@REVISION] [--dtype q8,fp32]`: puts a model of the hub into public/models, from where
 * the built site serves it to everyone ("on this site"). `npm run encoders -- list` and `remove OWNER/NAME` do what they
 * say. WINNOW_HUB names another hub, HTTPS_PROXY is left to Node.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { modelsBelow } from './http.mjs';
import { HUB } from './hub.mjs';

/** @typedef {{ path: string, size: number, sha256: string | null, gitId: string | null }} HubFile */

const SUFFIX = new Map([
  ['fp32', ''],
  ['fp16', '_fp16'],
  ['q8', '_quantized'],
]);
const SMALL = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'preprocessor_config.json',
  '1_Pooling/config.json',
];
const USAGE = `Usage: npm run encoders -- add OWNER/NAME[@REVISION] [--dtype q8,fp32]
       npm run encoders -- list
       npm run encoders -- remove OWNER/NAME`;

/** Which of a repository's files an encoder needs. Throws with the name of what is missing.
 * @param {readonly HubFile[]} files @param {readonly string[]} dtypes @returns {HubFile[]} */
export function chooseFiles(files, dtypes) {
  const has = (/** @type {string} */ path) => files.some((f) => f.path === path);
  if (!has('config.json')) throw new Error('The repository has no config.json.');
  if (!has('tokenizer.json') && !has('preprocessor_config.json')) {
    throw new Error('The repository has neither a tokenizer.json nor a preprocessor_config.json.');
  }
  const wanted = dtypes.flatMap((dtype) =>
    ['model', 'vision_model', 'text_model'].map((name) => `onnx/${name}${SUFFIX.get(dtype)}.onnx`),
  );
  // A repository with towers has the whole model too, which nothing here reads.
  const hasTowers = wanted.some((path) => !path.startsWith('onnx/model') && has(path));
  const weights = files.filter((f) =>
    wanted.some((path) => f.path.startsWith(path) && !(hasTowers && path.startsWith('onnx/model'))),
  );
  if (weights.length === 0) throw new Error(`The repository has none of ${wanted.join(', ')}.`);
  return [...files.filter((f) => SMALL.includes(f.path)), ...weights];
}

/** Downloads a model below `root` and verifies it. Resumes what an earlier run began.
 * @param {string} repository @param {string} revision @param {readonly string[]} dtypes
 * @param {{ root: string, hub?: string, log?: (line: string) => void }} options */
export async function add(repository, revision, dtypes, { root, hub = HUB, log = console.log }) {
  const answer = await fetch(`${hub}/api/models/${repository}/revision/${revision}?blobs=true`);
  if (!answer.ok)
    throw new Error(`${hub} has no open model ${repository} at ${revision} (it answered ${answer.status}).`);
  const { sha, siblings } = /** @type {any} */ (await answer.json()); // its parts are checked where they are used
  const files = /** @type {HubFile[]} */ (
    siblings.map((/** @type {any} */ s) => ({
      path: String(s.rfilename),
      size: Number(s.lfs?.size ?? s.size),
      sha256: s.lfs?.sha256 ?? null,
      gitId: s.lfs ? null : (s.blobId ?? null),
    }))
  );
  const folder = join(root, ...repository.split('/'));
  for (const file of chooseFiles(files, dtypes)) {
    const target = join(folder, ...file.path.split('/'));
    const isThere = existsSync(target) && statSync(target).size === file.size && (await isRight(target, file));
    log(`${isThere ? 'have' : 'get '} ${file.path} (${(file.size / 1e6).toFixed(1)} MB)`);
    if (!isThere) await download(`${hub}/${repository}/resolve/${sha}/${file.path}`, target, file);
  }
  log(`${repository} is in ${folder}; the next build serves it.`);
}

/** @param {string} url @param {string} target @param {HubFile} file */
async function download(url, target, file) {
  const part = `${target}.part`;
  mkdirSync(dirname(part), { recursive: true });
  for (let tries = 1; ; tries++) {
    const from = existsSync(part) ? statSync(part).size : 0;
    try {
      if (from < file.size) {
        const answer = await fetch(url, { headers: from > 0 ? { Range: `bytes=${from}-` } : {} });
        if (!answer.ok || !answer.body) throw new Error(`the hub answered ${answer.status}`);
        const isRest = answer.status === 206;
        await pipeline(
          Readable.fromWeb(/** @type {any} */ (answer.body)),
          createWriteStream(part, { flags: isRest ? 'a' : 'w' }),
        );
      }
      if (statSync(part).size === file.size) break;
    } catch (error) {
      if (tries >= 4)
        throw new Error(`${file.path}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
    if (tries >= 4) throw new Error(`${file.path} has another size than the hub announced.`);
  }
  if (!(await isRight(part, file))) {
    rmSync(part);
    throw new Error(`${file.path} is not what the hub announced; it was thrown away.`);
  }
  renameSync(part, target);
}

/** @param {string} path @param {HubFile} file */
async function isRight(path, file) {
  const hash = createHash(file.sha256 ? 'sha256' : 'sha1');
  if (!file.sha256) hash.update(`blob ${file.size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const digest = hash.digest('hex');
  return file.sha256 ? digest === file.sha256 : file.gitId === null || digest === file.gitId;
}

/** @param {string[]} args */
async function main(args) {
  const root = resolve('public/models');
  const [verb, name = ''] = args;
  const at = args.indexOf('--dtype');
  const dtypes = (at < 0 ? 'q8,fp32' : (args[at + 1] ?? '')).split(',');
  const [repository = '', revision = 'main'] = name.split('@');
  const isName = /^(?!\.+\/)[\w.-]+\/(?!\.+$)[\w.-]+$/.test(repository);
  if (verb === 'list') {
    for (const { path, files } of modelsBelow([root])) {
      const size = Object.values(files).reduce((a, b) => a + b, 0);
      console.log(`${path} (${(size / 1e6).toFixed(1)} MB)`);
    }
  } else if (verb === 'add' && isName && dtypes.every((d) => SUFFIX.has(d))) {
    await add(repository, revision, dtypes, { root });
  } else if (verb === 'remove' && isName) {
    rmSync(join(root, ...repository.split('/')), { recursive: true, force: true });
  } else {
    console.error(USAGE);
    process.exitCode = 2;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import type { FromDocument, ToDocument } from '../../src/platform/hub/messages.ts';
import { NO_ANSWER, PortHub } from '../../src/platform/hub/port-hub.ts';

const KEY = { repository: 'owner/name', revision: 'main' };
const SHA = 'c'.repeat(40);
const open: MessagePort[] = [];
afterEach(() => open.splice(0).forEach((port) => port.close()));

/** A hub whose document is played by `answer`; `heard` is everything that the document is told. */
function play(
  answer: (message: ToDocument, say: (reply: FromDocument) => void) => void,
  { patienceMs = 10_000, isOnline = true } = {},
) {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const heard: ToDocument[] = [];
  port2.onmessage = ({ data }: MessageEvent<ToDocument>) => {
    heard.push(data);
    answer(data, (reply) => port2.postMessage(reply));
  };
  return { hub: new PortHub(port1, patienceMs, () => isOnline), heard };
}
const never = new AbortController().signal;
const failing = (status: number | null, isOnline = true) =>
  play(
    ({ id, kind }, say) => {
      if (kind === 'list' || kind === 'read') say({ kind: 'failed', id, status, reason: '' });
    },
    { isOnline },
  ).hub;
const listing = (answer: unknown) =>
  play(({ id, kind }, say) => kind === 'list' && say({ kind: 'listing', id, answer })).hub;

test('a listing gives commit, sizes, digests and licence', async () => {
  const lfs = { sha256: 'a'.repeat(64), size: 900, pointerSize: 134 };
  const answer = {
    sha: SHA,
    cardData: { license: 'mit', tags: ['x'] },
    siblings: [
      { rfilename: 'config.json', size: 20, blobId: 'b'.repeat(40) },
      { rfilename: 'onnx/model.onnx', size: 134, blobId: 'd'.repeat(40), lfs },
      { rfilename: 'unsized.bin' },
    ],
  };
  expect(await listing(answer).list(KEY, never)).toEqual({
    commit: SHA,
    licence: 'mit',
    files: [
      { path: 'config.json', sizeBytes: 20, sha256: null, gitId: 'b'.repeat(40) },
      { path: 'onnx/model.onnx', sizeBytes: 900, sha256: 'a'.repeat(64), gitId: null },
    ],
  });
});

test.each([
  ['no answer', () => failing(null), 'hub-unreachable'],
  ['a server in trouble', () => failing(503), 'hub-unreachable'],
  ['no such repository', () => failing(401), 'hub-unknown'],
  ['another page than the hub', () => listing({ hello: 'Wi-Fi' }), 'hub-unreachable'],
])('a listing that fails has a code: %s', async (_name, make, code) => {
  await expect(make().list(KEY, never)).rejects.toMatchObject({ code });
});

test('pieces come in order and each is acknowledged', async () => {
  const { hub, heard } = play(({ id, kind }, say) => {
    if (kind !== 'read') return;
    say({ kind: 'start', id, from: 5 });
    for (const byte of [1, 2, 3]) say({ kind: 'piece', id, bytes: Uint8Array.of(byte) });
    say({ kind: 'end', id });
  });
  const { from, chunks } = await hub.read('owner/name', SHA, 'onnx/model.onnx', 5, never);
  const got: number[] = [];
  for await (const chunk of chunks) got.push(...chunk);
  expect([from, ...got]).toEqual([5, 1, 2, 3]);
  await expect.poll(() => heard.map((m) => m.kind)).toEqual(['read', 'more', 'more', 'more']);
});

test('a connection that breaks in the middle is told from a file that is not there', async () => {
  const { hub } = play(({ id, kind }, say) => {
    if (kind !== 'read') return;
    say({ kind: 'start', id, from: 0 });
    say({ kind: 'piece', id, bytes: Uint8Array.of(1) });
    say({ kind: 'failed', id, status: null, reason: 'network error' });
  });
  const { chunks } = await hub.read('owner/name', SHA, 'config.json', 0, never);
  const all = async (): Promise<void> => {
    for await (const _ of chunks) continue;
  };
  await expect(all()).rejects.toMatchObject({ code: 'hub-unreachable' });
  await expect(failing(404).read('o/n', SHA, 'x', 0, never)).rejects.toMatchObject({ code: 'model-file-missing' });
});

test.each([
  ['an answer that the browser keeps back', () => failing(null), NO_ANSWER],
  ['a machine without a network', () => failing(null, false), ''],
  ['a server in trouble', () => failing(503), 'It answered 503'],
  ['too many requests', () => failing(429), 'It answered 429'],
  ['silence', () => play(() => undefined, { patienceMs: 5 }).hub, ''],
])('only a kept back answer is a reason to ask by the address: %s', async (_name, make, detail) => {
  await expect(make().list(KEY, never)).rejects.toMatchObject({ code: 'hub-unreachable', detail });
});

test('a file of which the hub gives no part is asked for as a whole; a hub in trouble is not', async () => {
  const ask = (status: number) =>
    play(({ id, ...message }, say) => {
      if (message.kind !== 'read') return;
      if (message.from > 0) return say({ kind: 'failed', id, status, reason: '' });
      say({ kind: 'start', id, from: 0 });
      say({ kind: 'end', id });
    }).hub.read('o/n', SHA, 'x', 7, never);
  expect((await ask(416)).from).toBe(0);
  for (const status of [404, 429, 503]) await expect(ask(status)).rejects.toThrow();
});

test('a connection that falls silent counts as broken, and the document hears it', async () => {
  const { hub, heard } = play(
    ({ id, kind }, say) => {
      if (kind !== 'read') return;
      say({ kind: 'start', id, from: 0 });
      say({ kind: 'piece', id, bytes: Uint8Array.of(1) });
    },
    { patienceMs: 20 },
  );
  const { chunks } = await hub.read('o/n', SHA, 'x', 0, never);
  const all = async (): Promise<void> => {
    for await (const _ of chunks) continue;
  };
  await expect(all()).rejects.toMatchObject({ code: 'hub-unreachable' });
  await expect.poll(() => heard.map((m) => m.kind)).toEqual(['read', 'more', 'cancel']);
});

test('the script of the download document names nothing that is stored, nor the page', async () => {
  const script = (await readFile('src/download/download.ts', 'utf8')).replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '');
  const parts =
    /indexedDB|localStorage|sessionStorage|navigator|caches|cookie|opener|\btop\b|BroadcastChannel|import\(/g;
  expect(script.match(parts)).toBeNull();
  // The page it lies in is only compared with who speaks to it.
  expect(script.match(/.*\bparent\b.*/g)).toEqual(['  if (event.source === parent && port) serve(port);']);
});

test('a cancel reaches the document, and a cancelled request waits for nothing', async () => {
  const { hub, heard } = play(() => undefined);
  const stop = new AbortController();
  const asking = hub.list(KEY, stop.signal);
  await expect.poll(() => heard.length).toBe(1);
  stop.abort();
  await expect(asking).rejects.toThrow(/abort/i);
  await expect.poll(() => heard.map((m) => m.kind)).toEqual(['list', 'cancel']);
});

import { describe, expect, it } from 'vitest';
import { itemId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import { sha256 } from '../../src/loop/sha256.ts';
import { BrowserFilePicker } from '../../src/platform/files/browser-file-picker.ts';

interface FakeEntry {
  readonly kind: 'file' | 'directory';
  readonly name?: string;
  entries?(): AsyncGenerator<[string, FakeEntry]>;
  getFile?(): Promise<File>;
}

const file = (text: string): FakeEntry => ({
  kind: 'file',
  getFile: () => Promise.resolve(new File([text], 'x', { lastModified: 7 })),
});
const failing = (name: string): FakeEntry => ({
  kind: 'file',
  getFile: () => Promise.reject(new DOMException('No.', name)),
});
function folder(children: Record<string, FakeEntry>): FakeEntry {
  return {
    kind: 'directory',
    name: 'photos',
    async *entries() {
      await Promise.resolve();
      yield* Object.entries(children);
    },
  };
}

describe('reading a folder handle', () => {
  const picker = new BrowserFilePicker();

  it('gives every file with its path and leaves out what systems leave behind', async () => {
    const source = await picker.fromHandle(
      folder({
        'a.png': file('a'),
        '.DS_Store': file('x'),
        sub: folder({ 'Thumbs.db': file('x'), deeper: folder({ 'b.png': file('bb') }) }),
        __MACOSX: folder({ 'c.png': file('c') }),
      }),
    );
    expect(source.name).toBe('photos');
    expect(source.files.map((f) => [f.path, f.sizeBytes, f.lastModified])).toEqual([
      ['a.png', 1, 7],
      ['sub/deeper/b.png', 2, 7],
    ]);
  });

  it('keeps a file that can’t be opened, so that it can be listed, and goes on', async () => {
    const source = await picker.fromHandle(folder({ 'gone.png': failing('NotFoundError'), 'good.png': file('a') }));
    expect(source.files.map((f) => f.path)).toEqual(['gone.png', 'good.png']);
    await expect(source.files[0]?.blob()).rejects.toMatchObject({ name: 'NotFoundError' });
    expect(await (await source.files[1]?.blob())?.text()).toBe('a');
  });

  it('stops with a code when the permission is gone', async () => {
    await expect(picker.fromHandle(folder({ 'a.png': failing('NotAllowedError') }))).rejects.toMatchObject({
      code: 'folder-permission',
    });
  });
});

describe('the original of an item', () => {
  const picker = new BrowserFilePicker();
  const bytes = new TextEncoder().encode('the picture that was imported');
  const item = async (...paths: string[]): Promise<Item> => ({
    id: itemId(await sha256(bytes)),
    row: 0,
    modality: 'image',
    paths,
    sizeBytes: bytes.length,
    width: 1,
    height: 1,
    preview: '',
    hint: null,
  });
  /** A folder handle whose files are found by name. */
  const shelf = (files: Record<string, string>): unknown => ({
    getFileHandle: (name: string) =>
      name in files
        ? Promise.resolve({ getFile: () => Promise.resolve(new File([files[name] ?? ''], name)) })
        : Promise.reject(new DOMException('No.', 'NotFoundError')),
  });

  it('is the file at its path while that holds the same bytes, else at another of its paths', async () => {
    const same = 'the picture that was imported';
    expect(await (await picker.original(shelf({ 'a.png': same }), await item('a.png'))).text()).toBe(same);
    const moved = shelf({ 'a.png': 'THE PICTURE THAT WAS IMPORTED', 'b.png': same });
    expect(await (await picker.original(moved, await item('a.png', 'b.png'))).text()).toBe(same);
  });

  it.each(['THE PICTURE THAT WAS IMPORTED', 'another picture'])(
    'is missing when its path holds %j now',
    async (now) => {
      await expect(picker.original(shelf({ 'a.png': now }), await item('a.png'))).rejects.toMatchObject({
        code: 'original-missing',
      });
    },
  );
});

import { describe, expect, it } from 'vitest';
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

import { afterEach, describe, expect, it } from 'vitest';
import { projectId } from '../../src/domain/ids.ts';
import { ChannelLocks } from '../../src/platform/browser/channel-locks.ts';

const P = projectId('p');
let time = 0;
const open: ChannelLocks[] = [];
function tab(id: string): ChannelLocks {
  const locks = new ChannelLocks(id, { now: () => ++time });
  open.push(locks);
  return locks;
}
const quiet = (): void => undefined;

describe('one writer per project without the Web Locks API', () => {
  afterEach(() => open.splice(0).forEach((locks) => locks.close()));

  it('gives a project to one tab at a time, and another project to another', async () => {
    const [a, b] = [tab('a'), tab('b')];
    expect(await a.acquire(P, false, quiet)).toBe(true);
    expect(await a.acquire(P, false, quiet)).toBe(false);
    expect(await b.acquire(P, false, quiet)).toBe(false);
    expect(await b.acquire(projectId('other'), false, quiet)).toBe(true);
    a.release(P);
    expect(await b.acquire(P, false, quiet)).toBe(true);
  });

  it('gives it to one of several that ask at once', async () => {
    const tabs = ['c', 'a', 'b'].map(tab);
    const got = await Promise.all(tabs.map((locks) => locks.acquire(P, false, quiet)));
    expect(got).toEqual([false, true, false]);
  });

  it('tells the tab that it is taken from', async () => {
    const [a, b] = [tab('a'), tab('b')];
    const lost = new Promise<void>((resolve) => {
      void a.acquire(P, false, resolve).then(() => b.acquire(P, true, quiet));
    });
    await lost;
    expect(await a.acquire(P, false, quiet)).toBe(false);
  });

  it('makes a tab that slept through the question only look', async () => {
    const lost: string[] = [];
    const sleeper = tab('s');
    await sleeper.acquire(P, false, () => lost.push('s'));
    // What it hears when it wakes: somebody else holds the project by now.
    await tab('n').acquire(P, true, quiet);
    await expect.poll(() => lost).toEqual(['s']);
  });
});

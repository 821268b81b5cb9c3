import { expect, test } from 'vitest';
import type { CopyStatus, OfflineCopy } from '../../src/loop/app-ports.ts';
import { OfflineState } from '../../src/state/offline.svelte.ts';

test('a version that was put off is not offered again, the next one is', () => {
  let tell: (status: CopyStatus) => void = () => undefined;
  const copy: OfflineCopy = {
    start: (onChange) => {
      tell = onChange;
    },
    update: () => undefined,
    reloadForThreads: () => undefined,
    isUntouched: false,
  };
  const offline = new OfflineState(copy);
  offline.start(() => true);
  const ready = (updates: number): void => tell({ state: 'ready', sizeBytes: 1, updates, threads: 'as-they-are' });
  ready(0);
  expect(offline.isUpdateOffered).toBe(false);
  ready(1);
  expect(offline.isUpdateOffered).toBe(true);
  offline.putOff();
  ready(1);
  expect(offline.isUpdateOffered).toBe(false);
  ready(2);
  expect(offline.isUpdateOffered).toBe(true);
});

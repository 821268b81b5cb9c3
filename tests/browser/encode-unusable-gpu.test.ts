import { expect, test } from 'vitest';
import potion from '../../src/encoders/potion-base-2m.ts';
import { TransformersEngine } from '../../src/platform/transformers/transformers-engine.ts';

// In a file of its own: no session can be started in this page afterwards.
const hasModels = (await fetch(`/models/${potion.path}/config.json`)).ok;

test.skipIf(!hasModels)(
  'an engine that can’t start on the graphics card says so, lest another be tried here',
  async () => {
    const adapter = {
      info: { isFallbackAdapter: false },
      features: new Set(),
      limits: {},
      requestDevice: () => Promise.reject(new Error('no device')),
    };
    Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: () => Promise.resolve(adapter) } });
    const plan = { backend: 'auto', precision: 'fp32', threads: 1, batch: null } as const;
    const opening = TransformersEngine.open(potion, plan, location.origin);
    await expect(opening).rejects.toMatchObject({ code: 'gpu-unusable' });
  },
);

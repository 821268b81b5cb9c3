import { describe, expect, it } from 'vitest';
import { encodePng } from '../../src/domain/samples/png.ts';
import { inspectionSample } from '../../src/domain/samples/inspection.ts';
import builtinImage from '../../src/encoders/builtin-image.ts';
import type { EncodeInput } from '../../src/loop/encoder-ports.ts';
import { EncodeService } from '../../src/platform/workers/encode-service.ts';

const image = (bytes: Uint8Array): EncodeInput => ({ image: new Blob([bytes as BlobPart]) });
const part = (index: number): EncodeInput => image(inspectionSample(1, index).png);
const broken = image(inspectionSample(1, 0).png.slice(0, 40));
const onePixel = image(encodePng(Uint8Array.of(200, 30, 30), 1, 1));

/** A built-in image encoder that has learnt from these images. */
async function learnt(pool: readonly EncodeInput[]): Promise<EncodeService> {
  const service = new EncodeService(location.origin);
  await service.open(builtinImage, { backend: 'cpu', precision: 'fp32', threads: null, batch: null }, null);
  await service.fitBatch(pool);
  await service.fitEnd(() => undefined);
  return service;
}
function norms(data: Float32Array, rows: number): number[] {
  const dim = data.length / rows;
  return Array.from({ length: rows }, (_, i) =>
    Math.sqrt(data.subarray(i * dim, (i + 1) * dim).reduce((sum, v) => sum + v * v, 0)),
  );
}

describe('the built-in image encoder in a browser', () => {
  it('learns from what can be decoded and says of the rest which it is', async () => {
    const service = await learnt([part(0), broken, part(1), part(2)]);
    const { data, failed } = await service.embed({ kind: 'plain', inputs: [part(3), broken, onePixel] });
    expect(failed).toEqual([{ index: 1, reason: 'The browser could not decode this image.' }]);
    const [first, second, third] = norms(data, 3);
    expect(first).toBeCloseTo(1, 5);
    expect(second).toBe(0);
    expect(third).toBeCloseTo(1, 5);
  });

  it('gives an image the same embedding beside a broken one as on its own', async () => {
    const service = await learnt([part(0), part(1), onePixel]);
    const together = await service.embed({ kind: 'plain', inputs: [broken, part(2)] });
    const alone = await service.embed({ kind: 'plain', inputs: [part(2)] });
    expect(together.data.slice(alone.data.length)).toEqual(alone.data);
  });

  it('says so when nothing can be decoded', async () => {
    await expect(learnt([broken, broken])).rejects.toThrow('None of the images could be decoded');
  });
});

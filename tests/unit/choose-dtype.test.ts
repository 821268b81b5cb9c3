import { describe, expect, it } from 'vitest';
import { encoderById } from '../../src/encoders/index.ts';
import { chooseDtype, type Dtype } from '../../src/encoders/spec.ts';

describe('the number type of an encoder on a backend', () => {
  const spec = encoderById('dinov2-small');
  if (!spec) throw new Error('The encoder is not registered.');
  it.each([
    ['wasm', ['fp32', 'fp16', 'q8'], 'q8'],
    ['wasm', ['fp16'], 'fp16'],
    ['webgpu', ['fp32', 'fp16', 'q8'], 'fp32'],
    ['webgpu', ['fp16', 'q8'], 'fp16'],
    ['webgpu', ['q8'], undefined],
    ['wasm', [], undefined],
  ] as const)('%s with %j is %s', (device, there: readonly Dtype[], expected) => {
    expect(chooseDtype(spec, device, (d) => there.includes(d))).toBe(expected);
  });
});

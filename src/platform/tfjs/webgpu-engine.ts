import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { WinnowError } from '../../domain/errors.ts';
import type { Engine } from '../learner/engine.ts';
import { fitLarge } from './fit-large.ts';
import { TfjsCompute } from './tfjs-compute.ts';
import { TfjsPool } from './tfjs-pool.ts';

/** Starts tfjs on the adapter with all that it offers. Throws when it cannot be started. */
export async function startWebGpu(adapter: GPUAdapter, onLost: (error: WinnowError) => void): Promise<Engine> {
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = adapter.limits;
  const { maxComputeWorkgroupsPerDimension, maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } =
    adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: {
      maxBufferSize,
      maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension,
      maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX,
    },
  });
  void device.lost.then((info) => {
    if (info.reason !== 'destroyed') onLost(new WinnowError('gpu-lost', info.message));
  });
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info), 3);
  if (!(await tf.setBackend('webgpu'))) throw new Error('WebGPU could not be started');
  await tf.ready();
  return {
    backend: 'webgpu',
    compute: new TfjsCompute(),
    pool: (data, rows, cols) => new TfjsPool(data, rows, cols),
    fitLarge,
    bytes: () => tf.memory().numBytes,
  };
}

import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Backend, BackendChoice } from '../../domain/events.ts';
import { WinnowError } from '../../domain/errors.ts';
import type { LearnerInfo } from '../../loop/ports.ts';

const WORDS: Record<Backend, string> = {
  webgpu: 'on the graphics processor',
  wasm: 'on the processor (WebAssembly)',
  cpu: 'on the processor (plain JavaScript)',
};

/**
 * Chooses and starts a tfjs backend. `auto` takes WebGPU only on a real adapter; a software adapter is slower than
 * WASM. A forced choice is tried first and alone on its rung; what fails falls to the next rung with a sentence.
 * @param wasmPath address of the folder with tfjs' wasm files, with a trailing slash
 */
export async function startBackend(
  choice: BackendChoice,
  wasmPath: string,
  onLost: (error: WinnowError) => void,
): Promise<LearnerInfo> {
  const rungs: Backend[] =
    choice === 'auto'
      ? ['webgpu', 'wasm', 'cpu']
      : choice === 'webgpu'
        ? ['webgpu', 'wasm', 'cpu']
        : choice === 'wasm'
          ? ['wasm', 'cpu']
          : ['cpu'];
  let failed: string | null = null;
  for (const rung of rungs) {
    const isForced = choice === rung;
    const problem = await tryRung(rung, isForced, wasmPath, onLost);
    if (problem === null) {
      const isFallback = choice !== 'auto' && choice !== rung;
      return {
        backend: rung,
        fallback: isFallback || failed ? `Training runs ${WORDS[rung]}${failed ? `: ${failed}` : ''}.` : null,
      };
    }
    if (problem !== 'not-there') failed ??= problem;
  }
  throw new WinnowError('learner-failed', failed ?? 'No backend could be started');
}

/** Null when the rung runs, `not-there` when the machine does not have it, else a few words on why not. */
async function tryRung(
  rung: Backend,
  isForced: boolean,
  wasmPath: string,
  onLost: (error: WinnowError) => void,
): Promise<string | null> {
  try {
    if (rung === 'webgpu') return await startWebGpu(isForced, onLost);
    if (rung === 'wasm') {
      setWasmPaths(wasmPath);
      // Threads would need scripts from blob addresses, which the page's policy forbids; one core is enough here.
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    }
    const isSet = await tf.setBackend(rung);
    if (!isSet) return rung === 'wasm' ? 'WebAssembly could not be started here' : 'it could not be started';
    await tf.ready();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function startWebGpu(isForced: boolean, onLost: (error: WinnowError) => void): Promise<string | null> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return isForced ? 'this browser offers no WebGPU adapter' : 'not-there';
  const isSoftware = adapter.info.isFallbackAdapter;
  if (isSoftware && !isForced) return 'not-there';
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
  const isSet = await tf.setBackend('webgpu');
  await tf.ready();
  return isSet ? null : 'WebGPU could not be started';
}

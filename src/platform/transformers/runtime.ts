import { env } from '@huggingface/transformers';
import type { Backend, BackendChoice } from '../../domain/events.ts';
import { WinnowError } from '../../domain/errors.ts';
import type { ModelFiles } from './model-files.ts';

/** Everything from our own origin; nothing from a hub or a CDN, ever. Null threads: one for each core. */
export function configureRuntime(origin: string, threads: number | null, files: Pick<ModelFiles, 'fetch'>): number {
  env.fetch = files.fetch;
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = '/models/';
  env.useBrowserCache = false;
  // The cached runtime would be imported from a blob address, which the page's policy forbids.
  env.useWasmCache = false;
  const wasm = env.backends.onnx.wasm;
  if (!wasm) throw new WinnowError('encoder-failed', 'The WASM runtime is missing');
  wasm.wasmPaths = `${origin}/runtime/ort/`;
  // Left alone, onnxruntime-web takes half of the cores, and at most four.
  const most = Math.max(1, navigator.hardwareConcurrency || 1);
  const used = globalThis.crossOriginIsolated ? Math.min(threads ?? most, most) : 1;
  wasm.numThreads = used;
  return used;
}

export interface Place {
  readonly backend: Backend;
  /** Half precision on the graphics card. */
  readonly hasHalf: boolean;
  readonly fallback: string | null;
}

/** A software adapter is slower than WebAssembly: it counts only when it is asked for. */
export async function choosePlace(choice: BackendChoice): Promise<Place> {
  const wasm = { backend: 'wasm', hasHalf: false, fallback: null } as const;
  if (choice === 'wasm' || choice === 'cpu') return wasm;
  const gpu = (navigator as Navigator | undefined)?.gpu;
  const adapter = await gpu?.requestAdapter();
  if (adapter && (choice === 'webgpu' || !adapter.info.isFallbackAdapter)) {
    return { backend: 'webgpu', hasHalf: adapter.features.has('shader-f16'), fallback: null };
  }
  if (choice !== 'webgpu') return wasm;
  return { ...wasm, fallback: 'Embedding runs on the processor: this browser offers no WebGPU.' };
}

import type { BackendChoice } from '../../domain/events.ts';

/** Where an encoder would run: a software adapter is slower than WebAssembly, so only a real one counts unless asked for. */
export async function backendHere(choice: BackendChoice): Promise<'webgpu' | 'wasm'> {
  if (choice === 'wasm' || choice === 'cpu') return 'wasm';
  // Missing in many browsers although the types promise it.
  const adapter = await (navigator.gpu as GPU | undefined)?.requestAdapter();
  if (!adapter) return 'wasm';
  return choice === 'webgpu' || !adapter.info.isFallbackAdapter ? 'webgpu' : 'wasm';
}

/** True where the graphics card, if one is used, computes in half precision. */
export async function hasHalfHere(choice: BackendChoice): Promise<boolean> {
  if ((await backendHere(choice)) === 'wasm') return false;
  const adapter = await navigator.gpu.requestAdapter();
  return adapter?.features.has('shader-f16') ?? false;
}

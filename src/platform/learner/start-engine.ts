import type { Backend, BackendChoice } from '../../domain/events.ts';
import { WinnowError } from '../../domain/errors.ts';
import { plainStationary } from '../../domain/stationary-matrix.ts';
import { stationaryEngine } from '../wasm/stationary-engine.ts';
import { canMultiplyInWasm, wasmStationary } from '../wasm/wasm-matrix.ts';
import type { Engine } from './engine.ts';

const WORDS: Record<Backend, string> = {
  webgpu: 'on the graphics processor',
  wasm: 'on the processor (WebAssembly)',
  cpu: 'on the processor (plain JavaScript)',
};
const RUNGS: readonly Backend[] = ['webgpu', 'wasm', 'cpu'];

/**
 * Chooses and starts an engine. `auto` takes WebGPU only on a real adapter; a software adapter is slower than WebAssembly.
 * What fails falls to the next rung, with a sentence for the user.
 */
export async function startEngine(
  choice: BackendChoice,
  onLost: (error: WinnowError) => void,
): Promise<{ engine: Engine; fallback: string | null }> {
  let reason: string | null = null;
  for (const rung of RUNGS.slice(choice === 'auto' ? 0 : RUNGS.indexOf(choice))) {
    const started = await tryRung(rung, choice === rung, onLost);
    if (started !== null && typeof started === 'object')
      return { engine: started, fallback: reason === null ? null : `Training runs ${WORDS[rung]}: ${reason}.` };
    reason ??= started;
  }
  throw new WinnowError('learner-failed', reason ?? 'No engine could be started');
}

/** Null when the machine does not have the rung and was not asked for it, a few words when it could not be started. */
async function tryRung(
  rung: Backend,
  isForced: boolean,
  onLost: (error: WinnowError) => void,
): Promise<Engine | string | null> {
  if (rung === 'cpu') return stationaryEngine(rung, plainStationary);
  if (rung === 'wasm') {
    return canMultiplyInWasm()
      ? stationaryEngine(rung, wasmStationary)
      : 'this browser has no WebAssembly with 128-bit vectors';
  }
  try {
    const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
    const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return isForced ? 'this browser offers no WebGPU adapter' : null;
    if (adapter.info.isFallbackAdapter && !isForced) return null;
    // Loaded only where it is used: the library is larger than the rest of the worker.
    const { startWebGpu } = await import('../tfjs/webgpu-engine.ts');
    return await startWebGpu(adapter, onLost);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

import { laneCount } from '../../domain/embedding/lanes.ts';
import { WinnowError } from '../../domain/errors.ts';
import { weightBytes, type EncoderSpec } from '../../encoders/spec.ts';
import type { EncodeInput, Encoded, Encoder, EncoderInfo, RunPlan } from '../../loop/encoder-ports.ts';
import { dealt, gathered } from './dealt.ts';
import { EncodeLane } from './encode-lane.ts';

/** Where the browser does not say, gigabytes. */
const USUAL_MEMORY = 4;

/** One copy of an encoder. */
export type Lane = Pick<EncodeLane, 'open' | 'fitBatch' | 'fitEnd' | 'embed' | 'stop'>;

/**
 * The encoder in its workers. On the processor several copies of a model compute side by side, each with its share of the
 * threads: threads of one copy wait for each other after every operation, copies never do. On a graphics card there is one.
 */
export class WorkerEncoder implements Encoder {
  readonly #newLane: () => Lane;
  #lanes: readonly Lane[];

  constructor(newLane: () => Lane = () => new EncodeLane()) {
    this.#newLane = newLane;
    this.#lanes = [newLane()];
  }

  async open(spec: EncoderSpec, plan: RunPlan, state: unknown): Promise<EncoderInfo> {
    try {
      return await this.#open(spec, plan, state);
    } catch (error) {
      if (!(error instanceof WinnowError) || error.code !== 'gpu-unusable' || plan.backend === 'wasm') throw error;
    }
    // In new workers: one in which a session could not be started starts no other.
    const info = await this.#open(spec, { ...plan, backend: 'wasm' }, state);
    const fallback = `${spec.name} runs on the processor (WebAssembly): it could not be started on WebGPU.`;
    return { ...info, fallback };
  }

  async #open(spec: EncoderSpec, plan: RunPlan, state: unknown): Promise<EncoderInfo> {
    this.stop();
    const cores = Math.max(1, navigator.hardwareConcurrency || 1);
    const threads = Math.min(cores, plan.threads ?? cores);
    const { deviceMemory = USUAL_MEMORY } = navigator as { deviceMemory?: number };
    // What has not learnt from the pool yet learns in one place; it is opened again with what it has learnt.
    const mayCopy = !this.needsFit(spec) || state !== null;
    // Tokenising is most of the work of a static model; reading and storing then keep the page's own core busy.
    const busy = spec.isStatic ? threads - 1 : threads;
    const count = mayCopy ? laneCount(busy, weightBytes(spec, plan.precision), deviceMemory) : 1;
    const own: RunPlan = { ...plan, threads: Math.max(1, Math.floor(threads / count)) };
    const first = this.#newLane();
    this.#lanes = [first];
    const info = await first.open(spec, own, state);
    if (info.backend === 'webgpu' || count === 1) return info;
    const others = Array.from({ length: count - 1 }, this.#newLane);
    this.#lanes = [first, ...others];
    const results = await Promise.allSettled(others.map((lane) => lane.open(spec, { ...own, backend: 'wasm' }, state)));
    // A copy that could not be opened, for want of memory, is done without: the first one works.
    const open = others.filter((lane, i) => {
      const isOpen = results[i]?.status === 'fulfilled';
      if (!isOpen) lane.stop();
      return isOpen;
    });
    this.#lanes = [first, ...open];
    return { ...info, threads: info.threads * this.#lanes.length, lanes: this.#lanes.length };
  }
  needsFit(spec: EncoderSpec): boolean {
    return spec.runtime !== 'transformers';
  }
  fitBatch(inputs: readonly EncodeInput[]): Promise<void> {
    return this.#first.fitBatch(inputs);
  }
  fitEnd(onProgress: (share: number) => void): Promise<unknown> {
    return this.#first.fitEnd(onProgress);
  }
  async embed(inputs: readonly EncodeInput[], batch?: number): Promise<Encoded> {
    const lanes = this.#lanes;
    const hands = dealt(inputs, lanes.length);
    const parts = await Promise.all(hands.map((hand, i) => (lanes[i] ?? this.#first).embed(hand, batch)));
    return gathered(parts, inputs.length);
  }
  stop(): void {
    for (const lane of this.#lanes) lane.stop();
  }

  get #first(): Lane {
    const [first] = this.#lanes;
    if (!first) throw new RangeError('There is always one lane.');
    return first;
  }
}

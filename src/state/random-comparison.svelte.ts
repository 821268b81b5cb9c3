import {
  labelEfficiency,
  LEAST_TEST_LABELS,
  randomCurve,
  type LabelEfficiency,
  type RandomPoint,
  type RandomSplit,
} from '../domain/label-efficiency.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';
import { imitateRandomSampling } from '../loop/imitate-random.ts';
import type { TrainRequest } from '../loop/learner-ports.ts';
import { helperRows, isBalanced, modelOf } from '../loop/training-set.ts';
import type { ProjectSession } from './project.svelte.ts';
import { curveEvidence, labelledTest, testTruth } from './test-evidence.ts';

/** What the same number of random labels would have brought, measured inside the test set: nothing is labelled twice. */
export class RandomComparison {
  readonly #session: ProjectSession;
  #efficiency = $state.raw<LabelEfficiency | null>(null);
  #splits = $state.raw<{ key: string; list: readonly RandomSplit[]; size: number } | null>(null);
  #progress = $state.raw<{ done: number; total: number } | null>(null);

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  get efficiency(): LabelEfficiency | null {
    return this.#efficiency;
  }
  /** How far it is; null when it rests. */
  get progress(): { done: number; total: number } | null {
    return this.#progress;
  }
  /** Accuracy of heads trained on random test items and tested on others. */
  readonly curve: readonly RandomPoint[] = $derived.by(() =>
    this.#splits ? randomCurve(this.#splits.list, this.#splits.size) : [],
  );

  /** Nothing is under way any more. */
  rest(): void {
    this.#progress = null;
  }

  /** Fits the heads where that has not been done for these labels, and compares them with the project's own checkpoints. */
  async measure(signal: AbortSignal): Promise<void> {
    const s = this.#session;
    const test = labelledTest(s);
    const key = this.#key();
    if (this.#splits?.key !== key) {
      const list = await imitateRandomSampling(
        {
          rows: test.map((id) => s.itemById(id)?.row ?? 0),
          ...testTruth(s.state, test),
          pool: this.#pool(),
          seed: hashSeed(s.state.seed, 'random-curve'),
        },
        (request, rows) => tryHead(s, request, rows),
        signal,
        (done, total) => (this.#progress = { done, total }),
      );
      signal.throwIfAborted();
      this.#progress = null;
      this.#splits = { key, list, size: test.length };
    }
    const { size } = s.state.test;
    if (size < LEAST_TEST_LABELS) {
      const reason = `Comparing with random sampling needs ${LEAST_TEST_LABELS} test items. The test set has ${size}: more can be drawn above.`;
      this.#efficiency = { kind: 'too-few', reason };
      return;
    }
    const checkpoints = curveEvidence(s).flatMap(({ labels, isRight }) => (isRight ? [{ labels, isRight }] : []));
    const random = seededRandom(hashSeed(s.state.seed, 'efficiency'));
    this.#efficiency = labelEfficiency(checkpoints, this.#splits.list, test.length, random);
  }

  /** All that the imitated heads depend on. */
  #key(): string {
    const { state, encoding } = this.#session;
    const { schema, task, settings, labels } = state;
    return JSON.stringify([
      encoding.key,
      task === 'multi' ? schema.version : 0,
      settings.model ?? 'linear',
      settings.classWeights ?? 'equal',
      this.#pool().length,
      labelledTest(this.#session).map((id) => labels.get(id)?.id ?? ''),
    ]);
  }

  #pool(): Int32Array {
    const { state, items, encoding } = this.#session;
    return helperRows(state, items, (item) => encoding.has(item.id));
  }
}

/** Classes that a head fitted as the project's own would be gives some rows. */
export function tryHead(session: ProjectSession, request: TrainRequest, rows: Int32Array): Promise<Int32Array> {
  const { learning, state } = session;
  return learning.withLearner((l) =>
    l.tryHead({ ...request, isBalanced: isBalanced(state), model: modelOf(state) }, rows),
  );
}

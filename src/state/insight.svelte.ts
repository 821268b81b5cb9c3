import { isAbort } from '../domain/errors.ts';
import { forecastGain, type Forecast } from '../domain/forecast.ts';
import { isHeldOut } from '../domain/project-state.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Interval } from '../domain/intervals.ts';
import {
  labelEfficiency,
  LEAST_TEST_LABELS,
  randomCurve,
  type LabelEfficiency,
  type RandomPoint,
  type RandomSplit,
} from '../domain/label-efficiency.ts';
import type { ProbabilityReport } from '../domain/probability-report.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';
import {
  DEFAULT_THRESHOLDS,
  expectedPoolError,
  stoppingAdvice,
  type CurveEvidence,
  type Criterion,
  type PoolError,
  type StoppingThresholds,
} from '../domain/stopping.ts';
import { opinionOf, successiveKappas, type Opinion } from '../loop/compare-checkpoints.ts';
import { crossValidatedSeed, type SeedEstimate } from '../loop/seed-estimate.ts';
import { imitateRandomSampling } from '../loop/imitate-random.ts';
import { helperRows, isBalanced, modelOf, trainingSet } from '../loop/training-set.ts';
import type { TrainRequest } from '../loop/learner-ports.ts';
import type { CurvePoint } from './evaluation.svelte.ts';
import type { ProjectSession } from './project.svelte.ts';
import { rightness, testDoubts, testProbabilities, testTruth } from './test-evidence.ts';

const FORECAST_LABELS = 50;
/** Checkpoints whose predictions are compared: one more than the window of the advice. */
const COMPARED = 4;

/** What goes beyond the score: probabilities, random sampling, what more labels would bring, when to stop. */
export class InsightState {
  readonly #session: ProjectSession;
  #efficiency = $state.raw<LabelEfficiency | null>(null);
  #splits = $state.raw<{ key: string; list: readonly RandomSplit[]; size: number } | null>(null);
  #progress = $state.raw<{ done: number; total: number } | null>(null);
  #kappas = $state.raw<readonly number[]>([]);
  #poolError = $state.raw<PoolError | null>(null);
  #seedEstimate = $state.raw<SeedEstimate | null>(null);
  #running: AbortController | null = null;
  /** The checkpoint that was looked at while labelling. */
  #lookedAt = $state.raw<number | null>(null);

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  get efficiency(): LabelEfficiency | null {
    return this.#efficiency;
  }
  /** How far the comparison with random sampling is; null when it rests. */
  get progress(): { done: number; total: number } | null {
    return this.#progress;
  }
  get seedEstimate(): SeedEstimate | null {
    return this.#seedEstimate;
  }
  /** Accuracy of heads trained on random test items and tested on others. */
  readonly randomCurve: readonly RandomPoint[] = $derived.by(() =>
    this.#splits ? randomCurve(this.#splits.list, this.#splits.size) : [],
  );
  readonly probabilities: ProbabilityReport | null = $derived.by(() => {
    const { evaluation, state } = this.#session;
    const output = evaluation.report && evaluation.output(evaluation.report.modelVersion);
    if (!output) return null;
    return testProbabilities(state, output);
  });
  /** The same after the temperature of the calibration slice; null without one. */
  readonly calibrated: ProbabilityReport | null = $derived.by(() => {
    const { evaluation, calibration, state } = this.#session;
    const output = evaluation.report && evaluation.output(evaluation.report.modelVersion);
    if (!output || calibration.temperature === null) return null;
    const probabilities = calibration.shown(output.probabilities, output.classes.length);
    return testProbabilities(state, { ...output, probabilities });
  });
  readonly forecast: Forecast | null = $derived.by(() => {
    const points = this.#session.evaluation.curve.map((p) => ({ labels: p.labels, accuracy: p.accuracy, n: p.n }));
    return forecastGain(points, FORECAST_LABELS, seededRandom(hashSeed(this.#session.state.seed, 'forecast')));
  });
  readonly thresholds: StoppingThresholds = $derived.by(
    () => this.#session.state.settings.stopping ?? DEFAULT_THRESHOLDS,
  );
  readonly advice: readonly Criterion[] = $derived.by(() => {
    const { evaluation } = this.#session;
    return stoppingAdvice(
      {
        kappas: this.#kappas,
        poolError: this.#poolError,
        curve: this.#onTest(evaluation.curve),
        accuracyInterval: evaluation.report?.accuracyInterval ?? null,
        ...this.#target(),
        labels: this.#session.personLabelCount,
        ...(this.#session.state.task === 'multi' && { measure: 'the share of items with all classes right' }),
      },
      this.thresholds,
    );
  });

  /** The interval of the metric that the target is about, where that is not accuracy. */
  #target(): { targetInterval?: Interval | null; targetMeasure?: string } {
    const { report } = this.#session.evaluation;
    const { metric = 'accuracy' } = this.thresholds;
    if (metric === 'accuracy') return {};
    return metric === 'macroF1'
      ? { targetInterval: report?.macroF1Interval ?? null, targetMeasure: 'macro-F1' }
      : { targetInterval: report?.weightedF1Interval ?? null, targetMeasure: 'weighted F1' };
  }

  setThresholds(change: Partial<StoppingThresholds>): Promise<void> {
    return this.#session.changeSettings(({ stopping }) => ({
      stopping: { ...(stopping ?? DEFAULT_THRESHOLDS), ...change },
    }));
  }

  /**
   * A first look at the first model, so that one that has learnt nothing shows before many labels are spent on its
   * questions. Later ones are measured on test items, or on the Evaluate stage.
   */
  async lookAtSeed(): Promise<void> {
    const { state, evaluation } = this.#session;
    const [model, next] = state.standingModels;
    if (!model || next || evaluation.report || this.#lookedAt === model.version) return;
    this.#lookedAt = model.version;
    try {
      await this.#estimateFromSeed(new AbortController().signal);
    } catch (error) {
      if (!isAbort(error)) this.#session.fail(error);
    }
  }
  /** True while the active model is one that has been looked at and does no better than chance. */
  readonly isGuessing: boolean = $derived.by(
    () =>
      this.#seedEstimate?.isNoBetterThanChance === true && this.#session.state.activeModel?.version === this.#lookedAt,
  );

  /** Works everything out again, as long as the stage is shown; a call under way is given up. */
  refresh(): void {
    this.stop();
    const controller = new AbortController();
    this.#running = controller;
    this.#work(controller.signal).catch((error: unknown) => {
      if (!isAbort(error)) this.#session.fail(error);
    });
  }
  stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.#progress = null;
  }

  async #work(signal: AbortSignal): Promise<void> {
    if (!this.#session.state.activeModel || !this.#session.encoding.isComplete) return;
    await this.#session.calibration.refresh();
    await this.#compareCheckpoints(signal);
    if (!this.#session.evaluation.report) await this.#estimateFromSeed(signal);
    else await this.#compareWithRandom(signal);
  }

  /** Agreement of the latest checkpoints on the pool, and the errors that are left there. */
  async #compareCheckpoints(signal: AbortSignal): Promise<void> {
    const s = this.#session;
    const models = s.state.standingModels.filter((m) => m.encoder === s.encoding.key).slice(-COMPARED);
    const pool = s.items.filter((i) => !isHeldOut(s.state, i.id) && s.encoding.has(i.id));
    const rows = Int32Array.from(pool, (item) => item.row);
    const classes = s.state.schema.classes.map((c) => c.id);
    const opinions: Opinion[] = [];
    for (const model of models) {
      signal.throwIfAborted();
      const head = await s.storage.heads.get(s.id, model.version);
      if (head) opinions.push(await s.learning.withLearner((l) => opinionOf(head, rows, classes, l), head));
    }
    this.#kappas = successiveKappas(opinions, classes.length);
    // What has a label is no error that is left.
    const doubt = opinions.at(-1)?.doubt.filter((_, i) => !s.state.labels.has(pool[i]?.id ?? ('' as never)));
    this.#poolError = this.#correctedError(doubt ?? new Float64Array());
  }

  #correctedError(doubt: Float64Array): PoolError | null {
    const { evaluation, state } = this.#session;
    const output = evaluation.report && evaluation.output(evaluation.report.modelVersion);
    if (!output) return null;
    const rows = testDoubts(state, output);
    return expectedPoolError(
      doubt,
      rows.map((r) => r.doubt),
      rows.map((r) => r.isWrong),
    );
  }

  async #compareWithRandom(signal: AbortSignal): Promise<void> {
    const s = this.#session;
    const test = this.#labelledTest();
    const { schema, task, settings } = s.state;
    const pool = helperRows(s.state, s.items, (item) => s.encoding.has(item.id));
    // All that the imitated heads depend on.
    const key = JSON.stringify([
      s.encoding.key,
      task === 'multi' ? schema.version : 0,
      settings.model ?? 'linear',
      settings.classWeights ?? 'equal',
      pool.length,
      test.map((id) => s.state.labels.get(id)?.id ?? ''),
    ]);
    if (this.#splits?.key !== key) {
      const list = await imitateRandomSampling(
        {
          rows: test.map((id) => s.itemById(id)?.row ?? 0),
          ...testTruth(s.state, test),
          pool,
          seed: hashSeed(s.state.seed, 'random-curve'),
        },
        (request, rows) => this.#try(request, rows),
        signal,
        (done, total) => (this.#progress = { done, total }),
      );
      signal.throwIfAborted();
      this.#progress = null;
      this.#splits = { key, list, size: test.length };
    }
    const checkpoints = this.#onTest(s.evaluation.curve).flatMap(({ labels, isRight }) =>
      isRight ? [{ labels, isRight }] : [],
    );
    const random = seededRandom(hashSeed(s.state.seed, 'efficiency'));
    const { size } = s.state.test;
    const reason = `Comparing with random sampling needs ${LEAST_TEST_LABELS} test items. The test set has ${size}: more can be drawn above.`;
    this.#efficiency =
      size < LEAST_TEST_LABELS
        ? { kind: 'too-few', reason }
        : labelEfficiency(checkpoints, this.#splits.list, test.length, random);
  }

  #labelledTest(): ItemId[] {
    const { state, encoding } = this.#session;
    return [...state.test].filter((id) => state.labels.has(id) && encoding.has(id));
  }

  /** Checkpoints with what each of them says of the labelled test items, where that is known. */
  #onTest(curve: readonly CurvePoint[]): CurveEvidence[] {
    const { evaluation, state } = this.#session;
    const test = this.#labelledTest();
    return curve.map(({ labels, accuracy, modelVersion }) => {
      const output = evaluation.output(modelVersion);
      return { labels, accuracy, ...(output && { isRight: rightness(state, output, test) }) };
    });
  }

  /** A head fitted as the project's own would be. */
  #try(request: TrainRequest, rows: Int32Array): Promise<Int32Array> {
    const { learning, state } = this.#session;
    return learning.withLearner((l) =>
      l.tryHead({ ...request, isBalanced: isBalanced(state), model: modelOf(state) }, rows),
    );
  }

  async #estimateFromSeed(signal: AbortSignal): Promise<void> {
    const s = this.#session;
    const isEmbedded = (item: { id: ItemId }): boolean => s.encoding.has(item.id);
    const set = trainingSet(s.state, s.items, isEmbedded);
    this.#seedEstimate = await crossValidatedSeed(
      set,
      helperRows(s.state, s.items, isEmbedded),
      hashSeed(s.state.seed, 'seed-estimate'),
      (request, rows) => this.#try(request, rows),
      signal,
    );
  }
}

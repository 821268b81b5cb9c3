import { isAbort } from '../domain/errors.ts';
import { forecastGain, type Forecast } from '../domain/forecast.ts';
import { isHeldOut } from '../domain/project-state.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Interval } from '../domain/intervals.ts';
import type { ProbabilityReport } from '../domain/probability-report.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';
import {
  DEFAULT_THRESHOLDS,
  expectedPoolError,
  stoppingAdvice,
  type Criterion,
  type PoolError,
  type StoppingThresholds,
} from '../domain/stopping.ts';
import { opinionOf, successiveKappas, type Opinion } from '../loop/compare-checkpoints.ts';
import { crossValidatedSeed, type SeedEstimate } from '../loop/seed-estimate.ts';
import { helperRows, trainingSet } from '../loop/training-set.ts';
import type { ProjectSession } from './project.svelte.ts';
import { RandomComparison, tryHead } from './random-comparison.svelte.ts';
import { curveEvidence, testDoubts, testProbabilities } from './test-evidence.ts';

const FORECAST_LABELS = 50;
/** Checkpoints whose predictions are compared: one more than the window of the advice. */
const COMPARED = 4;

/** What goes beyond the score: probabilities, random sampling, what more labels would bring, when to stop. */
export class InsightState {
  readonly #session: ProjectSession;
  readonly againstRandom: RandomComparison;
  #kappas = $state.raw<readonly number[]>([]);
  #poolError = $state.raw<PoolError | null>(null);
  #seedEstimate = $state.raw<SeedEstimate | null>(null);
  #running: AbortController | null = null;
  /** The checkpoint that was looked at while labelling. */
  #lookedAt = $state.raw<number | null>(null);

  constructor(session: ProjectSession) {
    this.#session = session;
    this.againstRandom = new RandomComparison(session);
  }

  get seedEstimate(): SeedEstimate | null {
    return this.#seedEstimate;
  }
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
        curve: curveEvidence(this.#session),
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
    this.againstRandom.rest();
  }

  async #work(signal: AbortSignal): Promise<void> {
    if (!this.#session.state.activeModel || !this.#session.encoding.isComplete) return;
    await this.#session.calibration.refresh();
    await this.#compareCheckpoints(signal);
    if (!this.#session.evaluation.report) await this.#estimateFromSeed(signal);
    else await this.againstRandom.measure(signal);
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

  async #estimateFromSeed(signal: AbortSignal): Promise<void> {
    const s = this.#session;
    const isEmbedded = (item: { id: ItemId }): boolean => s.encoding.has(item.id);
    const set = trainingSet(s.state, s.items, isEmbedded);
    this.#seedEstimate = await crossValidatedSeed(
      set,
      helperRows(s.state, s.items, isEmbedded),
      hashSeed(s.state.seed, 'seed-estimate'),
      (request, rows) => tryHead(s, request, rows),
      signal,
    );
  }
}

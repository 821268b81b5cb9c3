import { classesOf } from '../domain/events.ts';
import { isAbort } from '../domain/errors.ts';
import type { ProjectState } from '../domain/project-state.ts';
import type { Head } from '../domain/head.ts';
import { classesAbove } from '../domain/head-maths.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';
import { evaluateTestSet, type Interval, type TestReport } from '../loop/evaluate-head.ts';
import { evaluateSets } from '../loop/evaluate-sets.ts';
import { mostLikely } from '../domain/uncertainty.ts';
import { findClass } from '../domain/schema.ts';
import { plural } from './counting.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Fewer test labels than this say too little for a number. */
export const MIN_TEST_LABELS = 10;

export interface CurvePoint {
  /** Training labels of the checkpoint. */
  readonly labels: number;
  readonly modelVersion: number;
  readonly accuracy: number;
  readonly accuracyInterval: Interval;
  readonly macroF1: number;
  readonly macroF1Interval: Interval;
  /** Test labels behind the numbers. */
  readonly n: number;
}

/** What one checkpoint says of the test set. */
export interface TestOutput {
  readonly items: readonly ItemId[];
  readonly classes: readonly ClassId[];
  /** Row-major [items, classes]. */
  readonly probabilities: Float32Array;
  readonly predicted: ReadonlyMap<ItemId, ClassId>;
  /** Where an item can have several classes: those that each item gets, and the thresholds; `predicted` is empty then. */
  readonly sets: { readonly given: ReadonlyMap<ItemId, readonly ClassId[]>; readonly thresholds: Float32Array } | null;
}

export interface ReportView extends TestReport {
  readonly modelVersion: number;
  readonly perClass: readonly (TestReport['perClass'][number] & { name: string; colour: number })[];
  /** Test items of one confusion cell. */
  cells(truth: number, predicted: number): readonly ItemId[];
}

/** Honest numbers: every checkpoint on the labelled part of the frozen test set. */
export class EvaluationState {
  readonly #session: ProjectSession;
  /** What each checkpoint says of each item of a test set. */
  #outputs = new Map<number, TestOutput>();
  #outputsOf: ReadonlySet<ItemId> | null = null;
  #reports = $state.raw<ReadonlyMap<number, TestReport>>(new Map());
  #isRunning = false;
  #isStale = false;

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  readonly testLabelled: number = $derived.by(() => {
    const { test, labels } = this.#session.state;
    let count = 0;
    for (const id of test) if (labels.has(id)) count++;
    return count;
  });
  readonly testTotal: number = $derived.by(() => this.#session.state.test.size);
  readonly report: ReportView | null = $derived.by(() => {
    const model = this.#session.state.activeModel;
    const report = model && this.#reports.get(model.version);
    const { schema, contaminated } = this.#session.state;
    if (!model || !report || contaminated.has(model.version)) return null;
    return {
      ...report,
      modelVersion: model.version,
      perClass: report.perClass.map((c) => {
        const def = findClass(schema, c.classId);
        return { ...c, name: def?.name ?? 'removed class', colour: def?.colour ?? 0 };
      }),
      cells: (truth, predicted) => report.cellItems[truth]?.[predicted] ?? [],
    };
  });
  /** Names of classes that have training labels but no labelled test item: nothing is known of them. */
  readonly untested: readonly string[] = $derived.by(() => {
    const { state, classes } = this.#session;
    const [tested, trained] = [new Set<ClassId>(), new Set<ClassId>()];
    for (const [id, label] of state.labels) {
      const into = state.test.has(id) ? tested : trained;
      for (const classId of classesOf(label)) into.add(classId);
    }
    return classes.list.flatMap(({ id, name }) => (trained.has(id) && !tested.has(id) ? [name] : []));
  });
  /** Test items whose label a person changed when there was a model already. */
  readonly revised: number = $derived.by(() => {
    const { test, labels, revisions } = this.#session.state;
    let count = 0;
    for (const id of test) if (revisions.has(labels.get(id)?.id ?? ('' as never))) count++;
    return count;
  });
  readonly curve: readonly CurvePoint[] = $derived.by(() =>
    this.#session.state.standingModels.flatMap((m) => {
      const r = this.#reports.get(m.version);
      if (!r || this.#session.state.contaminated.has(m.version)) return [];
      const { accuracy, accuracyInterval, macroF1, macroF1Interval, n } = r;
      return [
        {
          labels: m.trainedOn.length,
          modelVersion: m.version,
          accuracy,
          accuracyInterval,
          macroF1,
          macroF1Interval,
          n,
        },
      ];
    }),
  );
  /** Why there is no report, as a sentence with what to do. */
  readonly waiting: string = $derived.by(() => {
    if (!this.#session.state.isSplitDrawn) return 'The test set is drawn when you open the Label stage.';
    if (this.testTotal < MIN_TEST_LABELS) {
      return `The test set has ${plural(this.testTotal, 'item')}; a number needs ${MIN_TEST_LABELS}. Add data and draw it again from all items.`;
    }
    if (this.testLabelled < MIN_TEST_LABELS) {
      const missing = MIN_TEST_LABELS - this.testLabelled;
      return `Label ${plural(missing, 'more test item')} to see numbers: press T on the Label stage.`;
    }
    const { activeModel, contaminated } = this.#session.state;
    if (!activeModel) return 'Finish the first batch to train a model.';
    if (contaminated.has(activeModel.version)) return 'The model is trained again, without what it is tested on now.';
    return 'Working out the numbers.';
  });

  /** What a checkpoint says of the test set; undefined until it was asked. */
  output(version: number): TestOutput | undefined {
    return this.#outputs.get(version);
  }

  /** A new checkpoint is trained and current in the learner. */
  async headTrained(head: Head): Promise<void> {
    await this.#predict(head);
    this.labelsChanged();
  }

  /** Test labels or the stage changed: works the numbers out again, one checkpoint at a time. */
  labelsChanged(): void {
    this.#isStale = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#recompute()
      .catch((error: unknown) => this.#session.fail(error))
      .finally(() => {
        this.#isRunning = false;
      });
  }

  async #recompute(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      const { state } = this.#session;
      if (this.testLabelled < MIN_TEST_LABELS) {
        this.#reports = new Map();
        return;
      }
      const reports = new Map<number, TestReport>();
      this.#forgetOthers();
      for (const model of [...state.standingModels].reverse()) {
        if (model.encoder !== this.#session.encoding.key || state.contaminated.has(model.version)) continue;
        if (!this.#outputs.has(model.version)) {
          const head = await this.#session.storage.heads.get(this.#session.id, model.version);
          if (!head) continue;
          await this.#predict(head);
        }
        const output = this.#outputs.get(model.version);
        if (output) reports.set(model.version, evaluate(this.#session.state, output));
        this.#reports = new Map(reports);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
  }

  /** Null when the encoder was changed, or the project closed, before it was the head's turn. */
  async #ask(rows: Int32Array, head: Head): Promise<Float32Array | null> {
    try {
      return await this.#session.learning.withLearner((l) => l.probabilities(rows), head);
    } catch (error) {
      if (isAbort(error)) return null;
      throw error;
    }
  }

  /** What was said of a test set that has been drawn again since counts no more. */
  #forgetOthers(): Map<number, TestOutput> {
    const { test } = this.#session.state;
    if (this.#outputsOf !== test) this.#outputs = new Map();
    this.#outputsOf = test;
    return this.#outputs;
  }

  async #predict(head: Head): Promise<void> {
    const s = this.#session;
    const outputs = this.#forgetOthers();
    const ids = [...s.state.test].filter((id) => s.encoding.has(id));
    const rows = Int32Array.from(ids.map((id) => s.itemById(id)?.row ?? 0));
    if (rows.length === 0 || head.encoder !== s.encoding.key) return;
    const flat = await this.#ask(rows, head);
    if (!flat) return;
    const { thresholds, classes } = head;
    const width = classes.length;
    const predicted = new Map<ItemId, ClassId>();
    if (thresholds) {
      const own = (i: number): ClassId[] => classesAbove(flat, i, thresholds).flatMap((c) => classes[c] ?? []);
      const given = new Map(ids.map((id, i) => [id, own(i)]));
      outputs.set(head.version, {
        items: ids,
        classes,
        probabilities: flat,
        predicted,
        sets: { given, thresholds },
      });
      return;
    }
    ids.forEach((id, i) => {
      const winner = head.classes[mostLikely(flat, i, width)];
      if (winner) predicted.set(id, winner);
    });
    outputs.set(head.version, { items: ids, classes: head.classes, probabilities: flat, predicted, sets: null });
  }
}

function evaluate(state: ProjectState, { predicted, sets }: TestOutput): TestReport {
  return sets ? evaluateSets(state, sets.given, state.seed) : evaluateTestSet(state, predicted, state.seed);
}

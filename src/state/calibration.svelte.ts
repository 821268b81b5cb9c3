import { oneClassOf } from '../domain/events.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';
import { fitTemperature, temper } from '../domain/temperature.ts';
import { plural } from './counting.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Fewer calibration labels than this say too little for a temperature. */
export const LEAST_CALIBRATION_LABELS = 30;

/** What a checkpoint says of the calibration slice, row-major [items, classes]. */
interface SliceOutput {
  readonly version: number;
  /** The slice as it was asked about: it can be drawn again. */
  readonly slice: ReadonlySet<ItemId>;
  readonly items: readonly ItemId[];
  readonly classes: readonly ClassId[];
  readonly probabilities: Float32Array;
}

/** The calibration slice: how hot the active model's probabilities run. Picks never see it. */
export class CalibrationState {
  readonly #session: ProjectSession;
  #output = $state.raw<SliceOutput | null>(null);
  /** The version that is being asked, and when the answer is there. */
  #asked: { readonly version: number; readonly slice: unknown; readonly done: Promise<void> } | null = null;

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  readonly total: number = $derived.by(() => this.#session.state.calibration.size);
  readonly labelled: number = $derived.by(() => {
    const { calibration, labels } = this.#session.state;
    let count = 0;
    for (const id of calibration) if (labels.has(id)) count++;
    return count;
  });
  /** The active model's temperature; null before there is one. */
  readonly temperature: number | null = $derived.by(() => {
    const { state } = this.#session;
    const output = this.#output;
    if (state.task !== 'single' || !output || !this.#isOf(output, state.activeModel?.version)) return null;
    if (state.contaminated.has(output.version)) return null;
    const { items, classes, probabilities } = output;
    // A class that the model does not know can't be made likelier by any temperature.
    const known = items.flatMap((id, i) => {
      const truth = classes.indexOf(oneClassOf(state.labels.get(id)) ?? ('' as never));
      return truth < 0 ? [] : [{ i, truth }];
    });
    if (known.length < LEAST_CALIBRATION_LABELS || classes.length < 2) return null;
    const width = classes.length;
    const p = new Float32Array(known.length * width);
    known.forEach(({ i }, k) => p.set(probabilities.subarray(i * width, (i + 1) * width), k * width));
    return fitTemperature(
      p,
      known.map((k) => k.truth),
      width,
    );
  });
  /** Why probabilities are not calibrated yet, as a sentence with what to do; null when they are or there is no slice. */
  readonly waiting: string | null = $derived.by(() => {
    const { state } = this.#session;
    if (this.total === 0 || this.temperature !== null) return null;
    if (state.task !== 'single') return 'Calibration is for projects in which an item has one class.';
    if (this.total < LEAST_CALIBRATION_LABELS) {
      return `The calibration slice has ${plural(this.total, 'item')}; calibrating takes ${LEAST_CALIBRATION_LABELS}.`;
    }
    const missing = LEAST_CALIBRATION_LABELS - this.labelled;
    if (missing > 0) return `Label ${plural(missing, 'more calibration item')}: press T on the Label stage.`;
    return state.activeModel ? 'Calibrating the probabilities.' : 'Finish the first batch to train a model.';
  });

  /** Probabilities as the user sees them: calibrated where that is possible. Not in place. @param p row-major [*, classes] */
  shown(p: Float32Array, classes: number): Float32Array {
    return this.temperature === null ? p : temper(p.slice(), classes, this.temperature);
  }

  /**
   * Asks the active model about the slice where that has not been done; resolves when its temperature is known, also where
   * another model has come meanwhile.
   */
  async refresh(): Promise<void> {
    const versionNow = (): number | undefined => this.#session.state.activeModel?.version;
    for (let asked: number | undefined; asked !== versionNow();) {
      asked = versionNow();
      if (this.total === 0 || asked === undefined || this.#isOf(this.#output, asked)) return;
      await this.#askOnce(asked);
    }
  }

  #isOf(output: SliceOutput | null, version: number | undefined): boolean {
    return output?.version === version && output?.slice === this.#session.state.calibration;
  }

  #askOnce(version: number): Promise<void> {
    const slice = this.#session.state.calibration;
    if (this.#asked?.version === version && this.#asked.slice === slice) return this.#asked.done;
    const done = this.#ask().finally(() => {
      if (this.#asked?.done === done) this.#asked = null;
    });
    this.#asked = { version, slice, done };
    return done;
  }

  async #ask(): Promise<void> {
    const s = this.#session;
    if (s.state.task !== 'single' || s.state.activeModel?.encoder !== s.encoding.key) return;
    const slice = s.state.calibration;
    const items = [...slice].filter((id) => s.encoding.has(id));
    const rows = Int32Array.from(items, (id) => s.itemById(id)?.row ?? 0);
    if (rows.length === 0) return;
    const output = await s.learning.withLearner(
      async (l, model) =>
        model && { version: model.version, classes: model.classes, probabilities: await l.probabilities(rows) },
      'active',
    );
    if (output) this.#output = { slice, items, ...output };
  }
}

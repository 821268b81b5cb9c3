import { exporters } from '../formats/exporters.ts';
import { buildSnapshot } from '../loop/export-project.ts';
import { WinnowError } from '../domain/errors.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Everything the user can take along. */
export class ExportingState {
  readonly #session: ProjectSession;
  #isBusy = $state(false);
  readonly exporters = exporters;

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Null when the export is ready, else why not and what to do. */
  canUse(id: string): string | null {
    const exporter = exporters.find((e) => e.id === id);
    if (!exporter?.needsHead) return null;
    const { state, encoding } = this.#session;
    if (!state.activeModel) return 'Finish the first batch to train a model.';
    return state.activeModel.encoder === encoding.key
      ? null
      : 'You have changed the encoder: a model for it is trained once your items are embedded and the Label stage is open.';
  }

  download(id: string): Promise<void> {
    return this.#busy(async () => {
      const exporter = exporters.find((e) => e.id === id);
      if (!exporter) throw new WinnowError('unexpected', `There is no export called ${id}`);
      const s = this.#session;
      const snapshot = await s.jobs.run('Preparing the export', async () => {
        if (exporter.needsHead) await s.calibration.refresh();
        // One model throughout, though labelling goes on.
        return buildSnapshot({
          storage: s.storage,
          project: s.id,
          state: s.state,
          items: s.items,
          spec: s.encoding.selected,
          embeddings: s.encoding.key,
          now: s.services.clock.now(),
          predict: (rows, head) => s.learning.withLearner((l) => l.probabilities(rows), head),
          isEmbedded: (item) => s.encoding.has(item.id),
          temperature: s.calibration.temperature,
          needs: exporter,
        });
      });
      const files = exporter.export(snapshot);
      // Files that belong together name each other.
      const prefix = files.length === 1 ? `${fileName(s.name)}-` : '';
      for (const file of files) {
        s.services.saveFile(prefix + file.name, new Blob([file.bytes as BlobPart], { type: file.type }));
      }
    });
  }

  /** The whole project as one zip that opens on another machine. */
  downloadProject(withOriginals: boolean): Promise<void> {
    return this.#busy(async () => {
      const s = this.#session;
      const blob = await s.jobs.run('Packing the project', (job) =>
        s.services
          .bundles(s.storage)
          .write(s.id, withOriginals, job.signal, (done, total) => job.update({ done, total })),
      );
      s.services.saveFile(`${fileName(s.name)}.winnow.zip`, blob);
    });
  }

  async #busy(work: () => Promise<void>): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      await work();
    } catch (error) {
      this.#session.fail(error);
    } finally {
      this.#isBusy = false;
    }
  }
}

/** A project name as a file name that every system accepts. */
export function fileName(name: string): string {
  const clean = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return clean.slice(0, 80) || 'project';
}

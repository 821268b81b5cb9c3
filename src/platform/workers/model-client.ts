import { proxy, transfer } from 'comlink';
import { WinnowError } from '../../domain/errors.ts';
import type { Modality } from '../../domain/item.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';
import type { FetchRequest, Models, SiteModel, Source } from '../../loop/app-ports.ts';
import type { FetchProgress, ModelKey, RemovedPart, StoredModel } from '../../loop/model-ports.ts';
import { openDownloadFrame, type FrameOrigin } from '../hub/download-frame.ts';
import { NO_ANSWER } from '../hub/port-hub.ts';
import { readSite, siteEncoders } from '../hub/site-models.ts';
import { WorkerConnection } from './connection.ts';
import type { ModelService } from './model-service.ts';

/** How long a worker may take to hear a cancel, milliseconds; then it is ended. */
const PATIENCE_MS = 5_000;

const connect = (): WorkerConnection<ModelService> =>
  new WorkerConnection<ModelService>(
    (name) => new Worker(new URL('./model-worker.ts', import.meta.url), { type: 'module', name }),
    'models',
  );

/** Models in a worker of their own, and the frame that the hub is asked through while something is fetched. */
export class WorkerModels implements Models {
  readonly #connection = connect();

  list(): Promise<StoredModel[]> {
    return this.#connection.call((w) => w.list());
  }
  remove(key: ModelKey, only?: RemovedPart): Promise<void> {
    return this.#connection.call((w) => w.remove(key, only));
  }
  async onSite(): Promise<{ models: readonly SiteModel[]; encoders: readonly EncoderSpec[] }> {
    const models = await readSite();
    return { models, encoders: await siteEncoders(models) };
  }
  inspect(repository: string, modality: Modality, signal: AbortSignal): Promise<EncoderSpec> {
    return throughFrame(signal, (worker, port) => worker.call((w) => w.inspect(repository, modality, port())));
  }
  async addFolder(
    source: Source,
    modality: Modality,
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<EncoderSpec> {
    const files = await Promise.all(source.files.map(async (f) => ({ path: f.path, blob: await f.blob() })));
    signal.throwIfAborted();
    return cancellable(signal, (worker) =>
      worker.call((w) => w.adopt(source.name, files, modality, proxy(onProgress))),
    );
  }
  fetch(request: FetchRequest, signal: AbortSignal, onProgress: (progress: FetchProgress) => void): Promise<void> {
    const { key, files, encoder } = request;
    return throughFrame(signal, (worker, port) =>
      worker.call((w) => w.fetch(key, files, encoder, port(), proxy(onProgress))),
    );
  }
}

/** Does some work with a worker of its own, which is told of a cancel and gone afterwards. */
async function cancellable<R>(
  signal: AbortSignal,
  work: (worker: WorkerConnection<ModelService>) => Promise<R>,
): Promise<R> {
  const worker = connect();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = (): void => {
    // A worker that has ended would be started again only to be told.
    if (!worker.isRunning) return;
    worker.call((w) => w.cancel()).catch(() => undefined); // What is under way says how it ended.
    timer = setTimeout(() => worker.stop(), PATIENCE_MS);
  };
  signal.addEventListener('abort', cancel);
  try {
    return await work(worker);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    worker.stop();
  }
}

/** Does some work with a worker and a frame of its own; both are gone afterwards. */
async function throughFrame<R>(
  signal: AbortSignal,
  work: (worker: WorkerConnection<ModelService>, port: () => MessagePort) => Promise<R>,
): Promise<R> {
  const attempt = async (origin: FrameOrigin): Promise<R> => {
    const frame = await openDownloadFrame(origin, signal);
    try {
      return await cancellable(signal, (worker) => work(worker, () => transfer(frame.port, [frame.port])));
    } finally {
      frame.close();
    }
  };
  try {
    return await attempt('none');
  } catch (error) {
    const isUnanswered = error instanceof WinnowError && error.detail === NO_ANSWER;
    if (!isUnanswered || signal.aborted) throw error;
    return attempt('own');
  }
}

import type { Modality } from '../../domain/item.ts';
import type { EncoderSpec, ModelFile } from '../../encoders/spec.ts';
import { adoptFolder, type FolderFile } from '../../loop/adopt-folder.ts';
import { fetchModel } from '../../loop/fetch-model.ts';
import { inspectHub } from '../../loop/inspect-hub.ts';
import type { FetchProgress, ModelKey, RemovedPart, StoredModel } from '../../loop/model-ports.ts';
import { PortHub } from '../hub/port-hub.ts';
import { OpfsModelStore } from '../opfs/opfs-model-store.ts';

/** Milliseconds before a broken connection is tried again. */
const PAUSE_MS = 1500;

/** Models of this machine, without the thread: lists, removes, and fetches through the port of a download document. */
export class ModelService {
  readonly #store = new OpfsModelStore();
  readonly #stop = new AbortController();

  list(): Promise<StoredModel[]> {
    return this.#store.list();
  }
  remove(key: ModelKey, only?: RemovedPart): Promise<void> {
    return this.#store.remove(key, only);
  }
  inspect(repository: string, modality: Modality, port: MessagePort): Promise<EncoderSpec> {
    return inspectHub(new PortHub(port), repository, modality, this.#stop.signal);
  }
  adopt(
    name: string,
    files: readonly FolderFile[],
    modality: Modality,
    onProgress: (done: number, total: number) => void,
  ): Promise<EncoderSpec> {
    let last = 0;
    return adoptFolder({
      name,
      found: files,
      modality,
      store: this.#store,
      signal: this.#stop.signal,
      onProgress: (done, total) => {
        const now = performance.now();
        if (now - last < 100 && done < total) return;
        last = now;
        onProgress(done, total);
      },
    });
  }
  async fetch(
    key: ModelKey,
    files: readonly ModelFile[],
    encoder: EncoderSpec | null,
    port: MessagePort,
    onProgress: (progress: FetchProgress) => void,
  ): Promise<void> {
    await fetchModel({
      hub: new PortHub(port),
      store: this.#store,
      key,
      files,
      encoder,
      signal: this.#stop.signal,
      onProgress: throttled(onProgress),
      pause,
      breathe,
      room,
    });
  }
  /** Of what is under way, once: a worker does one long thing. */
  cancel(): void {
    this.#stop.abort(new DOMException('It was cancelled.', 'AbortError'));
  }
}

/** At most ten reports a second, and the first and last of each file. */
function throttled(report: (progress: FetchProgress) => void): (progress: FetchProgress) => void {
  let lastAt = 0;
  let lastPath = '';
  return (progress) => {
    const now = performance.now();
    const isWithin = progress.path === lastPath && progress.fileDone < progress.fileTotal;
    if (isWithin && now - lastAt < 100) return;
    lastAt = now;
    lastPath = progress.path;
    report(progress);
  };
}

async function room(): Promise<number> {
  const { usage = 0, quota = Infinity } = await navigator.storage.estimate();
  return quota - usage;
}

/** A cancel comes as a message: it is heard between two tasks only. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PAUSE_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

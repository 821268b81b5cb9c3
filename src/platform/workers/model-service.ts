import type { EncoderSpec, ModelFile } from '../../encoders/spec.ts';
import { fetchModel } from '../../loop/fetch-model.ts';
import type { FetchProgress, HubListing, ModelKey, StoredModel } from '../../loop/model-ports.ts';
import { PortHub } from '../hub/port-hub.ts';
import { OpfsModelStore } from '../opfs/opfs-model-store.ts';

/** Milliseconds before a broken connection is tried again. */
const PAUSE_MS = 1500;

/** Models of this machine, without the thread: lists, removes, and fetches through the port of a download document. */
export class ModelService {
  readonly #store = new OpfsModelStore();
  #stop = new AbortController();

  list(): Promise<StoredModel[]> {
    return this.#store.list();
  }
  remove(key: ModelKey): Promise<void> {
    return this.#store.remove(key);
  }
  listHub(key: ModelKey, port: MessagePort): Promise<HubListing> {
    return new PortHub(port).list(key, this.#stop.signal);
  }
  /** One at a time. */
  async fetch(
    key: ModelKey,
    files: readonly ModelFile[],
    encoder: EncoderSpec | null,
    port: MessagePort,
    onProgress: (progress: FetchProgress) => void,
  ): Promise<void> {
    this.#stop = new AbortController();
    await fetchModel({
      hub: new PortHub(port),
      store: this.#store,
      key,
      files,
      encoder,
      signal: this.#stop.signal,
      onProgress: throttled(onProgress),
      pause,
    });
  }
  cancel(): void {
    this.#stop.abort(new DOMException('The download was cancelled.', 'AbortError'));
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

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PAUSE_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

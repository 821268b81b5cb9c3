import { csv } from '../../formats/bytes.ts';
import { generateTriageTexts } from '../../domain/samples/triage.ts';
import type { SampleSource, Source } from '../../loop/app-ports.ts';
import type { SourceFile } from '../../loop/ports.ts';
import { WorkerConnection } from './connection.ts';
import type { SampleService } from './sample-worker.ts';

const SEED = 20_261;
const COUNT = 2000;
const BATCH = 50;

/** Practice data made in the browser: drawn in a worker, written by a grammar. */
export class WorkerSamples implements SampleSource {
  async generate(
    sample: 'triage' | 'inspection',
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<Source> {
    return sample === 'triage' ? triage() : inspection(signal, onProgress);
  }
}

function triage(): Source {
  const rows = generateTriageTexts(SEED, COUNT).map(({ text, label }) => [text, label]);
  const bytes = csv([['text', 'label'], ...rows]);
  return { name: 'clinic-messages.csv', files: [file('clinic-messages.csv', bytes, 'text/csv')], handle: null };
}

async function inspection(signal: AbortSignal, onProgress: (done: number, total: number) => void): Promise<Source> {
  const connection = new WorkerConnection<SampleService>(
    () => new Worker(new URL('./sample-worker.ts', import.meta.url), { type: 'module', name: 'sample' }),
  );
  try {
    const files: SourceFile[] = [];
    for (let from = 0; from < COUNT; from += BATCH) {
      signal.throwIfAborted();
      const images = await connection.call((w) => w.images(SEED, from, BATCH));
      images.forEach(({ label, png }, i) => {
        files.push(file(`${label}/part-${String(from + i + 1).padStart(4, '0')}.png`, png, 'image/png'));
      });
      onProgress(from + BATCH, COUNT);
    }
    return { name: 'machine parts', files, handle: null };
  } finally {
    connection.stop();
  }
}

function file(path: string, bytes: Uint8Array, type: string): SourceFile {
  const blob = new Blob([bytes as BlobPart], { type });
  return { path, sizeBytes: blob.size, lastModified: 0, blob: () => Promise.resolve(blob) };
}

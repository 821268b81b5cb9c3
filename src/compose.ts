import type { Services } from './loop/app-ports.ts';
import { backendHere, hasHalfHere } from './platform/browser/backend-here.ts';
import {
  projectLocks,
  randomIds,
  ResourceLedger,
  saveFile,
  storageGauge,
  systemClock,
} from './platform/browser/browser-services.ts';
import { ServiceWorkerCopy } from './platform/browser/service-worker-copy.ts';
import { LocalTunings } from './platform/browser/tunings.ts';
import { BrowserFilePicker } from './platform/files/browser-file-picker.ts';
import { IdbStorage } from './platform/idb/idb-storage.ts';
import { WorkerBundles } from './platform/workers/bundle-client.ts';
import { WorkerEncoder } from './platform/workers/encode-client.ts';
import { LearnersAhead } from './platform/workers/learners-ahead.ts';
import { WorkerMediaReader } from './platform/workers/media-client.ts';
import { WorkerModels } from './platform/workers/model-client.ts';
import { WorkerRuleMatcher } from './platform/workers/rule-client.ts';
import { WorkerSamples } from './platform/workers/sample-client.ts';

/** The composition root: the only file that knows every layer. */
export function compose(): Services {
  const bundles = new WorkerBundles(systemClock);
  const learners = new LearnersAhead();
  learners.prepare();
  return {
    openStorage: () => IdbStorage.open(),
    media: new WorkerMediaReader(),
    newEncoder: () => new WorkerEncoder(),
    newLearner: () => learners.take(),
    models: new WorkerModels(),
    backendHere,
    hasHalfHere,
    tunings: new LocalTunings(),
    picker: new BrowserFilePicker(),
    samples: new WorkerSamples(),
    rules: new WorkerRuleMatcher(),
    bundles: () => bundles,
    locks: projectLocks(),
    network: new ResourceLedger(),
    gauge: storageGauge,
    // The development server's files change all the time.
    offline: import.meta.env.PROD ? new ServiceWorkerCopy() : null,
    clock: systemClock,
    ids: randomIds,
    saveFile,
  };
}

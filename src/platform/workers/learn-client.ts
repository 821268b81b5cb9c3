import { transfer } from 'comlink';
import type { BackendChoice } from '../../domain/events.ts';
import type { Row } from '../../domain/ids.ts';
import type {
  FittedHead,
  Learner,
  LearnerInfo,
  PoolScores,
  SelectRequest,
  Selection,
  TrainRequest,
} from '../../loop/learner-ports.ts';
import { WorkerConnection } from './connection.ts';
import type { WarmLearner } from './learn-worker.ts';

/** The learner in its worker. */
export class WorkerLearner implements Learner {
  readonly #connection = new WorkerConnection<WarmLearner>(
    () => new Worker(new URL('./learn-worker.ts', import.meta.url), { type: 'module', name: 'learn' }),
  );
  onStop: () => void = () => undefined;

  /** Starts the worker; resolves when it answers. */
  start(): Promise<void> {
    return this.#connection.call((w) => w.ready());
  }
  open(backend: BackendChoice): Promise<LearnerInfo> {
    return this.#connection.call((w) => w.open(backend));
  }
  load(data: Float32Array, rows: number, dim: number): Promise<void> {
    return this.#connection.call((w) => w.load(transfer(data, [data.buffer]), rows, dim));
  }
  train(request: TrainRequest): Promise<FittedHead> {
    return this.#connection.call((w) => w.train(request));
  }
  tryHead(request: TrainRequest, test: Int32Array): Promise<Int32Array> {
    return this.#connection.call((w) => w.tryHead(request, test));
  }
  use(head: FittedHead | null): Promise<void> {
    return this.#connection.call((w) => w.use(head));
  }
  score(): Promise<PoolScores> {
    return this.#connection.call((w) => w.score());
  }
  probabilities(rows: Int32Array): Promise<Float32Array> {
    return this.#connection.call((w) => w.probabilities(rows));
  }
  select(request: SelectRequest): Promise<Selection> {
    return this.#connection.call((w) => w.select(request));
  }
  nearDuplicates(anchors: Int32Array, threshold: number): Promise<Int32Array> {
    return this.#connection.call((w) => w.nearDuplicates(anchors, threshold));
  }
  neighbours(row: Row, count: number): Promise<Int32Array> {
    return this.#connection.call((w) => w.neighbours(row, count));
  }
  similarities(vectors: Float32Array, count: number): Promise<Float32Array> {
    return this.#connection.call((w) => w.similarities(vectors, count));
  }
  memory(): Promise<{ backendBytes: number; heapBytes: number }> {
    return this.#connection.call((w) => w.memory());
  }
  stop(): void {
    this.#connection.stop();
    this.onStop();
  }
}

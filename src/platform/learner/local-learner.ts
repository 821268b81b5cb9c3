import type { BackendChoice } from '../../domain/events.ts';
import { WinnowError } from '../../domain/errors.ts';
import { classesAbove, foldHead, headProbabilities, hiddenUnits } from '../../domain/head-maths.ts';
import type { Row } from '../../domain/ids.ts';
import { stationaryProducts } from '../../domain/logistic-kernels.ts';
import { seededRandom } from '../../domain/random.ts';
import { temper } from '../../domain/temperature.ts';
import { topTwo } from '../../domain/uncertainty.ts';
import type {
  FittedHead,
  Learner,
  LearnerInfo,
  PoolScores,
  SelectRequest,
  Selection,
  TrainRequest,
} from '../../loop/learner-ports.ts';
import { gatherRows } from '../../strategies/distances.ts';
import { strategyById } from '../../strategies/index.ts';
import type { Committee, PoolView } from '../../strategies/strategy.ts';
import { guarded } from '../../strategies/wrappers/compose.ts';
import { cosine, SLACK } from '../../strategies/wrappers/near-duplicates.ts';
import { bestStationary } from '../wasm/wasm-matrix.ts';
import { formCommittee } from './form-committee.ts';
import { crossValidatedTemperature, temperedCommittee } from './query-temperature.ts';
import { HeadFitter } from './head-fitter.ts';
import type { Engine, Pool } from './engine.ts';
import { similarities } from './similarities.ts';
import { startEngine } from './start-engine.ts';

/** The processor fits heads whatever the engine: the same bits everywhere. */
const products = stationaryProducts(bestStationary);

/** The learner, in whatever thread it is built. */
export class LocalLearner implements Learner {
  readonly #fitter = new HeadFitter(products, bestStationary);
  #engine: Engine | null = null;
  #pool: Pool | null = null;
  #head: FittedHead | null = null;
  /** Probabilities of the whole pool under the current head, [rows, classes]. */
  #probabilities: Float32Array | null = null;
  #lost: WinnowError | null = null;

  async open(backend: BackendChoice): Promise<LearnerInfo> {
    const { engine, fallback } = await startEngine(backend, (error) => {
      this.#lost = error;
    });
    this.#engine = engine;
    return { backend: engine.backend, fallback };
  }

  load(data: Float32Array, rows: number, dim: number): Promise<void> {
    this.#pool?.dispose();
    this.#head = null;
    this.#probabilities = null;
    this.#pool = this.#requireEngine().pool(data, rows, dim);
    this.#fitter.forget();
    return Promise.resolve();
  }

  async train(request: TrainRequest): Promise<FittedHead> {
    const started = performance.now();
    const head = await this.#fitter.fit(this.#requirePool(), request, this.#requireEngine());
    await this.use(head);
    return { ...head, fitMs: performance.now() - started };
  }

  async tryHead(request: TrainRequest, test: Int32Array): Promise<Int32Array> {
    const pool = this.#requirePool();
    const head = await this.#fitter.fit(pool, request, this.#requireEngine());
    const probabilities = headProbabilities(head, pool.data, test);
    const classes = head.bias.length;
    const { thresholds } = head;
    if (thresholds) {
      const given = new Int32Array(test.length * classes);
      test.forEach((_, i) => classesAbove(probabilities, i, thresholds).forEach((c) => (given[i * classes + c] = 1)));
      return given;
    }
    return test.map((_, i) => topTwo(probabilities, i, classes).firstClass);
  }

  use(head: FittedHead | null): Promise<void> {
    this.#head = head;
    this.#probabilities = null;
    return Promise.resolve();
  }

  async score(): Promise<PoolScores> {
    const started = performance.now();
    const { rows } = this.#requirePool();
    const { probabilities, classes } = await this.#score();
    const top = new Int32Array(rows);
    const topProbability = new Float32Array(rows);
    const second = new Int32Array(rows);
    const secondProbability = new Float32Array(rows);
    for (let i = 0; i < rows; i++) {
      const best = topTwo(probabilities, i, classes);
      top[i] = best.firstClass;
      topProbability[i] = best.first;
      second[i] = best.secondClass;
      secondProbability[i] = best.second;
    }
    return { top, topProbability, second, secondProbability, scoreMs: performance.now() - started };
  }

  probabilities(rows: Int32Array): Promise<Float32Array> {
    const head = this.#requireHead();
    return Promise.resolve(Float32Array.from(headProbabilities(head, this.#requirePool().data, rows)));
  }

  async select(request: SelectRequest): Promise<Selection> {
    const pool = this.#requirePool();
    const strategy = strategyById(request.strategy);
    if (!strategy) throw new WinnowError('learner-failed', `There is no strategy called ${request.strategy}`);
    const needsHead = strategy.needsHead || (request.guards?.quotas.length ?? 0) > 0;
    const head = needsHead ? this.#requireHead() : null;
    const scored = head ? await this.#score() : null;
    const started = performance.now();
    const { compute } = this.#requireEngine();
    const temperature = head ? await this.#temperature(request, head) : 1;
    const data =
      scored &&
      (temperature === 1 ? scored.probabilities : temper(scored.probabilities.slice(), scored.classes, temperature));
    const picks = await guarded(strategy, request.guards)(
      {
        embeddings: pool,
        probabilities: scored && data ? { data, rows: pool.rows, cols: scored.classes } : null,
        exactProbabilities: head
          ? (rows) => temper(headProbabilities(head, pool.data, rows), head.bias.length, temperature)
          : null,
        candidates: request.candidates,
        thresholds: head?.thresholds ?? null,
        committee: head
          ? onceEach(async (kind, members) =>
              temperedCommittee(
                await formCommittee(pool, head, kind, members, request, compute, products),
                temperature,
              ),
            )
          : null,
        ...(head?.hidden && { lastInputs: (rows: Int32Array) => hiddenUnits(head, pool.data, rows) }),
        labelledRows: request.labelledRows,
        labels: request.labels,
        classNames: request.classNames,
        ...(request.batchRows ? { batchRows: request.batchRows } : {}),
        ...(request.namedClasses ? { namedClasses: request.namedClasses } : {}),
        ...(request.groups ? { groups: request.groups } : {}),
      },
      request.count,
      seededRandom(request.seed),
      compute,
    );
    return { picks, selectMs: performance.now() - started, temperature };
  }

  async nearDuplicates(anchors: Int32Array, threshold: number): Promise<Int32Array> {
    const pool = this.#requirePool();
    const isAnchor = new Set(anchors);
    const found: number[] = [];
    const isNear = new Uint8Array(pool.rows);
    const BLOCK = 64;
    for (let start = 0; start < anchors.length; start += BLOCK) {
      const block = anchors.subarray(start, start + BLOCK);
      const products = await pool.products(gatherRows(pool, block).data, block.length);
      for (let i = 0; i < products.length; i++) {
        const above = (products[i] as number) - threshold;
        if (above < -SLACK) continue;
        const row = Math.floor(i / block.length);
        // Close to the threshold float64 decides: the same items on every backend.
        if (above > SLACK || cosine(pool, row as Row, block[i % block.length] as Row) >= threshold) isNear[row] = 1;
      }
    }
    for (let row = 0; row < pool.rows; row++) if (isNear[row] === 1 && !isAnchor.has(row)) found.push(row);
    return Int32Array.from(found);
  }

  async neighbours(row: Row, count: number): Promise<Int32Array> {
    const pool = this.#requirePool();
    const similarity = await pool.products(gatherRows(pool, Int32Array.of(row)).data, 1);
    const order = Int32Array.from(similarity, (_, i) => i).filter((i) => i !== row);
    order.sort((a, b) => (similarity[b] as number) - (similarity[a] as number) || a - b);
    return order.slice(0, count);
  }

  similarities(vectors: Float32Array, count: number): Promise<Float32Array> {
    return Promise.resolve(similarities(this.#requirePool(), vectors, count));
  }

  memory(): Promise<{ backendBytes: number; heapBytes: number }> {
    const heapBytes = (this.#pool?.data.byteLength ?? 0) + (this.#probabilities?.byteLength ?? 0);
    return Promise.resolve({ backendBytes: this.#engine?.bytes() ?? 0, heapBytes });
  }

  stop(): void {
    this.#pool?.dispose();
    this.#pool = null;
  }

  async #score(): Promise<{ probabilities: Float32Array; classes: number }> {
    const pool = this.#requirePool();
    const head = this.#requireHead();
    const classes = head.bias.length;
    if (!this.#probabilities) {
      this.#probabilities = await pool.probabilities(foldHead(head), head.thresholds !== undefined);
    }
    return { probabilities: this.#probabilities, classes };
  }

  async #temperature({ temperature, labelledRows, labels }: SelectRequest, head: FittedHead): Promise<number> {
    if (!temperature || head.thresholds) return 1;
    const pool = this.#requirePool();
    const request = { ...temperature, rows: labelledRows, labels, classCount: head.bias.length };
    const fit = (r: TrainRequest): Promise<FittedHead> => this.#fitter.fit(pool, r, this.#requireEngine());
    return crossValidatedTemperature(request, pool.data, fit, head.hidden !== undefined);
  }

  #requireEngine(): Engine {
    if (this.#lost) throw this.#lost;
    if (!this.#engine) throw new WinnowError('learner-failed', 'The learner is not open');
    return this.#engine;
  }
  #requirePool(): Pool {
    if (this.#lost) throw this.#lost;
    if (!this.#pool) throw new WinnowError('learner-failed', 'No embeddings are loaded');
    return this.#pool;
  }
  #requireHead(): FittedHead {
    if (!this.#head) throw new WinnowError('learner-failed', 'No head is trained yet');
    return this.#head;
  }
}

/** Forms each committee once in a selection, however often a wrapper asks the strategy again. */
function onceEach(form: NonNullable<PoolView['committee']>): NonNullable<PoolView['committee']> {
  const formed = new Map<string, Promise<Committee>>();
  return (kind, members) => {
    const key = `${kind} ${members}`;
    const committee = formed.get(key) ?? form(kind, members);
    formed.set(key, committee);
    return committee;
  };
}

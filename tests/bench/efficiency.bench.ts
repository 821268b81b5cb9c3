import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Guards } from '../../src/domain/guards.ts';
import { curveStats, interval, meanCurve, readNpy, type Curve } from './support/curves.ts';

interface BenchContext {
  readonly openModules: () => Promise<Page>;
  readonly quick: boolean;
  readonly dataDir: string;
  readonly log: (line: string) => void;
}
interface Arm {
  readonly coldStart: string;
  readonly strategy: string;
  readonly randomShare: number;
  readonly noise: number;
  readonly c: number | null;
  readonly guards?: Pick<Guards, 'nearDuplicates' | 'skipsOutliers'>;
  readonly isTempered?: boolean;
}
interface Task {
  readonly arm: string;
  readonly seed: number;
}

const SETS = {
  eurosat: { batch: 20, budget: 300 },
  cifar10: { batch: 20, budget: 300 },
  banking77: { batch: 77, budget: 770 },
  sms_spam: { batch: 10, budget: 150 },
} as const;
type SetName = keyof typeof SETS;
const POOL = 3000;
/** The reference head: plain logistic regression at one inverse penalty, as pool-based toolkits use it. */
const FIXED_C = 10;
const WORKERS = 2;

/**
 * Replays fully labelled sets with an oracle in the app's learn worker (WASM): every strategy with the reference head and
 * with the app's own, the app's default, and the main arms with 5 % wrong answers.
 * Seeds are paired: the same pool for every arm. `EFFICIENCY_SETS` and `EFFICIENCY_ARMS` (comma-separated) narrow a run.
 */
export async function run({ openModules, quick, dataDir, log }: BenchContext): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  const seeds = Number(process.env['EFFICIENCY_SEEDS'] ?? (quick ? 3 : 10));
  const wantedSets = process.env['EFFICIENCY_SETS']?.split(',');
  for (const set of Object.keys(SETS) as SetName[]) {
    if (wantedSets && !wantedSets.includes(set)) continue;
    if (!existsSync(join(dataDir, 'embeddings', `${set}_train_x.npy`))) {
      log(`${set}: skipped, no embeddings at ${dataDir}`);
      continue;
    }
    const pages = await Promise.all(Array.from({ length: WORKERS }, () => openWorker(openModules, dataDir, set)));
    const first = pages[0];
    if (!first) return results;
    const arms = await armsOf(first, quick);
    const tasks: Task[] = Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
      Object.keys(arms).map((arm) => ({ arm, seed })),
    );
    const curves: Record<string, Curve[]> = Object.fromEntries(Object.keys(arms).map((arm) => [arm, []]));
    await Promise.all(
      pages.map(async (page) => {
        for (let task = tasks.shift(); task; task = tasks.shift()) {
          const arm = arms[task.arm];
          if (arm) (curves[task.arm] ??= [])[task.seed] = await replay(page, set, arm, task.seed);
        }
      }),
    );
    const full = await fullAccuracy(first, set);
    await Promise.all(pages.map((page) => page.close()));
    report(set, curves, full, results, log);
  }
  return results;
}

/** Every strategy of the registry by its id, and the named ones. A name that ends in `+head` has the app's head. */
async function armsOf(page: Page, quick: boolean): Promise<Record<string, Arm>> {
  const { ids, defaults } = await page.evaluate(async () => {
    const door = window as unknown as { load: (path: string) => Promise<Record<string, unknown>> };
    const { strategies } = (await door.load(
      '/src/strategies/index.ts',
    )) as typeof import('../../src/strategies/index.ts');
    const { DEFAULT_SETTINGS } = (await door.load(
      '/src/domain/events.ts',
    )) as typeof import('../../src/domain/events.ts');
    return { ids: strategies.map((s) => ({ id: s.id, isColdStart: s.isColdStart })), defaults: DEFAULT_SETTINGS };
  });
  const { coldStart, strategy, randomShare } = defaults;
  const guards = { nearDuplicates: defaults.guards?.nearDuplicates ?? null, skipsOutliers: false };
  const main = { coldStart, strategy, randomShare, c: null };
  const plain = { randomShare: 0, noise: 0, c: FIXED_C };
  const own = { randomShare: 0, noise: 0, c: null };
  const arms: Record<string, Arm> = {
    random: { ...plain, coldStart: 'random', strategy: 'random' },
    'random-margin': { ...plain, coldStart: 'random', strategy: 'margin' },
    default: { ...main, noise: 0, guards },
    'random+head': { ...own, coldStart: 'random', strategy: 'random' },
    'random-margin+head': { ...own, coldStart: 'random', strategy: 'margin' },
  };
  if (!quick) {
    arms['default-noise5'] = { ...main, noise: 0.05, guards };
    arms['default-tempered'] = { ...main, noise: 0, guards, isTempered: true };
    arms['margin+head'] = { ...main, strategy: 'margin', noise: 0, guards };
    arms['margin+head-tempered'] = { ...main, strategy: 'margin', noise: 0, guards, isTempered: true };
    arms['default-unguarded'] = { ...main, noise: 0 };
    arms['default-no-outliers'] = { ...main, noise: 0, guards: { ...guards, skipsOutliers: true } };
    arms['random-margin-noise5'] = { ...plain, coldStart: 'random', strategy: 'margin', noise: 0.05 };
    // Strategies that take near-duplicates and outliers when nothing keeps them from it.
    for (const id of ['margin', 'k-center']) {
      arms[`${id}-guarded`] = { ...plain, coldStart, strategy: id, guards: { ...guards, skipsOutliers: true } };
      arms[`${id}-unguarded`] = { ...plain, coldStart, strategy: id };
    }
    for (const { id, isColdStart } of ids) {
      if (id === 'random') continue;
      const start = isColdStart ? id : coldStart;
      arms[id] = { ...plain, coldStart: start, strategy: id };
      arms[`${id}+head`] = { ...own, coldStart: start, strategy: id };
    }
  }
  const wanted = process.env['EFFICIENCY_ARMS']?.split(',');
  return Object.fromEntries(Object.entries(arms).filter(([name]) => !wanted || wanted.includes(name)));
}

/** A page with a learner that holds the train and test rows of one set. */
async function openWorker(openModules: () => Promise<Page>, dataDir: string, set: SetName): Promise<Page> {
  const page = await openModules();
  const read = (name: string): ReturnType<typeof readNpy> =>
    readNpy(readFileSync(join(dataDir, 'embeddings', `${set}_${name}.npy`)));
  const parts = { trainX: read('train_x'), trainY: read('train_y'), testX: read('test_x'), testY: read('test_y') };
  await page.route('**/bench-data/*', (route) => {
    const name = route.request().url().split('/').at(-1) as keyof typeof parts;
    return route.fulfill({ body: parts[name].bytes, contentType: 'application/octet-stream' });
  });
  await page.evaluate(async () => {
    const door = window as unknown as {
      load: (path: string) => Promise<Record<string, unknown>>;
      learner: unknown;
      truth: Int32Array;
      trainRows: number;
    };
    const { WorkerLearner } = (await door.load(
      '/src/platform/workers/learn-client.ts',
    )) as typeof import('../../src/platform/workers/learn-client.ts');
    const fetched = async (name: string): Promise<ArrayBuffer> => (await fetch(`/bench-data/${name}`)).arrayBuffer();
    const [trainX, testX] = [new Float32Array(await fetched('trainX')), new Float32Array(await fetched('testX'))];
    const [trainY, testY] = [new Int32Array(await fetched('trainY')), new Int32Array(await fetched('testY'))];
    const rows = trainY.length + testY.length;
    const dim = trainX.length / trainY.length;
    const data = new Float32Array(rows * dim);
    data.set(trainX);
    data.set(testX, trainX.length);
    for (let i = 0; i < rows; i++) {
      const row = data.subarray(i * dim, (i + 1) * dim);
      const norm = Math.hypot(...row) || 1;
      for (let d = 0; d < dim; d++) row[d] = (row[d] as number) / norm;
    }
    const learner = new WorkerLearner();
    await learner.open('wasm');
    await learner.load(data, rows, dim);
    Object.assign(door, { learner, truth: Int32Array.from([...trainY, ...testY]), trainRows: trainY.length });
  });
  return page;
}

/** One arm, one seed: the accuracy after each round. */
function replay(page: Page, set: SetName, arm: Arm, seed: number): Promise<Curve> {
  return page.evaluate(
    async ({ plan, poolSize }) => {
      const door = window as unknown as {
        load: (path: string) => Promise<Record<string, unknown>>;
        learner: import('../../src/loop/learner-ports.ts').Learner;
        truth: Int32Array;
        trainRows: number;
      };
      const { simulate } = (await door.load('/src/loop/simulate.ts')) as typeof import('../../src/loop/simulate.ts');
      const { seededRandom } = (await door.load(
        '/src/domain/random.ts',
      )) as typeof import('../../src/domain/random.ts');
      const all = Int32Array.from({ length: door.trainRows }, (_, i) => i);
      const pool = seededRandom(plan.seed).fork('bench pool').shuffle(all).slice(0, poolSize).sort();
      const test = Int32Array.from({ length: door.truth.length - door.trainRows }, (_, i) => i + door.trainRows);
      const classCount = door.truth.reduce((a, b) => Math.max(a, b), 0) + 1;
      const accuracies: number[] = [];
      let [fitMs, selectMs] = [0, 0];
      const started = performance.now();
      for await (const round of simulate(door.learner, { ...plan, pool, test, truth: door.truth, classCount })) {
        accuracies.push(round.accuracy);
        fitMs += round.fitMs;
        selectMs += round.selectMs;
      }
      const rounds = accuracies.length;
      const secondsPerRound = (performance.now() - started) / 1000 / rounds;
      return { accuracies, secondsPerRound, fitMs: fitMs / rounds, selectMs: selectMs / rounds };
    },
    { plan: { ...arm, ...SETS[set], seed }, poolSize: POOL },
  );
}

function fullAccuracy(page: Page, set: SetName): Promise<number> {
  return page.evaluate(
    async ({ c, batch, budget }) => {
      const door = window as unknown as {
        load: (path: string) => Promise<Record<string, unknown>>;
        learner: import('../../src/loop/learner-ports.ts').Learner;
        truth: Int32Array;
        trainRows: number;
      };
      const { fullPoolAccuracy } = (await door.load(
        '/src/loop/simulate.ts',
      )) as typeof import('../../src/loop/simulate.ts');
      const { seededRandom } = (await door.load(
        '/src/domain/random.ts',
      )) as typeof import('../../src/domain/random.ts');
      const all = Int32Array.from({ length: door.trainRows }, (_, i) => i);
      const pool = seededRandom(0).fork('bench pool').shuffle(all).slice(0, 3000).sort();
      const test = Int32Array.from({ length: door.truth.length - door.trainRows }, (_, i) => i + door.trainRows);
      const settings = { coldStart: 'random', strategy: 'random', randomShare: 0, noise: 0, seed: 0, classCount: 0 };
      return fullPoolAccuracy(door.learner, { ...settings, batch, budget, c, pool, test, truth: door.truth });
    },
    { c: FIXED_C, ...SETS[set] },
  );
}

function report(
  set: SetName,
  curves: Record<string, Curve[]>,
  full: number,
  results: Record<string, number>,
  log: (line: string) => void,
): void {
  const { batch } = SETS[set];
  const put = (name: string, value: number): void => {
    if (Number.isFinite(value)) results[`efficiency.${set}.${name}`] = Math.round(value * 10_000) / 10_000;
  };
  put('full_pool_accuracy', full);
  log(`${set}: full-pool accuracy ${full.toFixed(3)}`);
  const stats = Object.fromEntries(
    Object.entries(curves).map(([name, list]) => [name, curveStats(list, batch, full)] as const),
  );
  for (const [name, s] of Object.entries(stats)) {
    for (const [key, value] of Object.entries(s)) put(`${name}.${key}`, value);
    const at = (n: number): string => (Number.isFinite(n) ? n.toFixed(0) : 'not reached');
    log(
      `  ${name.padEnd(22)} aulc ${s.aulc.toFixed(4)} +- ${s.aulc_ci.toFixed(4)}  n80 ${at(s.n80)}  n90 ${at(s.n90)}  n95 ${at(s.n95)}  ${s.s_per_round.toFixed(2)} s/round (fit ${s.fit_ms.toFixed(0)}, select ${s.select_ms.toFixed(0)} ms)  ${meanCurve(
        curves[name] ?? [],
      )
        .slice(0, 5)
        .map((a) => a.toFixed(3))
        .join(' ')}`,
    );
  }
  const { default: own, random, 'random-margin': margin, 'random+head': randomOwn } = stats;
  if (own && margin) {
    const gaps = (curves['default'] ?? []).map(
      (c, i) => mean(c.accuracies) - mean(curves['random-margin']?.[i]?.accuracies ?? []),
    );
    put('default.aulc_minus_margin', mean(gaps));
    put('default.aulc_minus_margin_ci', interval(gaps));
  }
  if (own && random) {
    put('default.n80_ratio', random.n80 / own.n80);
    put('default.n90_ratio', random.n90 / own.n90);
    const gaps = (curves['default'] ?? []).map(
      (c, i) => mean(c.accuracies) - mean(curves['random']?.[i]?.accuracies ?? []),
    );
    put('default.aulc_minus_random', mean(gaps));
    put('default.aulc_minus_random_ci', interval(gaps));
  }
  if (own && randomOwn) put('default.n80_ratio_same_head', randomOwn.n80 / own.n80);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
}

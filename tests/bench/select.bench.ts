import type { Page } from 'playwright-core';

interface BenchContext {
  readonly openModules: () => Promise<Page>;
  readonly quick: boolean;
  readonly log: (line: string) => void;
}
const BATCH = 50;

/**
 * What every strategy takes to pick a batch of 50 from 100,000 items of 384 features, 500 labels, with 20 and with 150
 * classes, in the app's learn worker on WASM: one call each, the pool scored before. ONLY=id,id times some of them.
 */
export async function run({ openModules, quick, log }: BenchContext): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  const rows = quick ? 10_000 : 100_000;
  for (const classes of [20, 150]) {
    const page = await openModules();
    const measured = await page.evaluate(
      async ({ rows: n, classes: width, batch, only }) => {
        // `load` is the bench page's door to the app's modules.
        const door = window as unknown as { load: (path: string) => Promise<Record<string, unknown>> };
        const { WorkerLearner } = (await door.load(
          '/src/platform/workers/learn-client.ts',
        )) as typeof import('../../src/platform/workers/learn-client.ts');
        const { seededRandom } = (await door.load(
          '/src/domain/random.ts',
        )) as typeof import('../../src/domain/random.ts');
        const { strategies } = (await door.load(
          '/src/strategies/index.ts',
        )) as typeof import('../../src/strategies/index.ts');
        const [dim, labelled] = [384, 500];
        const random = seededRandom(1);
        const centres = Float32Array.from({ length: width * dim }, () => random.normal());
        // Every class is labelled: the first rows take them in turn.
        const classOf = Int32Array.from({ length: n }, (_, i) => (i < labelled ? i % width : random.below(width)));
        const data = new Float32Array(n * dim);
        for (let i = 0; i < n; i++) {
          let norm = 0;
          for (let d = 0; d < dim; d++) {
            const value = (centres[(classOf[i] ?? 0) * dim + d] ?? 0) + 5 * (random.next() + random.next() - 1) * 1.22;
            data[i * dim + d] = value;
            norm += value * value;
          }
          for (let d = 0; d < dim; d++) data[i * dim + d] = (data[i * dim + d] ?? 0) / Math.sqrt(norm);
        }
        const learner = new WorkerLearner();
        await learner.open('wasm');
        await learner.load(data, n, dim);
        const labelledRows = Int32Array.from({ length: labelled }, (_, i) => i);
        const labels = labelledRows.map((row) => classOf[row] ?? 0);
        const candidates = Int32Array.from({ length: n - labelled }, (_, i) => i + labelled);
        const classNames = Array.from({ length: width }, (_, c) => `class ${c}`);
        await learner.train({ rows: labelledRows, labels, classCount: width, seed: 1, c: 10 });
        await learner.score();
        const found: Record<string, number> = {};
        for (const { id } of strategies.filter((s) => only.length === 0 || only.includes(s.id))) {
          const request = { strategy: id, count: batch, seed: 2, candidates, labelledRows, labels, classNames };
          const started = performance.now();
          await learner.select(request);
          found[id] = performance.now() - started;
        }
        // Every guard at once, with a quota that no strategy meets by itself.
        const guards = { nearDuplicates: 0.995, skipsOutliers: true, quotas: [{ column: 3, atLeast: 25 }] };
        for (const id of ['margin', 'uherding', 'k-center']) {
          const request = { strategy: id, count: batch, seed: 2, candidates, labelledRows, labels, classNames, guards };
          const started = performance.now();
          await learner.select(request);
          found[`${id}.guarded`] = performance.now() - started;
        }
        const memory = await learner.memory();
        learner.stop();
        return { ...found, held_mb: (memory.backendBytes + memory.heapBytes) / 2 ** 20 };
      },
      { rows, classes, batch: BATCH, only: process.env['ONLY']?.split(',') ?? [] },
    );
    for (const [name, value] of Object.entries(measured)) {
      results[`select.${rows}.${classes}.${name}${name.endsWith('_mb') ? '' : '_ms'}`] = Math.round(value);
      log(`${classes} classes, ${name}: ${Math.round(value)}`);
    }
    await page.close();
  }
  return results;
}

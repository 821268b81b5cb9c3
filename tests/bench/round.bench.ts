import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';

interface BenchContext {
  readonly openModules: () => Promise<Page>;
  readonly quick: boolean;
  readonly log: (line: string) => void;
}
const SIZES = [10_000, 30_000, 100_000] as const;
/** As many as the peer picks. */
const BATCH = 50;
const BACKENDS = ['wasm', 'cpu', 'webgpu'] as const;
const REPEATS = 3;

/**
 * Train, score and select in the app's learn worker: 384 features, 500 labels, 20 classes, a batch of 50 by margin and
 * k-means; best of three. UHerding's selection is timed beside it. On WASM the same round by scikit-learn follows, where
 * it is installed, and the ratio of its time to ours.
 */
export async function run({ openModules, quick, log }: BenchContext): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  for (const backend of quick ? (['wasm'] as const) : BACKENDS) {
    for (const rows of quick ? SIZES.slice(0, 1) : SIZES) {
      if (backend !== 'wasm' && rows === 30_000) continue;
      log(`${backend}, ${rows} items`);
      const page = await openModules();
      if (backend === 'webgpu' && rows > SIZES[0] && (await isInSoftware(page))) {
        log('  skipped: the graphics card is played by the processor');
        await page.close();
        continue;
      }
      const measured = await page.evaluate(
        async ({ backend: wanted, rows: n, repeats, batch }) => {
          // `load` is the bench page's door to the app's modules.
          const door = window as unknown as { load: (path: string) => Promise<Record<string, unknown>> };
          const client = (await door.load(
            '/src/platform/workers/learn-client.ts',
          )) as typeof import('../../src/platform/workers/learn-client.ts');
          const { seededRandom } = (await door.load(
            '/src/domain/random.ts',
          )) as typeof import('../../src/domain/random.ts');
          const [dim, classes, labelled] = [384, 20, 500];
          const random = seededRandom(1);
          const centres = Float32Array.from({ length: classes * dim }, () => random.normal());
          const classOf = Int32Array.from({ length: n }, () => random.below(classes));
          const data = new Float32Array(n * dim);
          for (let i = 0; i < n; i++) {
            let norm = 0;
            for (let d = 0; d < dim; d++) {
              const value =
                (centres[(classOf[i] ?? 0) * dim + d] ?? 0) + 5 * (random.next() + random.next() - 1) * 1.22;
              data[i * dim + d] = value;
              norm += value * value;
            }
            for (let d = 0; d < dim; d++) data[i * dim + d] = (data[i * dim + d] ?? 0) / Math.sqrt(norm);
          }
          const learner = new client.WorkerLearner();
          const info = await learner.open(wanted);
          if (info.backend !== wanted) throw new Error(`${wanted} is not to be had here: ${info.fallback ?? ''}`);
          await learner.load(data, n, dim);
          const labelledRows = Int32Array.from({ length: labelled }, (_, i) => i);
          const labels = labelledRows.map((row) => classOf[row] ?? 0);
          const candidates = Int32Array.from({ length: n - labelled }, (_, i) => i + labelled);
          const classNames = Array.from({ length: classes }, (_, c) => `class ${c}`);
          const runs = [];
          let accuracy = 0;
          for (let repeat = 0; repeat < repeats; repeat++) {
            const t0 = performance.now();
            await learner.train({ rows: labelledRows, labels, classCount: classes, seed: 1 });
            const t1 = performance.now();
            const scores = await learner.score();
            const t2 = performance.now();
            await learner.select({
              strategy: 'margin-kmeans',
              count: batch,
              seed: 2,
              candidates,
              labelledRows,
              labels,
              classNames,
            });
            const t3 = performance.now();
            accuracy = scores.top.reduce((sum, top, i) => sum + (top === classOf[i] ? 1 : 0), 0) / n;
            runs.push({ fit_ms: t1 - t0, score_ms: t2 - t1, select_ms: t3 - t2, total_ms: t3 - t0 });
          }
          const t4 = performance.now();
          await learner.select({
            strategy: 'uherding',
            count: batch,
            seed: 2,
            candidates,
            labelledRows,
            labels,
            classNames,
          });
          const uherding_ms = performance.now() - t4;
          const memory = await learner.memory();
          learner.stop();
          const best = runs.sort((a, b) => a.total_ms - b.total_ms)[0];
          return { ...best, uherding_ms, peak_mb: (memory.backendBytes + memory.heapBytes) / 2 ** 20, accuracy };
        },
        { backend, rows, repeats: REPEATS, batch: BATCH },
      );
      for (const [name, value] of Object.entries(measured)) {
        results[`round.${backend}.${rows}.${name}`] = Math.round(value * 100) / 100;
      }
      log(
        Object.entries(measured)
          .map(([name, value]) => `  ${name} ${value.toFixed(name === 'accuracy' ? 3 : 0)}`)
          .join(''),
      );
      await page.close();
      if (backend !== 'wasm') continue;
      const peer = scikitLearn(rows, log);
      const own = results[`round.wasm.${rows}.total_ms`];
      if (peer === null || own === undefined) continue;
      results[`round.wasm.${rows}.sklearn_ms`] = peer;
      results[`round.wasm.${rows}.vs_sklearn`] = Math.round((100 * peer) / own) / 100;
      log(`  scikit-learn ${peer.toFixed(0)} ms: ours is ${(peer / own).toFixed(2)} times as fast`);
    }
  }
  return results;
}

function isInSoftware(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const adapter = await navigator.gpu.requestAdapter();
    return adapter === null || /swiftshader/i.test(`${adapter.info.architecture} ${adapter.info.description}`);
  });
}

/** Milliseconds of the same round by scikit-learn; null, said in the log, where it is not installed. */
function scikitLearn(rows: number, log: (line: string) => void): number | null {
  const script = resolve(process.env['PEERS_DIR'] ?? '../shared/peers', 'sklearn_round.py');
  if (!existsSync(script)) {
    log('scikit-learn: skipped, its script is not here');
    return null;
  }
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      const out = execFileSync(python, [script, String(rows)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return (JSON.parse(out) as { total_ms: number }).total_ms;
    } catch {
      // This Python has no scikit-learn; the next may.
    }
  }
  log('scikit-learn: skipped, not installed (Debian: python3-sklearn)');
  return null;
}

import { seededRandom } from '../../domain/random.ts';
import { LocalLearner } from './local-learner.ts';

/** Few enough that a round takes milliseconds, enough labels that it takes the paths of a grown project. */
const [ROWS, DIM, CLASSES, LABELLED, BATCH] = [1500, 128, 20, 400, 20];
const STRATEGIES = ['margin-kmeans', 'uherding'];

/**
 * Plays rounds on made-up items, at least one, until the budget is used up: so the engine has compiled the code of a round
 * before the first one that somebody waits for. Keeps nothing.
 * @param budgetMs milliseconds @param now a clock in milliseconds @returns rounds played
 */
export async function warmUp(budgetMs: number, now: () => number): Promise<number> {
  const end = now() + budgetMs;
  const { data, labels } = madeUpItems();
  const labelledRows = Int32Array.from(labels, (_, i) => i);
  const candidates = Int32Array.from({ length: ROWS - LABELLED }, (_, i) => i + LABELLED);
  const classNames = Array.from({ length: CLASSES }, (_, c) => `class ${c}`);
  const learner = new LocalLearner();
  await learner.open('wasm');
  await learner.load(data, ROWS, DIM);
  let rounds = 0;
  do {
    await learner.train({ rows: labelledRows, labels, classCount: CLASSES, seed: 1 });
    await learner.score();
    for (const strategy of STRATEGIES) {
      await learner.select({ strategy, count: BATCH, seed: 2, candidates, labelledRows, labels, classNames });
    }
    rounds++;
  } while (now() < end);
  learner.stop();
  return rounds;
}

/** Unit rows that lie around their class's own direction. */
function madeUpItems(): { data: Float32Array; labels: Int32Array } {
  const random = seededRandom(1);
  const data = new Float32Array(ROWS * DIM);
  for (let row = 0; row < ROWS; row++) {
    const own = data.subarray(row * DIM, (row + 1) * DIM);
    own.forEach((_, d) => (own[d] = random.normal() + (d % CLASSES === row % CLASSES ? 2 : 0)));
    const norm = Math.hypot(...own);
    own.forEach((value, d) => (own[d] = value / norm));
  }
  return { data, labels: Int32Array.from({ length: LABELLED }, (_, row) => row % CLASSES) };
}

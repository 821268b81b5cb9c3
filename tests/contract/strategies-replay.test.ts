import { expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/random.ts';
import { simulate } from '../../src/loop/simulate.ts';
import { LocalLearner } from '../../src/platform/learner/local-learner.ts';
import { strategies } from '../../src/strategies/index.ts';

/** Five groups in ten features far from the origin, sorted by class as a folder of sub-folders is. */
const [CLASSES, OF_EACH, DIM] = [5, 60, 10];
const rows = CLASSES * OF_EACH;
const truth = Int32Array.from({ length: rows }, (_, i) => Math.floor(i / OF_EACH));
const data = (() => {
  const random = seededRandom(11);
  return Float32Array.from({ length: rows * DIM }, (_, at) => {
    const group = truth[Math.floor(at / DIM)] ?? 0;
    return 3 + (at % CLASSES === group ? 0.3 : 0) + 0.12 * random.normal();
  });
})();
/** Every fifth row tests. */
const all = Int32Array.from({ length: rows }, (_, i) => i);
const test = all.filter((i) => i % 5 === 0);
const pool = all.filter((i) => i % 5 !== 0);

it.each(strategies.map((s) => [s.id, s.isColdStart] as const))(
  '%s learns from data that are sorted by class, whatever the seed',
  async (id, isColdStart) => {
    const learner = new LocalLearner();
    await learner.open('cpu');
    await learner.load(data.slice(), rows, DIM);
    const accuracies: number[] = [];
    for (const seed of [1, 2, 3]) {
      const plan = {
        truth,
        classCount: CLASSES,
        pool,
        test,
        batch: 10,
        budget: 60,
        randomShare: 0,
        noise: 0,
        c: 10,
        seed,
      };
      const start = isColdStart ? id : 'max-herding';
      let last = 0;
      for await (const round of simulate(learner, { ...plan, coldStart: start, strategy: id })) last = round.accuracy;
      accuracies.push(last);
    }
    // Chance is 0.2; 60 labels at random give about 0.85.
    expect(Math.min(...accuracies)).toBeGreaterThan(0.7);
  },
);

import type { Strategy } from './strategy.ts';

export default {
  id: 'random',
  name: 'Random',
  summary: 'Picks uniformly at random: the floor that every other strategy has to beat.',
  source: 'Uniform sampling without replacement (Fisher and Yates 1938).',
  isColdStart: true,
  needsHead: false,
  select(view, count, random) {
    const rows = random.shuffle(Int32Array.from(view.candidates)).slice(0, count);
    return Promise.resolve(Array.from(rows, (row) => ({ row, utility: 0, reason: 'Drawn at random from the pool.' })));
  },
} satisfies Strategy;

import { expect, test } from 'vitest';
import type { EventDraft } from '../../src/domain/events.ts';
import type { Head } from '../../src/domain/head.ts';
import type { ItemId } from '../../src/domain/ids.ts';
import type { FittedHead, Learner } from '../../src/loop/learner-ports.ts';
import { Learning } from '../../src/state/learning.svelte.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { TestSetState } from '../../src/state/test-set.svelte.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

const FITTED: FittedHead = {
  dim: 2,
  mean: new Float32Array(2),
  scale: 1,
  weights: new Float32Array(4),
  bias: new Float32Array(2),
  lambda: 0,
  fitMs: 1,
};

/** Heads are told apart by their lambda: the number of the training for a new one, their version for a stored one. */
class HeadlessLearner {
  head = 0;
  trained = 0;
  loads = 0;
  /** Candidates of each selection. */
  readonly selected: number[][] = [];
  readonly answered: number[] = [];
  readonly learner = {
    open: () => Promise.resolve({ backend: 'cpu' as const, fallback: null }),
    load: () => {
      this.loads++;
      return Promise.resolve();
    },
    use: (head: FittedHead | null) => {
      this.head = head?.lambda ?? 0;
      return Promise.resolve();
    },
    train: () => {
      this.head = ++this.trained;
      return Promise.resolve({ ...FITTED, lambda: this.trained });
    },
    select: ({ candidates, count }: { candidates: Int32Array; count: number }) => {
      this.selected.push([...candidates]);
      const picks = [...candidates].slice(0, count).map((row) => ({ row, utility: 0, reason: '' }));
      return Promise.resolve({ picks, selectMs: 0 });
    },
    probabilities: (rows: Int32Array) => {
      this.answered.push(this.head);
      return Promise.resolve(new Float32Array(rows.length * 2).fill(this.head / 100));
    },
    nearDuplicates: () => Promise.resolve(new Int32Array()),
    stop: () => undefined,
  } as Partial<Learner> as Learner;
}

function rowsOf(ids: Iterable<ItemId>): number[] {
  return [...ids].map((id) => Number.parseInt(id, 16));
}

/** As much of a project as the loop touches; `onPut` runs while a checkpoint is being stored. */
function project(onPut: () => Promise<void> = () => Promise.resolve()) {
  const log = new GrowingLog();
  let items = textItems(30);
  const heads = new Map<number, Head>();
  const fake = new HeadlessLearner();
  let encoder = 'e';
  let delay: Promise<void> = Promise.resolve();
  const session = {
    id: 'p',
    isReadOnly: false,
    hasStarted: true,
    classes: { list: [1, 2] },
    get state() {
      return log.state();
    },
    get items() {
      return items;
    },
    itemById: (id: ItemId) => items.find((i) => i.id === id),
    encoding: {
      isComplete: true,
      get key() {
        return encoder;
      },
      get embedded() {
        return items.length;
      },
      has: () => true,
      matrix: async () => {
        await delay;
        return { data: new Float32Array(2 * items.length), dim: 2 };
      },
    },
    storage: {
      heads: {
        put: async (_: string, head: Head) => {
          await onPut();
          heads.set(head.version, head);
        },
        get: (_: string, version: number) => Promise.resolve(heads.get(version) ?? null),
      },
    },
    services: { newLearner: () => fake.learner },
    evaluation: { headTrained: () => Promise.resolve() },
    insight: { lookAtSeed: () => Promise.resolve() },
    append: (drafts: readonly EventDraft[]) => {
      drafts.forEach((draft) => log.add(draft));
      return Promise.resolve();
    },
    fail: (error: unknown) => {
      throw error;
    },
    notices: { tellOfFallback: () => undefined },
    testSet: null as TestSetState | null,
    learning: null as Learning | null,
  };
  session.testSet = new TestSetState(session as unknown as ProjectSession);
  const learning = new Learning(session as unknown as ProjectSession);
  session.learning = learning;
  const answer = (): void => {
    for (const { picks } of log.state().rounds)
      for (const { item } of picks)
        if (!log.state().labels.has(item)) {
          const row = Number.parseInt(item, 16);
          log.label(row, row % 2 ? 'a' : 'b');
        }
  };
  const reloaded = (): Learning => new Learning(session as unknown as ProjectSession);
  const changeEncoder = (key: string): void => {
    encoder = key;
  };
  const delayMatrix = (until: Promise<void>): void => {
    delay = until;
  };
  const { selected } = fake;
  /** Keeps the learner busy until it is released. */
  const hold = (): Promise<{ busy: Promise<void>; release: () => void }> =>
    new Promise((started) => {
      const busy = learning.withLearner(
        () => new Promise<void>((resolve) => setTimeout(() => started({ busy, release: resolve }), 0)),
      );
    });
  return {
    log,
    learning,
    reloaded,
    fake,
    selected,
    heads,
    answer,
    hold,
    changeEncoder,
    delayMatrix,
    grow: (count: number) => (items = textItems(count)),
  };
}

test('a task on an old checkpoint in the middle of a training does not pass for the new one', async () => {
  let old: Promise<number> = Promise.resolve(0);
  const p = project(() => {
    const first = p.heads.get(1);
    if (first) old = p.learning.withLearner(() => Promise.resolve(p.fake.head), first);
    return Promise.resolve();
  });
  await p.learning.advance();
  p.answer();
  await p.learning.advance();
  expect(p.log.state().activeModel?.version).toBe(1);
  p.answer();
  await p.learning.advance();
  expect(await old).toBe(1);
  expect(p.log.state().activeModel?.version).toBe(2);
  p.fake.answered.length = 0;
  await p.learning.withLearner((l) => l.probabilities(Int32Array.of(0)), 'active');
  expect(p.fake.answered).toEqual([2]);
});

test('a prediction carries the checkpoint that gave it, also when a newer one came while it waited', async () => {
  const p = project();
  await p.learning.advance();
  p.answer();
  await p.learning.advance();
  const item = p.log.state().rounds.at(-1)?.picks[0]?.item;
  if (!item) throw new Error('nothing was picked');
  p.answer();
  const trained = p.learning.advance();
  const asked = p.learning.predict([item]);
  await Promise.all([trained, asked]);
  const { version, probabilities } = p.learning.prediction(item) ?? {};
  expect(probabilities?.[0]).toBeCloseTo((version ?? 0) / 100, 6);
});

test('the chosen model is asked for, and its layer comes back to the learner after a reload', async () => {
  const p = project();
  const asked: unknown[] = [];
  const hidden = { weights: new Float32Array(6), bias: new Float32Array(3) };
  p.fake.learner.train = (request) => {
    asked.push(request.model);
    return Promise.resolve({ ...FITTED, ...(request.model === 'hidden' && { hidden, weights: new Float32Array(6) }) });
  };
  const used: unknown[] = [];
  p.fake.learner.use = (head) => {
    used.push(head?.hidden);
    return Promise.resolve();
  };
  await p.learning.advance();
  p.answer();
  await p.learning.advance();
  p.log.add({ kind: 'settings-changed', settings: { model: 'hidden' } });
  p.answer();
  await p.learning.advance();
  expect(asked).toEqual(['linear', 'hidden']);
  expect(p.log.state().models.map((m) => m.hidden)).toEqual([undefined, 3]);
  await p.reloaded().withLearner(() => Promise.resolve(), 'active');
  expect(used.at(-1)).toEqual(hidden);
});

test('a label of an earlier batch that is taken back trains a model without it at once, in the middle of a batch', async () => {
  const p = project();
  await p.learning.advance();
  p.answer();
  await p.learning.advance();
  const { activeModel, rounds } = p.log.state();
  const undone = activeModel?.trainedOn.at(-1);
  if (!undone) throw new Error('nothing was trained');
  p.log.add({ kind: 'retract', target: undone });
  expect(p.log.state().activeModel).toBeNull();
  await p.learning.advance();
  const again = p.log.state().activeModel;
  expect(again?.version).toBe(2);
  expect(again?.trainedOn).toEqual(activeModel?.trainedOn.filter((id) => id !== undone));
  expect(p.log.state().rounds).toHaveLength(rounds.length);
  await p.learning.advance();
  expect(p.fake.trained).toBe(2);
});

test('what comes up is predicted after a reload', async () => {
  const p = project();
  await p.learning.advance();
  p.answer();
  await p.learning.advance();
  const item = p.log.state().rounds.at(-1)?.picks.at(-1)?.item;
  if (!item) throw new Error('nothing was picked');
  const reloaded = p.reloaded();
  expect(reloaded.prediction(item)).toBeNull();
  await reloaded.advance();
  expect(reloaded.prediction(item)?.version).toBe(1);
  const asked = p.fake.answered.length;
  await reloaded.advance();
  expect(p.fake.answered).toHaveLength(asked);
});

test('items that come later are compared with the test set once', async () => {
  const p = project();
  let asked = 0;
  p.fake.learner.nearDuplicates = () => {
    asked++;
    return Promise.resolve(Int32Array.from(asked === 2 ? [31] : []));
  };
  await p.learning.advance();
  expect([asked, p.log.state().excluded.size]).toEqual([1, 0]);
  p.log.label(rowsOf(p.log.state().test)[0] ?? 0, 'a');
  const test = [...p.log.state().test];
  p.grow(34);
  await p.learning.advance();
  await p.learning.advance();
  expect([asked, p.log.state().excluded.size]).toEqual([2, 1]);
  expect([...p.log.state().test]).toEqual(test);
});

test('while no test item has a label, the test set follows what comes later', async () => {
  const p = project();
  await p.learning.advance();
  const before = p.log.state().test;
  p.grow(300);
  await p.learning.advance();
  const { test, drawnFrom } = p.log.state();
  expect([before.size, test.size, drawnFrom?.count]).toEqual([4, 4, 300]);
  expect(rowsOf(test).some((row) => row >= 30)).toBe(true);
});

test('a model that learnt from what is tested on now is followed by another, in the middle of a batch', async () => {
  const p = project();
  await p.learning.advance();
  p.answer();
  await p.learning.advance();
  expect(p.fake.trained).toBe(1);
  const [seen] = p.log.state().activeModel?.trainedOn ?? [];
  const item = p.log.events.flatMap((e) => (e.kind === 'label' && e.id === seen ? [e.item] : []));
  const test = [...p.log.state().test, ...item];
  p.log.add({ kind: 'split-drawn', seed: 2, test, excluded: [], drawnFrom: { count: 30, last: idOf(29) } });
  await p.learning.advance();
  const state = p.log.state();
  expect([p.fake.trained, state.activeModel?.version]).toEqual([2, 2]);
  expect(state.activeModel?.trainedOn).not.toContain(seen);
  expect([...state.contaminated]).toEqual([1]);
  await p.learning.advance();
  expect(p.fake.trained).toBe(2);
});

test('a batch is selected from what is there when the learner is free, not from what was there before', async () => {
  const p = project();
  await p.learning.advance();
  p.answer();
  const { busy, release } = await p.hold();
  const advanced = p.learning.advance();
  // Somebody labels an item of the pool by hand while another task has the learner.
  const asked = new Set(p.log.state().rounds.flatMap((r) => r.picks.map((pick) => pick.item)));
  const held = p.log.state();
  const open = textItems(30).filter((i) => !asked.has(i.id) && !held.test.has(i.id) && !held.excluded.has(i.id));
  await Promise.resolve();
  for (const { row } of open.slice(0, 12)) p.log.label(row, 'a');
  release();
  await Promise.all([busy, advanced]);
  const picked =
    p.log
      .state()
      .rounds.at(-1)
      ?.picks.map((pick) => pick.item) ?? [];
  expect(picked.length).toBeGreaterThan(1);
  const byHand = new Set(open.slice(0, 12).map((i) => i.id));
  // The random picks of the round were drawn before.
  expect(p.selected).toHaveLength(2);
  expect(p.selected[1]?.filter((row) => byHand.has(idOf(row)))).toEqual([]);
});

test('a model is of the encoder that the learner holds when it is trained', async () => {
  const p = project();
  await p.learning.advance();
  p.answer();
  const { busy, release } = await p.hold();
  const advanced = p.learning.advance();
  await Promise.resolve();
  p.changeEncoder('other');
  release();
  await Promise.all([busy, advanced]);
  expect(p.log.state().models.map((m) => m.encoder)).toEqual(['other']);
});

test('a head of other embeddings is never asked, though it would fit', async () => {
  const p = project();
  await p.learning.advance();
  p.answer();
  await p.learning.advance();
  const head = p.heads.get(1);
  if (!head) throw new Error('nothing was trained');
  p.changeEncoder('other');
  const asked = p.learning.withLearner((l) => l.probabilities(Int32Array.of(0)), head);
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  const active = await p.learning.withLearner((_, model) => Promise.resolve(model), 'active');
  expect(active).toBeNull();
});

test('the test set is announced as soon as it is drawn, before a batch is picked', async () => {
  const p = project();
  await p.learning.splitDrawn();
  expect(p.log.state().isSplitDrawn).toBe(true);
  expect(p.log.state().rounds.at(-1)?.isSelected ?? false).toBe(false);
  await p.learning.advance();
  expect(p.log.state().rounds.at(-1)?.isSelected).toBe(true);
});

test('a project that is closed while its embeddings are read starts no learner for nobody', async () => {
  const p = project();
  let give = (): void => undefined;
  p.delayMatrix(new Promise<void>((resolve) => (give = resolve)));
  const asked = p.learning.withLearner((l) => l.probabilities(Int32Array.of(0)));
  await new Promise((resolve) => setTimeout(resolve, 0));
  p.learning.close();
  give();
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  expect(p.fake.loads).toBe(0);
});

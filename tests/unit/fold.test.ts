import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_FORMAT, oneClassOf, type EventDraft, type WinnowEvent } from '../../src/domain/events.ts';
import { ProjectFold } from '../../src/domain/fold.ts';
import type { ProjectState } from '../../src/domain/project-state.ts';
import {
  annotator,
  classId,
  eventId,
  IMPORT_ANNOTATOR,
  itemId,
  type EventId,
  type ItemId,
} from '../../src/domain/ids.ts';
import { parseEvents } from '../../src/formats/validate-events.ts';
import { mergeEvents } from '../../src/loop/merge-events.ts';
import { EVENTS_FORMAT_1 } from '../fixtures/events-format-1.ts';
import { GrowingLog, idOf } from '../fixtures/log.ts';
import { EVENTS_MODEL_1 } from '../fixtures/events-model-1.ts';
import { modelOf } from '../../src/loop/training-set.ts';
import { EVENTS_GUARDS_1 } from '../fixtures/events-guards-1.ts';

const hex = (n: number): ItemId => itemId(n.toString(16).padStart(64, '0'));
const frozen = (): WinnowEvent[] => parseEvents(EVENTS_FORMAT_1.split('\n').map((line) => JSON.parse(line) as unknown));

const CREATED: EventDraft = {
  kind: 'project-created',
  format: 1,
  name: 'P',
  modality: 'text',
  seed: 1,
  settings: {
    testSize: 1,
    batchSize: 1,
    randomShare: 0,
    strategy: 's',
    coldStart: 'c',
    encoder: 'e',
    backend: 'auto',
  },
  hasReference: false,
};
/** A log under construction: ids are the sequence numbers. */
class Log {
  readonly events: WinnowEvent[] = [];
  constructor() {
    this.add(CREATED);
  }
  add(draft: EventDraft): EventId {
    const seq = this.events.length + 1;
    const id = eventId(`e${String(seq).padStart(4, '0')}`);
    this.events.push({ ...draft, id, seq, at: seq } as WinnowEvent);
    return id;
  }
  label(item: number, name: string, by = 'ann'): EventId {
    return this.add({
      kind: 'label',
      item: hex(item),
      classId: classId(name),
      annotator: by === 'import' ? IMPORT_ANNOTATOR : annotator(by),
      durationMs: 1,
      suggestion: null,
      round: null,
      strategy: null,
      modelVersion: null,
    });
  }
  skip(item: number): EventId {
    return this.add({ kind: 'skip', item: hex(item), annotator: annotator('ann'), round: null });
  }
  flag(item: number, isFlagged = true): EventId {
    return this.add({ kind: 'flag', item: hex(item), annotator: annotator('ann'), isFlagged });
  }
  undo(target: EventId): void {
    this.add({ kind: 'retract', target });
  }
  train(version: number, trainedOn: readonly EventId[]): void {
    this.add({
      kind: 'model-trained',
      version,
      encoder: 'e',
      backend: 'cpu',
      trainedOn,
      classes: [],
      lambda: 1,
      fitMs: 1,
    });
  }
  get state(): ProjectState {
    return ProjectFold.of(this.events).state();
  }
  classOf(item: number): string | undefined {
    return oneClassOf(this.state.labels.get(hex(item))) ?? undefined;
  }
}

/** The parts of a state that decisions change, as plain values in a fixed order. */
const visible = (s: ProjectState) => ({
  labels: [...s.labels].map(([id, l]) => [id, l.id]).sort(),
  skips: [...s.skips].map(([id, e]) => [id, e.id]).sort(),
  flags: [...s.flags].sort(),
  decisions: s.decisions.map((d) => d.id),
  activeModel: s.activeModel?.version ?? null,
});

it('counts labels that were changed when there was a model, and no longer when that is taken back', () => {
  const log = new GrowingLog();
  const first = log.label(1, 'a');
  log.label(1, 'b');
  expect(log.state().revisions.size).toBe(0);
  const classes = [classId('a'), classId('b')];
  log.add({
    kind: 'model-trained',
    version: 1,
    encoder: 'e',
    backend: 'cpu',
    trainedOn: [first],
    classes,
    lambda: 1,
    fitMs: 1,
  });
  const changed = log.label(1, 'a');
  log.label(2, 'a');
  expect([...log.state().revisions]).toEqual([changed]);
  expect(log.state().labels.get(idOf(1))?.id).toBe(changed);
  log.add({ kind: 'retract', target: changed });
  expect(log.state().labels.get(idOf(1))?.id).not.toBe(changed);
});

describe('labels, undo and imports', () => {
  it('takes the newest label of an item', () => {
    const log = new Log();
    log.label(1, 'a');
    log.label(1, 'b');
    expect(log.classOf(1)).toBe('b');
  });

  it('gives the earlier label back when a later one is retracted, and none when both are', () => {
    const log = new Log();
    const first = log.label(1, 'a');
    const second = log.label(1, 'b');
    log.undo(second);
    expect(log.classOf(1)).toBe('a');
    log.undo(first);
    expect(log.classOf(1)).toBeUndefined();
    expect(log.state.decisions).toEqual([]);
  });

  it('keeps the later label when the earlier one is retracted', () => {
    const log = new Log();
    const first = log.label(1, 'a');
    log.label(1, 'b');
    log.undo(first);
    expect(log.classOf(1)).toBe('b');
  });

  it('puts a person’s label above an imported one, whichever came first, and undo gives the imported one back', () => {
    const log = new Log();
    log.label(1, 'imported', 'import');
    const mine = log.label(1, 'mine');
    log.label(1, 'imported again', 'import');
    expect(log.classOf(1)).toBe('mine');
    expect(log.state.decisions.map((d) => d.id)).toEqual([mine]);
    log.undo(mine);
    expect(log.classOf(1)).toBe('imported again');
  });

  it('a skip takes the place of a label, a label that of a skip, and undo goes back one step', () => {
    const log = new Log();
    log.label(1, 'a');
    const skip = log.skip(1);
    expect([log.classOf(1), log.state.skips.has(hex(1))]).toEqual([undefined, true]);
    const again = log.label(1, 'b');
    expect([log.classOf(1), log.state.skips.has(hex(1))]).toEqual(['b', false]);
    log.undo(again);
    expect([log.classOf(1), log.state.skips.has(hex(1))]).toEqual([undefined, true]);
    log.undo(skip);
    expect([log.classOf(1), log.state.skips.has(hex(1))]).toEqual(['a', false]);
  });

  it('flags, takes flags away and undoes both; a flag leaves the label alone', () => {
    const log = new Log();
    log.label(1, 'a');
    log.flag(1);
    const off = log.flag(1, false);
    expect(log.state.flags.has(hex(1))).toBe(false);
    log.undo(off);
    expect(log.state.flags.has(hex(1))).toBe(true);
    expect(log.classOf(1)).toBe('a');
  });

  it('obeys a retraction that comes before its target, as a merge of two clocks can bring', () => {
    const log = new Log();
    log.undo(eventId('e0003'));
    log.label(1, 'a');
    expect(log.classOf(1)).toBeUndefined();
  });

  it('ignores a retraction of nothing, and a second one of the same label', () => {
    const log = new Log();
    const label = log.label(1, 'a');
    log.undo(eventId('never'));
    log.label(2, 'b');
    log.undo(label);
    log.undo(label);
    expect([...log.state.labels.keys()]).toEqual([hex(2)]);
  });
});

describe('checkpoints', () => {
  it('falls back to the newest checkpoint whose labels all stand', () => {
    const log = new Log();
    const a = log.label(1, 'a');
    const b = log.label(2, 'b');
    log.train(1, [a]);
    log.train(2, [a, b]);
    expect(log.state.activeModel?.version).toBe(2);
    log.undo(b);
    expect(log.state.activeModel?.version).toBe(1);
    log.undo(a);
    expect(log.state.activeModel).toBeNull();
    expect(log.state.models.map((m) => m.version)).toEqual([1, 2]);
  });

  it('leaves those out that were trained on a label taken back, also when later ones stand', () => {
    const log = new Log();
    const a = log.label(1, 'a');
    const b = log.label(2, 'b');
    log.train(1, [a]);
    log.train(2, [a, b]);
    log.undo(b);
    const c = log.label(3, 'b');
    log.train(3, [a, c]);
    expect(log.state.standingModels.map((m) => m.version)).toEqual([1, 3]);
    expect(log.state.activeModel?.version).toBe(3);
  });
});

describe('rounds and settings', () => {
  it('fills a round once: a second selection for it changes nothing', () => {
    const log = new Log();
    const pick = (n: number) => ({ item: hex(n), strategy: 's', utility: 0, reason: '' });
    log.add({ kind: 'round-opened', round: 1, seed: 5, size: 2, picks: [pick(1)] });
    expect(log.state.rounds[0]).toMatchObject({ isSelected: false, modelVersion: null, picks: [pick(1)] });
    log.add({ kind: 'batch-selected', round: 1, strategy: 's', modelVersion: 4, picks: [pick(2)] });
    log.add({ kind: 'batch-selected', round: 1, strategy: 't', modelVersion: 5, picks: [pick(3)] });
    expect(log.state.rounds).toEqual([
      { round: 1, seed: 5, size: 2, picks: [pick(1), pick(2)], strategy: 's', modelVersion: 4, isSelected: true },
    ]);
  });

  it('changes single settings and keeps the rest', () => {
    const log = new Log();
    log.add({ kind: 'settings-changed', settings: { batchSize: 7 } });
    expect(log.state.settings).toMatchObject({ batchSize: 7, encoder: 'e' });
  });

  it('has no state before the project begins', () => {
    expect(() => ProjectFold.of([]).state()).toThrow(RangeError);
  });
});

type Step = { op: 'label' | 'skip' | 'flag' | 'unflag' | 'import'; item: number; name: string } | { op: 'undo' };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    op: fc.constantFrom('label', 'skip', 'flag', 'unflag', 'import' as const),
    item: fc.integer({ min: 1, max: 4 }),
    name: fc.constantFrom('a', 'b'),
  }),
  fc.record({ op: fc.constant('undo' as const) }),
);
function play(steps: readonly Step[], log = new Log()): Log {
  for (const s of steps) {
    if (s.op === 'undo') {
      const last = log.state.decisions.at(-1);
      if (last) log.undo(last.id);
    } else if (s.op === 'label') log.label(s.item, s.name);
    else if (s.op === 'import') log.label(s.item, s.name, 'import');
    else if (s.op === 'skip') log.skip(s.item);
    else log.flag(s.item, s.op === 'flag');
  }
  return log;
}

describe('for any history', () => {
  it('undoing as often as one decided leaves what was there before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.array(step, { maxLength: 8 }), (before, after) => {
        const log = play(before);
        const was = visible(log.state);
        const decided = after.filter((s) => s.op !== 'undo' && s.op !== 'import');
        play(decided, log);
        play(
          decided.map(() => ({ op: 'undo' })),
          log,
        );
        expect(visible(log.state)).toEqual(was);
      }),
    );
  });

  it('the state depends on the set of events, not on the order in which they arrive', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (steps, numbers) => {
        const { events, state } = play(steps);
        const shuffled = events.map((e) => ({ e, k: numbers.next().value as number })).sort((a, b) => a.k - b.k);
        expect(visible(ProjectFold.of(shuffled.map(({ e }) => e)).state())).toEqual(visible(state));
      }),
    );
  });

  it('applying one event at a time gives what folding the whole log gives', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { events, state } = play(steps);
        const fold = new ProjectFold();
        for (const event of events) {
          fold.apply(event);
          fold.state();
        }
        expect(visible(fold.state())).toEqual(visible(state));
      }),
    );
  });

  it('merging two branches is the same from both sides, and merging again changes nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.array(step, { maxLength: 8 }), (mine, theirs) => {
        const common = play([{ op: 'label', item: 1, name: 'a' }]).events;
        const branch = (steps: readonly Step[], tag: string): WinnowEvent[] => {
          const log = new Log();
          log.events.splice(0, log.events.length, ...common);
          return play(steps, log).events.map((e, i) =>
            i < common.length
              ? e
              : {
                  ...e,
                  id: eventId(`${tag}${e.id}`),
                  ...(e.kind === 'retract'
                    ? {
                        target:
                          e.target.startsWith('e0001') || e.target.startsWith('e0002')
                            ? e.target
                            : eventId(`${tag}${e.target}`),
                      }
                    : {}),
                },
          );
        };
        const [a, b] = [branch(mine, 'a'), branch(theirs, 'b')];
        const merged = mergeEvents(a, b);
        expect(merged).toEqual(mergeEvents(b, a));
        expect(mergeEvents(merged, a)).toEqual(merged);
        expect(new Set(merged.map((e) => e.id)).size).toBe(a.length + b.length - common.length);
        expect(visible(ProjectFold.of(merged).state())).toEqual(
          visible(ProjectFold.of([...b, ...a.slice(common.length)]).state()),
        );
      }),
    );
  });
});

describe('merging', () => {
  it('refuses two different projects', () => {
    const [a, b] = [new Log(), new Log()];
    const other = b.events.map((e) => ({ ...e, id: eventId('other') }));
    expect(() => mergeEvents(a.events, other)).toThrow('bad-input');
  });
});

describe('guards and rules, version 1 (frozen)', () => {
  const lines = (): Record<string, unknown>[] =>
    EVENTS_GUARDS_1.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  it('are still read and fold to the same settings', () => {
    expect(ProjectFold.of(parseEvents(lines())).state().settings).toMatchObject({
      coldStart: 'rule-start',
      guards: {
        version: 1,
        nearDuplicates: null,
        skipsOutliers: true,
        quotas: [{ classId: 'c1', atLeast: 3 }],
      },
      rules: {
        version: 1,
        list: [
          { id: 'r1', classId: 'c1', kind: 'words', text: 'refund*, money back' },
          { id: 'r2', classId: 'c2', kind: 'pattern', text: '\\bcard\\b' },
        ],
      },
      hintUse: 'start',
    });
  });

  it('are absent from older projects, which stay unguarded', () => {
    const { settings } = ProjectFold.of(frozen()).state();
    expect([settings.guards, settings.rules, settings.hintUse]).toEqual([undefined, undefined, undefined]);
  });

  it('are refused when they are newer or broken', () => {
    const refuse = (settings: Record<string, unknown>): void => {
      const bad = lines().map((line, i) => (i === 1 ? { ...line, settings } : line));
      expect(() => parseEvents(bad)).toThrow('Entry 2');
    };
    const guards = { version: 1, nearDuplicates: null, skipsOutliers: true, quotas: [] };
    refuse({ guards: { ...guards, version: 2 } });
    refuse({ guards: { ...guards, nearDuplicates: 1.5 } });
    refuse({ guards: { ...guards, quotas: [{ classId: 'c1', atLeast: 0 }] } });
    refuse({ rules: { version: 1, list: [{ id: 'r', classId: 'c', kind: 'glob', text: '*' }] } });
    refuse({ hintUse: 'never' });
  });
});

describe('choice of a model (frozen)', () => {
  const lines = EVENTS_MODEL_1.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

  it('is still read; older logs have a linear one', () => {
    const state = ProjectFold.of(parseEvents(lines)).state();
    expect([state.settings.model, state.activeModel?.hidden, modelOf(state)]).toEqual(['hidden', 128, 'hidden']);
    const old = ProjectFold.of(frozen()).state();
    expect([old.settings.model, old.activeModel?.hidden, modelOf(old)]).toEqual([undefined, undefined, 'linear']);
    expect(modelOf({ ...state, task: 'multi' })).toBe('linear');
  });

  it('is refused when it is none', () => {
    const refuse = (at: number, change: Record<string, unknown>): void => {
      expect(() => parseEvents(lines.map((line, i) => (i === at ? { ...line, ...change } : line)))).toThrow(
        `Entry ${at + 1}`,
      );
    };
    refuse(1, { settings: { model: 'forest' } });
    refuse(2, { hidden: -1 });
  });
});

describe('event format 1 (frozen)', () => {
  it('is still read and folds to the same project', () => {
    const state = ProjectFold.of(frozen()).state();
    expect(state).toMatchObject({
      name: 'Kacheln 2',
      modality: 'image',
      seed: 4294967295,
      isSplitDrawn: true,
      lastSeq: 17,
    });
    expect(state.settings).toMatchObject({ batchSize: 10, backend: 'cpu', testSize: 2 });
    expect(state.schema.classes.map((c) => c.name)).toEqual(['forest', 'river']);
    expect([...state.labels].map(([id, l]) => [Number.parseInt(id, 16), oneClassOf(l), l.annotator])).toEqual([
      [5, 'c2', 'import'],
      [1, 'c1', 'ann'],
      [4, 'c1', 'ann'],
      [6, 'c2', 'ann'],
    ]);
    expect([...state.test].length).toBe(2);
    expect([...state.skips.keys()]).toEqual([hex(7)]);
    expect([...state.flags]).toEqual([hex(7)]);
    expect(state.rounds[0]?.picks.map((p) => Number.parseInt(p.item, 16))).toEqual([4, 6, 7]);
    expect(state.activeModel?.version).toBe(1);
  });

  it('refuses a log with an entry that is not whole, and says which', () => {
    const lines = EVENTS_FORMAT_1.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    const refuse = (change: Record<string, unknown>, at: number): void => {
      const bad = lines.map((line, i) => (i === at ? { ...line, ...change } : line));
      expect(() => parseEvents(bad)).toThrow(`Entry ${at + 1}`);
    };
    refuse({ kind: 'unheard-of' }, 4);
    refuse({ classId: undefined }, 4);
    refuse({ seq: -1 }, 4);
    refuse({ durationMs: Number.POSITIVE_INFINITY }, 4);
    refuse({ suggestion: { classId: 'c1' } }, 12);
    refuse({ format: EVENT_FORMAT + 1 }, 0);
    refuse({ schema: { version: 1, classes: [{ id: 'c' }] } }, 1);
    refuse({ trainedOn: 'e08' }, 9);
  });

  it('is checked fast enough to open a project of 20,000 labels', () => {
    const label = frozen().find((e) => e.id === 'e13');
    const many = Array.from({ length: 20_000 }, (_, i) => ({ ...label, id: `x${i}`, seq: i }));
    const from = performance.now();
    expect(parseEvents(many)).toHaveLength(20_000);
    expect(performance.now() - from).toBeLessThan(600);
  });
});

describe('a checkpoint that comes after a split that was drawn again, as in a merged log', () => {
  it('is contaminated where it learnt from a test item of now', () => {
    const log = new GrowingLog();
    log.add({ kind: 'split-drawn', seed: 1, test: [idOf(1)], excluded: [] });
    const seen = log.label(2, 'a');
    const clean = log.label(3, 'b');
    log.add({ kind: 'split-drawn', seed: 2, test: [idOf(2)], excluded: [idOf(4)] });
    const model = { encoder: 'e', backend: 'cpu', classes: [], lambda: 1, fitMs: 1 } as const;
    log.add({ kind: 'model-trained', version: 1, trainedOn: [seen, clean], ...model });
    log.add({ kind: 'model-trained', version: 2, trainedOn: [clean], ...model });
    log.add({ kind: 'model-trained', version: 3, trainedOn: [log.label(4, 'a')], ...model });
    expect([...log.state().contaminated]).toEqual([1, 3]);
    // Drawn once more without them they are good again.
    log.add({ kind: 'split-drawn', seed: 3, test: [idOf(1)], excluded: [] });
    expect([...log.state().contaminated]).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { classesOf, oneClassOf, type WinnowEvent } from '../../src/domain/events.ts';
import { ProjectFold } from '../../src/domain/fold.ts';
import { annotator, classId, itemId, type ItemId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import { ABSENT, memberships, PRESENT, UNKNOWN } from '../../src/domain/membership.ts';
import { addClass, EMPTY_SCHEMA } from '../../src/domain/schema.ts';
import { joinClasses, namesOfHint, splitClasses } from '../../src/formats/class-list.ts';
import { parseEvents } from '../../src/formats/validate-events.ts';
import { importedLabel, setDraft } from '../../src/loop/label-draft.ts';
import { mergeEvents } from '../../src/loop/merge-events.ts';
import { hasContrast, trainingSet } from '../../src/loop/training-set.ts';
import { suggestionsOf } from '../../src/state/suggestions.ts';
import { EVENTS_FORMAT_1 } from '../fixtures/events-format-1.ts';
import { EVENTS_FORMAT_2 } from '../fixtures/events-format-2.ts';

const read = (lines: string): WinnowEvent[] =>
  parseEvents(lines.split('\n').map((line) => JSON.parse(line) as unknown));
const frozen = (): WinnowEvent[] => read(EVENTS_FORMAT_2);
const stateOf = (events: readonly WinnowEvent[]) => ProjectFold.of(events).state();
const hex = (n: number): ItemId => itemId(n.toString(16).padStart(64, '0'));
const items = Array.from({ length: 10 }, (_, row) => ({ id: hex(row), row }) as Item);
const [c1, c2, c3] = [classId('c1'), classId('c2'), classId('c3')];

/** The frozen log with more events behind it. */
function more(...drafts: readonly object[]): WinnowEvent[] {
  const base = frozen();
  return [...base, ...drafts.map((d, i) => ({ id: `g${i}`, seq: 20 + i, at: 0, ...d }) as unknown as WinnowEvent)];
}
const set = (item: number, ...classIds: string[]): object => ({
  kind: 'label-set',
  item: hex(item),
  classIds,
  annotator: 'ann',
  durationMs: 1,
  suggestions: null,
  round: null,
  strategy: null,
  modelVersion: null,
});

describe('event format 2 (frozen)', () => {
  it('is read and folds to a project with sets of classes', () => {
    const state = stateOf(frozen());
    expect([state.task, state.isTaskFixed, state.settings.batchSize]).toEqual(['multi', true, 10]);
    expect([...state.labels].map(([id, l]) => [Number.parseInt(id, 16), classesOf(l)])).toEqual([
      [5, [c2]],
      [1, [c1, c2]],
      [4, []],
      [8, [c1, c3]],
    ]);
    expect(state.activeModel?.version).toBe(1);
  });

  it('refuses a set that names a class twice, and one that is no list', () => {
    const lines = EVENTS_FORMAT_2.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const bad of [{ classIds: ['c1', 'c1'] }, { classIds: 'c1' }, { suggestions: [{ classId: 'c1' }] }]) {
      expect(() => parseEvents(lines.map((line, i) => (i === 4 ? { ...line, ...bad } : line)))).toThrow('Entry 5');
    }
  });

  it('a log of format 1 is a project with one class per item', () => {
    const state = stateOf(read(EVENTS_FORMAT_1));
    expect([state.task, state.isTaskFixed]).toEqual(['single', true]);
  });
});

describe('sets in the fold', () => {
  it('a new set takes the place of the earlier one, and undo gives it back', () => {
    const events = more(set(8, 'c2'));
    expect(classesOf(stateOf(events).labels.get(hex(8)) as never)).toEqual([c2]);
    const undone = stateOf([...events, { kind: 'retract', id: 'u', seq: 30, at: 0, target: 'g0' } as never]);
    expect(classesOf(undone.labels.get(hex(8)) as never)).toEqual([c1, c3]);
  });

  it('an empty set is a label like any other: it counts as decided and can be undone', () => {
    const state = stateOf(frozen());
    expect(state.labels.has(hex(4))).toBe(true);
    expect(state.decisions.map((d) => d.id as string)).toContain('f07');
    const undone = stateOf(more({ kind: 'retract', target: 'f07' }));
    expect(undone.labels.has(hex(4))).toBe(false);
  });

  it('the task can change before the first label and never after, also when that label was taken back', () => {
    const change = { kind: 'settings-changed', settings: { task: 'single' } };
    const first = frozen().slice(0, 2);
    const at = (e: object, i: number): WinnowEvent => ({ id: `h${i}`, seq: 40 + i, at: 0, ...e }) as never;
    expect(stateOf([...first, at(change, 0)]).task).toBe('single');
    const label = at(set(8, 'c1'), 1);
    const undo = at({ kind: 'retract', target: 'h1' }, 2);
    expect(stateOf([...first, label, undo, at(change, 3)]).task).toBe('multi');
  });

  it('two laptops merge to the same sets in either order', () => {
    const [a, b] = [more(set(2, 'c1', 'c3')), more({ ...set(3, 'c2'), id: 'b1' }, { ...set(2), id: 'b2', seq: 25 })];
    const merged = [mergeEvents(a, b), mergeEvents(b, a)].map((events) =>
      [...stateOf(events).labels].map(([id, l]) => [id, classesOf(l)]),
    );
    expect(merged[0]).toEqual(merged[1]);
    expect(merged[0]).toContainEqual([hex(2), []]);
  });
});

describe('which class an item has, has not, or nobody was asked', () => {
  it('a class that came after the label is unknown, unless the label gives it', () => {
    const state = stateOf(frozen());
    const labels = [1, 4, 8].map((n) => state.labels.get(hex(n)) as never);
    expect([...memberships(state, labels, [c1, c2, c3])]).toEqual([
      ...[PRESENT, PRESENT, UNKNOWN],
      ...[ABSENT, ABSENT, UNKNOWN],
      ...[PRESENT, ABSENT, PRESENT],
    ]);
  });

  it('one class of a set: only where it is the only one', () => {
    const { labels } = stateOf(frozen());
    expect([1, 4, 5].map((n) => oneClassOf(labels.get(hex(n))))).toEqual([null, null, c2]);
  });
});

describe('training set of sets', () => {
  it('holds every labelled pool item, also one without a class, and no test item', () => {
    const training = trainingSet(stateOf(frozen()), items, () => true);
    expect([...training.rows]).toEqual([4, 5, 8]);
    expect(training.classes).toEqual([c1, c2, c3]);
    expect([...(training.targets ?? [])]).toEqual([0, 0, 2, 0, 1, 2, 1, 0, 1]);
  });

  it('leaves a hidden class out, and has none when nothing but "none of these" was said', () => {
    const hide = frozen().find((e) => e.id === 'f08') as WinnowEvent & { schema: { classes: { id: string }[] } };
    const classes = hide.schema.classes.map((c) => ({ ...c, isHidden: c.id === 'c3' }));
    const hidden = stateOf(more({ kind: 'schema-changed', schema: { version: 4, classes } }));
    expect(trainingSet(hidden, items, () => true).classes).toEqual([c1, c2]);
    const onlyNone = stateOf(
      frozen()
        .slice(0, 2)
        .concat(more(set(3)).slice(-1)),
    );
    expect(trainingSet(onlyNone, items, () => true).classes).toEqual([]);
  });

  it('has contrast once some class is present in one item and absent in another', () => {
    const base = frozen().slice(0, 2);
    const contrast = (...sets: readonly object[]): boolean =>
      hasContrast(trainingSet(stateOf([...base, ...more(...sets).slice(frozen().length)]), items, () => true));
    expect(contrast()).toBe(false);
    expect(contrast(set(3), set(4))).toBe(false);
    expect(contrast(set(3, 'c1', 'c2'), set(4, 'c1', 'c2'))).toBe(false);
    expect(contrast(set(3, 'c1'), set(4))).toBe(true);
  });
});

describe('classes in one cell', () => {
  it.each([[[]], [['a']], [['a', 'b c']], [['a|b', 'c\\d', '\\|']]])('%j comes back', (names) => {
    expect(splitClasses(joinClasses(names))).toEqual(names);
  });
});

describe('names that came with the data', () => {
  it.each([
    ['rust', ['rust']],
    [' rust ; mildew;; rust', ['rust', 'mildew']],
    ['a;b|c', ['a;b', 'c']],
    ['["x, y", "z"]', ['x, y', 'z']],
    ['[draft', ['[draft']],
    ['Rust|rust', ['Rust']],
    ['', []],
    [null, []],
  ])('%j are %j where an item can have several', (hint, names) => {
    expect(namesOfHint(hint, 'multi')).toEqual(names);
  });
  it('are one name as it stands where an item has one class', () => {
    expect(namesOfHint(' a;b|c ', 'single')).toEqual(['a;b|c']);
  });
});

describe('suggestions', () => {
  const { classes } = [c1, c2, c3].reduce((s, id) => addClass(s, id, `name ${id}`), EMPTY_SCHEMA);
  const schema = { version: 1, classes };
  const probabilities = Float32Array.of(0.3, 0.6, 0.2);
  const prediction = { version: 1, classes: [c1, c2, c3], probabilities, thresholds: undefined };

  it('give the most likely class where an item has one', () => {
    const views = suggestionsOf(prediction, schema);
    expect(views.map((v) => [v.classId, v.isGiven])).toEqual([
      [c2, true],
      [c1, false],
      [c3, false],
    ]);
  });
  it('give every class that reaches its threshold, before a likelier one that does not', () => {
    const views = suggestionsOf({ ...prediction, thresholds: Float32Array.of(0.5, 0.7, 0.1) }, schema);
    expect(views.map((v) => [v.classId, v.isGiven])).toEqual([
      [c3, true],
      [c2, false],
      [c1, false],
    ]);
  });
});

describe('label events', () => {
  it('hold the classes in the order of the schema and what the model had given', () => {
    const schema = stateOf(frozen()).schema;
    const facts = { item: hex(3), annotator: annotator('me'), durationMs: 5, round: 1, strategy: 's', modelVersion: 2 };
    const shown = [
      { classId: c2, probability: 0.75, isGiven: true },
      { classId: c1, probability: 0.25, isGiven: false },
    ];
    expect(setDraft(facts, schema, [c3, c1], shown)).toEqual({
      kind: 'label-set',
      classIds: [c1, c3],
      suggestions: [{ classId: c2, probability: 0.75 }],
      ...facts,
    });
    expect(setDraft(facts, schema, [], [])).toMatchObject({ classIds: [], suggestions: null });
    expect(importedLabel(hex(3), schema, [c2, c1], 'multi')).toMatchObject([{ kind: 'label-set', classIds: [c1, c2] }]);
    expect(importedLabel(hex(3), schema, [c2], 'single')).toMatchObject([{ kind: 'label', classId: c2 }]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classId } from '../../src/domain/ids.ts';
import {
  addClass,
  changeClass,
  CLASS_COLOURS,
  CLASS_KEYS,
  EMPTY_SCHEMA,
  findClass,
  type Schema,
} from '../../src/domain/schema.ts';

const withClasses = (...names: string[]): Schema =>
  names.reduce((schema, name, i) => addClass(schema, classId(`c${i}`), name), EMPTY_SCHEMA);

describe('adding a class', () => {
  it('gives the next free key and colour, a higher version, and leaves the old schema alone', () => {
    const one = withClasses('forest');
    const two = addClass(one, classId('c1'), '  river ');
    expect(one.classes).toHaveLength(1);
    expect(two.version).toBe(one.version + 1);
    expect(two.classes[1]).toEqual({ id: 'c1', name: 'river', key: '2', guideline: '', colour: 1, isHidden: false });
  });

  it('takes a key that has become free', () => {
    const freed = changeClass(withClasses('a', 'b', 'c'), classId('c1'), { key: null });
    expect(addClass(freed, classId('d'), 'd').classes.at(-1)?.key).toBe('2');
  });

  it('gives no two classes one key, none once the keys run out, and colours from the palette', () => {
    const schema = withClasses(...Array.from({ length: 60 }, (_, i) => `class ${i}`));
    const keys = schema.classes.flatMap((c) => c.key ?? []);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toEqual(CLASS_KEYS);
    expect(schema.classes.at(-1)?.key).toBeNull();
    expect(schema.classes.every((c) => c.colour >= 0 && c.colour < CLASS_COLOURS)).toBe(true);
  });

  it('refuses an empty name and one that is taken, whatever its case', () => {
    expect(() => addClass(EMPTY_SCHEMA, classId('x'), '  ')).toThrow(RangeError);
    expect(() => addClass(withClasses('Forest'), classId('x'), 'fOREST ')).toThrow(RangeError);
  });
});

describe('keys of classes', () => {
  it('leave the keys of commands free, each once', () => {
    for (const command of 'fhmstuz') expect(CLASS_KEYS).not.toContain(command);
    expect(new Set(CLASS_KEYS).size).toBe(CLASS_KEYS.length);
  });
});

describe('changing a class', () => {
  it('renames it and keeps its id, its place and the rest', () => {
    const schema = changeClass(withClasses('a', 'b'), classId('c0'), { name: ' z ' });
    expect(schema.classes.map((c) => [c.id, c.name, c.key])).toEqual([
      ['c0', 'z', '1'],
      ['c1', 'b', '2'],
    ]);
  });

  it('may keep its own name in another case, but not take another’s', () => {
    expect(changeClass(withClasses('a', 'b'), classId('c0'), { name: 'A' }).classes[0]?.name).toBe('A');
    expect(() => changeClass(withClasses('a', 'b'), classId('c0'), { name: 'B' })).toThrow(RangeError);
    expect(() => changeClass(withClasses('a'), classId('c0'), { name: ' ' })).toThrow(RangeError);
  });

  it('takes a key away from the class that had it', () => {
    const schema = changeClass(withClasses('a', 'b'), classId('c1'), { key: '1' });
    expect(schema.classes.map((c) => c.key)).toEqual([null, '1']);
  });

  it('hides it without losing it', () => {
    const schema = changeClass(withClasses('a', 'b'), classId('c0'), { isHidden: true });
    expect(findClass(schema, classId('c0'))).toMatchObject({ name: 'a', isHidden: true });
    expect(findClass(schema, classId('none'))).toBeUndefined();
  });

  it('never leaves two classes with one key, whatever is changed', () => {
    const change = fc.tuple(fc.nat({ max: 4 }), fc.constantFrom('1', '2', '3', 'q', null));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const schema = changes.reduce(
          (s, [at, key]) => changeClass(s, classId(`c${at}`), { key }),
          withClasses('a', 'b', 'c', 'd', 'e'),
        );
        const keys = schema.classes.flatMap((c) => c.key ?? []);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });
});

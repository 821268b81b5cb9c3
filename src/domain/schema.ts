import type { ClassId } from './ids.ts';

/** A class: what a user can choose. The id survives renaming. */
export interface ClassDef {
  readonly id: ClassId;
  readonly name: string;
  /** Single key that chooses it (`1`..`9`, `0`, a letter), or null. */
  readonly key: string | null;
  readonly guideline: string;
  /** Index into the class palette (`--class-0` .. `--class-11`), used with the name or key beside it. */
  readonly colour: number;
  /** A hidden class keeps its labels but is no longer offered. */
  readonly isHidden: boolean;
}

/** The versioned set of classes, in the order in which they are shown. */
export interface Schema {
  readonly version: number;
  readonly classes: readonly ClassDef[];
}

export const EMPTY_SCHEMA: Schema = { version: 0, classes: [] };
/** Number of colours in the palette. */
export const CLASS_COLOURS = 12;
/** Keys are handed out in this order. Letters used by commands (f, h, m, s, t, u, z) are left out. */
export const CLASS_KEYS = '1234567890qwertyiopadgjklxcvbn'.replace(/[t]/g, '').split('');

/** The class by id, or undefined. */
export function findClass(schema: Schema, id: ClassId): ClassDef | undefined {
  return schema.classes.find((c) => c.id === id);
}

/** Adds a class with the next free key and colour. Throws `RangeError` on an empty or taken name (case-insensitive). */
export function addClass(schema: Schema, id: ClassId, name: string): Schema {
  const clean = name.trim();
  assertNameFree(schema, clean, null);
  const usedKeys = new Set(schema.classes.map((c) => c.key));
  const key = CLASS_KEYS.find((k) => !usedKeys.has(k)) ?? null;
  const colour = schema.classes.length % CLASS_COLOURS;
  const added: ClassDef = { id, name: clean, key, guideline: '', colour, isHidden: false };
  return { version: schema.version + 1, classes: [...schema.classes, added] };
}

/** Changes a class in place. A key taken from another class is removed there. Throws `RangeError` on a bad name. */
export function changeClass(schema: Schema, id: ClassId, change: Partial<Omit<ClassDef, 'id'>>): Schema {
  const clean = change.name === undefined ? undefined : change.name.trim();
  if (clean !== undefined) assertNameFree(schema, clean, id);
  const classes = schema.classes.map((c) => {
    if (c.id === id) return { ...c, ...change, ...(clean === undefined ? {} : { name: clean }) };
    return change.key && c.key === change.key ? { ...c, key: null } : c;
  });
  return { version: schema.version + 1, classes };
}

function assertNameFree(schema: Schema, name: string, except: ClassId | null): void {
  if (name === '') throw new RangeError('A class needs a name.');
  const taken = schema.classes.some((c) => c.id !== except && c.name.toLowerCase() === name.toLowerCase());
  if (taken) throw new RangeError(`There is already a class called "${name}".`);
}

/** Branded identifiers: a string of one kind can't be passed for another. */
declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** SHA-256 of the item's bytes, 64 hex digits: the same file is the same item on every machine. */
export type ItemId = Branded<string, 'ItemId'>;
/** A class keeps its id when it is renamed. */
export type ClassId = Branded<string, 'ClassId'>;
export type EventId = Branded<string, 'EventId'>;
export type ProjectId = Branded<string, 'ProjectId'>;
/** Who made a label. `import` is reserved for labels that came with the data. */
export type Annotator = Branded<string, 'Annotator'>;
/** Index of an item in the embedding matrix and the project's item list; never stored outside a project. */
export type Row = number;

export const itemId = (value: string): ItemId => value as ItemId;
export const classId = (value: string): ClassId => value as ClassId;
export const eventId = (value: string): EventId => value as EventId;
export const projectId = (value: string): ProjectId => value as ProjectId;
export const annotator = (value: string): Annotator => value as Annotator;
export const IMPORT_ANNOTATOR = annotator('import');

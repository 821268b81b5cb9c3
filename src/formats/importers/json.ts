import { WinnowError } from '../../domain/errors.ts';
import type { Importer, Table } from '../format.ts';
import { recordsToTable } from '../records.ts';
import { decodeText } from '../text-codec.ts';

export default {
  id: 'json',
  name: 'JSON',
  extensions: ['json'],
  hasColumns: true,
  read(bytes, rowLimit): Table {
    let value: unknown;
    try {
      value = JSON.parse(decodeText(bytes));
    } catch (error) {
      if (error instanceof WinnowError) throw error;
      throw new WinnowError('table-unreadable', 'It is not complete JSON', { cause: error });
    }
    const list = Array.isArray(value) ? value : onlyList(value);
    if (!list) throw new WinnowError('table-unreadable', 'It needs a list of objects or of texts');
    return recordsToTable(list.slice(0, rowLimit).map((record, i) => ({ line: i + 1, record })));
  },
} satisfies Importer;

/** The one list inside an object, e.g. `{"data": [...]}`. */
function onlyList(value: unknown): unknown[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const lists = Object.values(value).filter((v): v is unknown[] => Array.isArray(v));
  return lists.length === 1 ? (lists[0] ?? null) : null;
}

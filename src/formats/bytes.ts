declare class TextEncoder {
  encode(text: string): Uint8Array;
}

/** A text as UTF-8 bytes. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

type Cell = string | number | boolean | null;

/** Rows as CSV after RFC 4180: UTF-8 without a mark, comma, CRLF, quotes doubled. Cells are written as they are. */
export function csv(rows: readonly (readonly Cell[])[]): Uint8Array {
  const quoted = (cell: Cell): string => {
    const text = cell === null ? '' : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return utf8(rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join(''));
}

const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
/** A text that a spreadsheet would run as a formula, or one that looks as if it had been guarded already. */
const RISKY = /^['=+\-@\t\r]/;

/**
 * Rows as CSV for spreadsheets. File names and class names may come from anyone, and a spreadsheet runs a cell that begins
 * with `=`, `+`, `-` or `@` as a formula: such a text gets one leading apostrophe, and so does one that begins with an
 * apostrophe, so that `unguardCell` brings every text back. Numbers stay. It begins with a byte order mark: without one Excel
 * takes UTF-8 for the letters of another alphabet.
 */
export function spreadsheetCsv(rows: readonly (readonly Cell[])[]): Uint8Array {
  const guarded = csv(
    rows.map((row) => row.map((cell) => (typeof cell === 'string' && RISKY.test(cell) ? `'${cell}` : cell))),
  );
  const marked = new Uint8Array(BYTE_ORDER_MARK.length + guarded.length);
  marked.set(BYTE_ORDER_MARK);
  marked.set(guarded, BYTE_ORDER_MARK.length);
  return marked;
}

/** The text that a cell of `spreadsheetCsv` was written from. */
export function unguardCell(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : cell;
}

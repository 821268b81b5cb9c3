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

/** A text that a spreadsheet would run as a formula, or one that looks as if it had been guarded already. */
const RISKY = /^['=+\-@\t\r]/;

/**
 * Rows as CSV for spreadsheets. File names and class names may come from anyone, and a spreadsheet runs a cell that begins
 * with `=`, `+`, `-` or `@` as a formula: such a text gets one leading apostrophe, and so does one that begins with an
 * apostrophe, so that `unguardCell` brings every text back. Numbers stay.
 */
export function spreadsheetCsv(rows: readonly (readonly Cell[])[]): Uint8Array {
  return csv(rows.map((row) => row.map((cell) => (typeof cell === 'string' && RISKY.test(cell) ? `'${cell}` : cell))));
}

/** The text that a cell of `spreadsheetCsv` was written from. */
export function unguardCell(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : cell;
}

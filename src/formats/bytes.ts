declare class TextEncoder {
  encode(text: string): Uint8Array;
}

/** A text as UTF-8 bytes. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Rows as CSV after RFC 4180: comma, CRLF, quotes doubled. Cells are written as they are, also those that begin with `=`. */
export function csv(rows: readonly (readonly (string | number | boolean | null)[])[]): Uint8Array {
  const line = (row: readonly (string | number | boolean | null)[]): string =>
    row
      .map((cell) => {
        const text = cell === null ? '' : String(cell);
        return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
      })
      .join(',');
  return utf8(rows.map((row) => `${line(row)}\r\n`).join(''));
}

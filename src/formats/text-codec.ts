import { WinnowError } from '../domain/errors.ts';

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(input?: Uint8Array, options?: { stream?: boolean }): string;
}

/**
 * Bytes as text: UTF-8, UTF-16 by its mark or by its zero bytes, else Windows-1252. Throws `table-unreadable` for bytes
 * that are no text. `isCut`: these are the first bytes of more, and the last character may lack its end.
 */
export function decodeText(bytes: Uint8Array, isCut = false): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return strip(new TextDecoder('utf-16le').decode(bytes));
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return strip(new TextDecoder('utf-16be').decode(bytes));
  const head = bytes.subarray(0, 4096);
  const zeros = [0, 0];
  head.forEach((b, i) => {
    if (b === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length * 0.3 && even < odd / 10) return strip(new TextDecoder('utf-16le').decode(bytes));
  if (even > head.length * 0.3 && odd < even / 10) return strip(new TextDecoder('utf-16be').decode(bytes));
  if (even + odd > 0) throw new WinnowError('table-unreadable', 'It holds bytes that are no text');
  try {
    return strip(new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut }));
  } catch {
    // Not UTF-8: the older encoding of most spreadsheets, which gives every byte a character.
    return strip(new TextDecoder('windows-1252').decode(bytes));
  }
}

function strip(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

import { WinnowError } from '../../domain/errors.ts';
import type { Importer } from '../format.ts';
import { decodeText } from '../text-codec.ts';

const PREVIEW_BYTES = 256 * 1024;

export default {
  id: 'lines',
  name: 'One text per line',
  extensions: ['txt', 'log'],
  hasColumns: false,
  read(bytes, rowLimit) {
    const part = rowLimit === undefined ? bytes : bytes.subarray(0, PREVIEW_BYTES);
    const lines = decodeText(part, part.length < bytes.length)
      .split(/\r\n|\r|\n/)
      .filter((line) => line.trim() !== '');
    if (lines.length === 0) throw new WinnowError('table-unreadable', 'It is empty');
    return { columns: ['text'], rows: lines.slice(0, rowLimit).map((line) => [line]), problems: [] };
  },
} satisfies Importer;

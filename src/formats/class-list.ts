import type { Task } from '../domain/events.ts';

/** What separates the classes of an item in a cell of a table; "none of these" is an empty cell. */
export const CLASS_SEPARATOR = '|';

/** Names in one cell: `rust|mildew`. A backslash stands before a `|` or a backslash that belongs to a name. */
export function joinClasses(names: readonly string[]): string {
  return names.map((name) => name.replace(/[\\|]/g, '\\$&')).join(CLASS_SEPARATOR);
}

/** The names that `joinClasses` put into a cell. */
export function splitClasses(cell: string): string[] {
  if (cell === '') return [];
  const names = [''];
  for (let i = 0; i < cell.length; i++) {
    const sign = cell[i] as string;
    if (sign === CLASS_SEPARATOR) names.push('');
    else names[names.length - 1] += sign === '\\' ? (cell[++i] ?? '') : sign;
  }
  return names;
}

/**
 * Class names in a cell or folder name that came with the data. Where an item can have several: a JSON array, or parts
 * between `|` or, without one, `;`.
 */
export function namesOfHint(hint: string | null, task: Task): string[] {
  const clean = hint?.trim() ?? '';
  if (clean === '') return [];
  if (task === 'single') return [clean];
  const parts = jsonNames(clean) ?? (clean.includes(CLASS_SEPARATOR) ? splitClasses(clean) : clean.split(';'));
  const seen = new Map<string, string>();
  for (const part of parts) {
    const name = part.trim();
    if (name !== '' && !seen.has(name.toLowerCase())) seen.set(name.toLowerCase(), name);
  }
  return [...seen.values()];
}

function jsonNames(cell: string): string[] | null {
  if (!cell.startsWith('[')) return null;
  try {
    const value: unknown = JSON.parse(cell);
    return Array.isArray(value) && value.every((name) => typeof name === 'string') ? value : null;
  } catch {
    return null;
  }
}

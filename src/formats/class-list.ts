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

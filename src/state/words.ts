/** 12345 -> "12,345". */
export const count = (n: number): string => n.toLocaleString('en');
/** One thing or several: plural(1, 'item') -> "1 item". */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** How numbers are written, everywhere in the views. */

export { count, labelsInWords, plural } from '../state/counting.ts';

/** Where encoders are downloaded from, as this copy of the app was built. */
const hub = new URL((import.meta.env['WINNOW_HUB'] as string | undefined) ?? 'https://huggingface.co').hostname;
export const HUB_NAME = hub === 'huggingface.co' ? 'Hugging Face (huggingface.co)' : hub;

/** 0.8712 -> "0.87"; never "-0.00". */
export const score = (x: number): string => (Math.round(x * 100) / 100 || 0).toFixed(2);
/** 0.8712 -> "87 %". */
export const percent = (x: number): string => `${Math.round(x * 100)} %`;
/** 95 % interval as "0.80-0.92" with an en dash. */
export const range = (low: number, high: number): string => `${score(low)}–${score(high)}`;

/** Bytes in the largest unit that keeps one digit before the point. */
export function bytes(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? 'B'}`;
}

/** Seconds as "about 3 min left". */
export function timeLeft(seconds: number): string {
  if (seconds < 5) return 'a few seconds left';
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 3600) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

/** Seconds as "about 3 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return 'less than a minute';
  return seconds < 3600 ? `about ${Math.round(seconds / 60)} min` : `about ${(seconds / 3600).toFixed(1)} h`;
}
/** Seconds that something will take, as "Takes about 3 min". */
export function expected(seconds: number): string {
  return `Takes ${duration(seconds)}`;
}

/** Milliseconds since 1970 as a short local date. */
export function day(at: number): string {
  return new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** "a", "a and b", "a, b and c"; more than five are counted. */
export function inWords(names: readonly string[]): string {
  const shown = names.length > 5 ? [...names.slice(0, 4), `${names.length - 4} more classes`] : names;
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** Last part of a path. */
export const fileOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
/** CSS colour of a class; -1 is "no class". */
export const classColour = (colour: number): string => (colour < 0 ? 'var(--class-none)' : `var(--class-${colour})`);

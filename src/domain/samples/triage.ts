import { hashSeed, seededRandom, type Random } from '../random.ts';
import { TRIAGE_CLASSES, TRIAGE_CORES, type TriageClass } from './triage-grammar.ts';
import { TRIAGE_WORDS } from './triage-words.ts';

/** Share of each class, in the order of `TRIAGE_CLASSES`; the last one is the rare one. */
const SHARES = [0.2, 0.17, 0.17, 0.13, 0.12, 0.1, 0.085, 0.025];
/** Chances of a clause from another class, of slips of the keyboard, and of a resent message. */
const MIXED = 0.3;
/** Chance of a second whole request that is settled or not meant; its words mislead, only the frame tells. */
const MISLEADING = 0.3;
const TYPOS = 0.2;
const RESENT = 0.04;

export interface TriageText {
  readonly text: string;
  readonly label: TriageClass;
}

/** Made-up messages to a clinic with their true classes. Same arguments, same texts; nearly all differ. */
export function generateTriageTexts(seed: number, count: number): TriageText[] {
  const made: TriageText[] = [];
  for (let i = 0; i < count; i++) {
    const random = seededRandom(hashSeed(seed, `text ${i}`));
    const earlier = made[random.below(Math.max(1, made.length))];
    made.push(earlier && random.next() < RESENT ? resend(random, earlier) : compose(random));
  }
  return made;
}

function compose(random: Random): TriageText {
  const label = pickClass(random.next());
  const about = TRIAGE_CORES[label];
  const parts = [sentence(fill(random, pick(random, about.core)))];
  if (random.next() < MISLEADING) {
    const other = lower(fill(random, pick(random, TRIAGE_CORES[pickOther(random, label)].core)));
    const settled = random.next() < 0.5;
    const frame = fill(random, settled ? '{settled}' : '{notThis}');
    if (settled) parts.unshift(`${frame} "${other}".`);
    else parts.push(`${frame} "${other}".`);
  } else if (random.next() < MIXED) {
    const other = TRIAGE_CORES[pickOther(random, label)];
    const aside = fill(random, pick(random, other.aside));
    if (random.next() < 0.5) parts.unshift(sentence(aside));
    else parts.push(sentence(`${fill(random, '{joinIn}')} ${aside}`));
  }
  if (random.next() < 0.55) parts.push(fill(random, pick(random, about.detail)));
  if (random.next() < 0.2) parts.push(fill(random, pick(random, TRIAGE_CORES[pickOther(random, label)].detail)));
  let text = parts.map(upper).join(' ');
  if (random.next() < 0.5) text = `${fill(random, '{hello}')}, ${/^(I\b|Dr |St)/.test(text) ? text : lower(text)}`;
  if (random.next() < 0.45) text = `${text} ${fill(random, '{bye}')}`;
  return { text: random.next() < TYPOS ? mistype(random, text) : text, label };
}

/** An impatient person sends the message again, slightly changed. */
function resend(random: Random, earlier: TriageText): TriageText {
  const again = pick(random, ['Again: ', 'Second try. ', 'No answer yet. ', '']);
  return { text: mistype(random, `${again}${earlier.text}`), label: earlier.label };
}

/** Replaces every `{name}` by a phrase under that name in `TRIAGE_WORDS`, to any depth. Throws `RangeError` for an unknown name. */
function fill(random: Random, phrase: string): string {
  return phrase.replace(/\{(\w+)\}/g, (_, name: string) => {
    const options = TRIAGE_WORDS[name];
    if (!options) throw new RangeError(`The grammar has no {${name}}.`);
    return fill(random, pick(random, options));
  });
}

/** Swaps, drops or doubles one or two letters inside words. */
function mistype(random: Random, text: string): string {
  const letters = [...text];
  const slips = 1 + random.below(2);
  for (let i = 0; i < slips; i++) {
    const at = 1 + random.below(Math.max(1, letters.length - 2));
    const here = letters[at] ?? '';
    const next = letters[at + 1] ?? '';
    if (!/[a-z]/.test(here) || !/[a-z]/.test(next)) continue;
    const kind = random.below(3);
    if (kind === 0) letters.splice(at, 2, next, here);
    else if (kind === 1) letters.splice(at, 1);
    else letters.splice(at, 0, here);
  }
  return letters.join('');
}

function pickClass(at: number): TriageClass {
  let sum = 0;
  for (const [i, name] of TRIAGE_CLASSES.entries()) {
    sum += SHARES[i] ?? 0;
    if (at < sum) return name;
  }
  return 'appointment';
}

/** Some class whose words may show up in a message about something else; never the rare one. */
function pickOther(random: Random, label: TriageClass): TriageClass {
  const others = TRIAGE_CLASSES.filter((name) => name !== label && name !== 'emergency');
  return pick(random, others);
}

/** Ends a clause with the mark it needs. */
function sentence(text: string): string {
  if (/[.!?]$/.test(text)) return text;
  const last = text.split(/[.?] /).at(-1) ?? text;
  return `${text}${isQuestion(last) ? '?' : '.'}`;
}

function isQuestion(text: string): boolean {
  return /(^|, )(could|can|is|are|do|did|how|what|when|who|should|where)\b/i.test(text);
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

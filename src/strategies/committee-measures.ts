import { mostLikely, topTwo } from '../domain/uncertainty.ts';
import type { Row } from '../domain/ids.ts';
import { openClasses, ranked, topNames } from './shortlist.ts';
import type { Committee, CommitteeKind, PoolView, Strategy } from './strategy.ts';

/** Backends' float32 probabilities differ by far less than this. */
const CLOSE_VOTE = 5e-5;
/** A committee costs as many products as it has members: larger pools are sampled first. */
export const MOST_COMMITTEE_ROWS = 20_000;
/** Probabilities in one block: 16 MB. */
const MOST_BLOCK_VALUES = 4e6;

/** Disagreement of one row's members: their probabilities, one array of `classes` after another. */
export type Disagreement = (members: readonly Float64Array[]) => number;

/** Entropy in nats of the members' votes (Engelson and Dagan 1996). */
export function voteEntropy(members: readonly Float64Array[]): number {
  return entropyOfVotes(members.map((p) => mostLikely(p, 0, p.length)));
}

/**
 * Mean Kullback-Leibler divergence of the members from their mean (McCallum and Nigam 1998), which is also the
 * Jensen-Shannon divergence and the mutual information that BALD takes.
 */
export function meanDivergence(members: readonly Float64Array[]): number {
  const classes = members[0]?.length ?? 0;
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += divergenceOf(members, c, true);
  return Math.max(0, sum);
}

/** What one class's yes, or its no, adds to the divergence. */
function divergenceOf(members: readonly Float64Array[], c: number, isYes: boolean): number {
  const chance = (p: Float64Array): number => (isYes ? (p[c] as number) : 1 - (p[c] as number));
  let mean = 0;
  for (const p of members) mean += chance(p) / members.length;
  let sum = 0;
  for (const p of members) {
    const value = chance(p);
    if (value > 0) sum += (value * Math.log(value / mean)) / members.length;
  }
  return sum;
}

/**
 * Vote entropy where an item can have several classes: of the yes and no of each class, averaged over the classes (binary
 * disagreement put together as in Esuli and Sebastiani 2009, Active learning strategies for multi-label text classification).
 */
export function setVoteEntropy(members: readonly Float64Array[], thresholds: ArrayLike<number>): number {
  const classes = thresholds.length;
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const yes = members.filter((p) => (p[c] as number) >= (thresholds[c] as number)).length;
    sum += binaryEntropy(yes, members.length);
  }
  return sum / Math.max(1, classes);
}

/** The divergence of each class's yes and no, averaged over the classes in the same way. */
export function meanBinaryDivergence(members: readonly Float64Array[]): number {
  const classes = members[0]?.length ?? 0;
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    sum += divergenceOf(members, c, true) + divergenceOf(members, c, false);
  }
  return Math.max(0, sum / Math.max(1, classes));
}

/** Entropy in nats of `yes` of `all` votes; the very same for `all - yes`. */
function binaryEntropy(yes: number, all: number): number {
  let sum = 0;
  for (const votes of [Math.min(yes, all - yes), Math.max(yes, all - yes)]) {
    if (votes > 0) sum -= (votes / all) * Math.log(votes / all);
  }
  return Math.abs(sum);
}

/** How many members predict another class than the most of them do, as a share. */
export function dissent(members: readonly Float64Array[]): number {
  return 1 - Math.max(...counts(members.map((p) => mostLikely(p, 0, p.length)))) / members.length;
}

/** What a strategy says of a pick: of its two likeliest classes or, where an item can have several, of the open ones. */
export interface Reasons {
  readonly one: (first: string, second: string) => string;
  readonly several: (names: string) => string;
}

/** `select` of a strategy that ranks the pool by how far the members of a committee diverge. */
export function byDivergence(kind: CommitteeKind, members: number, reasons: Reasons): Strategy['select'] {
  return async (view, count) => {
    if (!view.committee) throw new RangeError('This strategy needs a trained head.');
    const measure = view.thresholds ? meanBinaryDivergence : meanDivergence;
    const committee = await view.committee(kind, members);
    const rough = await roughDisagreement(committee, view.candidates, measure);
    const picks = ranked(view.candidates, rough, count, (rows) => exactDisagreement(committee, rows, measure));
    return picks.map(({ row, utility }) => ({ row, utility, reason: reasonOf(view, row, reasons) }));
  };
}

export function reasonOf(view: PoolView, row: Row, { one, several }: Reasons): string {
  if (view.thresholds) return several(openClasses(view, row));
  const { first, second } = topNames(view, row);
  return one(first, second);
}

/** The measure of each row by the members' float32 probabilities. */
async function roughDisagreement(committee: Committee, rows: Int32Array, of: Disagreement): Promise<Float64Array> {
  const { members, classes } = committee;
  const out = new Float64Array(rows.length);
  const own = Array.from({ length: members }, () => new Float64Array(classes));
  await eachBlock(committee, rows, (p, start, count) => {
    for (let i = 0; i < count; i++) {
      own.forEach((into, m) => into.set(p.subarray((i * members + m) * classes, (i * members + m + 1) * classes)));
      out[start + i] = of(own);
    }
  });
  return out;
}

/** Hands over the members' probabilities a block of rows at a time: all at once they would take gigabytes. */
async function eachBlock(
  committee: Committee,
  rows: Int32Array,
  use: (p: Float32Array, start: number, count: number) => void,
): Promise<void> {
  const block = Math.max(1, Math.floor(MOST_BLOCK_VALUES / Math.max(1, committee.members * committee.classes)));
  for (let start = 0; start < rows.length; start += block) {
    const part = rows.subarray(start, start + block);
    use(await committee.probabilities(part), start, part.length);
  }
}

/** The same by exact probabilities, identical on every backend. */
function exactDisagreement(committee: Committee, rows: Int32Array, of: Disagreement): Float64Array {
  return disagreementOf(committee.exactProbabilities(rows), rows.length, of);
}

/** The measure of each row of the members' probabilities, each [rows, classes]. */
export function disagreementOf(members: readonly Float64Array[], rows: number, of: Disagreement): Float64Array {
  const classes = (members[0]?.length ?? 0) / Math.max(1, rows);
  return Float64Array.from({ length: rows }, (_, i) =>
    of(members.map((p) => p.subarray(i * classes, (i + 1) * classes))),
  );
}

/**
 * Vote entropy of each row. A vote is a step: where a member's two best classes, or a class's probability and its
 * threshold, are closer than rounding, the entropy jumps with the backend. Such rows are counted again by exact
 * probabilities if they could be among the `count` best; the others among them keep a lower bound, which is below the cut.
 * @param thresholds where an item can have several classes
 */
export async function votesOf(
  committee: Committee,
  rows: Int32Array,
  count: number,
  thresholds: ArrayLike<number> | null,
): Promise<Float64Array> {
  const highest = new Float64Array(rows.length);
  const sure = new Float64Array(rows.length);
  const votes = thresholds ? countSetVotes(committee, thresholds) : countVotes(committee);
  await eachBlock(committee, rows, (p, start, length) => {
    for (let i = 0; i < length; i++) {
      const { most, isSure } = votes(p, i);
      highest[start + i] = most;
      sure[start + i] = isSure ? most : 0;
    }
  });
  const cut = Float64Array.from(sure).sort()[Math.max(0, rows.length - count)] ?? 0;
  const doubtful = rows.map((_, i) => i).filter((i) => highest[i] !== sure[i] && (highest[i] as number) >= cut);
  const exact = exactDisagreement(
    committee,
    doubtful.map((i) => rows[i] as number),
    thresholds ? (members) => setVoteEntropy(members, thresholds) : voteEntropy,
  );
  doubtful.forEach((i, at) => (sure[i] = exact[at] as number));
  return sure;
}

/** The highest entropy that row i's votes can have given rounding, and whether rounding leaves no choice. */
type CountVotes = (p: Float32Array, i: number) => { readonly most: number; readonly isSure: boolean };

function countVotes({ members, classes }: Committee): CountVotes {
  const votes = new Array<number>(members);
  return (p, i) => {
    let isSure = true;
    for (let m = 0; m < members; m++) {
      const { first, second, firstClass } = topTwo(p, i * members + m, classes);
      const isClear = classes < 2 || first - second > CLOSE_VOTE;
      if (!isClear) isSure = false;
      // No division of the votes has more entropy than one in which every doubtful member is alone.
      votes[m] = isClear ? firstClass : -1 - m;
    }
    return { most: entropyOfVotes(votes), isSure };
  };
}

function countSetVotes({ members, classes }: Committee, thresholds: ArrayLike<number>): CountVotes {
  return (p, i) => {
    let isSure = true;
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      let [yes, open] = [0, 0];
      for (let m = 0; m < members; m++) {
        const gap = (p[(i * members + m) * classes + c] as number) - (thresholds[c] as number);
        if (Math.abs(gap) <= CLOSE_VOTE) open++;
        else if (gap > 0) yes++;
      }
      if (open > 0) isSure = false;
      // The most even division that the doubtful members can bring about.
      sum += binaryEntropy(Math.max(yes, Math.min(yes + open, Math.floor(members / 2))), members);
    }
    return { most: sum / Math.max(1, classes), isSure };
  };
}

/** How often each class is voted for, descending, so that rows divided alike have the very same entropy. */
function counts(votes: readonly number[]): number[] {
  const of = new Map<number, number>();
  for (const vote of votes) of.set(vote, (of.get(vote) ?? 0) + 1);
  return [...of.values()].sort((a, b) => b - a);
}

function entropyOfVotes(votes: readonly number[]): number {
  let sum = 0;
  for (const n of counts(votes)) sum -= (n / votes.length) * Math.log(n / votes.length);
  return Math.abs(sum);
}

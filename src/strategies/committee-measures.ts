import { mostLikely, topTwo } from '../domain/uncertainty.ts';
import { ranked, topNames } from './shortlist.ts';
import type { Committee, CommitteeKind, Strategy } from './strategy.ts';

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
  for (let c = 0; c < classes; c++) {
    let mean = 0;
    for (const p of members) mean += (p[c] as number) / members.length;
    for (const p of members) {
      const value = p[c] as number;
      if (value > 0) sum += (value * Math.log(value / mean)) / members.length;
    }
  }
  return Math.max(0, sum);
}

/** How many members predict another class than the most of them do, as a share. */
export function dissent(members: readonly Float64Array[]): number {
  return 1 - Math.max(...counts(members.map((p) => mostLikely(p, 0, p.length)))) / members.length;
}

/** `select` of a strategy that ranks the pool by how much a committee disagrees. */
export function byDisagreement(
  kind: CommitteeKind,
  members: number,
  measure: Disagreement,
  reason: (first: string, second: string) => string,
): Strategy['select'] {
  return async (view, count) => {
    if (!view.committee) throw new RangeError('This strategy needs a trained head.');
    const committee = await view.committee(kind, members);
    const rough = await roughDisagreement(committee, view.candidates, measure);
    const picks = ranked(view.candidates, rough, count, (rows) => exactDisagreement(committee, rows, measure));
    return picks.map(({ row, utility }) => {
      const { first, second } = topNames(view, row);
      return { row, utility, reason: reason(first, second) };
    });
  };
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
 * Vote entropy of each row. A vote is a step: where a member's two best classes are closer than rounding, the entropy
 * jumps with the backend. Such rows are counted again by exact probabilities if they could be among the `count` best;
 * the others among them keep a lower bound, which is below the cut.
 */
export async function votesOf(committee: Committee, rows: Int32Array, count: number): Promise<Float64Array> {
  const { members, classes } = committee;
  const highest = new Float64Array(rows.length);
  const sure = new Float64Array(rows.length);
  const votes = new Array<number>(members);
  await eachBlock(committee, rows, (p, start, length) => {
    for (let i = 0; i < length; i++) {
      let inDoubt = 0;
      for (let m = 0; m < members; m++) {
        const { first, second, firstClass } = topTwo(p, i * members + m, classes);
        const isSure = classes < 2 || first - second > CLOSE_VOTE;
        if (!isSure) inDoubt++;
        // No division of the votes has more entropy than one in which every doubtful member is alone.
        votes[m] = isSure ? firstClass : -1 - m;
      }
      highest[start + i] = entropyOfVotes(votes);
      sure[start + i] = inDoubt === 0 ? (highest[start + i] as number) : 0;
    }
  });
  const cut = Float64Array.from(sure).sort()[Math.max(0, rows.length - count)] ?? 0;
  const doubtful = rows.map((_, i) => i).filter((i) => highest[i] !== sure[i] && (highest[i] as number) >= cut);
  const exact = exactDisagreement(
    committee,
    doubtful.map((i) => rows[i] as number),
    voteEntropy,
  );
  doubtful.forEach((i, at) => (sure[i] = exact[at] as number));
  return sure;
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

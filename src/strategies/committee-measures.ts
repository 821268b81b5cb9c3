import type { Committee } from './strategy.ts';

/** Disagreement of one row's members: their probabilities, one array of `classes` after another. */
export type Disagreement = (members: readonly Float64Array[]) => number;

/** Entropy in nats of the members' votes (Engelson and Dagan 1996). */
export function voteEntropy(members: readonly Float64Array[]): number {
  const votes = new Map<number, number>();
  for (const p of members) {
    let best = 0;
    for (let c = 1; c < p.length; c++) if ((p[c] as number) > (p[best] as number)) best = c;
    votes.set(best, (votes.get(best) ?? 0) + 1);
  }
  let sum = 0;
  for (const n of votes.values()) sum -= (n / members.length) * Math.log(n / members.length);
  return Math.abs(sum);
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
  const votes = new Map<number, number>();
  for (const p of members) {
    let best = 0;
    for (let c = 1; c < p.length; c++) if ((p[c] as number) > (p[best] as number)) best = c;
    votes.set(best, (votes.get(best) ?? 0) + 1);
  }
  return 1 - Math.max(...votes.values()) / members.length;
}

/** The measure of each row by the members' float32 probabilities. */
export function roughDisagreement(committee: Committee, rows: Int32Array, of: Disagreement): Float64Array {
  return Float64Array.from(rows, (row) =>
    of(committee.probabilities.map(({ data, cols }) => Float64Array.from(data.subarray(row * cols, (row + 1) * cols)))),
  );
}

/** The same by exact probabilities. */
export function exactDisagreement(committee: Committee, rows: Int32Array, of: Disagreement): Float64Array {
  const exact = committee.exactProbabilities(rows);
  const classes = (exact[0]?.length ?? 0) / Math.max(1, rows.length);
  return Float64Array.from(rows, (_, i) => of(exact.map((p) => p.subarray(i * classes, (i + 1) * classes))));
}

import type { Row } from '../domain/ids.ts';
import { representatives } from './diverse.ts';
import { closestCall, mostUseful, openClasses, topNames } from './shortlist.ts';
import type { Strategy, StrategyPick } from './strategy.ts';

/** How many times the batch is shortlisted by margin before it is spread out. */
const OVERSAMPLING = 10;

export default {
  id: 'margin-kmeans',
  name: 'Margin, then diverse',
  summary: 'Shortlists the closest calls and picks one from each group of similar ones.',
  source: 'Zhdanov 2019, Diverse mini-batch active learning; margin: Scheffer, Decomain and Wrobel 2001.',
  isColdStart: false,
  needsHead: true,
  readsSets: true,
  select(view, count, random, compute) {
    const shortlist = mostUseful(view, count * OVERSAMPLING, closestCall(view));
    const closest = (row: Row): string => {
      const { first, second } = topNames(view, row);
      return view.thresholds ? openClasses(view, row) : `${first} or ${second}`;
    };
    const utility = new Map(shortlist.map((r) => [r.row, r.utility]));
    const rows = Int32Array.from(shortlist, (r) => r.row).sort();
    const picks: StrategyPick[] = representatives(view.embeddings, rows, count, random, compute).map(
      ({ row, clusterSize }) => {
        const group =
          clusterSize > 1 ? `in a group of ${clusterSize} similar items` : 'and unlike the other close calls';
        return { row, utility: utility.get(row) ?? 0, reason: `${closest(row)}: a close call ${group}.` };
      },
    );
    const taken = new Set(picks.map((p) => p.row));
    for (const { row, utility: u } of shortlist) {
      if (picks.length >= count) break;
      if (taken.has(row)) continue;
      picks.push({ row, utility: u, reason: `${closest(row)}: among the closest calls left.` });
    }
    return Promise.resolve(picks.sort((a, b) => b.utility - a.utility || a.row - b.row));
  },
} satisfies Strategy;

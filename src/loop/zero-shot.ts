import { classVectors, descriptionsOf } from '../domain/embedding/zero-shot.ts';
import type { ItemGroup } from '../strategies/strategy.ts';

/** How alike items and classes are, by words alone. */
export interface NameScores {
  /** In the order of the columns. */
  readonly classes: readonly { readonly name: string }[];
  /** Cosines, row-major [items, classes]. */
  readonly scores: Float32Array;
}
export interface ZeroShotOptions {
  readonly classes: readonly { readonly name: string; readonly guideline: string }[];
  /** See `descriptionsOf`. */
  readonly templates?: readonly string[];
  /** Unit vectors of some texts in the space of the items, row-major [texts, dim]. */
  readonly embed: (texts: readonly string[]) => Promise<Float32Array>;
  /** Cosines of every item to some unit vectors, row-major [items, count]: the learner's `similarities`. */
  readonly compare: (vectors: Float32Array, count: number) => Promise<Float32Array>;
}

/**
 * Scores of every item and class before any label, from names and guidelines (zero-shot classification, Radford et al. 2021,
 * Learning transferable visual models from natural language supervision). Guesses, never labels.
 */
export async function scoreWithoutLabels({ classes, templates, embed, compare }: ZeroShotOptions): Promise<NameScores> {
  const texts = classes.map(({ name, guideline }) => descriptionsOf(name, guideline, templates));
  const all = texts.flat();
  if (all.length === 0) return { classes, scores: new Float32Array() };
  const data = await embed(all);
  const counts = texts.map((own) => own.length);
  const vectors = classVectors(data, counts, data.length / all.length);
  return { classes, scores: await compare(vectors, classes.length) };
}

/** Items of a class that its group holds at least, as far as there are any; and as a share of the candidates. */
const LEAST_OF_CLASS = 20;
const SHARE_OF_CLASS = 0.02;
/** Candidates that are looked at in one go: some milliseconds with a hundred classes. */
const BLOCK = 2000;

/**
 * The candidates that are most like each class, by class: of those that are more like it than like any other, the most
 * similar few. What resembles no class much is in no group, nor what is less like any of them than by chance (a cosine of 0). Lets the page breathe in between.
 */
export async function groupsOfNames(
  { classes, scores }: NameScores,
  candidates: Int32Array,
): Promise<readonly ItemGroup[]> {
  const width = classes.length;
  const own: number[][] = classes.map(() => []);
  for (let start = 0; start < candidates.length; start += BLOCK) {
    if (start > 0) await new Promise((resolve) => setTimeout(resolve));
    for (const row of candidates.subarray(start, start + BLOCK)) {
      const c = mostSimilar(scores, row, width);
      if ((scores[row * width + c] as number) > 0) own[c]?.push(row);
    }
  }
  const most = Math.max(LEAST_OF_CLASS, Math.round(SHARE_OF_CLASS * candidates.length));
  return classes.map(({ name }, c) => {
    const score = (row: number): number => scores[row * width + c] as number;
    const rows = (own[c] ?? []).sort((a, b) => score(b) - score(a) || a - b).slice(0, most);
    return { name, rows: Int32Array.from(rows).sort() };
  });
}

/** Index of the largest of a row's scores; the first of equal ones. */
function mostSimilar(scores: Float32Array, row: number, width: number): number {
  let best = 0;
  for (let c = 1; c < width; c++) {
    if ((scores[row * width + c] as number) > (scores[row * width + best] as number)) best = c;
  }
  return best;
}

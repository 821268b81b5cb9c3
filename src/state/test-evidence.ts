import { oneClassOf } from '../domain/events.ts';
import type { ProjectState } from '../domain/project-state.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';
import { memberships } from '../domain/membership.ts';
import { probabilityReport, type ProbabilityReport } from '../domain/probability-report.ts';
import { setProbabilityReport } from '../domain/set-probabilities.ts';
import { setDoubts } from '../loop/compare-checkpoints.ts';
import { rightItems, setEvidence } from '../loop/evaluate-sets.ts';
import type { CurveEvidence } from '../domain/stopping.ts';
import type { TestOutput } from './evaluation.svelte.ts';
import type { ProjectSession } from './project.svelte.ts';

/** What the labelled test items say of a checkpoint, in projects with one class per item and with any number of them. */

/** Whether each of some labelled test items is right; where an item can have several classes, in all of them. */
export function rightness(state: ProjectState, { predicted, sets }: TestOutput, test: readonly ItemId[]): boolean[] {
  if (!sets) return test.map((id) => predicted.get(id) === oneClassOf(state.labels.get(id)));
  const evidence = setEvidence(state, sets.given);
  const isRight = rightItems(evidence);
  const right = new Set(evidence.items.filter((_, i) => isRight[i]));
  return test.map((id) => right.has(id));
}

/** Test items with a label and an embedding. */
export function labelledTest({ state, encoding }: ProjectSession): ItemId[] {
  return [...state.test].filter((id) => state.labels.has(id) && encoding.has(id));
}

/** The checkpoints of the learning curve with what each of them says of the labelled test items, where that is known. */
export function curveEvidence(session: ProjectSession): CurveEvidence[] {
  const { evaluation, state } = session;
  const test = labelledTest(session);
  return evaluation.curve.map(({ labels, accuracy, modelVersion }) => {
    const output = evaluation.output(modelVersion);
    return { labels, accuracy, ...(output && { isRight: rightness(state, output, test) }) };
  });
}

/** Of each labelled test item the believed chance of being wrong, and whether it is. */
export function testDoubts(state: ProjectState, output: TestOutput): { doubt: number; isWrong: boolean }[] {
  const { items, probabilities, sets } = output;
  const width = output.classes.length;
  const isRight = rightness(state, output, items);
  const doubts = sets
    ? setDoubts(probabilities, sets.thresholds)
    : items.map((_, i) => 1 - Math.max(...probabilities.subarray(i * width, (i + 1) * width)));
  return items.flatMap((item, i) => {
    const label = state.labels.get(item);
    const counts = label && (sets || oneClassOf(label) !== null);
    return counts ? [{ doubt: doubts[i] ?? 0, isWrong: !isRight[i] }] : [];
  });
}

export function testProbabilities(state: ProjectState, output: TestOutput): ProbabilityReport | null {
  const { items, classes, probabilities, sets } = output;
  const width = classes.length;
  const row = (i: number): readonly number[] => [...probabilities.subarray(i * width, (i + 1) * width)];
  if (sets) {
    const known = items.flatMap((item, i) => {
      const label = state.labels.get(item);
      return label ? [{ i, label }] : [];
    });
    const truth = memberships(
      state,
      known.map((k) => k.label),
      classes,
    );
    const p = known.flatMap((k) => row(k.i));
    return setProbabilityReport(p, truth, classes, state.seed);
  }
  const labelled = items.flatMap((item, i) => {
    const truth = oneClassOf(state.labels.get(item));
    // A class that the checkpoint does not know counts, or the figures would flatter it.
    return truth === null ? [] : [{ i, truth: classes.indexOf(truth) }];
  });
  const p = labelled.flatMap((l) => row(l.i));
  return probabilityReport(
    p,
    labelled.map((l) => l.truth),
    classes,
    state.seed,
  );
}

/** True classes of labelled test items, as the comparison with random sampling wants them. */
export function testTruth(
  state: ProjectState,
  test: readonly ItemId[],
): { classes: readonly ClassId[]; sets: { targets: Uint8Array; width: number } | null } {
  const labels = test.flatMap((id) => state.labels.get(id) ?? []);
  if (state.task === 'single') return { classes: labels.map((l) => oneClassOf(l) ?? ('' as never)), sets: null };
  const offered = state.schema.classes.filter((c) => !c.isHidden).map((c) => c.id);
  return { classes: [], sets: { targets: memberships(state, labels, offered), width: offered.length } };
}

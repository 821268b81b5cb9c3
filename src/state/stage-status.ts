import { count, labelsInWords, plural } from './counting.ts';
import type { ProjectSession } from './project.svelte.ts';

export const STAGES = ['data', 'classes', 'label', 'evaluate', 'export'] as const;
export type Stage = (typeof STAGES)[number];

export interface StageStatus {
  readonly isDone: boolean;
  /** It waits for another stage; it can be opened all the same and says what for. */
  readonly isBlocked: boolean;
  /** Where it stands, in a few words. */
  readonly text: string;
}

/** What the rail says of each stage. */
export function stageStatus(session: ProjectSession): Record<Stage, StageStatus> {
  const { encoding, classes, labelling, evaluation, state, items } = session;
  const hasItems = items.length > 0;
  const hasClasses = classes.list.length > 0;
  const canLabel = hasItems && hasClasses && encoding.isComplete;
  return {
    data: {
      isDone: hasItems && encoding.isComplete,
      isBlocked: false,
      text: !hasItems
        ? 'no items yet'
        : encoding.isComplete
          ? plural(items.length, 'item')
          : `${count(encoding.embedded)} of ${count(encoding.total)} embedded`,
    },
    classes: {
      isDone: classes.list.length > (state.task === 'multi' ? 0 : 1),
      isBlocked: false,
      text: hasClasses ? plural(classes.list.length, 'class', 'classes') : 'none yet',
    },
    label: {
      isDone: false,
      isBlocked: !canLabel,
      text: canLabel
        ? labelsInWords(session.labelCounts)
        : hasItems && hasClasses
          ? 'waits for embedding'
          : `waits for ${hasItems ? 'classes' : 'data'}`,
    },
    evaluate: {
      isDone: evaluation.testTotal > 0 && evaluation.testLabelled === evaluation.testTotal,
      isBlocked: evaluation.report === null,
      text: state.isSplitDrawn
        ? `test set: ${labelling.queues.test.done} of ${labelling.queues.test.total}`
        : 'no test set yet',
    },
    export: {
      isDone: false,
      isBlocked: !hasItems,
      text: state.labels.size > 0 ? plural(state.labels.size, 'label') : 'nothing yet',
    },
  };
}

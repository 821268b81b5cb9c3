import type { Backend, EventDraft } from '../domain/events.ts';
import type { ProjectState } from '../domain/project-state.ts';
import type { Head } from '../domain/head.ts';
import { hashSeed } from '../domain/random.ts';
import type { Learner } from './learner-ports.ts';
import { isBalanced, modelOf, type TrainingSet } from './training-set.ts';

/**
 * Fits a head on the training set. Returns the checkpoint to store and the event that says so.
 * @param pool rows whose embeddings may help without a label
 */
export async function trainHead(
  state: ProjectState,
  set: TrainingSet,
  pool: Int32Array,
  encoder: string,
  backend: Backend,
  learner: Learner,
): Promise<{ head: Head; event: EventDraft }> {
  const version = state.models.reduce((max, m) => Math.max(max, m.version), 0) + 1;
  const fitted = await learner.train({
    rows: set.rows,
    labels: set.labels,
    ...(set.targets && { targets: set.targets }),
    classCount: set.classes.length,
    seed: hashSeed(state.seed, 'train'),
    pool,
    isBalanced: isBalanced(state),
    model: modelOf(state),
  });
  const { fitMs, ...numbers } = fitted;
  const head: Head = { version, encoder, classes: set.classes, ...numbers };
  const event: EventDraft = {
    kind: 'model-trained',
    version,
    encoder,
    backend,
    trainedOn: set.events,
    classes: set.classes,
    lambda: head.lambda,
    ...(head.hidden && { hidden: head.hidden.bias.length }),
    fitMs,
  };
  return { head, event };
}

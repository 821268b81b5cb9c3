import * as v from 'valibot';
import { WinnowError } from '../domain/errors.ts';
import { compareEvents, EVENT_FORMAT, type WinnowEvent } from '../domain/events.ts';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** What a date can hold. */
const MOST_TIME_MS = 8.64e15;
/** A number that JSON can carry: neither NaN nor an infinity. */
const real = v.pipe(v.number(), v.finite());
const base = { id: text, seq: count, at: v.pipe(real, v.minValue(-MOST_TIME_MS), v.maxValue(MOST_TIME_MS)) };
const nullable = <T extends v.GenericSchema>(schema: T) => v.nullable(schema);
const backend = v.picklist(['webgpu', 'wasm', 'cpu']);
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const stopping = v.object({
  kappa: share,
  poolError: share,
  slope: share,
  target: share,
  metric: v.optional(v.picklist(['accuracy', 'macroF1', 'weightedF1'])),
  budget: count,
});
const guards = v.object({
  version: v.literal(1),
  nearDuplicates: nullable(share),
  skipsOutliers: v.boolean(),
  quotas: v.array(v.object({ classId: text, atLeast: v.pipe(count, v.minValue(1)) })),
});
const rules = v.object({
  version: v.literal(1),
  list: v.array(v.object({ id: text, classId: text, kind: v.picklist(['words', 'pattern']), text })),
});
const settings = v.object({
  task: v.optional(v.picklist(['single', 'multi'])),
  testSize: count,
  calibrationSize: v.optional(count),
  batchSize: v.pipe(count, v.minValue(1)),
  randomShare: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  strategy: text,
  coldStart: text,
  encoder: text,
  learning: v.optional(v.pipe(count, v.minValue(1))),
  backend: v.picklist(['auto', 'webgpu', 'wasm', 'cpu']),
  classWeights: v.optional(v.picklist(['equal', 'balanced'])),
  model: v.optional(v.picklist(['linear', 'hidden'])),
  stopping: v.optional(stopping),
  guards: v.optional(guards),
  rules: v.optional(rules),
  hintUse: v.optional(v.picklist(['reference', 'start'])),
  queryTemperature: v.optional(v.picklist(['none', 'cross-validated'])),
});
const pick = v.object({ item: text, strategy: text, utility: real, reason: text });
const schema = v.object({
  version: count,
  classes: v.array(
    v.object({
      id: text,
      name: text,
      key: nullable(text),
      guideline: text,
      colour: count,
      isHidden: v.boolean(),
    }),
  ),
});

const suggestion = v.object({ classId: text, probability: real });
const distinct = v.pipe(
  v.array(text),
  v.check((ids) => new Set(ids).size === ids.length),
);
const label = {
  ...base,
  item: text,
  annotator: text,
  durationMs: v.pipe(real, v.minValue(0)),
  round: nullable(count),
  strategy: nullable(text),
  modelVersion: nullable(count),
};

/** Shapes of event formats 1 to 3. */
const EVENT = v.variant('kind', [
  v.object({
    ...base,
    kind: v.literal('project-created'),
    format: v.pipe(count, v.maxValue(EVENT_FORMAT)),
    name: text,
    modality: v.picklist(['image', 'text']),
    seed: count,
    settings,
    hasReference: v.boolean(),
  }),
  v.object({ ...base, kind: v.literal('project-renamed'), name: text }),
  v.object({ ...base, kind: v.literal('settings-changed'), settings: v.partial(settings) }),
  v.object({ ...base, kind: v.literal('schema-changed'), schema }),
  v.object({
    ...base,
    kind: v.literal('split-drawn'),
    seed: count,
    test: v.array(text),
    excluded: v.array(text),
    drawnFrom: v.optional(v.object({ count, last: text })),
  }),
  v.object({ ...base, kind: v.literal('round-opened'), round: count, seed: count, size: count, picks: v.array(pick) }),
  v.object({
    ...base,
    kind: v.literal('batch-selected'),
    round: count,
    strategy: text,
    modelVersion: nullable(count),
    picks: v.array(pick),
    temperature: v.optional(v.pipe(real, v.gtValue(0))),
  }),
  v.object({ ...label, kind: v.literal('label'), classId: text, suggestion: nullable(suggestion) }),
  v.object({
    ...label,
    kind: v.literal('label-set'),
    classIds: distinct,
    suggestions: nullable(v.array(suggestion)),
  }),
  v.object({ ...base, kind: v.literal('skip'), item: text, annotator: text, round: nullable(count) }),
  v.object({ ...base, kind: v.literal('flag'), item: text, annotator: text, isFlagged: v.boolean() }),
  v.object({ ...base, kind: v.literal('retract'), target: text }),
  v.object({
    ...base,
    kind: v.literal('model-trained'),
    version: count,
    encoder: text,
    backend,
    trainedOn: v.array(text),
    classes: v.array(text),
    lambda: real,
    hidden: v.optional(count),
    fitMs: real,
  }),
  v.object({
    ...base,
    kind: v.literal('calibration-drawn'),
    seed: count,
    items: v.array(text),
    excluded: v.array(text),
  }),
]);

/**
 * Checks events read from disk or from a file and puts them in log order. Throws `unexpected` with the place of the bad one.
 * @param before events that were read before these
 */
export function parseEvents(raw: readonly unknown[], before = 0): WinnowEvent[] {
  const events = raw.map((value, i) => {
    const result = v.safeParse(EVENT, value);
    if (!result.success)
      throw new WinnowError('unexpected', `Entry ${before + i + 1} of the project's log can't be read`);
    return value as WinnowEvent;
  });
  return events.sort(compareEvents);
}

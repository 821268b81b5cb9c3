import type { BackendChoice, ModelKind, Task } from '../domain/events.ts';
import { LEAST_HIDDEN_LABELS } from '../domain/fit-hidden.ts';
import { strategies } from '../strategies/index.ts';
import { suits } from '../strategies/shortlist.ts';
import type { Strategy } from '../strategies/strategy.ts';

export type QueryOption = Pick<Strategy, 'id' | 'name' | 'summary' | 'source' | 'needsGroups'>;

/** What can pick a batch once a model is there. */
export function queryOptions(task: Task): readonly QueryOption[] {
  return strategies.filter((s) => !s.needsGroups && suits(s, task));
}
/** What can pick while nothing is labelled. */
export const COLD_START_OPTIONS: readonly QueryOption[] = strategies.filter((s) => s.isColdStart);

/** The starts that this project can use, and the one that is set. */
export function coldStartOptions(
  set: string,
  has: Record<NonNullable<Strategy['needsGroups']>, boolean>,
): readonly QueryOption[] {
  return COLD_START_OPTIONS.filter((s) => !s.needsGroups || has[s.needsGroups] || s.id === set);
}

/** The kinds of model, and when to choose each. */
export const MODEL_OPTIONS: readonly { readonly id: ModelKind; readonly name: string; readonly hint: string }[] = [
  {
    id: 'linear',
    name: 'Linear (default)',
    hint: 'Right for most projects: quick, and at its best with few labels.',
  },
  {
    id: 'hidden',
    name: 'One hidden layer',
    hint: `Worth a try from about 1,000 labels on: it can gain about one point of accuracy, and takes seconds to train. With under ${LEAST_HIDDEN_LABELS} labels the linear model is trained instead.`,
  },
];
/** How much a label counts in training. */
export const WEIGHT_OPTIONS = [
  { id: 'equal', name: 'Every label counts the same' },
  { id: 'balanced', name: 'Every class counts the same' },
] as const;
/** Which probabilities strategies see. */
export const TEMPERATURE_OPTIONS = [
  { id: 'none', name: 'As the model says' },
  { id: 'cross-validated', name: 'At a cross-validated temperature' },
] as const;
export const BACKEND_OPTIONS: readonly { readonly id: BackendChoice; readonly name: string }[] = [
  { id: 'auto', name: 'Choose for me' },
  { id: 'webgpu', name: 'Graphics card (WebGPU)' },
  { id: 'wasm', name: 'Processor (WebAssembly)' },
  { id: 'cpu', name: 'Processor (JavaScript)' },
];

/** What the newest model is, as a sentence; empty before the first one. */
export function currentModel(active: { readonly hidden?: number | undefined } | null): string {
  if (!active) return '';
  return active.hidden ? 'The model now has a hidden layer.' : 'The model now is linear.';
}

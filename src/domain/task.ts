import type { ProjectState } from './project-state.ts';

/** Why a project can't change between one class per item and any number of them, as a sentence; null when it can. */
export function whyTaskIsFixed({ isTaskFixed, task }: Pick<ProjectState, 'isTaskFixed' | 'task'>): string | null {
  if (!isTaskFixed) return null;
  return task === 'multi'
    ? 'An item can have any number of classes. This can’t change any more, because labels were given: many may name several classes, or none.'
    : 'An item has one class. This can’t change any more, because labels were given: they say nothing about a second class of an item.';
}

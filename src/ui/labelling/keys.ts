import type { Task } from '../../domain/events.ts';
import type { ClassId } from '../../domain/ids.ts';
import type { ClassDef } from '../../domain/schema.ts';

/** What a key press asks for on the label stage. */
export type Command =
  | { readonly kind: 'label'; readonly classId: ClassId }
  | {
      readonly kind:
        | 'skip'
        | 'flag'
        | 'undo'
        | 'accept'
        | 'suggested'
        | 'queue'
        | 'guidelines'
        | 'shortcuts'
        | 'zoom'
        | 'filter'
        | 'back';
    };

type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat'> & {
  readonly shiftKey?: boolean;
};

const COMMANDS: Readonly<Record<string, Exclude<Command['kind'], 'label'>>> = {
  ' ': 'skip',
  f: 'flag',
  backspace: 'undo',
  u: 'undo',
  enter: 'accept',
  t: 'queue',
  h: 'guidelines',
  '?': 'shortcuts',
  z: 'zoom',
  '/': 'filter',
  escape: 'back',
};

type Shortcut = readonly [keys: string, does: string];
const CHOOSING: Record<Task, readonly Shortcut[]> = {
  single: [
    ['1–9, 0, letters', 'Choose the class with that key'],
    ['Enter', 'Accept the first suggestion'],
  ],
  multi: [
    ['1–9, 0, letters', 'Tick or untick the class with that key'],
    ['Enter', 'Confirm what is ticked; nothing ticked means none of these'],
    ['Shift + Enter', 'Confirm what the model suggests'],
  ],
};
const OTHERS: readonly Shortcut[] = [
  ['Space', 'Skip this item'],
  ['F', 'Flag or unflag this item'],
  ['Backspace or U', 'Undo, as often as you like'],
  ['T', 'Switch between batch, test set and, if there is one, calibration slice'],
  ['Z', 'Zoom in or out'],
  ['/', 'Find a class by name, where there are more than ten'],
  ['H', 'Guidelines'],
  ['Esc', 'Back to the queue from an earlier item'],
  ['?', 'This list'],
];

/** The list behind `?`. */
export function shortcuts(task: Task): readonly Shortcut[] {
  return [...CHOOSING[task], ...OTHERS];
}

/** The command of a key press, or null. Held keys and presses with Ctrl, Alt or Cmd are left to the browser. */
export function commandOf(press: KeyPress, classes: readonly ClassDef[]): Command | null {
  if (press.ctrlKey || press.metaKey || press.altKey || press.repeat) return null;
  const key = press.key.toLowerCase();
  const chosen = classes.find((c) => c.key === key);
  if (chosen) return { kind: 'label', classId: chosen.id };
  if (key === 'enter' && press.shiftKey) return { kind: 'suggested' };
  const kind = COMMANDS[key];
  return kind ? { kind } : null;
}

/** True where keys belong to something else: typing, an open dialog or panel, a focused control that Space presses. */
export function isKeyTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented) return true;
  if (document.querySelector('dialog[open], [popover]:popover-open')) return true;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches('textarea, select')) return true;
  // A queue switch that was clicked keeps the focus; its radio buttons have no use for these keys.
  if (target instanceof HTMLInputElement) return target.type !== 'radio';
  return (event.key === ' ' || event.key === 'Enter') && target.closest('button, a, summary') !== null;
}

/** A mouse press on a button leaves the focus where it was, so that Space stays "skip". */
export function keepFocus(element: HTMLElement): () => void {
  const down = (event: MouseEvent): void => {
    if (event.target instanceof Element && event.target.closest('button')) event.preventDefault();
  };
  element.addEventListener('mousedown', down);
  return () => element.removeEventListener('mousedown', down);
}

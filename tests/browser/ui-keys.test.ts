import { afterEach, expect, test } from 'vitest';
import { classId } from '../../src/domain/ids.ts';
import { addClass, EMPTY_SCHEMA } from '../../src/domain/schema.ts';
import { commandOf, isKeyTaken, keepFocus, shortcuts } from '../../src/ui/labelling/keys.ts';
import { pullUp } from '../../src/ui/labelling/pull.ts';
import { swipeRight } from '../../src/ui/labelling/swipe.ts';

const names = Array.from({ length: 30 }, (_, i) => `class ${i}`);
const { classes } = names.reduce((schema, name, i) => addClass(schema, classId(`c${i}`), name), EMPTY_SCHEMA);
const press = (key: string, more: Partial<KeyboardEventInit> = {}): KeyboardEvent =>
  new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });

afterEach(() => {
  document.body.replaceChildren();
});

test('digits and letters choose the class that owns them, in either case', () => {
  expect(commandOf(press('1'), classes)).toEqual({ kind: 'label', classId: 'c0' });
  expect(commandOf(press('0'), classes)).toEqual({ kind: 'label', classId: 'c9' });
  expect(commandOf(press('Q'), classes)).toEqual({ kind: 'label', classId: 'c10' });
});

test('no class key that is handed out hides a command', () => {
  for (const key of [' ', 'f', 'Backspace', 'u', 'Enter', 't', 'h', '?', 'z', '/', 'Escape']) {
    expect(commandOf(press(key), classes)?.kind, key).not.toBe('label');
    expect(commandOf(press(key), classes), key).not.toBeNull();
  }
});

test('Enter confirms, Shift and Enter takes what the model suggests', () => {
  expect(commandOf(press('Enter'), classes)).toEqual({ kind: 'accept' });
  expect(commandOf(press('Enter', { shiftKey: true }), classes)).toEqual({ kind: 'suggested' });
});

test('the list of shortcuts says what Enter does in either kind of project', () => {
  expect(shortcuts('single').find(([keys]) => keys === 'Enter')?.[1]).toBe('Accept the first suggestion');
  expect(shortcuts('multi').find(([keys]) => keys === 'Enter')?.[1]).toContain('none of these');
  expect(shortcuts('multi').map(([keys]) => keys)).toContain('Space');
});

test('held keys and browser shortcuts are left alone', () => {
  expect(commandOf(press('1', { repeat: true }), classes)).toBeNull();
  expect(commandOf(press('1', { ctrlKey: true }), classes)).toBeNull();
  expect(commandOf(press('f', { metaKey: true }), classes)).toBeNull();
});

/** Dispatches a key on an element and says whether the label stage would stay out of it. */
function takenOn(html: string, key: string): boolean {
  document.body.innerHTML = html;
  let answer = false;
  const listen = (event: KeyboardEvent): void => {
    answer = isKeyTaken(event);
  };
  addEventListener('keydown', listen);
  document.querySelector('[data-here]')?.dispatchEvent(press(key));
  removeEventListener('keydown', listen);
  return answer;
}

test('typing keeps its keys', () => {
  expect(takenOn('<input data-here>', '1')).toBe(true);
  expect(takenOn('<textarea data-here></textarea>', 'f')).toBe(true);
  expect(takenOn('<p data-here>text</p>', '1')).toBe(false);
});

test('a focused button keeps Space and Enter only; a queue switch keeps none', () => {
  expect(takenOn('<button data-here>Skip</button>', ' ')).toBe(true);
  expect(takenOn('<button data-here>Skip</button>', 'Enter')).toBe(true);
  expect(takenOn('<button data-here>Skip</button>', '2')).toBe(false);
  expect(takenOn('<input type="radio" data-here>', ' ')).toBe(false);
});

test('an open dialog keeps every key', () => {
  expect(takenOn('<dialog open></dialog><p data-here>text</p>', '1')).toBe(true);
  expect(takenOn('<dialog></dialog><p data-here>text</p>', '1')).toBe(false);
});

test('a mouse press on a button does not take the focus, on a field it does', () => {
  document.body.innerHTML = '<div><button>1</button><input></div>';
  const box = document.querySelector('div') as HTMLElement;
  const stop = keepFocus(box);
  const down = (selector: string): boolean =>
    document.querySelector(selector)?.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true })) ??
    true;
  expect(down('button')).toBe(false);
  expect(down('input')).toBe(true);
  stop();
  expect(down('button')).toBe(true);
});

/** A finger that goes from (100, 100) by (dx, dy). */
function drag(element: Element, dx: number, dy: number, pointerType = 'touch'): void {
  const at = (type: string, x: number, y: number): void => {
    element.dispatchEvent(new PointerEvent(type, { pointerId: 7, pointerType, clientX: x, clientY: y, bubbles: true }));
  };
  at('pointerdown', 100, 100);
  at('pointermove', 100 + dx / 2, 100 + dy / 2);
  at('pointermove', 100 + dx, 100 + dy);
  at('pointerup', 100 + dx, 100 + dy);
}

test('a far swipe to the right accepts; short, leftward, vertical and mouse drags do not', () => {
  const element = document.createElement('div');
  let accepted = 0;
  let isOn = true;
  const stop = swipeRight(
    () => isOn,
    () => accepted++,
  )(element);
  drag(element, 60, 0);
  drag(element, -200, 0);
  drag(element, 120, 300);
  drag(element, 200, 0, 'mouse');
  expect(accepted).toBe(0);
  drag(element, 140, 10);
  expect(accepted).toBe(1);
  expect(element.style.translate).toBe('');
  isOn = false;
  drag(element, 140, 10);
  expect(accepted).toBe(1);
  stop?.();
});

test('a handle is pulled up and pushed down; a tap is neither', () => {
  const handle = document.createElement('button');
  document.body.append(handle);
  const pulls: boolean[] = [];
  const stop = pullUp((isUp) => pulls.push(isUp))(handle);
  drag(handle, 0, -80);
  drag(handle, 0, 80);
  drag(handle, 0, 3);
  expect(pulls).toEqual([true, false]);
  stop?.();
});

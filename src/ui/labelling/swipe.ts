import type { Attachment } from 'svelte/attachments';

/** Pixels that count as a swipe. */
const REACH = 96;

/**
 * Lets a finger drag an element to the right; past the reach, `onaccept` is called. Up-and-down stays scrolling.
 * Mice are left alone: they have buttons.
 */
export function swipeRight(isOn: () => boolean, onaccept: () => void): Attachment<HTMLElement> {
  return (element) => {
    let start: { id: number; x: number; y: number } | null = null;
    const rest = (): void => {
      start = null;
      element.style.translate = '';
      element.style.opacity = '';
    };
    const down = (event: PointerEvent): void => {
      if (event.pointerType !== 'mouse' && isOn()) start = { id: event.pointerId, x: event.clientX, y: event.clientY };
    };
    const move = (event: PointerEvent): void => {
      if (start?.id !== event.pointerId) return;
      const dx = event.clientX - start.x;
      if (Math.abs(event.clientY - start.y) > Math.abs(dx) + 12) return rest();
      element.style.translate = `${Math.max(0, dx)}px 0`;
      element.style.opacity = `${1 - Math.min(0.5, Math.max(0, dx) / (2 * REACH))}`;
    };
    const up = (event: PointerEvent): void => {
      const isFar = start?.id === event.pointerId && event.clientX - start.x >= REACH;
      rest();
      if (isFar) onaccept();
    };
    element.style.touchAction = 'pan-y';
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', rest);
    return () => {
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', rest);
    };
  };
}

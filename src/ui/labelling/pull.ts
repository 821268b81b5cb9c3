import type { Attachment } from 'svelte/attachments';

/** Lets a finger pull a sheet up or down by its handle; taps stay clicks. */
export function pullUp(onpull: (isUp: boolean) => void): Attachment<HTMLElement> {
  return (element) => {
    let startY: number | null = null;
    const down = (event: PointerEvent): void => {
      startY = event.pointerType === 'mouse' ? null : event.clientY;
    };
    const up = (event: PointerEvent): void => {
      const dy = startY === null ? 0 : event.clientY - startY;
      startY = null;
      if (Math.abs(dy) > 24) onpull(dy < 0);
    };
    element.addEventListener('pointerdown', down);
    addEventListener('pointerup', up);
    return () => {
      element.removeEventListener('pointerdown', down);
      removeEventListener('pointerup', up);
    };
  };
}

import { WinnowError } from '../../domain/errors.ts';
import type { FromDocument } from './messages.ts';
import { NO_ANSWER } from './port-hub.ts';

/** How long the document may take to load, milliseconds. */
const PATIENCE_MS = 20_000;
/** How long its script may take after that. A document that the browser has blocked loads too, without one. */
const START_MS = 5_000;

/**
 * `none`: the frame has no origin, so the browser keeps it from the storage of the app. `own`: with the app's address, for
 * hubs that answer pages with an address only; it still reads nothing that is stored.
 */
export type FrameOrigin = 'none' | 'own';

/**
 * Opens the download document in a hidden frame; gives the port to it and a function that ends it. Fails with `NO_ANSWER` where
 * the browser blocks it: a frame without an origin gets no headers from the service worker, and browsers that know no
 * `credentialless` want them where only that worker isolates the page.
 */
export async function openDownloadFrame(
  origin: FrameOrigin,
  signal: AbortSignal,
): Promise<{ port: MessagePort; close: () => void }> {
  signal.throwIfAborted();
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', origin === 'own' ? 'allow-scripts allow-same-origin' : 'allow-scripts');
  // Storage of its own, empty and gone with it; no service worker of the app; and no header of the host is needed where
  // only the service worker isolates the page. Other browsers take it for an attribute without meaning.
  frame.setAttribute('credentialless', '');
  frame.title = 'Download from the hub';
  frame.hidden = true;
  frame.src = '/download.html';
  const { port1, port2 } = new MessageChannel();
  const close = (): void => frame.remove();
  try {
    await new Promise<void>((resolve, reject) => {
      const giveUp = (detail: string): void => reject(new WinnowError('hub-unreachable', detail));
      let timer = setTimeout(() => giveUp('The download document did not load'), PATIENCE_MS);
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort);
      port1.onmessage = ({ data }: MessageEvent<FromDocument>) => {
        if (data.kind !== 'ready') return;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      // A frame without an origin can only be addressed as any; what is sent is nothing but the port.
      frame.onload = () => {
        clearTimeout(timer);
        timer = setTimeout(() => giveUp(NO_ANSWER), START_MS);
        frame.contentWindow?.postMessage(null, '*', [port2]);
      };
      document.body.append(frame);
    });
  } catch (error) {
    close();
    throw error;
  }
  port1.onmessage = null;
  return { port: port1, close };
}

import type { Page } from 'playwright-core';

interface BenchContext {
  readonly open: (path?: string) => Promise<Page>;
  readonly quick: boolean;
  readonly log: (line: string) => void;
}
/** Two to three items a second: faster than anyone reads, so a batch that is not ready in time still shows. */
const PAUSE_MS = 400;

interface Door {
  marks: { paintMs: number; isTraining: boolean }[];
  longest: number;
}

/**
 * Key press to next item painted, in the built app on the text sample with its default settings: a retrain follows every
 * batch of 20, its random picks are labelled meanwhile, and waits for a selection count in full.
 */
export async function run({ open, quick, log }: BenchContext): Promise<Record<string, number>> {
  const page = await open();
  await page.getByTestId('sample-triage').click();
  await page
    .getByRole('navigation')
    .getByText(/1,9\d\d items/)
    .waitFor({ timeout: 240_000 });
  await page
    .getByRole('navigation')
    .getByRole('button', { name: /^Label/ })
    .click();
  await page.getByTestId('current-item').waitFor();
  await page.evaluate(() => {
    const door = window as unknown as Door;
    door.marks = [];
    door.longest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) door.longest = Math.max(door.longest, entry.duration);
    }).observe({ type: 'longtask' });
    const shown = (): string | null =>
      document.querySelector('[data-testid="current-item"]')?.getAttribute('data-item-id') ?? null;
    addEventListener(
      'keydown',
      (event) => {
        const before = shown();
        const wasTraining = document.querySelector('[data-training="true"]') !== null;
        const watch = (): void => {
          const now = shown();
          if (now === before || now === null) {
            requestAnimationFrame(watch);
            return;
          }
          // The frame with the next item is painted once a task posted from its animation frame runs.
          const channel = new MessageChannel();
          channel.port1.onmessage = () => {
            const isTraining = wasTraining || document.querySelector('[data-training="true"]') !== null;
            door.marks.push({ paintMs: performance.now() - event.timeStamp, isTraining });
          };
          channel.port2.postMessage(null);
        };
        requestAnimationFrame(watch);
      },
      true,
    );
  });
  const presses = quick ? 60 : 200;
  const times: number[] = [];
  for (let i = 0; i < presses; i++) {
    const before = await page.getByTestId('current-item').getAttribute('data-item-id');
    await page.keyboard.press(String((i % 8) + 1));
    await page.waitForFunction(
      (id) => {
        const now = document.querySelector('[data-testid="current-item"]')?.getAttribute('data-item-id');
        return now !== undefined && now !== id;
      },
      before,
      { timeout: 30_000 },
    );
    await page.waitForTimeout(PAUSE_MS);
  }
  const { marks, longest } = await page.evaluate(() => {
    const door = window as unknown as Door;
    return { marks: door.marks, longest: door.longest };
  });
  times.push(...marks.map((m) => m.paintMs).sort((a, b) => a - b));
  log(`${times.length} presses, ${marks.filter((m) => m.isTraining).length} of them while the model trained`);
  await page.close();
  const during = marks
    .filter((m) => m.isTraining)
    .map((m) => m.paintMs)
    .sort((a, b) => a - b);
  return {
    'label.presses_while_training': during.length,
    'label.key_to_paint_while_training_max_ms': Math.round((during.at(-1) ?? 0) * 10) / 10,
    'label.key_to_paint_p95_ms': Math.round((times[Math.floor(times.length * 0.95)] ?? NaN) * 10) / 10,
    'label.key_to_paint_median_ms': Math.round((times[Math.floor(times.length / 2)] ?? NaN) * 10) / 10,
    'label.longest_task_ms': Math.round(longest),
  };
}

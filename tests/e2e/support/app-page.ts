import { expect, type Page, type TestInfo } from '@playwright/test';

/** Watches a page for what no run may have: uncaught errors, console errors, requests that leave the origin. */
export class Watch {
  readonly problems: string[] = [];
  readonly foreign: string[] = [];

  constructor(page: Page) {
    page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && url.hostname !== '127.0.0.1') this.foreign.push(request.url());
    });
  }

  /** Fails the test when anything was seen. */
  assertClean(): void {
    expect(this.problems).toEqual([]);
    expect(this.foreign).toEqual([]);
  }
}

/** The app as a person drives it. */
export class AppPage {
  readonly page: Page;
  readonly watch: Watch;

  constructor(page: Page) {
    this.page = page;
    this.watch = new Watch(page);
  }

  async openHome(): Promise<void> {
    await this.page.goto('/');
    await expect(this.page.getByRole('button', { name: 'Create project' })).toBeEnabled();
  }

  async createProject(name: string, modality: 'Images' | 'Texts'): Promise<void> {
    await this.page.getByLabel('Name', { exact: true }).fill(name);
    await this.page.getByText(modality, { exact: true }).click();
    await this.page.getByRole('button', { name: 'Create project' }).click();
    await expect(this.page.getByTestId('folder-input')).toBeAttached();
  }

  async chooseEncoder(name: string): Promise<void> {
    await this.page.getByLabel('Encoder').selectOption({ label: name });
  }

  /** Takes the offer that choosing files has brought up. */
  async accept(
    hints: 'Ignore them' | 'Use them as labels' | 'Use them to choose what comes first' | 'Hide them as a reference',
  ): Promise<void> {
    const choice = this.page.getByText(hints);
    await expect(this.page.getByTestId('accept-offer')).toBeVisible();
    if (await choice.isVisible()) await choice.click();
    await this.page.getByTestId('accept-offer').click();
  }

  /** Waits until everything is embedded; `count` as the rail writes it. */
  async waitEmbedded(count: string | RegExp, timeout = 330_000): Promise<void> {
    await expect(this.rail('Data')).toContainText(
      count instanceof RegExp ? count : `${count} ${count === '1' ? 'item' : 'items'}`,
      { timeout },
    );
  }

  rail(stage: string) {
    return this.page
      .getByRole('navigation')
      .getByRole('link', { name: new RegExp(`^${stage}`) })
      .or(this.page.getByRole('navigation').getByRole('button', { name: new RegExp(`^${stage}`) }));
  }

  async goTo(stage: 'Data' | 'Classes' | 'Label' | 'Evaluate' | 'Export'): Promise<void> {
    await this.rail(stage).click();
  }

  /** Waits until everything that was done is on disk. */
  async settled(): Promise<void> {
    await expect(this.page.getByTestId('saved-mark')).toHaveAttribute('data-state', 'saved');
  }

  get item() {
    return this.page.getByTestId('current-item');
  }

  /** Id and first path of the shown item; waits until there is one. */
  async current(): Promise<{ id: string; path: string }> {
    await expect(this.item).toBeVisible({ timeout: 60_000 });
    return {
      id: (await this.item.getAttribute('data-item-id')) ?? '',
      path: (await this.item.getAttribute('data-path')) ?? '',
    };
  }

  /** Labels `count` items by keyboard; `keyOf` answers from the path. Each label is on screen as saved before the next. */
  async label(count: number, keyOf: (path: string, id: string) => string): Promise<string[]> {
    const seen: string[] = [];
    for (let i = 0; i < count; i++) {
      const { id, path } = await this.current();
      await this.page.keyboard.press(keyOf(path, id));
      await this.page.waitForFunction(
        (before) => document.querySelector('[data-testid="current-item"]')?.getAttribute('data-item-id') !== before,
        id,
      );
      seen.push(id);
    }
    return seen;
  }

  /** Keys of the classes as the label stage shows them, by class name. */
  async classKeys(): Promise<Map<string, string>> {
    const buttons = this.page.locator('button:has(kbd)');
    const texts = await buttons.evaluateAll((list) =>
      list.map((b) => ({
        key: b.querySelector('kbd')?.textContent?.trim() ?? '',
        name: b.textContent?.replace(b.querySelector('kbd')?.textContent ?? '', '').trim() ?? '',
      })),
    );
    return new Map(texts.map(({ name, key }) => [name, key]));
  }

  async accuracy(): Promise<{ value: number; n: number }> {
    const figure = this.page.getByTestId('accuracy');
    await expect(figure).toBeVisible({ timeout: 30_000 });
    return {
      value: Number(await figure.getAttribute('data-value')),
      n: Number(await figure.getAttribute('data-n')),
    };
  }

  /** Saves a download to the test's folder. */
  async download(testInfo: TestInfo, click: () => Promise<void>): Promise<string> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), click()]);
    const path = testInfo.outputPath(download.suggestedFilename());
    await download.saveAs(path);
    return path;
  }
}

const KEY = 'winnow-theme';
export type Theme = 'system' | 'light' | 'dark';

/** Light, dark or as the system has it; remembered on this machine. */
export class ThemeState {
  #chosen = $state<Theme>('system');

  get chosen(): Theme {
    return this.#chosen;
  }

  /** Takes up what was chosen last time. */
  restore(): void {
    try {
      const stored = localStorage.getItem(KEY);
      this.choose(stored === 'light' || stored === 'dark' ? stored : 'system');
    } catch {
      this.choose('system');
    }
  }

  choose(theme: Theme): void {
    this.#chosen = theme;
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Site data is refused: the choice holds until the tab is closed, which the switch already shows.
    }
  }
}

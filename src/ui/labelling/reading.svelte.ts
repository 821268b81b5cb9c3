const KEY = 'winnow-text-size';
export const TEXT_SIZES = [1, 1.25, 1.5] as const;

function stored(): number {
  try {
    const value = Number(localStorage.getItem(KEY));
    return TEXT_SIZES.some((s) => s === value) ? value : 1;
  } catch {
    return 1;
  }
}

/** How large the texts to label are set, as a multiple of 18 px; kept for this browser. */
class Reading {
  #scale = $state(stored());
  get scale(): number {
    return this.#scale;
  }
  /** The next size, and after the largest the first again. */
  next(): void {
    const at = TEXT_SIZES.findIndex((s) => s === this.#scale);
    this.#scale = TEXT_SIZES[(at + 1) % TEXT_SIZES.length] ?? 1;
    try {
      localStorage.setItem(KEY, String(this.#scale));
    } catch {
      // Site data is refused: the size holds until the tab is closed, which the text shows.
    }
  }
}
export const reading = new Reading();

const KEY = 'winnow-name-guesses';

/** Whether this browser's user wants to see guesses from class names; no, unless they said so. */
export function readGuesses(): boolean {
  try {
    return localStorage.getItem(KEY) === 'shown';
  } catch {
    return false;
  }
}
export function keepGuesses(isShown: boolean): void {
  try {
    localStorage.setItem(KEY, isShown ? 'shown' : 'hidden');
  } catch {
    // Site data is refused: the choice holds until the tab is closed, which the list shows.
  }
}

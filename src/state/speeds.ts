const KEY = 'winnow-speeds';

/** Items per second that encoders reached on this machine, by encoder and place; empty where nothing can be kept. */
export function readSpeeds(): ReadonlyMap<string, number> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof value !== 'object' || value === null) return new Map();
    return new Map(Object.entries(value).filter((entry) => typeof entry[1] === 'number' && entry[1] > 0));
  } catch {
    return new Map(); // Site data is refused or damaged: nothing is known yet.
  }
}

export function keepSpeed(key: string, itemsPerS: number): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries([...readSpeeds(), [key, itemsPerS]])));
  } catch {
    // Site data is refused: the speed is measured again in the next session.
  }
}

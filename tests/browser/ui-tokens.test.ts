import { afterAll, describe, expect, test } from 'vitest';
import '../../src/ui/styles/base.css';
import { CLASS_COLOURS } from '../../src/domain/schema.ts';
import { linear, ticks } from '../../src/ui/charts/scale.ts';
import { bytes, timeLeft } from '../../src/ui/words.ts';

/** Red, green and blue of a token in the current mode, 0..255. */
function rgb(token: string): number[] {
  const probe = document.createElement('i');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const parts =
    getComputedStyle(probe)
      .color.match(/[\d.]+/g)
      ?.slice(0, 3)
      .map(Number) ?? [];
  probe.remove();
  expect(parts, token).toHaveLength(3);
  return parts;
}
/** Relative luminance, WCAG 2.2. */
function luminance(token: string): number {
  const [r = 0, g = 0, b = 0] = rgb(token).map((c) => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

afterAll(() => {
  delete document.documentElement.dataset['theme'];
});

describe.each(['light', 'dark'])('%s', (theme) => {
  const use = (): void => {
    document.documentElement.dataset['theme'] = theme;
  };
  const SURFACES = ['--bg', '--surface', '--canvas'];

  test('body text has 7:1 and secondary text at least 4.5:1 on every surface', () => {
    use();
    for (const surface of [...SURFACES, '--sunken', '--hover', '--accent-quiet']) {
      expect(contrast('--text', surface), surface).toBeGreaterThanOrEqual(7);
      expect(contrast('--text-2', surface), surface).toBeGreaterThanOrEqual(4.5);
    }
  });
  test('state colours and the accent can be read where they stand', () => {
    use();
    for (const name of ['--accent', '--good', '--warn', '--bad']) {
      for (const surface of [...SURFACES, `${name}-quiet`]) {
        expect(contrast(name, surface), `${name} on ${surface}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(contrast('--on-accent', '--accent')).toBeGreaterThanOrEqual(4.5);
    expect(contrast('--on-accent', '--accent-hover')).toBeGreaterThanOrEqual(4.5);
  });
  test('outlines of controls and class colours have 3:1', () => {
    use();
    for (const surface of SURFACES) {
      expect(contrast('--border-strong', surface), surface).toBeGreaterThanOrEqual(3);
      for (let i = 0; i < CLASS_COLOURS; i++) {
        expect(contrast(`--class-${i}`, surface), `class ${i} on ${surface}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
  test('no two class colours are the same', () => {
    use();
    const all = Array.from({ length: CLASS_COLOURS }, (_, i) => rgb(`--class-${i}`).join());
    expect(new Set(all).size).toBe(CLASS_COLOURS);
  });
});

test('ticks are round, ascending and inside the range', () => {
  expect(ticks(0.1, 1, 6)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticks(0, 280, 6)).toEqual([0, 50, 100, 150, 200, 250]);
  expect(ticks(5, 5, 4)).toEqual([5]);
});

test('a linear scale maps ends to ends', () => {
  const x = linear(0, 10, 100, 0);
  expect([x(0), x(5), x(10)]).toEqual([100, 50, 0]);
  expect(linear(3, 3, 0, 10)(3)).toBe(5);
});

test('sizes and times are short', () => {
  expect([bytes(900), bytes(1500), bytes(84_000_000), bytes(120e9)]).toEqual(['900 B', '1.5 KB', '84 MB', '120 GB']);
  expect([timeLeft(2), timeLeft(42), timeLeft(83), timeLeft(9000)]).toEqual([
    'a few seconds left',
    'about 45 s left',
    'about 1 min left',
    'about 2.5 h left',
  ]);
});

import { describe, expect, it } from 'vitest';
import { stories } from './everyday.ts';
import { tell } from './harness.ts';

describe('everyday stories', () => {
  it.each(stories)('$name', tell);

  it('are sixty and more, each told once', () => {
    expect(stories.length).toBeGreaterThanOrEqual(60);
    expect(new Set(stories.map(({ name }) => name)).size).toBe(stories.length);
  });
});

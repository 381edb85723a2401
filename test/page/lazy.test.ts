/** Whoever asks for no page waits for nothing that draws one. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { buildBundle } from '../helpers/bundle.ts';

it('what draws is loaded by an import that runs, and by that alone', async () => {
  const folder = join(dirname(await buildBundle()), 'parts');
  const parts = readdirSync(folder).filter((name) => name.endsWith('.cjs'));
  const drawing = parts.filter((name) => readFileSync(join(folder, name), 'utf8').includes('--plot-background'));
  // The part of what nothing needs to begin (scripts/parts.mjs).
  expect(drawing).toEqual(['rest.cjs']);
  expect(parts.length).toBeGreaterThan(1);
});

/** Whoever asks for no page waits for nothing that draws one. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { buildBundle } from '../helpers/bundle.ts';

it('what draws is loaded by an import that runs, and by that alone', async () => {
  const folder = dirname(await buildBundle());
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .map((path) => ({ name: basename(path), text: readFileSync(join(folder, path), 'utf8') }));
  const drawing = files.filter(({ text }) => text.includes('--plot-background')).map(({ name }) => name);
  expect(drawing).toHaveLength(1);
  // What stands before the name of the file, wherever it is named.
  const ways = files
    .flatMap(({ text }) => text.split(`/${drawing[0]}"`).slice(0, -1))
    .map((before) => before.slice(-9));
  expect(ways).toEqual(['import(".']);
});

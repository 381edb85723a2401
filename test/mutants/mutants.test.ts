/** Every mutant of these files still changes its module into another text that can be read, so that `npm run mutants` tries it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';

interface Mutant {
  readonly from: string;
  readonly to: string;
  /** Which of several places, from 1; missing: there is one. */
  readonly nth?: number;
  /** What would pass unseen. */
  readonly opens: string;
  /** Why no test can tell the two apart. */
  readonly equal?: string;
  /** What it takes away is the rule that mends this case: the tests whose name holds it have to notice. */
  readonly case?: string;
  /** In place of those that are related to the module. */
  readonly tests?: readonly string[];
}
type Room = Readonly<Record<string, { readonly tests: readonly string[]; readonly mutants: readonly Mutant[] }>>;

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = readdirSync(folder).filter((name) => name.endsWith('.json'));
const modules = rooms.flatMap((name) => Object.entries(JSON.parse(readFileSync(folder + name, 'utf8')) as Room));

/** Files that are not there, or hold no test of that case. */
function findUnnamed(tests: readonly string[], name: string): readonly string[] {
  const named = new RegExp(`${name.split(':')[0]}(?!\\d)`);
  return tests.filter((path) => !existsSync(root + path) || !named.test(readFileSync(root + path, 'utf8')));
}

describe('mutants', () => {
  it.each(modules)('of %s apply', async (module, { tests, mutants }) => {
    const text = readFileSync(`${root}src/${module}.ts`, 'utf8');
    for (const { from, to, nth, opens, ...own } of mutants) {
      expect(findUnnamed(own.tests ?? tests, own.case ?? ''), opens).toEqual([]);
      const parts = text.split(from);
      expect([opens, nth === undefined ? parts.length - 1 : parts.length > nth]).toEqual([
        opens,
        nth === undefined ? 1 : true,
      ]);
      const place = nth ?? 1;
      const changed = parts.slice(0, place).join(from) + to + parts.slice(place).join(from);
      await expect(transform(changed, { loader: 'ts' }), opens).resolves.toBeDefined();
    }
  });
});

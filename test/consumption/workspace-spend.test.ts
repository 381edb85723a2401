/** What a workspace spent where groups leave it out: nothing only if nobody else in them could be it. */

import { expect, it } from 'vitest';
import type { Reads } from '../../src/consumption/ask.ts';
import { readWorkspaceSpend } from '../../src/consumption/workspace-spend.ts';

const workspaces = ['a', 'b', 'c'].map((slug) => ({ id: `id-${slug}`, slug }));
const [, , silent = { id: '', slug: '' }] = workspaces;

const row = (workspace: string, cost: number) => ({ workspace, cost });

/** Groups as they are given; each workspace by itself spent 700 cents. */
function readsOf(data: readonly ReturnType<typeof row>[], total = data.length) {
  const asked: string[] = [];
  const ask = async (_name: string, path: string): Promise<unknown> => {
    asked.push(path);
    return { value: path.startsWith('/groups/') ? { total, data } : { summary: { total: 700 } } };
  };
  return { asked, reads: { ask } as unknown as Reads };
}

it.each([
  [
    'others that are known',
    [
      { workspace: 'a', cost: 500 },
      { workspace: 'id-b', cost: 1 },
    ],
    0n,
  ],
  [
    'a stranger that spent nothing',
    [
      { workspace: 'a', cost: 500 },
      { workspace: 'Gone', cost: 0 },
    ],
    0n,
  ],
  [
    'a stranger that spent',
    [
      { workspace: 'a', cost: 500 },
      { workspace: 'Team C', cost: 700 },
    ],
    700n,
  ],
  ['one alone', [{ workspace: 'a', cost: 500 }], 700n],
  ['nobody', [], 700n],
])('beside %s', async (_what, data, cents) => {
  const { asked, reads } = readsOf(data);
  const spent = await readWorkspaceSpend(reads, { workspaces, wanted: [silent], calls: { from: 0, to: 1 } });
  expect(spent.get(silent.id)).toEqual({ value: { n: cents, d: 1n } });
  expect(asked).toEqual(['/groups/workspace', ...(cents === 0n ? [] : ['/graphs/cost'])]);
});

/** `b` spent more than any single row says, or it is not known from them. */
const [, twice = { id: '', slug: '' }] = workspaces;
it.each([
  ['a name and an id add up', [row('b', 500), row('a', 1), row('id-b', 2)], 502n],
  ['the id first', [row('id-b', 2), row('a', 1), row('b', 500)], 502n],
  ['one name with two numbers is asked for by itself', [row('b', 5), row('a', 1), row('b', 500)], 700n],
  ['also beside its id', [row('b', 5), row('a', 1), row('b', 500), row('id-b', 2)], 700n],
  ['also with the same number: halves, or a row told twice', [row('b', 5), row('a', 1), row('b', 5)], 700n],
])('%s', async (_what, data, cents) => {
  const { reads } = readsOf(data);
  const spent = await readWorkspaceSpend(reads, { workspaces, wanted: [twice], calls: { from: 0, to: 1 } });
  expect(spent.get(twice.id)).toEqual({ value: { n: cents, d: 1n } });
});

it('asks for a workspace by itself where its other name may stand among what was not read', async () => {
  const { reads } = readsOf([row('b', 5), row('id-a', 1)], 40);
  const spent = await readWorkspaceSpend(reads, { workspaces, wanted: [twice], calls: { from: 0, to: 1 } });
  expect(spent.get(twice.id)).toEqual({ value: { n: 700n, d: 1n } });
});

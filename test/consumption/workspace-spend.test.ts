/** What a workspace spent where groups leave it out: nothing only if nobody else in them could be it. */

import { expect, it } from 'vitest';
import type { Reads } from '../../src/consumption/ask.ts';
import { readWorkspaceSpend } from '../../src/consumption/workspace-spend.ts';

const workspaces = ['a', 'b', 'c'].map((slug) => ({ id: `id-${slug}`, slug }));
const [, , silent = { id: '', slug: '' }] = workspaces;

/** Groups as they are given; each workspace by itself spent 700 cents. */
function readsOf(data: readonly { readonly workspace: string; readonly cost: number }[]) {
  const asked: string[] = [];
  const ask = async (_name: string, path: string): Promise<unknown> => {
    asked.push(path);
    return { value: path.startsWith('/groups/') ? { total: data.length, data } : { summary: { total: 700 } } };
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

import { describe, expect, test } from 'vitest';
import { groupKeys } from '../../src/approvals/atoms.ts';
import type { Owed } from '../../src/approvals/reviewed.ts';
import { orgFile } from '../helpers/world.ts';
import { type Files, MemoryRepository } from './memory.ts';

interface Cap {
  readonly budget?: string;
  readonly match?: string;
  readonly per?: string;
  readonly description?: string;
  readonly id?: string;
}

/** A workspace's file, a line for each thing that can be edited apart. */
function file(caps: Readonly<Record<string, Cap>>): string {
  const entries = Object.entries(caps).map(([name, cap]) =>
    [
      `  ${name}:`,
      `    budget: ${cap.budget ?? '$100'}`,
      '    reset: monthly',
      '    # the key that it is about',
      `    match: ${cap.match ?? '{ api_key: ci }'}`,
      `    per: ${cap.per ?? 'workspace_id'}`,
      `    description: ${cap.description ?? 'a cap'}`,
      ...(cap.id === undefined ? [] : [`    id: ${cap.id}`]),
    ].join('\n'),
  );
  return `version: 1\nkind: workspace\nworkspace: team\npolicies:\n${entries.join('\n')}\n`;
}

const files = (cap: Cap = {}, org = ''): Files => ({ 'org.yaml': orgFile(org), 'team.yaml': file({ cap }) });
const cap = groupKeys.entry('usage-policy', 'team', 'cap');
const whys = (owed: readonly Owed[]): string[] => owed.map(({ part, why }) => `${part}: ${why}`);

function start(cap: Cap = {}): { readonly world: MemoryRepository; readonly start: string } {
  const world = new MemoryRepository(files(cap));
  return { world, start: world.main };
}

describe('a part is reviewed', () => {
  test('when somebody else has approved the pull request that moves it', async () => {
    for (const method of ['merge', 'squash', 'rebase'] as const) {
      const { world, start: from } = start();
      const pull = world.open(files({ budget: '$200' }));
      world.review(pull, 'bob');
      world.merge(pull, method);
      expect((await world.judge(from, cap)).owed, method).toEqual([]);
    }
  });

  test('when two pull requests move it one after the other, each of them approved', async () => {
    const { world, start: from } = start();
    for (const budget of ['$200', '$300']) {
      const pull = world.open(files({ budget }));
      world.review(pull, 'bob');
      world.merge(pull);
    }
    expect((await world.judge(from, cap)).owed).toEqual([]);
  });

  test('when its head is behind the branch, on which others have moved other parts', async () => {
    const { world, start: from } = start();
    const pull = world.open(files({ budget: '$200' }));
    world.push(files({ description: 'another' }));
    world.review(pull, 'bob');
    world.merge(pull);
    expect(whys((await world.judge(from, cap)).owed)).toEqual(['description: by-hand']);
  });

  test('without a word where it ends as it began', async () => {
    const { world, start: from } = start();
    world.push(files({ budget: '$900' }));
    world.push(files());
    expect(await world.judge(from, cap)).toEqual({ movedBy: [], settled: [], owed: [] });
  });

  test('not when nobody has approved, and then by a review after the merge', async () => {
    const { world, start: from } = start();
    const pull = world.open(files({ budget: '$200' }));
    world.merge(pull);
    expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: not-approved']);
    world.review(pull, 'bob');
    expect((await world.judge(from, cap)).owed).toEqual([]);
  });

  test('not when only its author, a stranger or a bot has approved', async () => {
    for (const login of ['alice', 'reader', 'helper[bot]']) {
      const { world, start: from } = start();
      world.permissions.set('reader', 'read');
      const pull = world.open(files({ budget: '$200' }));
      world.review(pull, login);
      world.merge(pull);
      expect(whys((await world.judge(from, cap)).owed), login).toEqual(['limit: not-approved']);
    }
  });

  test('not when the head that was reviewed asks for something else, nor when it is not given any more', async () => {
    const { world, start: from } = start();
    const pull = world.open(files({ budget: '$200' }));
    world.review(pull, 'bob');
    const reviewed = world.headOf(pull);
    world.amend(pull, files({ budget: '$900' }));
    world.amend(pull, files({ budget: '$200' }));
    world.merge(pull);
    expect((await world.judge(from, cap)).owed).toEqual([]);
    world.gone.add(reviewed);
    expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: not-approved']);
  });

  test('not when the merge says something else than the pull request asks for', async () => {
    const { world, start: from } = start();
    const pull = world.open(files({ budget: '$200' }));
    world.review(pull, 'bob');
    world.merge(pull, 'squash', files({ budget: '$900' }));
    expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: other-than-asked']);
  });

  test('not in a file that cannot be read at the base', async () => {
    const broken = { ...files(), 'team.yaml': `${file({ cap: {} })}  broken: [\n` };
    const world = new MemoryRepository(files());
    const from = world.main;
    world.push(broken);
    const pull = world.open(files({ budget: '$200' }));
    world.review(pull, 'bob');
    world.merge(pull);
    expect(whys((await world.judge(from, cap)).owed)).toContain('limit: unreadable');
  });
});

test('trust-F1: two approved pull requests do not add up to a limit that nobody saw', async () => {
  const { world, start: from } = start();
  const raise = world.open(files({ budget: '$10,000' }));
  const widen = world.open(files({ match: 'all' }));
  for (const pull of [raise, widen]) {
    world.review(pull, 'bob');
    world.merge(pull);
  }
  expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: other-than-asked']);
  // The description, too, was moved beside others, and is a thing of its own.
  const apart = start();
  for (const edit of [{ budget: '$10,000' }, { description: 'wide' }]) {
    const pull = apart.world.open(files(edit), { from: apart.start });
    apart.world.review(pull, 'bob');
    apart.world.merge(pull);
  }
  expect((await apart.world.judge(apart.start, cap)).owed).toEqual([]);
});

test('trust-F1: an approved id and an approved amount are not the amount for that id', async () => {
  const id = '11111111-1111-4111-8111-111111111111';
  const { world, start: from } = start({ id: '22222222-2222-4222-8222-222222222222' });
  const old = '22222222-2222-4222-8222-222222222222';
  for (const edit of [
    { budget: '$10,000', id: old },
    { budget: '$100', id },
  ]) {
    const pull = world.open(files(edit), { from });
    world.review(pull, 'bob');
    world.merge(pull);
  }
  expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: other-than-asked']);
});

test('trust-F2: what was approved and taken back is not approved for a push by hand', async () => {
  const { world, start: from } = start();
  for (const budget of ['$900', '$100']) {
    const pull = world.open(files({ budget }));
    world.review(pull, 'bob');
    world.merge(pull);
  }
  world.push(files({ budget: '$900' }));
  expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: by-hand']);
});

test('trust-F3: a harmless pull request on top of a push by hand does not carry it through', async () => {
  const { world, start: from } = start();
  world.push(files({ budget: '$900' }));
  const pull = world.open(files({ budget: '$900', description: 'harmless' }));
  world.review(pull, 'bob');
  world.merge(pull, 'merge');
  expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: by-hand']);
});

test('trust-F3: a branch that is pushed over the default one is not a pull request, whatever GitHub calls it', async () => {
  const { world, start: from } = start();
  const pull = world.open(files({ budget: '$900' }));
  world.review(pull, 'bob');
  world.pushHead(pull);
  expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: by-hand']);
});

test('trust-F4: reviews from before the base was changed or moved by force count for nothing', async () => {
  for (const kind of ['changed', 'force-pushed', 'deleted'] as const) {
    const { world, start: from } = start();
    const pull = world.open(files({ budget: '$900' }));
    world.review(pull, 'bob');
    world.moveBase(pull, kind);
    world.merge(pull);
    expect(whys((await world.judge(from, cap)).owed), kind).toEqual(['limit: not-approved']);
    world.review(pull, 'bob');
    expect((await world.judge(from, cap)).owed, kind).toEqual([]);
  }
});

test('trust-F6: where a bot opened, pushed or wrote, two people have to approve', async () => {
  const bot = 'github-actions[bot]';
  const cases = { opened: { by: 'alice', opener: bot }, pushed: { by: 'alice', pusher: bot }, wrote: { by: bot } };
  for (const [name, made] of Object.entries(cases)) {
    const { world, start: from } = start();
    const pull = world.open(files({ budget: '$900' }), made);
    world.review(pull, 'bob');
    world.merge(pull);
    expect(whys((await world.judge(from, cap)).owed), name).toEqual(['limit: not-approved']);
    world.review(pull, 'bob');
    expect(whys((await world.judge(from, cap)).owed), name).toEqual(['limit: not-approved']);
    world.review(pull, 'carol');
    expect((await world.judge(from, cap)).owed, name).toEqual([]);
  }
});

test('trust-F6: an address that no account has needs two approvals only while nobody knows who pushed', async () => {
  const { world, start: from } = start();
  const pull = world.open(files({ budget: '$900' }), { author: null, committer: 'alice' });
  world.review(pull, 'bob');
  world.merge(pull);
  expect((await world.judge(from, cap)).owed).toEqual([]);
  world.tellsPushes = false;
  expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: not-approved']);
});

test('trust-F8: the name of GitHub on a commit clears nobody without its signature', async () => {
  const cases = [
    { made: { committer: 'web-flow', signedByGitHub: true, pusher: null }, isEnough: true },
    { made: { committer: 'web-flow', signedByGitHub: false, pusher: null }, isEnough: false },
  ];
  for (const { made, isEnough } of cases) {
    const { world, start: from } = start();
    const pull = world.open(files({ budget: '$900' }), made);
    world.review(pull, 'bob');
    world.merge(pull);
    expect((await world.judge(from, cap)).owed.length === 0, String(isEnough)).toBe(isEnough);
  }
});

test('trust-F8: who merges the branch has no part in it, but for what the merge says beyond both sides', async () => {
  for (const budget of ['$200', '$900']) {
    const { world, start: from } = start();
    const pull = world.open(files({ budget: '$200' }));
    world.push(files({ description: 'by hand' }));
    const merged = files({ budget, description: 'by hand' });
    world.amend(pull, merged, { by: 'bob', merges: world.main, signedByGitHub: true, committer: 'web-flow' });
    world.review(pull, 'bob');
    world.merge(pull, 'merge');
    const limits = (await world.judge(from, cap)).owed.filter(({ part }) => part === 'limit');
    expect(whys(limits), budget).toEqual(budget === '$200' ? [] : ['limit: not-approved']);
  }
});

test('trust-F9: the latest review of a person speaks, and a comment is none', async () => {
  const { world, start: from } = start();
  const pull = world.open(files({ budget: '$900' }));
  world.review(pull, 'bob');
  world.merge(pull);
  world.review(pull, 'bob', { state: 'COMMENTED' });
  expect((await world.judge(from, cap)).owed).toEqual([]);
  world.review(pull, 'bob', { state: 'CHANGES_REQUESTED' });
  expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: not-approved']);
  world.review(pull, 'bob', { state: 'DISMISSED' });
  expect(whys((await world.judge(from, cap)).owed)).toEqual(['limit: not-approved']);
});

test('trust-B3: who had a part is told from commits, trailers and pushes', async () => {
  const cases = {
    author: { by: 'alice', author: 'bob' },
    committer: { by: 'alice', committer: 'bob' },
    coAuthor: { by: 'alice', coAuthors: ['bob'] },
    pusher: { by: 'alice', pusher: 'bob' },
    requester: { by: 'alice', message: 'change\n\nRequested-by: @Bob <bob@example.com>' },
  };
  for (const [name, made] of Object.entries(cases)) {
    const { world, start: from } = start();
    const pull = world.open(files({ budget: '$900' }), made);
    world.review(pull, 'bob');
    world.merge(pull);
    expect(whys((await world.judge(from, cap)).owed), name).toEqual(['limit: not-approved']);
    world.review(pull, 'carol');
    expect((await world.judge(from, cap)).owed, name).toEqual([]);
  }
});

test('who suggested a line that the author committed has only reviewed', async () => {
  const { world, start: from } = start();
  const pull = world.open(files({ budget: '$200' }));
  world.amend(pull, files({ budget: '$250' }), { coAuthors: ['bob'], committer: 'web-flow', signedByGitHub: true });
  world.review(pull, 'bob');
  world.merge(pull);
  expect((await world.judge(from, cap)).owed).toEqual([]);
});

test('a bot as co-author needs nobody more', async () => {
  const { world, start: from } = start();
  const pull = world.open(files({ budget: '$200' }), { coAuthors: ['copilot[bot]'] });
  world.review(pull, 'bob');
  world.merge(pull);
  expect((await world.judge(from, cap)).owed).toEqual([]);
});

test('trust-B2: alice and bob approve each other, and a word counts for the pull request of its own request', async () => {
  const { world, start: from } = start();
  const two = (alpha: string, beta: string): Files => ({
    'org.yaml': orgFile(''),
    'team.yaml': file({ alpha: { budget: alpha }, beta: { budget: beta } }),
  });
  world.push(two('$100', '$100'));
  const begin = world.main;
  const hers = world.open(two('$900', '$100'), { by: 'alice' });
  const his = world.open(two('$100', '$200'), { by: 'bob' });
  world.merge(hers);
  world.merge(his);
  const digests = new Map((await world.windows([begin])).pulls.map(({ pull, digest }) => [pull.number, digest]));
  const line = (pull: number) => `/tollgate allow spend-up=900@${digests.get(pull)?.slice(0, 32)}`;
  // The author of one puts its word into her review of the other.
  world.review(his, 'alice', { body: line(hers) });
  world.review(hers, 'bob', { body: line(hers) });
  const { pulls } = await world.windows([begin]);
  expect(pulls.map(({ approval, words }) => [approval.isApproved, words.map(({ by }) => by)])).toEqual([
    [true, ['bob']],
    [true, []],
  ]);
  expect(from).not.toBe(begin);
});

test('a request is the same whatever others merge meanwhile', async () => {
  const { world, start: from } = start();
  const pull = world.open(files({ budget: '$200' }));
  world.push(files({ description: 'others' }));
  world.amend(pull, files({ budget: '$200', description: 'others' }), { by: 'alice', merges: world.main });
  world.merge(pull);
  const [after] = (await world.windows([from])).pulls;
  const alone = start();
  const same = alone.world.open(files({ budget: '$200' }));
  alone.world.merge(same);
  const [before] = (await alone.world.windows([alone.start])).pulls;
  expect(after?.digest).toBe(before?.digest);
  expect(before?.digest).toMatch(/^[0-9a-f]{64}$/);
});

/** What a run asks of GitHub follows the pull requests that touch policies, not the life of the repository. */

import { describe, expect, test } from 'vitest';
import { groupKeys } from '../../src/approvals/atoms.ts';
import { listMergedPulls, readWindows } from '../../src/approvals/read-windows.ts';
import { judgeGroups } from '../../src/approvals/reviewed.ts';
import { type GitHub, GitHubError } from '../../src/github/port.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { type Files, MemoryRepository } from './memory.ts';

const filesOf = (budget: string): Files => ({
  'org.yaml': orgFile(),
  'team.yaml': workspaceFile('team', `policies:\n  cap: {budget: ${budget}, reset: monthly, per: workspace_id}\n`),
});
const cap = groupKeys.entry('usage-policy', 'team', 'cap');
const place = { environment: 'production', baseUrl: 'https://api.example/v1', record: 'refs/tollgate/production' };

/** Every request of the port, as it is asked. */
function counting(github: GitHub): { readonly port: GitHub; readonly asked: string[] } {
  const asked: string[] = [];
  const port = new Proxy(github, {
    get(target, name: keyof GitHub) {
      const method = target[name] as unknown;
      if (typeof method !== 'function') return method;
      return (...given: readonly unknown[]) => {
        asked.push(`${name} ${Array.isArray(given[0]) ? given[0].length : given[0]}`);
        return method(...given) as unknown;
      };
    },
  });
  return { port, asked };
}

describe('mistakes-I3: 500 merges that touch no policy, then one that does', () => {
  test('cost what the one costs', async () => {
    const world = new MemoryRepository(filesOf('$100'));
    const start = world.main;
    for (let count = 0; count < 500; count += 1) {
      // The tree of the directory stays what it was.
      const commit = world.commit(filesOf('$100'), [world.main]);
      world.main = commit;
    }
    const pull = world.open(filesOf('$200'));
    world.review(pull, 'bob');
    world.merge(pull);
    const { port, asked } = counting(world.github());
    const sources = { github: port, branch: world.branch(), branchName: 'main', place };
    const windows = await readWindows(sources, [start]);
    const window = windows.from(start);
    expect(window === null ? null : judgeGroups(window, [cap]).owed).toEqual([]);
    expect(asked).toEqual([
      'listPullsOfCommits 1',
      `readPullReview ${pull}`,
      `listPushes refs/heads/change-${pull}`,
      'readPermission bob',
    ]);
    // And whoever has only to be told is found by one.
    asked.splice(0);
    expect((await listMergedPulls(sources, [start, start])).map(({ number }) => number)).toEqual([pull]);
    expect(asked).toEqual(['listPullsOfCommits 1']);
  });

  test('a commit that GitHub does not know is not called pushed by hand: the look-up has failed', async () => {
    const world = new MemoryRepository(filesOf('$100'));
    const start = world.main;
    const pull = world.open(filesOf('$200'));
    world.review(pull, 'bob');
    world.merge(pull);
    const github: GitHub = { ...world.github(), listPullsOfCommits: async () => new Map() };
    const sources = { github, branch: world.branch(), branchName: 'main', place };
    await expect(readWindows(sources, [start])).rejects.toBeInstanceOf(GitHubError);
    await expect(listMergedPulls(sources, [start])).rejects.toThrow('does not know commit');
  });

  test('nothing is asked where nothing has moved', async () => {
    const world = new MemoryRepository(filesOf('$100'));
    const { port, asked } = counting(world.github());
    await listMergedPulls({ github: port, branch: world.branch(), branchName: 'main' }, [world.main]);
    expect(asked).toEqual([]);
  });
});

describe('mistakes-I16: a default branch that is renamed', () => {
  test.each([
    ['keeps what was merged into it under its name of the last apply', 'main', []],
    ['has no part in what was merged into another branch', 'other', ['limit: by-hand']],
    ['nor where nobody knows what it was called', null, ['limit: by-hand']],
  ])('%s', async (_what, formerName, owed) => {
    const world = new MemoryRepository(filesOf('$100'));
    const start = world.main;
    const pull = world.open(filesOf('$200'));
    world.review(pull, 'bob');
    world.merge(pull);
    const sources = { github: world.github(), branch: world.branch(), branchName: 'trunk', formerName, place };
    const window = (await readWindows(sources, [start])).from(start);
    if (window === null) throw new Error('there is no window');
    expect(judgeGroups(window, [cap]).owed.map(({ part, why }) => `${part}: ${why}`)).toEqual(owed);
  });
});

/** Stories in which the history of the repository matters: each through `plan` and `apply` in a clone with a bare remote. */

import { afterEach, describe, expect, it } from 'vitest';
import { type Ran, startRig, succeed } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';
import { git, makeFolder } from '../record/git-fixture.ts';
import { type Files, type GitRig, startGitRig } from './git-rig.ts';
import { describeLive, policies } from './harness.ts';

let rig: GitRig;
afterEach(() => rig.close());

const files = (amount: number, more: Record<string, Record<string, string>> = {}): Files => ({
  'org.yaml': orgFile(spendMayRise),
  'a.yaml': workspaceFile('ws-team-a', policies({ spend: { budget: `$${amount}` }, ...more })),
});
const spend = (amount: number): string => `spend: $${amount} monthly per workspace_id`;

interface Story {
  readonly name: string;
  /** From a main branch whose files say $500, applied. */
  readonly action: () => void | Promise<void>;
  /** Exit code of apply; default 0. */
  readonly exit?: number;
  readonly says?: RegExp;
  readonly after: readonly string[];
  /** Exit code of a plan right after, with --detailed-exitcode; default 0. */
  readonly again?: number;
}

function branch(name: string): void {
  rig.git('checkout', '--quiet', '-b', name);
}

const stories: readonly Story[] = [
  {
    name: 'a merge commit',
    action: () => {
      branch('raise');
      rig.commit(files(750));
      rig.git('checkout', '--quiet', 'main');
      rig.git('merge', '--quiet', '--no-ff', '-m', 'merge', 'raise');
    },
    after: [spend(750)],
  },
  {
    name: 'a squash merge of three commits',
    action: () => {
      branch('raise');
      for (const amount of [600, 700, 750]) rig.commit(files(amount));
      rig.git('checkout', '--quiet', 'main');
      rig.git('merge', '--quiet', '--squash', 'raise');
      rig.git('commit', '--quiet', '-m', 'squashed');
    },
    after: [spend(750)],
  },
  {
    name: 'a rebase merge onto main that moved and was applied',
    action: async () => {
      branch('add');
      rig.commit(files(500, { extra: {} }));
      rig.git('checkout', '--quiet', 'main');
      rig.commit({ ...files(500), 'notes.yaml.txt': 'not a policy\n' });
      await succeed(applyMerged());
      rig.git('rebase', '--quiet', 'main', 'add');
      rig.git('checkout', '--quiet', 'main');
      rig.git('merge', '--quiet', '--ff-only', 'add');
    },
    after: ['extra: $500 monthly per workspace_id', spend(500)],
  },
  {
    name: 'a revert',
    action: async () => {
      rig.commit(files(900));
      await succeed(applyMerged());
      rig.git('revert', '--no-edit', 'HEAD');
    },
    after: [spend(500)],
  },
  {
    name: 'a revert of a revert',
    action: async () => {
      rig.commit(files(900));
      await succeed(applyMerged());
      rig.git('revert', '--no-edit', 'HEAD');
      await succeed(applyMerged());
      rig.git('revert', '--no-edit', 'HEAD');
    },
    after: [spend(900)],
  },
  {
    name: 'a revert that was merged before the change was ever applied',
    action: () => {
      rig.commit(files(900));
      rig.git('revert', '--no-edit', 'HEAD');
    },
    says: /No changes: 1 limit matches/,
    after: [spend(500)],
  },
  {
    name: 'the job of the same commit run again',
    action: () => undefined,
    after: [spend(500)],
  },
  {
    name: 'the job of an older commit run again, after a newer one was applied: rewound',
    action: async () => {
      rig.commit(files(900));
      await succeed(applyMerged());
      rig.git('checkout', '--quiet', 'HEAD~1');
    },
    exit: 4,
    says: /lacks the commit that was applied last/,
    after: [spend(900)],
    again: 3,
  },
  {
    name: 'main force-pushed without the commit that was applied: rewound',
    action: () => {
      rig.git('commit', '--quiet', '--amend', '-m', 'rewritten');
      rig.commit(files(600));
    },
    exit: 4,
    says: /lacks the commit that was applied last/,
    after: [spend(500)],
    again: 3,
  },
  {
    name: 'a branch that was never merged, from before what is applied: refused',
    action: async () => {
      branch('old');
      rig.commit(files(100));
      rig.git('checkout', '--quiet', 'main');
      rig.commit(files(900));
      await succeed(applyMerged());
      rig.git('checkout', '--quiet', 'old');
    },
    exit: 1,
    says: /is not on the default branch of the remote/,
    after: [spend(900)],
    again: 3,
  },
  {
    name: 'that branch once it has merged main',
    action: async () => {
      branch('old');
      rig.commit(files(500, { extra: {} }));
      rig.git('checkout', '--quiet', 'main');
      rig.commit({ ...files(500), 'readme.txt': 'x\n' });
      await succeed(applyMerged());
      rig.git('checkout', '--quiet', 'old');
      rig.git('merge', '--quiet', '--no-edit', 'main');
      rig.git('checkout', '--quiet', 'main');
      rig.git('merge', '--quiet', '--ff-only', 'old');
    },
    after: ['extra: $500 monthly per workspace_id', spend(500)],
  },
  {
    name: 'the policy file moved by git mv',
    action: () => {
      rig.git('mv', 'policies/a.yaml', 'policies/team.yaml');
      rig.git('commit', '--quiet', '-m', 'move');
    },
    after: [spend(500)],
  },
  {
    name: 'an edit that is not committed, in CI: refused',
    action: () => rig.write(files(900)),
    exit: 1,
    says: /policy files are not committed: policies\/a\.yaml/,
    after: [spend(500)],
    again: 2,
  },
  {
    name: 'a renamed policy in one commit and its new amount in the next, applied together: a new one',
    action: () => {
      const renamed = (amount: number): Files => ({
        // Settings stay: under a CI system they come into force by an approved plan alone.
        'org.yaml': orgFile(spendMayRise),
        'a.yaml': workspaceFile('ws-team-a', policies({ team: { budget: `$${amount}` } })),
      });
      rig.commit(renamed(500));
      rig.commit(renamed(600));
    },
    exit: 0,
    after: ['team: $600 monthly per workspace_id'],
  },
];

/** As the job of a merge: what main is in this clone, the remote has. */
function applyMerged(): Promise<Ran> {
  rig.git('push', '--quiet', '--force', 'origin', 'main');
  return rig.apply();
}

describe('history', () => {
  it.each(stories)('$name', async ({ action, exit = 0, says, after, again = 0 }) => {
    rig = await startGitRig({ state: smallState(), env: { CI: 'true' } });
    rig.commit(files(500));
    await succeed(applyMerged());
    await action();
    const ran = await applyMerged();
    expect([ran.exit, ran.stderr]).toEqual([exit, expect.anything()]);
    if (says !== undefined) expect(ran.stderr).toMatch(says);
    expect(describeLive(rig)).toEqual(after);
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(again);
    if (exit === 0) expect((await rig.plan()).stdout).not.toContain('record line');
  });
});

describe('clones and environments', () => {
  async function applyIn(folder: string): Promise<Ran> {
    const other = await startRig({ emulator: rig.emulator, folder, recordFile: null });
    return other.apply();
  }

  it('another clone goes on from the same record, a shallow one too', async () => {
    rig = await startGitRig({ state: smallState() });
    rig.commit(files(500));
    await succeed(rig.apply());
    rig.commit(files(600));
    const base = makeFolder();
    git(base, 'clone', '--quiet', `file://${rig.remote}`, 'full');
    await succeed(applyIn(`${base}/full`));
    rig.commit(files(700));
    git(base, 'clone', '--quiet', '--depth', '1', `file://${rig.remote}`, 'shallow');
    await succeed(applyIn(`${base}/shallow`));
    expect(describeLive(rig)).toEqual([spend(700)]);
    expect(rig.history().filter((subject) => subject.startsWith('apply'))).toHaveLength(3);
  });

  it('a second environment is another directory with a record of its own', async () => {
    rig = await startGitRig({ state: smallState() });
    rig.commit(files(500));
    await succeed(rig.apply());
    const staging = {
      'staging/org.yaml': orgFile().replace('production', 'staging'),
      'staging/b.yaml': workspaceFile('ws-team-b', policies({ spend: { budget: '$50' } })),
    };
    rig.git('mv', 'policies', 'production');
    rig.git('commit', '--quiet', '-m', 'a directory of its own');
    rig.git('push', '--quiet', 'origin', 'HEAD');
    // The record knows its directory: a move is carried over before anything else is changed.
    await succeed(rig.move({ dir: 'production' }));
    rig.commit(staging);
    await succeed(rig.apply({ dir: 'policies/staging' }));
    expect((await rig.plan({ dir: 'production', detailedExitcode: true })).exit).toBe(0);
    expect((await rig.plan({ dir: 'policies/staging', detailedExitcode: true })).exit).toBe(0);
    expect(describeLive(rig)).toEqual([spend(500), 'ws-team-b/spend: $50 monthly per workspace_id']);
    expect(git(rig.remote, 'for-each-ref', '--format=%(refname)', 'refs/tollgate').split('\n')).toEqual([
      'refs/tollgate/production',
      'refs/tollgate/staging',
    ]);
  });
});

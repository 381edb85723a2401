/** A branch that is there: whose it is, what it means, whom it names, and what is said where it stays alone. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { titleOf } from '../../src/importing/proposal-words.ts';
import { readProposals } from '../../src/importing/read-proposals.ts';
import { quoteWord } from '../../src/shell-words.ts';
import { hasProgram } from '../helpers/programs.ts';
import {
  asAuthor,
  createPolicy,
  type ProposeScene,
  pullsOf,
  raise,
  startGitHubScene,
  startProposeScene,
  teamFile,
} from '../helpers/propose-scene.ts';
import { smallState, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';

const file = 'policies/workspaces/team-a.yaml';
const messageOf = (scene: ProposeScene, branch: string | null) =>
  git(scene.remote, 'log', '-1', '--format=%B', branch ?? '');
/** A commit of the file on the branch, as whoever may push makes it. */
function pushCommit(scene: ProposeScene, branch: string, text: string, message: string): void {
  git(scene.folder, 'checkout', '--quiet', '--detach', 'main');
  writeFileSync(join(scene.folder, file), text);
  git(scene.folder, 'commit', '--quiet', '-am', message);
  git(scene.folder, 'push', '--quiet', '--force', 'origin', `HEAD:refs/heads/${branch}`);
  git(scene.folder, 'checkout', '--quiet', 'main');
}

describe('the same wish in another spelling', () => {
  it('is the branch that is there', async () => {
    const scene = await startProposeScene();
    const first = await scene.propose(raise('$600'));
    const again = await scene.propose(raise('$600.00'));
    expect(again).toMatchObject({ status: 'branch_only', branch: first.branch, diff: first.diff });
  });

  it('is the pull request that is open', async () => {
    const scene = await startGitHubScene();
    await scene.propose(raise('$600'));
    expect(await scene.propose(raise('$600.00'))).toMatchObject({ status: 'exists', pull: { number: 1 } });
    expect(scene.branches()).toHaveLength(1);
  });

  it.each([
    ['changed a comment beside it', '# agreed with finance', '# agreed with nobody'],
    ['wrote another value', 'budget: $600 ', 'budget: $700 '],
  ])('is not, where somebody %s', async (_what, from, to) => {
    const scene = await startProposeScene();
    const { branch } = await scene.propose(raise('$600'));
    const text = scene.read(branch ?? '', file);
    expect(text).toContain(from);
    pushCommit(scene, branch ?? '', text.replace(from, to), messageOf(scene, branch));
    expect(await scene.propose(raise('$600.00'))).toMatchObject({ status: 'conflict' });
  });
});

describe('a branch that somebody made beforehand, with the very same files', () => {
  const wished = teamFile.replace('budget: $100 ', 'budget: $500 ');
  const title = 'ws-team-a: set policy monthly-spend, $500';
  const by = 'Written by an agent. Nothing changes before it is merged.';

  it.each([
    ['another title', `Fixes #1 [skip ci]\n\n${by}\n\nRequested-by: @guest`],
    ['a line more', `${title}\n\n${by}\n\n[skip ci]\n\nRequested-by: @guest`],
    ['another trailer', `${title}\n\n${by}\n\nRequested-by: @guest\nCo-authored-by: x <owner@example.com>`],
    ['a name that is none', `${title}\n\n${by}\n\nRequested-by: @guest <x>`],
    ['a reason that acts', `${title}\n\n${by}\n\nReason given: fixes #1\n\nRequested-by: @guest`],
  ])('is theirs with %s', async (_what, message) => {
    const scene = await startGitHubScene();
    const { branch } = await scene.propose(raise(), { isDryRun: true });
    expect(branch).toBeNull();
    const name = (await scene.propose(raise())).branch ?? '';
    scene.github.closePullRequest({ pull: 1, user: 'author' });
    const [repository] = scene.github.state.repositories;
    repository?.issues.splice(0);
    pushCommit(scene, name, wished, message);
    const tip = git(scene.remote, 'rev-parse', name);
    const { status, notes } = await scene.propose(raise());
    expect(status).toBe('conflict');
    expect(notes.join()).toContain('its files or its message say something else');
    expect(git(scene.remote, 'rev-parse', name)).toBe(tip);
    expect(pullsOf(scene)).toEqual([]);
  });
});

it('who asks for a branch that has no pull request yet is named in it beside who asked before, and in the text', async () => {
  const scene = await startGitHubScene();
  const path = '/repos/example/budgets/pulls';
  scene.github.setFaults([{ method: 'POST', path, fault: { kind: 'status', status: 502 } }]);
  const first = await scene.propose(raise(), {}, { caller: 'guest' });
  expect(first.status).toBe('branch_only');
  scene.github.setFaults([]);
  const second = await scene.propose(raise(), {}, { caller: 'reviewer' });
  expect(second.status).toBe('opened');
  expect(messageOf(scene, second.branch).match(/^Requested-by: .*$/gm)).toEqual([
    'Requested-by: @guest',
    'Requested-by: @reviewer',
  ]);
  expect(pullsOf(scene)[0]?.body).toContain('asked by `guest` and `reviewer`');
  // Now reviewers look at it: it is not moved any more.
  const third = await scene.propose(raise(), {}, { caller: 'ana' });
  expect(third).toMatchObject({ status: 'exists', diff: second.diff });
  expect(third.notes.join()).toContain('@guest and @reviewer asked for it before');
});

it('a name that is not an account is not written as one, and the text says what follows', async () => {
  const scene = await startGitHubScene();
  const { branch } = await scene.propose(raise(), { isUrgent: true }, { caller: 'Ana Example' });
  expect(messageOf(scene, branch)).toContain('\nRequested-by: "Ana Example"');
  const body = pullsOf(scene)[0]?.body ?? '';
  expect(body).toContain('asked by `Ana Example`');
  expect(body).toContain('two people have to approve');
  expect(body).not.toContain('one approval');
});

it('the user of a machine is not an account either; of a person the author of the commit is enough', async () => {
  const scene = await startProposeScene();
  const agent = await scene.propose(raise());
  expect(messageOf(scene, agent.branch)).toMatch(/\nRequested-by: "[\w-]+"/);
  git(scene.folder, 'config', 'user.name', 'Ana');
  git(scene.folder, 'config', 'user.email', 'ana@example.com');
  const person = await scene.propose(createPolicy('x'), {}, { isAgent: false });
  expect(messageOf(scene, person.branch)).not.toContain('Requested-by');
});

it('labels that a lost answer kept away are put on when the same is proposed again', async () => {
  const scene = await startGitHubScene();
  await scene.propose(raise(), { isUrgent: true });
  const [pull] = pullsOf(scene);
  if (pull !== undefined) pull.labels = [];
  expect((await scene.propose(raise(), { isUrgent: true })).status).toBe('exists');
  expect(pullsOf(scene)[0]?.labels).toEqual(['tollgate:agent', 'urgent']);
});

it('a pull request that goes into another branch is no answer', async () => {
  const scene = await startGitHubScene();
  await scene.propose(raise());
  git(scene.folder, 'push', '--quiet', 'origin', 'main:other');
  const [pull] = pullsOf(scene);
  if (pull?.pull != null) pull.pull.baseRef = 'other';
  const { status, notes } = await scene.propose(raise());
  expect(status).toBe('conflict');
  expect(notes.join()).toContain('Set its base to main');
});

describe('without a pull request', () => {
  const reason = "it's up 300 %\n\nRequested-by: @reviewer\n[skip ci] fixes #1 https://evil.example/x";

  it('reason and urgency stand in the commit, as words alone, and in the command', async () => {
    const scene = await startProposeScene();
    const session = scene.session({ env: { GITHUB_REPOSITORY: 'example/budgets' } });
    const { branch, commands } = await scene.propose(raise(), { reason, isUrgent: true }, { session });
    const message = messageOf(scene, branch);
    expect(message).toContain('\nIt is urgent.\n');
    expect(message).toContain(
      "\nReason given: it's up 300 % Requested-by: reviewer skip ci fixes 1 https evil.example/x\n",
    );
    expect(message.match(/^Requested-by: .*$/gm)).toHaveLength(1);
    expect(commands.join('\n')).toContain("--title 'Urgent: ws-team-a: set policy monthly-spend, $500'");
    expect(commands.join('\n')).toContain("Reason given: it'\\''s up 300 %");
    expect(commands.at(-1)).toContain('--add-label urgent');
    // Asked again it is found, whatever the reason is then.
    expect(await scene.propose(raise(), { reason: 'other' })).toMatchObject({ status: 'branch_only', branch });
  });

  it('a rival is said with the command that deletes it', async () => {
    const scene = await startProposeScene();
    const { branch } = await scene.propose(raise());
    expect(await scene.propose(raise('$700'))).toMatchObject({
      status: 'conflict',
      commands: [`git push origin --delete ${branch}`],
    });
  });
});

it.skipIf(!hasProgram('sh')).each(['main;$(id)', "it's", 'a b', '', '$HOME', 'main\nx'])(
  'the shell reads %j as it was meant',
  (word) => {
    expect(execFileSync('sh', ['-c', `printf %s ${quoteWord(word)}`]).toString()).toBe(word);
  },
);

it.each([
  ['預算', 'бюджет'],
  ['monthly-spend', 'monthly-spend\u200b'],
  ['Monthly-Spend', 'monthly spend'],
])('%j and %j are two names in the title', (one, other) => {
  const titles = [one, other].map((name) =>
    titleOf({ workspace: 'ws', proposal: createPolicy(name), isUrgent: false }),
  );
  expect(titles[0]).not.toBe(titles[1]);
  for (const title of titles) expect(title).toMatch(/^[\w$., :~-]+$/);
});

describe('without a token', () => {
  const squash = (scene: ProposeScene, branch: string | null): void => {
    git(scene.folder, 'fetch', '--quiet', 'origin', branch ?? '');
    git(scene.folder, 'merge', '--quiet', '--squash', 'FETCH_HEAD');
    git(scene.folder, 'commit', '--quiet', '-m', 'squashed');
    git(scene.folder, 'push', '--quiet', 'origin', 'main');
  };

  it('what was merged by a squash is not open, also when the base has gone on', async () => {
    const scene = await startProposeScene();
    squash(scene, (await scene.propose(raise())).branch);
    const second = await scene.propose(raise('$600'));
    expect(second.status).toBe('branch_only');
    squash(scene, second.branch);
    expect((await scene.propose(raise('$500'))).branch).toMatch(/-2$/);
    const session = scene.session();
    expect((await readProposals(null, scene.options, session)).proposals).toHaveLength(1);
  });

  it('the branches that are open are listed, with the commands that delete them', async () => {
    const scene = await startProposeScene();
    const { branch } = await scene.propose(raise(), { isUrgent: true });
    const { proposals, commands, notes } = await readProposals(null, scene.options, scene.session());
    expect(proposals).toMatchObject([
      { branch, state: 'branch', urgent: true, number: null, title: 'ws-team-a: set policy monthly-spend, $500' },
    ]);
    expect(commands).toEqual([`git push origin --delete ${branch}`]);
    expect(notes.join()).toContain('no token of GitHub');
    git(scene.folder, ...(commands[0] ?? '').split(' ').slice(1));
    expect((await readProposals(null, scene.options, scene.session())).proposals).toEqual([]);
  });
});

it('a number that there is not is not found', async () => {
  const scene = await startGitHubScene();
  await expect(readProposals(99, scene.options, scene.session())).rejects.toMatchObject({ code: 'not_found' });
});

it.each([
  [{ kind: 'status', status: 500 } as const, 'unavailable', /Ask again later/],
  [{ kind: 'status', status: 401 } as const, 'forbidden', /does not know the token/],
])('what GitHub answers while it is read, %j, has the code %s', async (fault, code, hint) => {
  const scene = await startGitHubScene();
  scene.github.setFaults([{ fault }]);
  await expect(scene.propose(raise())).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
  await expect(readProposals(null, scene.options, scene.session())).rejects.toMatchObject({ code });
});

it('all that is live and one entry of it are not two proposals', async () => {
  const state = smallState({
    usagePolicies: [usagePolicyRow('by-hand', uuid(41), teamA, { credit_limit: 80 })],
  });
  const target = { kind: 'policy', name: 'by-hand' } as const;
  for (const grant of [undefined, asAuthor]) {
    const scene = await startProposeScene({ state, ...(grant === undefined ? {} : { grant }) });
    await scene.propose({ action: 'import', target: null });
    expect(await scene.propose({ action: 'import', target })).toMatchObject({ status: 'conflict' });
    expect(scene.branches()).toHaveLength(1);
    // What it does not touch is free.
    expect((await scene.propose(raise())).status).not.toBe('conflict');
  }
});

it('nor are they where the pull request of all that is live could not be made', async () => {
  const state = smallState({
    usagePolicies: [usagePolicyRow('by-hand', uuid(41), teamA, { credit_limit: 80 })],
  });
  const scene = await startProposeScene({ state, grant: asAuthor });
  const fault = { kind: 'status', status: 500 } as const;
  scene.github?.setFaults([{ method: 'POST', path: '/repos/example/budgets/pulls', fault }]);
  const { status, branch } = await scene.propose({ action: 'import', target: null });
  expect(status).toBe('branch_only');
  scene.github?.setFaults([]);
  const target = { kind: 'policy', name: 'by-hand' } as const;
  const one = await scene.propose({ action: 'import', target });
  expect(one).toMatchObject({ status: 'conflict', commands: [`git push origin --delete ${branch}`] });
});

it('a remote that is pushed to elsewhere is refused', async () => {
  const scene = await startProposeScene();
  git(scene.folder, 'config', 'remote.origin.pushurl', '/elsewhere.git');
  await expect(scene.propose(raise())).rejects.toThrow('origin is read at one repository and pushed to another');
  git(scene.folder, 'config', 'remote.origin.pushurl', scene.remote);
  expect((await scene.propose(raise())).status).toBe('branch_only');
});

it('a new file says which defaults it keeps out', async () => {
  const org = orgFile('defaults:\n  policies:\n    cap: { budget: $5, reset: monthly, per: workspace_id }\n');
  const scene = await startProposeScene({ files: { 'org.yaml': org } });
  const workspace = { slug: 'ws-team-b', id: teamB };
  const { notes } = await scene.propose(createPolicy('x'), { workspace });
  expect(notes.join()).toContain('keeps the organisation\'s defaults ("cap") out of this workspace');
});

it('comments that go with a value are said', async () => {
  const text = teamFile.replace('    per: api_key', '    per:\n      # a person\n      - api_key');
  const scene = await startProposeScene({ files: { 'workspaces/team-a.yaml': text } });
  const target = { kind: 'policy', name: 'calls' } as const;
  const { notes } = await scene.propose({ action: 'set', target, fields: new Map([['per', 'model']]) });
  expect(notes.join()).toContain('Comments inside what is replaced go with it');
});

it('a branch that is gone while its pull request is open is made anew', async () => {
  const scene = await startGitHubScene();
  const { branch } = await scene.propose(raise());
  git(scene.remote, 'update-ref', '-d', `refs/heads/${branch}`);
  const again = await scene.propose(raise());
  expect(again).toMatchObject({ status: 'exists', branch, pull: { number: 1 } });
  expect(again.notes).toContain('The branch of #1 was gone, and was made anew.');
  expect(scene.branches()).toEqual([branch]);
});

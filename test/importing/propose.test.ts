/** From a wish to a branch: what is edited, what is left alone, what is said of it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nameProposal, type Proposal, type ProposedField } from '../../src/importing/proposal.ts';
import type { PrintedValue } from '../../src/policy/yaml-text.ts';
import { createPolicy, raise, startProposeScene, teamFile } from '../helpers/propose-scene.ts';
import { keyRow, smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';

const file = 'policies/workspaces/team-a.yaml';
it('one value moves on a branch of its own: the clone, its work tree and what is live stay as they are', async () => {
  const scene = await startProposeScene();
  const before = git(scene.folder, 'for-each-ref');
  const result = await scene.propose(raise());
  expect(result).toMatchObject({ status: 'branch_only', base: 'main', files: [file] });
  expect(result.branch).toMatch(/^tollgate\/proposal\/ws-team-a-monthly-spend-[0-9a-f]{16}$/);
  expect(scene.read(result.branch ?? '', file)).toBe(teamFile.replace('budget: $100 ', 'budget: $500 '));
  expect(result.diff).toContain('+    budget: $500   # per month');
  expect(result.planned?.added.map(({ action, key }) => [action, key.name])).toEqual([['update', 'monthly-spend']]);
  expect(result.planned?.owed.map(({ key }) => key.name).sort()).toEqual(['calls', 'monthly-spend']);
  expect(git(scene.folder, 'for-each-ref')).toBe(before);
  expect(git(scene.folder, 'status', '--porcelain')).toBe('');
  expect(readFileSync(join(scene.folder, file), 'utf8')).toBe(teamFile);
  expect(scene.wire.filter((line) => !line.startsWith('GET '))).toEqual([]);
  // Its host is not known to be a GitHub.
  expect(result.commands).toEqual([]);
  expect(result.notes.join()).toContain(`Open one of ${result.branch} into main as its host has it.`);
});

it('takes the branch as the remote has it, whatever lies in the work tree', async () => {
  const scene = await startProposeScene();
  const other = teamFile.replace('$100', '$900');
  writeFileSync(join(scene.folder, file), other);
  const { branch } = await scene.propose(raise());
  expect(scene.read(branch ?? '', file)).toBe(teamFile.replace('budget: $100 ', 'budget: $500 '));
  expect(readFileSync(join(scene.folder, file), 'utf8')).toBe(other);
});

it('without a remote: a branch of the clone, and the two commands that publish it', async () => {
  const scene = await startProposeScene({ remote: 'none' });
  const { branch, commands, status } = await scene.propose(raise());
  expect(status).toBe('branch_only');
  expect(scene.branches()).toEqual([branch]);
  expect(commands).toEqual([
    `git push REMOTE ${branch}`,
    `gh pr create --base main --head ${branch} --title 'ws-team-a: set policy monthly-spend, $500' --body 'Made with tollgate propose. The check on this pull request plans it.'`,
    `gh pr edit ${branch} --add-label tollgate:agent`,
  ]);
  expect(git(scene.folder, 'status', '--porcelain')).toBe('');
});

it('a dry run shows the same change and leaves nothing', async () => {
  const scene = await startProposeScene();
  const tried = await scene.propose(raise(), { isDryRun: true });
  expect(tried).toMatchObject({ status: 'dry_run', branch: null });
  expect(scene.branches()).toEqual([]);
  expect((await scene.propose(raise())).diff).toBe(tried.diff);
});

it('the same twice is one branch', async () => {
  const scene = await startProposeScene();
  const first = await scene.propose(raise());
  const tip = git(scene.remote, 'rev-parse', first.branch ?? '');
  const second = await scene.propose(raise());
  expect(second.branch).toBe(first.branch);
  expect(git(scene.remote, 'rev-parse', first.branch ?? '')).toBe(tip);
  expect(scene.branches()).toHaveLength(1);
});

it('what the files say already makes no branch', async () => {
  const scene = await startProposeScene();
  expect(await scene.propose(raise('$100'))).toMatchObject({ status: 'already_declared', branch: null });
  // In other words the same.
  expect(await scene.propose(raise('$100.00'))).toMatchObject({ status: 'already_declared' });
  expect(scene.branches()).toEqual([]);
});

it('what would not compile is refused, and so is what a rule refuses', async () => {
  const scene = await startProposeScene();
  await expect(scene.propose(raise('five hundred'))).rejects.toMatchObject({ code: 'invalid_input' });
  const odd: Proposal = {
    action: 'set',
    target: { kind: 'policy', name: 'monthly-spend' },
    fields: new Map([['alert', '$100']]),
  };
  await expect(scene.propose(odd)).rejects.toMatchObject({ code: 'invalid_input' });
  expect(scene.branches()).toEqual([]);
});

it('a new entry never takes the place of one that is there; the very same is declared already', async () => {
  const scene = await startProposeScene();
  await expect(scene.propose(createPolicy('monthly-spend', '$5'))).rejects.toMatchObject({ code: 'conflict' });
  expect(await scene.propose(createPolicy('monthly-spend', '$100'))).toMatchObject({ status: 'already_declared' });
  expect(scene.branches()).toEqual([]);
});

it('files that have errors are mended first', async () => {
  const broken = await startProposeScene({ files: { 'workspaces/team-b.yaml': 'version: 1\nkind: workspce\n' } });
  await expect(broken.propose(raise())).rejects.toThrow(/^the policy files on main have errors: /);
  expect(broken.branches()).toEqual([]);
});

it('a branch that others have moved is not touched', async () => {
  const scene = await startProposeScene();
  const { branch } = await scene.propose(raise());
  const name = branch ?? '';
  git(scene.folder, 'fetch', '--quiet', 'origin', name);
  git(scene.folder, 'checkout', '--quiet', '-b', 'theirs', 'FETCH_HEAD');
  git(scene.folder, 'commit', '--quiet', '--allow-empty', '-m', 'mine');
  git(scene.folder, 'push', '--quiet', 'origin', `theirs:${name}`);
  const tip = git(scene.remote, 'rev-parse', name);
  expect(await scene.propose(raise())).toMatchObject({ status: 'conflict', pull: null });
  expect(git(scene.remote, 'rev-parse', name)).toBe(tip);
});

it('one open proposal an entry: another value of the same is a conflict', async () => {
  const scene = await startProposeScene();
  await scene.propose(raise());
  expect(await scene.propose(raise('$700'))).toMatchObject({ status: 'conflict' });
  expect(scene.branches()).toHaveLength(1);
});

it('five may be open', async () => {
  const scene = await startProposeScene();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await scene.propose(createPolicy(name));
  await expect(scene.propose(createPolicy('f'))).rejects.toMatchObject({ code: 'rate_limited' });
  expect(scene.branches()).toHaveLength(5);
});

it('who commits is who works in the clone, or tollgate where an agent asks; who asked stands in the trailer', async () => {
  const scene = await startProposeScene();
  const { branch } = await scene.propose(raise(), {}, { caller: 'ana' });
  const said = git(scene.remote, 'log', '-1', '--format=%an <%ae>%n%B', branch ?? '');
  expect(said).toMatch(/^tollgate <tollgate@localhost>\n/);
  expect(said).toContain('\nRequested-by: @ana');
  git(scene.folder, 'config', 'user.name', 'Bo <x');
  git(scene.folder, 'config', 'user.email', 'bo@example.com');
  const other = await scene.propose(createPolicy('x'), {}, { isAgent: false });
  expect(git(scene.remote, 'log', '-1', '--format=%an <%ae>', other.branch ?? '')).toBe('Bo x <bo@example.com>');
});

it('two spellings of one value are one wish, and so are two orders of a list', () => {
  const named = (fields: ReadonlyMap<ProposedField, PrintedValue>) =>
    nameProposal('ws-team-a', { action: 'set', target: { kind: 'policy', name: 'x' }, fields }).branch;
  const spellings: readonly (readonly [ProposedField, readonly PrintedValue[]])[] = [
    ['budget', ['$600', '$600.00']],
    ['rate', ['1000 requests/minute', '1k requests/minute']],
    ['alert', ['$400', '$400.00']],
    [
      'per',
      [
        ['model', 'api_key'],
        ['api_key', 'model'],
      ],
    ],
    [
      'match',
      [
        new Map<string, PrintedValue>([
          ['model', ['b', 'a']],
          ['api_key', 'k'],
        ]),
        new Map<string, PrintedValue>([
          ['api_key', 'k'],
          ['model', ['a', 'b']],
        ]),
      ],
    ],
  ];
  for (const [field, values] of spellings) {
    expect(new Set(values.map((value) => named(new Map([[field, value]])))).size, field).toBe(1);
  }
  expect(named(new Map([['budget', '$600']]))).not.toBe(named(new Map([['budget', '$600.01']])));
  expect(named(new Map([['budget', '600 tokens']]))).not.toBe(named(new Map([['budget', '600 requests']])));
});

describe('of an entry that the base owes as well, what this adds begins where the base ends', () => {
  const live = smallState({ usagePolicies: [usagePolicyRow('monthly-spend', uuid(41), teamA, { credit_limit: 80 })] });
  const set = (fields: readonly (readonly [ProposedField, string])[]): Proposal => ({
    action: 'set',
    target: { kind: 'policy', name: 'monthly-spend' },
    fields: new Map(fields),
  });

  it('an alert alone moves no money', async () => {
    const scene = await startProposeScene({ state: live });
    const { planned } = await scene.propose(set([['alert', '50%']]));
    const [change, ...others] = planned?.added ?? [];
    expect(others).toEqual([]);
    expect(change).toMatchObject({ action: 'update', direction: 'neutral' });
    expect(change?.fieldChanges.map(({ field }) => field)).toEqual(['alert']);
    expect(planned?.alsoOwed).toEqual(['monthly-spend']);
  });

  it('what takes back what the base owes is a change, though nothing live would move', async () => {
    const scene = await startProposeScene({ state: live });
    const { planned } = await scene.propose(set([['budget', '$80']]));
    expect(planned?.added).toMatchObject([
      { action: 'update', direction: 'tighten', before: { amount: 10_000 }, after: { amount: 8000 } },
    ]);
  });
});

describe('none', () => {
  const target = { kind: 'key', name: 'app' } as const;
  const keyFile = workspaceFile(
    'ws-team-a',
    'keys:\n  app:\n    budget: $50 # for now\n    reset: monthly\n    alert: 80%\n    rate: 10 requests/minute\n',
  );
  const files = { 'workspaces/team-a.yaml': keyFile };
  const state = smallState({ apiKeys: [keyRow('app', uuid(31), teamA)] });

  it('takes a budget away with the reset and the alert that it had', async () => {
    const scene = await startProposeScene({ files, state });
    const fields = new Map([['budget', 'none'] as const]);
    const { branch } = await scene.propose({ action: 'set', target, fields });
    expect(scene.read(branch ?? '', file)).toContain(
      'keys:\n  app:\n    budget: none # for now\n    rate: 10 requests/minute\n',
    );
  });

  it('of a description takes the line away', async () => {
    const described = teamFile.replace('    budget: $100', '    description: agreed\n    budget: $100');
    const scene = await startProposeScene({ files: { 'workspaces/team-a.yaml': described } });
    const fields = new Map([['description', 'none'] as const]);
    const { branch } = await scene.propose({
      action: 'set',
      target: { kind: 'policy', name: 'monthly-spend' },
      fields,
    });
    expect(scene.read(branch ?? '', file)).toBe(teamFile);
  });
});

it('what the organisation requires and nobody said is missing, by its name', async () => {
  const org = orgFile('review:\n  require: [alert]\n');
  const team = teamFile.replace('    reset: monthly', '    reset: monthly\n    alert: 80%');
  const scene = await startProposeScene({ files: { 'org.yaml': org, 'workspaces/team-a.yaml': team } });
  await expect(scene.propose(createPolicy('x'))).rejects.toMatchObject({
    code: 'invalid_input',
    details: { missing: 'alert' },
  });
});

it('a default that is left out already is declared already', async () => {
  const scene = await startProposeScene({
    files: {
      'org.yaml': orgFile('defaults:\n  policies:\n    old: { budget: $5, reset: monthly, per: workspace_id }\n'),
      'workspaces/team-a.yaml': `${teamFile}skip_defaults: [old]\n`,
    },
  });
  const wish = { action: 'delete', target: { kind: 'policy', name: 'old' }, skipDefaults: true } as const;
  expect(await scene.propose(wish)).toMatchObject({ status: 'already_declared' });
});

describe('an organisation default that protects', () => {
  const org = orgFile(`defaults:
  policies:
    burst-guard:
      rate: 600 requests/minute
      per: workspace_id
      protect: true
      description: Guard
      silence: { alert-missing: agreed }
`);
  const target = { kind: 'policy', name: 'burst-guard' } as const;
  const fields = new Map<ProposedField, string>([
    ['rate', '900 requests/minute'],
    ['per', 'workspace_id'],
  ]);

  it('is not replaced by a new entry of its name, which would protect nothing', async () => {
    const scene = await startProposeScene({ files: { 'org.yaml': org } });
    await expect(scene.propose({ action: 'create', target, fields })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining("comes from the organisation's defaults"),
    });
  });

  it('is changed for one workspace with all that it says beside', async () => {
    const scene = await startProposeScene({ files: { 'org.yaml': org } });
    const { branch } = await scene.propose({ action: 'set', target, fields });
    const text = scene.read(branch ?? '', file);
    for (const line of ['rate: 900 requests/minute', 'protect: true', 'description: Guard', 'alert-missing: agreed']) {
      expect(text).toContain(line);
    }
  });
});

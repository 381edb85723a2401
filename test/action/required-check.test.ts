/** The check that a branch requires, and what stands beside it: posted for whatever may be merged, about what that changes itself. */

import { describe, expect, test } from 'vitest';
import { parseHeader } from '../../src/render/comment-header.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { queueBehind, wordIn } from './queue.ts';
import { all, names, policies, type Scene, startApplied, team } from './scene.ts';

const raised = team({ ...all('$100'), alpha: '$120' });
const checksOf = ({ github }: Scene, head: string) =>
  github.repository().checkRuns.filter(({ headSha }) => headSha === head);
const headOf = ({ github }: Scene, pull: number): string => github.pullRequest(pull).pull?.headSha ?? '';

describe('mistakes-I1: a merge queue', () => {
  const queued = (scene: Scene, pull: number) => {
    const group = scene.github.queue({ pull });
    const event = { action: 'checks_requested', ...group } as const;
    return { ...group, run: (more = {}) => scene.act('merge_group', event, group.headSha, more) };
  };

  test('mistakes-I1: words of reviews count in the queue, and the check is posted for what it would merge', async () => {
    const scene = await startApplied();
    const pull = scene.open('fewer', team({ alpha: '$100' }));
    expect((await scene.plan(pull)).exit).toBe(3);
    const without = queued(scene, pull);
    const refused = await without.run();
    expect(refused.exit, refused.text).toBe(3);
    expect(checksOf(scene, without.headSha)).toMatchObject([{ name: 'tollgate (production)', conclusion: 'failure' }]);
    scene.approve(pull, 'reviewer', wordIn(scene, pull));
    const group = queued(scene, pull);
    const ran = await group.run();
    expect(ran.exit, ran.text).toBe(0);
    expect(ran.summary).toContain('guard deletes allowed');
    expect(checksOf(scene, group.headSha).at(-1)).toMatchObject({ conclusion: 'success' });
    // Nothing else is said anywhere: the group is about several, and so about none.
    expect(scene.github.comments(pull)).toHaveLength(1);
    scene.github.mergeGroup({ pulls: [pull], user: 'author' });
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.limits()).toEqual({ alpha: 100 });
  });

  test('mistakes-I1: of two pull requests in a group each has its own words, and one’s do not lift the other’s', async () => {
    const teamB = (amounts: Readonly<Record<string, string>>) => workspaceFile('ws-team-b', policies(amounts));
    const scene = await startApplied({ files: { 'policies/b.yaml': teamB(all('$100')) } });
    const one = scene.open('fewer-a', team({ alpha: '$100' }));
    const two = scene.open('fewer-b', { 'policies/b.yaml': teamB({ alpha: '$100' }) });
    await scene.plan(one);
    await scene.plan(two);
    scene.approve(one, 'reviewer', wordIn(scene, one));
    const { first, second, event } = queueBehind(scene, one, two);
    const refused = await scene.act('merge_group', event, second.headSha);
    expect(refused.exit, refused.text).toBe(3);
    scene.approve(two, 'reviewer', wordIn(scene, two));
    const ran = await scene.act('merge_group', event, second.headSha);
    expect(ran.exit, ran.text).toBe(0);
    // By itself, the second is judged by what it adds.
    const own = await scene.act('merge_group', { ...event, baseSha: first.headSha }, second.headSha);
    expect(own.exit, own.text).toBe(0);
  });

  test('mistakes-I1: neighbours: a group without policies, and one whose files are wrong, are answered too', async () => {
    const scene = await startApplied();
    const plain = queued(scene, scene.open('readme', { 'README.md': 'hello' }));
    const asked = scene.emulator.requests.total;
    expect((await plain.run()).exit).toBe(0);
    expect(scene.emulator.requests.total).toBe(asked);
    expect(checksOf(scene, plain.headSha)).toMatchObject([{ name: 'tollgate (production)', conclusion: 'success' }]);
    const wrong = queued(scene, scene.open('wrong', { 'policies/a.yaml': 'kind: [\n' }));
    expect((await wrong.run()).exit).toBe(1);
    expect(checksOf(scene, wrong.headSha)).toMatchObject([{ conclusion: 'failure' }]);
  });
});

describe('mistakes-E5: a pull request without policy changes', () => {
  test('mistakes-E5: has its required check, without a comment, a label, or a look at the control plane', async () => {
    const scene = await startApplied();
    const { github, emulator } = scene;
    // A branch of last week: main has moved on meanwhile, and its policies are not what this one changes.
    const start = git(scene.remote, 'rev-parse', 'main');
    github.pushTo({ branch: 'readme', user: 'author', from: start, files: { 'README.md': 'hello' } });
    scene.merge('raise', raised);
    expect((await scene.apply()).exit).toBe(0);
    const { number: pull } = github.openPullRequest({ head: 'readme', user: 'author' });
    // Neither drift nor a control plane that is down is its business.
    scene.row('alpha').credit_limit = 5_000;
    emulator.setFaults([{ fault: { kind: 'status', status: 500 } }]);
    const asked = emulator.requests.total;
    const ran = await scene.plan(pull);
    expect(ran.exit, ran.text).toBe(0);
    expect(ran.outputs['has-changes']).toBe('false');
    expect(emulator.requests.total).toBe(asked);
    expect(checksOf(scene, headOf(scene, pull))).toMatchObject([
      { name: 'tollgate (production)', conclusion: 'success', title: 'No policy files change' },
    ]);
    expect(github.comments(pull)).toEqual([]);
    expect(github.pullRequest(pull).labels).toEqual([]);
    expect(github.violations).toEqual([]);
  });

  test('mistakes-E5: months: Dependabot and forks: neither secrets nor a token that writes, and no red job', async () => {
    const scene = await startApplied();
    const pull = scene.open('bump', { 'package.json': '{}' });
    const byDependabot = (payload: Record<string, unknown>) => {
      const told = payload.pull_request as { user: object };
      told.user = { ...told.user, login: 'dependabot[bot]', type: 'Bot' };
    };
    // What its workflow asks for is given to it, as GitHub does; without that it reads alone.
    const given = await scene.plan(pull, { payload: byDependabot, withoutKey: true });
    expect(given.exit, given.text).toBe(0);
    expect(checksOf(scene, headOf(scene, pull))).toMatchObject([{ conclusion: 'success' }]);
    scene.grant({ contents: 'read', 'pull-requests': 'read', checks: 'read', metadata: 'read' });
    const reading = await scene.plan(pull, { payload: byDependabot, withoutKey: true });
    expect(reading.exit, reading.text).toBe(0);
    expect(reading.failure).toBeNull();
    expect(reading.warnings).toEqual([]);
    expect(reading.text).toContain('the check could not be written');
    expect(scene.github.comments(pull)).toEqual([]);
  });
});

describe('mistakes-I9: a review of a pull request that touches no policy', () => {
  test('mistakes-I9: posts no plan of what has drifted', async () => {
    const scene = await startApplied();
    const { github } = scene;
    scene.row('alpha').credit_limit = 5_000;
    const pull = scene.open('readme', { 'README.md': 'hello' });
    const { id: review } = github.review({ pull, user: 'reviewer', state: 'APPROVED' });
    const ran = await scene.act('pull_request_review', { action: 'submitted', review }, `refs/pull/${pull}/merge`);
    expect(ran.exit, ran.text).toBe(0);
    expect(github.comments(pull)).toEqual([]);
    expect(github.pullRequest(pull).labels).toEqual([]);
    github.merge({ pull, method: 'squash', user: 'author' });
    expect((await scene.apply()).exit).toBe(0);
    expect(github.comments(pull)).toEqual([]);
  });

  test('mistakes-I9: a comment that stands from an earlier head is put right, with its labels', async () => {
    const scene = await startApplied();
    const { github } = scene;
    const pull = scene.open('raise', { ...raised, 'README.md': 'hello' });
    await scene.plan(pull);
    expect(github.pullRequest(pull).labels).toEqual(['tollgate:loosen']);
    const { after } = github.pushTo({ branch: 'raise', user: 'author', files: team(all('$100')) });
    await scene.plan(pull);
    expect(github.comments(pull)).toHaveLength(1);
    expect(github.comments(pull)[0]?.body).toContain('changes no policy files');
    expect(scene.header(pull)).toMatchObject({ head: after, digest: null });
    expect(github.pullRequest(pull).labels).toEqual([]);
    expect(checksOf(scene, after)).toMatchObject([{ conclusion: 'success' }]);
  });
});

describe('mistakes-E6: annotations', () => {
  test('mistakes-E6: stand once, on what the pull request changes', async () => {
    const scene = await startApplied();
    scene.row('gamma').credit_limit = 5;
    scene.row('delta').credit_limit = 5_000;
    const pull = scene.open('raise', raised);
    const ran = await scene.plan(pull);
    const told = checksOf(scene, headOf(scene, pull))[0]?.annotations ?? [];
    expect(told.filter(({ title }) => title === 'loosens a limit')).toMatchObject([{ path: 'policies/a.yaml' }]);
    expect(told.map(({ message }) => message).join('\n')).not.toMatch(/gamma|delta|\$5,000/);
    expect(ran.annotations).toEqual([]);
    // Where the check cannot be written they stand where they can.
    scene.grant({ contents: 'read', 'pull-requests': 'write', issues: 'write' });
    const unchecked = await scene.plan(pull);
    expect(unchecked.annotations.filter(({ title }) => title === 'loosens a limit')).toHaveLength(1);
  });
});

describe('mistakes-I13: the files of a pull request are gone or broken', () => {
  const begin = async () => {
    const scene = await startApplied();
    const pull = scene.open('raise', raised);
    await scene.plan(pull);
    expect(scene.github.pullRequest(pull).labels).toEqual(['tollgate:loosen']);
    return { scene, pull };
  };

  test.each<readonly [string, Readonly<Record<string, string | null>>]>([
    ['the organisation’s file is deleted', { 'policies/org.yaml': null }],
    ['the organisation’s file is no YAML', { 'policies/org.yaml': 'kind: org\nenvironment: [' }],
    ['the organisation’s file is empty', { 'policies/org.yaml': '' }],
    ['there are two of them', { 'policies/more.yaml': orgFile().replace('production', 'staging') }],
    ['a workspace is no YAML', { 'policies/a.yaml': 'kind: workspace\n  a: [' }],
  ])('mistakes-I13: %s: comment, labels and check say so', async (_, files) => {
    const { scene, pull } = await begin();
    const { after } = scene.github.pushTo({ branch: 'raise', user: 'author', files });
    const ran = await scene.plan(pull);
    expect(ran.exit, ran.text).toBe(1);
    expect(scene.header(pull)).toMatchObject({ state: 'invalid', head: after, digest: null });
    expect(scene.github.comments(pull)).toHaveLength(1);
    expect(scene.github.pullRequest(pull).labels).toEqual([]);
    expect(checksOf(scene, after)).toMatchObject([{ conclusion: 'failure', name: 'tollgate (production)' }]);
  });

  test('mistakes-I13: a directory without files is a plan that takes everything away, judged and applied as one', async () => {
    const { scene, pull } = await begin();
    const { github } = scene;
    const { after } = github.pushTo({
      branch: 'raise',
      user: 'author',
      files: { 'policies/org.yaml': null, 'policies/a.yaml': null },
    });
    const ran = await scene.plan(pull);
    expect(ran.exit, ran.text).toBe(3);
    expect(ran.outputs).toMatchObject({ delete: String(names.length), 'has-changes': 'true' });
    expect(scene.header(pull)).toMatchObject({ state: 'planned', head: after });
    expect(github.comments(pull)[0]?.body).toContain('| 🛑 **deletes**: ');
    expect(github.pullRequest(pull).labels).toContain('tollgate:delete');
    expect(checksOf(scene, after)).toMatchObject([{ conclusion: 'failure' }]);
    scene.approve(pull);
    github.merge({ pull, method: 'squash', user: 'author' });
    const refused = await scene.apply();
    expect(refused.exit, refused.text).toBe(3);
    expect(Object.keys(scene.limits())).toHaveLength(names.length);
    const lines = [...refused.text.replaceAll('\\', '').matchAll(/\/tollgate allow [a-z-]+=\S+@[0-9a-f]{32,}/g)];
    scene.approve(pull, 'reviewer', [...new Set(lines.map(([line]) => line))].join('\n'));
    const applied = await scene.apply();
    expect(applied.exit, applied.text).toBe(0);
    expect(scene.limits()).toEqual({});
    expect((await scene.apply()).exit).toBe(0);
  });
});

describe('mistakes-I14: two environments in one repository', () => {
  test('mistakes-I14: the labels of a pull request are those of both, whoever comes last', async () => {
    const staging = orgFile('review: { guards: { spend_up: off } }\n').replace('production', 'staging');
    const body = (amount: string) =>
      team({ stage: amount })['policies/a.yaml']?.replaceAll('ws-team-a', 'ws-team-b') ?? '';
    const scene = await startApplied({ files: { 'staging/org.yaml': staging, 'staging/b.yaml': body('$100') } });
    const { github } = scene;
    const inputs = { directory: 'staging' };
    const pull = scene.open('both', { ...raised, 'staging/b.yaml': body('$90') });
    const labels = () => [...github.pullRequest(pull).labels].filter((name) => name !== 'tollgate:settings').sort();
    await scene.plan(pull);
    await scene.plan(pull, { inputs, keep: false });
    const staged = labels();
    expect(staged).toContain('tollgate:loosen');
    await scene.plan(pull);
    expect(labels()).toEqual(staged);
    expect(github.comments(pull).map(({ body: text }) => parseHeader(text, 'staging') !== null)).toEqual([false, true]);
    // One takes its change back: its label goes, unless the other needs it.
    github.pushTo({ branch: 'both', user: 'author', files: team(all('$100')) });
    await scene.plan(pull, { inputs, keep: false });
    await scene.plan(pull);
    expect(labels()).not.toContain('tollgate:loosen');
    expect(github.violations).toEqual([]);
  });
});

describe('mistakes-I15: a pull request that changes settings alone', () => {
  test('mistakes-I15: says so first and in words, with a label, and is a change', async () => {
    const scene = await startApplied();
    const { github } = scene;
    const rest =
      'review: { require_reviewed_plan: false, guards: { spend_up: off, deletes: off, updates: { count: 50, percent: 90 } } }\n';
    const pull = scene.open('loose', { 'policies/org.yaml': orgFile(rest) });
    const ran = await scene.plan(pull);
    expect(ran.exit, ran.text).toBe(0);
    expect(ran.outputs['has-changes']).toBe('true');
    expect(github.pullRequest(pull).labels).toEqual(['tollgate:settings']);
    const body = github.comments(pull)[0]?.body ?? '';
    const [, , ...shown] = body.split('\n');
    const plain = shown
      .join('\n')
      .replaceAll('\\', '')
      .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    expect(plain).toContain('settings change');
    expect(plain).toContain('review.require_reviewed_plan: true → false');
    expect(plain).toContain('review.guards.updates: count 10, percent 30 (default) → count 50, percent 90');
    expect(plain).not.toMatch(/\{"|&quot;/);
    expect(plain.indexOf('review.guards.updates')).toBeLessThan(plain.indexOf('<details>') + 1 || plain.length);
    expect(body).toContain('Not approved so far');
    expect(await scene.plan(pull, { inputs: { failOnChanges: true } })).toMatchObject({ exit: 2 });
    // And is not in force unless somebody else says yes.
    github.merge({ pull, method: 'squash', user: 'author' });
    expect((await scene.apply()).exit).toBe(4);
  });
});

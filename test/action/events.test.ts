/** What a run does for each event, with and without a key: what it posts, what it leaves alone, and what the job sees. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { effort } from '../helpers/effort.ts';
import { workspaceFile } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { bundle } from './runner.ts';
import { all, type Scene, startApplied, startScene, team } from './scene.ts';

const posted = ({ github }: Scene): readonly string[] =>
  github.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);

describe('merge_group', () => {
  it('plans, and says it in the summary and on the check of the group alone', async () => {
    const scene = await startApplied();
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    const { headSha, headRef, baseSha, baseRef } = scene.github.queue({ pull });
    const before = posted(scene).length;
    const event = { action: 'checks_requested', headSha, headRef, baseSha, baseRef } as const;
    const ran = await scene.act('merge_group', event, headSha);
    expect(ran.exit, ran.text).toBe(0);
    expect(ran.outputs).toMatchObject({ update: '1', 'has-changes': 'true' });
    expect(ran.summary).toContain('$100 → **$120**');
    const checks = '/repos/example/budgets/check-runs';
    expect(
      posted(scene)
        .slice(before)
        .filter((path) => !path.endsWith('graphql')),
    ).toEqual([`POST ${checks}`]);
    expect(scene.github.repository().checkRuns.at(-1)).toMatchObject({ headSha, conclusion: 'success' });
  });

  it('fails when a guard objects to what the queue would merge', async () => {
    const scene = await startApplied();
    const pull = scene.open('fewer', team({ alpha: '$100' }));
    const { headSha, ...rest } = scene.github.queue({ pull });
    const ran = await scene.act('merge_group', { action: 'checks_requested', headSha, ...rest }, headSha);
    expect(ran.exit).toBe(3);
    expect(ran.failure).toContain('deletes');
  });
});

describe('a run that may not have the key', () => {
  const foreign: readonly [string, (payload: Record<string, unknown>) => void, boolean][] = [
    ['from a fork', (payload) => setHead(payload, 'somebody/budgets'), false],
    ['by Dependabot', (payload) => setAuthor(payload, 'dependabot[bot]'), false],
    ['without a key', () => {}, true],
  ];

  it.each(foreign)('%s compares the files, reads nothing live and posts nothing', async (_who, payload, withoutKey) => {
    const scene = await startApplied();
    const pull = scene.open('edit', team({ alpha: '$120', beta: '$100', epsilon: '$7' }));
    const asked = scene.emulator.requests.total;
    const before = scene.github.requests.length;
    // A word that would lift a guard counts for nothing here.
    scene.github.review({
      pull,
      user: 'reviewer',
      state: 'APPROVED',
      body: '/tollgate allow deletes=2@00000000000000000000000000000000',
    });
    const ran = await scene.plan(pull, { payload, withoutKey, keep: false });
    expect(ran.exit, ran.text).toBe(0);
    expect(ran.summary).toContain('What this edit asks for');
    expect(ran.summary).toContain('The control plane was not read');
    expect(ran.summary).toContain('| update | alpha (ws-team-a) | $100 → $120');
    expect(ran.summary).toContain('| delete | gamma');
    expect(ran.summary).toContain('| create | epsilon');
    expect(ran.outputs).toMatchObject({ 'has-changes': 'true' });
    expect(ran.outputs['plan-file']).toBeUndefined();
    expect(ran.annotations).toContainEqual(
      expect.objectContaining({ path: 'policies/a.yaml', line: 6, title: 'this edit' }),
    );
    expect(scene.emulator.requests.total).toBe(asked);
    expect(scene.github.requests.length).toBe(before);
  });

  it('tells what the rules find in the files, on their lines', async () => {
    const scene = await startApplied();
    const late = 'policies:\n  alpha:\n    budget: $100\n    reset: monthly\n    alert: 99%\n    per: workspace_id\n';
    const pull = scene.open('edit', { 'policies/a.yaml': workspaceFile('ws-team-a', late) });
    const ran = await scene.plan(pull, { withoutKey: true });
    expect(ran.summary).toContain('| ℹ️ | the alert at 99% leaves $1 to act in');
    expect(ran.annotations).toContainEqual(
      expect.objectContaining({ path: 'policies/a.yaml', line: 9, level: 'notice', title: 'alert-too-late' }),
    );
  });

  it('still refuses files that are wrong, on their lines', async () => {
    const scene = await startScene();
    const pull = scene.open('edit', { 'policies/a.yaml': workspaceFile('ws-team-a', 'polices: {}\n') });
    const ran = await scene.plan(pull, { withoutKey: true });
    expect(ran.exit).toBe(1);
    expect(ran.annotations).toMatchObject([{ path: 'policies/a.yaml', line: 5, level: 'failure' }]);
  });

  it('says so where there is nothing to compare with', async () => {
    const scene = await startScene();
    const ran = await scene.act('push', pushOf(scene), 'main', { withoutKey: true });
    expect(ran.exit).toBe(0);
    expect(ran.summary).toContain('The control plane was not read');
    expect(ran.summary).toContain('nothing to compare with');
  });

  it('does not get it from the bundle either, where a repository hands secrets to forks', async () => {
    const scene = await startScene({ isSystemClock: true });
    const pull = scene.open('edit', team(all('$120')));
    const payload = scene.github.eventPayload('pull_request', { action: 'opened', number: pull }) as Record<
      string,
      unknown
    >;
    setHead(payload, 'somebody/budgets');
    const job = await scene.job('pull_request', payload, { command: 'plan' }, 'edit');
    expect(job.code, job.log).toBe(0);
    // What is read is registered with the runner as a secret.
    expect(job.log).not.toContain('::add-mask::');
    expect(scene.emulator.requests.total).toBe(0);
    const target = await scene.job('pull_request_target', payload, { command: 'plan' }, 'edit');
    expect(target.code).toBe(1);
    expect(target.log).toContain('does not run on pull_request_target');
    expect(scene.emulator.requests.total).toBe(0);
  });
});

function setHead(payload: Record<string, unknown>, full_name: string): void {
  const pull = payload.pull_request as { head: { repo: object } };
  pull.head = { ...pull.head, repo: { ...pull.head.repo, full_name } };
}

function setAuthor(payload: Record<string, unknown>, login: string): void {
  const pull = payload.pull_request as { user: object };
  pull.user = { ...pull.user, login, type: 'Bot' };
}

function pushOf({ remote }: Scene) {
  return { pushed: { ref: 'refs/heads/main', before: '0'.repeat(40), after: git(remote, 'rev-parse', 'main') } };
}

describe('files with errors', () => {
  it('take the place of the plan in the comment and in the check, and approve nothing', async () => {
    const scene = await startApplied();
    const pull = scene.open('edit', team({ ...all('$100'), alpha: '$120' }));
    await scene.plan(pull);
    const broken = { 'policies/a.yaml': workspaceFile('ws-team-a', 'polices: {}\n# @everyone\n') };
    const { after } = scene.github.pushTo({ branch: 'edit', user: 'author', files: broken });
    const ran = await scene.plan(pull);
    expect(ran.exit).toBe(1);
    expect(scene.github.comments(pull)).toHaveLength(1);
    expect(scene.header(pull)).toMatchObject({ state: 'invalid', digest: null, head: after });
    expect(scene.github.comments(pull)[0]?.body).toContain(`/blob/${after}/policies/a.yaml#L5`);
    const check = scene.github.repository().checkRuns.at(-1);
    expect(check).toMatchObject({ headSha: after, conclusion: 'failure', name: 'tollgate (production)' });
    expect(check?.annotations).toMatchObject([{ path: 'policies/a.yaml', start_line: 5, annotation_level: 'failure' }]);
    expect(scene.github.violations).toEqual([]);
  });
});

describe('annotations of guards', () => {
  it('point at the first change that they object to', async () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p${index + 10}`, '$100']));
    const scene = await startApplied({ files: team(many) });
    const raised = Object.fromEntries(Object.keys(many).map((name) => [name, name === 'p10' ? '$100' : '$90']));
    const pull = scene.open('edit', team(raised));
    await scene.plan(pull);
    const [guard] = scene.github.repository().checkRuns.at(-1)?.annotations ?? [];
    // p10 begins on line 6 and does not change; p11 four lines on.
    const place = { path: 'policies/a.yaml', start_line: 10 };
    expect(guard).toMatchObject({ title: 'guard updates', annotation_level: 'failure', ...place });
  });

  it('point at the file of the workspace when what they object to is no longer in it, and else at that of the organisation', async () => {
    const scene = await startApplied({ files: { 'policies/b.yaml': workspaceFile('ws-team-b') } });
    const pull = scene.open('edit', team({ alpha: '$100' }));
    await scene.plan(pull);
    const [first] = scene.github.repository().checkRuns.at(-1)?.annotations ?? [];
    expect(first).toMatchObject({ title: 'guard deletes', path: 'policies/a.yaml' });
    const gone = scene.open('gone', { 'policies/a.yaml': null });
    await scene.plan(gone);
    const check = scene.github.repository().checkRuns.at(-1);
    expect(check?.annotations[0]).toMatchObject({ path: 'policies/org.yaml', annotation_level: 'failure' });
  });

  it('stop at as many as GitHub takes in a few requests', async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${index + 100}`, '$100']));
    const scene = await startApplied({ org: '', files: team(many) });
    const pull = scene.open('edit', { 'policies/b.yaml': workspaceFile('ws-team-b') });
    const raised = Object.fromEntries(Object.keys(many).map((name) => [name, '$101']));
    scene.github.pushTo({ branch: 'edit', user: 'author', files: team(raised) });
    const ran = await scene.plan(pull);
    // One for the guard and for each raise, one for a workspace without a budget and for its key; three of each rule that finds hundreds.
    // They stand on the check, and not in the log of the job as well.
    expect(ran.annotations).toEqual([]);
    const check = scene.github.repository().checkRuns.at(-1);
    expect(check?.annotations).toHaveLength(250);
    expect(check?.annotations[0]?.title).toBe('guard updates');
    expect(check?.summary).toContain('59 more annotations');
  });
});

describe('inputs', () => {
  it('comment: on-change says nothing where nothing changes, and goes on editing what it said', async () => {
    const scene = await startApplied();
    const pull = scene.open('edit', { 'policies/a.yaml': `# a remark\n${team(all('$100'))['policies/a.yaml']}` });
    const inputs = { comment: 'on-change' } as const;
    await scene.plan(pull, { inputs });
    expect(scene.github.comments(pull)).toEqual([]);
    scene.github.pushTo({ branch: 'edit', user: 'author', files: team({ ...all('$100'), alpha: '$120' }) });
    await scene.plan(pull, { inputs });
    expect(scene.github.comments(pull)[0]?.body).toContain('$120');
    scene.github.pushTo({ branch: 'edit', user: 'author', files: team({ ...all('$100'), alpha: '$100.00' }) });
    await scene.plan(pull, { inputs });
    expect(scene.github.comments(pull)[0]?.body).toContain('No changes: ');
  });

  it('comment: never keeps the check and the labels', async () => {
    const scene = await startApplied();
    const pull = scene.open('edit', team({ ...all('$100'), alpha: '$120' }));
    await scene.plan(pull, { inputs: { comment: 'never' } });
    expect(scene.github.comments(pull)).toEqual([]);
    expect(scene.github.repository().checkRuns).toHaveLength(1);
    expect(scene.github.pullRequest(pull).labels).toEqual(['tollgate:loosen']);
  });

  it('fail-on: changes fails the job for changes and for drift', async () => {
    const scene = await startApplied();
    const inputs = { failOnChanges: true };
    const pull = scene.open('edit', team({ ...all('$100'), alpha: '$120' }));
    expect((await scene.plan(pull)).failure).toBeNull();
    expect(await scene.plan(pull, { inputs })).toMatchObject({ exit: 2, failure: 'there are changes' });
    scene.row('alpha').credit_limit = 1;
    const watch = (more: object) =>
      scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'drift', ...more } });
    expect(await watch({})).toMatchObject({ exit: 2, failure: null });
    const failed = await watch(inputs);
    expect(failed.failure).toContain('1 moved live');
  });

  it('command: validate reads no control plane and needs no key', async () => {
    const scene = await startScene();
    const ran = await scene.act('push', pushOf(scene), 'main', { inputs: { command: 'validate' }, withoutKey: true });
    expect(ran.exit).toBe(0);
    expect(scene.emulator.requests.total).toBe(0);
    expect(scene.github.requests).toEqual([]);
  });

  it('backend: emulator plans the sample without key and account', async () => {
    const scene = await startScene();
    const root = join(bundle, '../..');
    const sample = ['org.yaml', ...['marketing', 'research', 'support'].map((name) => `workspaces/${name}.yaml`)];
    const files = Object.fromEntries(sample.flatMap((path) => readSample(join(root, 'policies'), path)));
    const pull = scene.open('sample', { 'policies/a.yaml': null, ...files });
    const ran = await scene.plan(pull, { inputs: { backend: 'emulator' }, withoutKey: true });
    expect(ran.error).toBeNull();
    expect(Number(ran.outputs.unchanged) + Number(ran.outputs.create)).toBeGreaterThan(0);
    expect(scene.emulator.requests.total).toBe(0);
  });
});

function readSample(folder: string, path: string): [string, string][] {
  try {
    return [[`policies/${path}`, readFileSync(join(folder, path), 'utf8')]];
  } catch {
    return [];
  }
}

describe('drift', () => {
  const watch = (scene: Scene) =>
    scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'drift' } });

  it('is one issue that says what moved, by whom, and both ways out', async () => {
    const scene = await startApplied();
    scene.row('alpha').credit_limit = 5_000;
    await watch(scene);
    const [issue] = scene.github.repository().issues;
    expect(issue?.body).toContain('$100 → $5,000');
    // Who and when: test/commands/drift.test.ts.
    expect(issue?.body).toContain('| | what | moved | by |');
    expect(issue?.body).toContain('| LOOSENED | alpha');
    expect(issue?.body).toContain('**revert** by running the apply workflow');
    expect(issue?.body).toContain('**accept** with `tollgate import --accept-drift`');
    expect(scene.github.violations).toEqual([]);
  });

  it('fits into an issue, however much has moved', async () => {
    const count = 400;
    const nameOf = (index: number): string => `budget-of-${'a-long-name-'.repeat(8)}${index + 100}`;
    const many = Object.fromEntries(Array.from({ length: count }, (_, index) => [nameOf(index), '$100']));
    const scene = await startApplied({ org: '', files: team(many) });
    for (const name of Object.keys(many)) scene.row(name).credit_limit = 200;
    const ran = await watch(scene);
    expect(ran.warnings).toEqual([]);
    const body = scene.github.repository().issues[0]?.body ?? '';
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(60_000);
    const shown = body.match(/LOOSENED/g)?.length ?? 0;
    expect(shown).toBeGreaterThan(200);
    // What is said of a workspace without a file stands below, and is cut off as well.
    const cut = Number(/… and (\d+) more lines/.exec(body)?.[1]);
    expect(cut - (count - shown)).toBeGreaterThanOrEqual(0);
    expect(cut - (count - shown)).toBeLessThan(8);
    expect(body).toContain('Ways out: **revert** by running the apply workflow');
    expect(ran.summary.match(/LOOSENED/g)).toHaveLength(count);
  });
});

it('posts a plan of thousands of changes: a comment below the limit, the whole text in the summary', async () => {
  const count = effort('changes of a plan in one comment', 2_000, 10_000);
  const scene = await startApplied({ org: '', files: team({ p0: '$1' }) });
  const many = Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, '$1']));
  const pull = scene.open('many', team(many));
  const ran = await scene.plan(pull);
  expect(ran.outputs).toMatchObject({ create: String(count - 1), 'has-changes': 'true' });
  expect(ran.warnings).toEqual([]);
  const body = scene.github.comments(pull)[0]?.body ?? '';
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(60_000);
  expect(body).toContain(`${count - 1} to create`);
  expect(scene.header(pull)?.digest).toBe(ran.outputs.digest);
  expect(ran.summary.match(/^\| `\+` /gm)).toHaveLength(count - 1);
  expect(scene.github.violations).toEqual([]);
});

it('sets every output of action.yml that a plan has', async () => {
  const scene = await startApplied();
  const pull = scene.open('edit', team({ ...all('$100'), alpha: '$120' }));
  const ran = await scene.plan(pull);
  const action = parse(readFileSync(join(bundle, '../../action.yml'), 'utf8')) as { outputs: Record<string, unknown> };
  // The exit code is set by the entry.
  expect([...Object.keys(ran.outputs), 'exit-code'].sort()).toEqual(Object.keys(action.outputs).sort());
  expect(ran.outputs).toMatchObject({ create: '0', update: '1', delete: '0', unchanged: '3', 'has-changes': 'true' });
  expect(ran.outputs['artifact-name']).toBe(`tollgate-plan-production-${ran.outputs.digest?.slice(0, 8)}`);
  const file = JSON.parse(readFileSync(ran.outputs['plan-file'] ?? '', 'utf8')) as { digest: string };
  expect(file.digest).toBe(ran.outputs.digest);
});

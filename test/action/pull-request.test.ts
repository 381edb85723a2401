/** The bundled Action file over a whole life of a change, against the stand-in of GitHub, a bare remote and the emulator. */

import { expect, it } from 'vitest';
import { parseHeader } from '../../src/render/comment-header.ts';
import { adminKey } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import type { Job } from './runner.ts';
import { all, names, type Scene, startApplied, startScene, team } from './scene.ts';

const begin = (org?: string): Promise<Scene> =>
  startScene({ isSystemClock: true, ...(org === undefined ? {} : { org }) });

function pushMain({ github, remote }: Scene) {
  const after = git(remote, 'rev-parse', 'main');
  return github.eventPayload('push', { pushed: { ref: 'refs/heads/main', before: '0'.repeat(40), after } });
}

const applyMain = (scene: Scene): Promise<Job> => scene.job('push', pushMain(scene), { command: 'apply' }, 'main');

/** `workflow_dispatch` by somebody, with these inputs. */
function dispatchMain(scene: Scene, actor: string, inputs: Readonly<Record<string, string>>): Promise<Job> {
  const { github, remote } = scene;
  const headSha = git(remote, 'rev-parse', 'main');
  const id = scene.lastRun() + 1;
  // GitHub tells the second alone: within that of the last apply it is not known which came first, and nothing is applied.
  github.pass(1000);
  github.addWorkflowRun({ id, headSha, event: 'workflow_dispatch', status: 'in_progress', actor });
  const payload = github.eventPayload('workflow_dispatch', { inputs: { ...inputs } });
  return scene.job('workflow_dispatch', payload, { command: 'apply', ...inputs }, 'main');
}

/** The first apply is behind it: made in this process, as is all that the bundle's run is not about. */
const beginApplied = (org?: string): Promise<Scene> =>
  startApplied({ isSystemClock: true, ...(org === undefined ? {} : { org }) });

it('plans, is reviewed, merged, applied, and watched', async () => {
  const scene = await begin();
  const { github } = scene;

  // The first apply: no record, so an administrator approves the plan by hand, for its digest.
  const refused = await applyMain(scene);
  expect(refused.outputs['exit-code']).toBe('3');
  expect(scene.limits()).toEqual({});
  const start = refused.outputs.digest?.slice(0, 32) ?? '';
  const first = await dispatchMain(scene, 'owner', { approve: start });
  expect(first.code, first.log).toBe(0);
  expect(scene.limits()).toEqual(all2(100));
  expect(git(scene.remote, 'for-each-ref', '--format=%(refname)')).toContain('refs/tollgate/production');

  // A pull request that takes three of four limits away.
  const pull = scene.open('change', team({ alpha: '$150' }));
  const opened = github.eventPayload('pull_request', { action: 'opened', number: pull });
  const planned = await scene.job('pull_request', opened, { command: 'plan' }, 'change');
  expect(planned.code).toBe(1);
  expect(planned.outputs).toMatchObject({ delete: '3', update: '1', 'has-changes': 'true', 'exit-code': '3' });
  expect(planned.gitStatus).toBe('');
  const [comment] = github.comments(pull);
  expect(comment?.user).toBe('github-actions[bot]');
  expect(comment?.body).toContain('| 🛑 **deletes**: ');
  expect(comment?.body).toContain('$100 → **$150**');
  const wordIn = (text: string): string => /\/tollgate allow deletes=3@[0-9a-f]{32}/.exec(text)?.[0] ?? '';
  const words = wordIn(comment?.body ?? '');
  expect(words).not.toBe('');

  // Pushed again: the same comment, another plan.
  const pushed = github.pushTo({ branch: 'change', user: 'author', files: team({ alpha: '$160' }) });
  const synchronized = github.eventPayload('pull_request', {
    action: 'synchronize',
    number: pull,
    before: pushed.before,
  });
  const again = await scene.job('pull_request', synchronized, { command: 'plan' }, 'change');
  expect(github.comments(pull)).toHaveLength(1);
  expect(parseHeader(github.comments(pull)[0]?.body ?? '', 'production')).toMatchObject({
    head: pushed.after,
    digest: again.outputs.digest,
    state: 'planned',
  });

  // The author's own word, a reader's word and a word for the plan before lift nothing.
  const allow = wordIn(github.comments(pull)[0]?.body ?? '');
  expect(allow).not.toBe(words);
  github.review({ pull, user: 'author', state: 'APPROVED', body: allow });
  github.review({ pull, user: 'guest', state: 'APPROVED', body: allow });
  github.review({ pull, user: 'reviewer', state: 'APPROVED', body: words });
  const reviewed = async (review: number): Promise<Job> => {
    const payload = github.eventPayload('pull_request_review', { action: 'submitted', review });
    return scene.job('pull_request_review', payload, { command: 'plan' }, 'change');
  };
  const wrong = github.review({ pull, user: 'reviewer', state: 'APPROVED', body: words });
  expect((await reviewed(wrong.id)).outputs['exit-code']).toBe('3');
  const right = github.review({
    pull,
    user: 'reviewer',
    state: 'APPROVED',
    body: `Agreed with finance.\n\n${allow}\n`,
  });
  const allowed = await reviewed(right.id);
  expect(allowed.code, allowed.log).toBe(0);
  expect(github.comments(pull)[0]?.body).toContain('guard deletes allowed');

  // Somebody loosens a limit by hand before the merge. What was reviewed is what the files say: it is taken away all the same.
  scene.row('gamma').credit_limit = 900;
  github.merge({ pull, method: 'squash', user: 'reviewer' });
  const applied = await applyMain(scene);
  expect(applied.code, applied.log).toBe(0);
  expect(scene.limits()).toEqual({ alpha: 160 });
  expect(parseHeader(github.comments(pull)[0]?.body ?? '', 'production')).toMatchObject({ state: 'applied' });
  expect(applied.gitStatus).toBe('');

  // One that nobody approved stays owed, and its comment says how it comes to be applied.
  const unseen = scene.open('more', team({ alpha: '$170' }));
  const asked = github.eventPayload('pull_request', { action: 'opened', number: unseen });
  await scene.job('pull_request', asked, { command: 'plan' }, 'more');
  github.merge({ pull: unseen, method: 'squash', user: 'author' });
  const owed = await applyMain(scene);
  expect(owed.outputs['exit-code'], owed.log).toBe('4');
  expect(scene.limits()).toEqual({ alpha: 160 });
  const after = github.comments(unseen)[0]?.body ?? '';
  expect(parseHeader(after, 'production')).toMatchObject({ state: 'stale' });

  // By hand, for exactly the plan that stands now, and not by its author.
  const approve = /approve: ([0-9a-f]{32})/.exec(after)?.[1] ?? '';
  expect((await dispatchMain(scene, 'author', { approve })).outputs['exit-code']).toBe('3');
  const finished = await dispatchMain(scene, 'reviewer', { approve });
  expect(finished.code, finished.log).toBe(0);
  expect(scene.limits()).toEqual({ alpha: 170 });

  // Drift: one issue, the same issue, closed when clean, opened again.
  const schedule = github.eventPayload('schedule', { schedule: '17 * * * *' });
  const drift = (): Promise<Job> => scene.job('schedule', schedule, { command: 'drift' }, 'main');
  const issues = () => github.repository().issues.filter(({ title }) => title.startsWith('Drift'));
  expect((await drift()).outputs['has-changes']).toBe('false');
  expect(issues()).toEqual([]);
  const alpha = scene.row('alpha');
  alpha.credit_limit = 5_000;
  expect((await drift()).outputs['exit-code']).toBe('2');
  await drift();
  expect(issues()).toMatchObject([{ state: 'open' }]);
  expect(issues()[0]?.body).toContain('LOOSENED');
  alpha.credit_limit = 170;
  await drift();
  expect(issues()).toMatchObject([{ state: 'closed' }]);
  alpha.credit_limit = 180;
  await drift();
  expect(issues()).toMatchObject([{ state: 'open' }]);
  expect(github.violations).toEqual([]);
}, 180_000);

function all2(amount: number): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, amount]).sort());
}

it('gives a fork no key and says that live was not read', async () => {
  const scene = await begin();
  const { github, emulator } = scene;
  const pull = scene.open('edit', team(all('$120')));
  const payload = github.eventPayload('pull_request', { action: 'opened', number: pull }) as {
    pull_request: { head: { repo: { full_name: string } } };
  };
  payload.pull_request.head.repo = { ...payload.pull_request.head.repo, full_name: 'somebody/budgets' };
  const job = await scene.job('pull_request', payload, { command: 'plan' }, 'edit');
  expect(job.code, job.log).toBe(0);
  expect(job.summary).toContain('The control plane was not read');
  expect(job.summary).toContain('$100 → $120');
  expect(emulator.requests.total).toBe(0);
  expect(github.comments(pull)).toEqual([]);
});

it('never fails an apply that succeeded because its comment cannot be written, and does not hide it', async () => {
  const scene = await beginApplied();
  const pull = scene.open('change', team({ ...all('$100'), alpha: '$120' }));
  await scene.plan(pull);
  scene.approve(pull);
  scene.github.merge({ pull, method: 'squash', user: 'author' });
  scene.github.setFaults([{ method: 'PATCH', fault: { kind: 'status', status: 503 } }]);
  const job = await applyMain(scene);
  expect(job.code, job.log).toBe(0);
  expect(job.outputs['exit-code']).toBe('0');
  expect(scene.limits()).toMatchObject({ alpha: 120 });
  expect(job.summary).toContain('1 of 1');
  expect(job.summary).toContain('could not be');
});

it('opens no issue when the service cannot be reached: the run fails', async () => {
  const scene = await beginApplied('');
  scene.emulator.setFaults([{ fault: { kind: 'status', status: 401 } }]);
  const payload = scene.github.eventPayload('schedule', { schedule: '17 * * * *' });
  const job = await scene.job('schedule', payload, { command: 'drift' }, 'main');
  expect(job.code).toBe(1);
  expect(job.outputs['exit-code']).toBe('6');
  expect(scene.github.repository().issues).toEqual([]);
  // The runner is told to hide it; nothing else may say it.
  const said = job.log.replace(`::add-mask::${adminKey}`, '') + job.summary;
  expect(said).not.toContain(adminKey);
});

it('takes allow and approve from workflow_dispatch alone', async () => {
  const scene = await begin();
  const job = await scene.job(
    'push',
    pushMain(scene),
    { command: 'apply', allow: 'deletes=3@00000000000000000000000000000000' },
    'main',
  );
  expect(job.code).toBe(1);
  expect(job.log).toContain('workflow_dispatch only');
  expect(scene.limits()).toEqual({});
});

it('says why it failed in the summary, in which nothing that others wrote is markup', async () => {
  const scene = await begin();
  const job = await scene.job('push', pushMain(scene), { command: '```<script>@everyone' }, 'main');
  expect(job.code).toBe(1);
  expect(job.outputs['exit-code']).toBe('1');
  expect(job.summary).toContain('tollgate failed');
  expect(job.summary).toContain('plan, apply, returns, drift, notify, validate');
  expect(job.summary).not.toMatch(/```|<script|@everyone/);
});

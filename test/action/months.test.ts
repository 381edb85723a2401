/** Months of a repository: drafts, closed and opened again, forced, renamed, archived, crowded, and told to wait. */

import { describe, expect, test } from 'vitest';
import { effort } from '../helpers/effort.ts';
import type { GitHubFault } from '../helpers/github/faults.ts';
import { all, type Ran, type Scene, startApplied, team } from './scene.ts';

const raised = team({ ...all('$100'), alpha: '$120' });

describe('months: the life of a pull request', () => {
  test('months: a draft is planned like any other, and its conversions change nothing', async () => {
    const scene = await startApplied();
    const { github } = scene;
    github.pushTo({ branch: 'raise', user: 'author', files: raised });
    const { number: pull } = github.openPullRequest({ head: 'raise', user: 'author', draft: true });
    const act = (action: string) => scene.act('pull_request', { action, number: pull }, `refs/pull/${pull}/merge`);
    const opened = await act('opened');
    expect(opened.exit, opened.text).toBe(0);
    expect(github.comments(pull)).toHaveLength(1);
    const body = github.comments(pull)[0]?.body;
    const row = github.pullRequest(pull).pull;
    for (const [draft, action] of [
      [false, 'ready_for_review'],
      [true, 'converted_to_draft'],
    ] as const) {
      if (row !== null) row.draft = draft;
      const ran = await act(action);
      expect(ran.exit, action).toBe(0);
      expect(
        github.comments(pull).map((comment) => comment.body),
        action,
      ).toEqual([body]);
    }
    expect(github.violations).toEqual([]);
  });

  test('months: closed, it is left alone; opened again, it is planned as live and main are by then', async () => {
    const scene = await startApplied();
    const { github } = scene;
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    await scene.plan(pull);
    const body = github.comments(pull)[0]?.body;
    github.closePullRequest({ pull, user: 'author' });
    const closed = await scene.act('pull_request', { action: 'closed', number: pull }, 'raise');
    expect(closed.exit, closed.text).toBe(0);
    expect(github.comments(pull)[0]?.body).toBe(body);
    scene.merge('other', team({ ...all('$100'), beta: '$110' }));
    expect((await scene.apply()).exit).toBe(0);
    github.reopenPullRequest({ pull });
    const again = await scene.act('pull_request', { action: 'reopened', number: pull }, `refs/pull/${pull}/merge`);
    expect(again.exit, again.text).toBe(0);
    expect(github.comments(pull)).toHaveLength(1);
    // The other's change has been applied, and is no part of this one.
    expect(again.outputs).toMatchObject({ update: '1' });
    expect(again.summary).toContain('$100 → **$120**');
  });

  test('months: a force-push asks anew: an approval of something else is void, the plan is of the new head', async () => {
    const scene = await startApplied();
    const { github } = scene;
    const pull = scene.open('raise', raised);
    await scene.plan(pull);
    scene.approve(pull);
    const files = team({ ...all('$100'), alpha: '$900' });
    const { after } = github.pushTo({ branch: 'raise', user: 'author', files, force: true });
    const ran = await scene.plan(pull);
    expect(ran.exit, ran.text).toBe(0);
    expect(scene.header(pull)).toMatchObject({ head: after });
    expect(github.comments(pull)[0]?.body).toContain('$900');
    expect(github.comments(pull)[0]?.body).toContain('Not approved so far');
    github.merge({ pull, method: 'squash', user: 'author' });
    expect((await scene.apply()).exit).toBe(4);
    expect(scene.limits()).toMatchObject({ alpha: 100 });
    scene.approve(pull);
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 900 });
  });
});

describe('months: the repository', () => {
  test('months: renamed and transferred, it is found by its old name: comments, checks, labels, reviews', async () => {
    const scene = await startApplied();
    const { github } = scene;
    const pull = scene.open('raise', raised);
    await scene.plan(pull);
    // A run that began before, or is started again, knows it by the name of then.
    github.renameRepository({ name: 'limits' });
    github.renameRepository({ owner: 'another' });
    github.pushTo({ branch: 'raise', user: 'author', files: team({ ...all('$100'), alpha: '$130' }) });
    const ran = await scene.plan(pull);
    expect(ran.exit, ran.text).toBe(0);
    expect(ran.warnings).toEqual([]);
    expect(github.comments(pull)).toHaveLength(1);
    expect(github.comments(pull)[0]?.body).toContain('$130');
    const fresh = scene.open('lower', team({ ...all('$100'), beta: '$90' }));
    const first = await scene.plan(fresh);
    expect(first.warnings).toEqual([]);
    // Written, and not turned into a question on the way.
    expect(github.comments(fresh)).toHaveLength(1);
    expect(github.pullRequest(fresh).labels).toEqual(['tollgate:tighten']);
    expect(github.repository().checkRuns.filter(({ conclusion }) => conclusion === 'success')).toHaveLength(3);
    scene.approve(pull);
    github.merge({ pull, method: 'squash', user: 'author' });
    const applied = await scene.apply();
    expect(applied.exit, applied.text).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 130 });
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
    expect(github.violations).toEqual([]);
  });

  test('months: archived, a plan is a plan and says why nothing was posted; drift that nobody can be told of is red', async () => {
    const scene = await startApplied();
    const pull = scene.open('raise', raised);
    scene.github.repository().archived = true;
    const ran = await scene.plan(pull, { keep: false });
    expect(ran.exit, ran.text).toBe(0);
    expect(ran.summary).toContain('$100 → **$120**');
    expect(ran.warnings.join('\n')).toContain('archived');
    expect(ran.annotations).not.toEqual([]);
    scene.row('alpha').credit_limit = 5_000;
    const event = { schedule: '17 * * * *' };
    const drifted = await scene.act('schedule', event, 'main', { inputs: { command: 'drift' } });
    expect(drifted.exit).toBe(2);
    expect(drifted.failure).toContain('archived');
  });

  test('months: a GitHub Enterprise server: one comment, check, labels and drift issue, with its own addresses', async () => {
    const enterpriseUrl = 'https://git.corp.example';
    const scene = await startApplied({ enterpriseUrl });
    const { github } = scene;
    const pull = scene.open('raise', raised);
    await scene.plan(pull);
    const ran = await scene.plan(pull);
    expect(ran.warnings).toEqual([]);
    expect(github.comments(pull)).toHaveLength(1);
    expect(github.comments(pull)[0]?.body).toContain(`${enterpriseUrl}/example/budgets/blob/`);
    expect(github.comments(pull)[0]?.body).not.toContain('github.com');
    expect(github.pullRequest(pull).labels).toEqual(['tollgate:loosen']);
    scene.row('alpha').credit_limit = 5_000;
    const event = { schedule: '17 * * * *' };
    await scene.act('schedule', event, 'main', { inputs: { command: 'drift' } });
    expect(github.repository().issues.filter(({ title }) => title.startsWith('Drift'))).toHaveLength(1);
    expect(github.requests.every(({ path }) => path.startsWith('/api/'))).toBe(true);
    expect(github.violations).toEqual([]);
  });

  test('months: among more than 100 comments, issues and labels ours is found again', async () => {
    const scene = await startApplied();
    const { github } = scene;
    const pull = scene.open('raise', raised);
    const talk = (count: number) => {
      for (let index = 0; index < count; index += 1)
        github.comment({ issue: pull, user: 'third', body: `word ${index}` });
    };
    talk(130);
    await scene.plan(pull);
    talk(130);
    github.pushTo({ branch: 'raise', user: 'author', files: team({ ...all('$100'), alpha: '$130' }) });
    await scene.plan(pull);
    const own = () => github.comments(pull).filter(({ user }) => user === 'github-actions[bot]');
    expect(own()).toHaveLength(1);
    expect(own()[0]?.body).toContain('$130');
    scene.approve(pull);
    github.merge({ pull, method: 'squash', user: 'author' });
    expect((await scene.apply()).exit).toBe(0);
    expect(own()).toHaveLength(1);
    expect(own()[0]?.body).toContain('tollgate applied');
  });
});

/** By the hour, and for too much at once; the second alone says when to come back. */
const limits: readonly [string, GitHubFault][] = [
  ['primary', { kind: 'rate-limit', reset: 2_100_000_000 }],
  ['secondary', { kind: 'secondary-rate-limit', retryAfter: 3_600 }],
];

/** Some thirty runs with Git; a busy machine takes minutes for them. */
const patience = 1_800_000;

/** Requests of a run, spread over it, are the first that is refused, and all after them are; `begin` starts refusing. */
async function eachStep(
  scene: Scene,
  requests: number,
  step: (name: string, begin: () => void) => Promise<void>,
): Promise<void> {
  const steps = Math.min(requests, effort(`of ${requests} requests at which GitHub refuses`, 3, requests));
  for (let index = 0; index < steps; index += 1) {
    const after = Math.floor((index * (requests - 1)) / Math.max(1, steps - 1));
    for (const [name, fault] of steps < requests ? limits.slice(index % 2, (index % 2) + 1) : limits) {
      await step(`${name} limit from request ${after + 1} of ${requests} on`, () =>
        scene.github.setFaults([{ after, fault }]),
      );
      scene.github.setFaults([]);
    }
  }
}

describe('months: limits of GitHub at each step', () => {
  const counted = async (scene: Scene, run: () => Promise<Ran>): Promise<number> => {
    const before = scene.github.requests.length;
    await run();
    return scene.github.requests.length - before;
  };

  test(
    'months: a plan is judged by what it says, tells what it could not write, and the next one writes it',
    async () => {
      const scene = await startApplied();
      const { github } = scene;
      const pull = scene.open('raise', raised);
      const requests = await counted(scene, () => scene.plan(pull, { keep: false }));
      expect(requests).toBeGreaterThan(4);
      await eachStep(scene, requests, async (name, begin) => {
        // As if it were the first plan again.
        github.repository().comments = [];
        github.pullRequest(pull).labels = [];
        begin();
        const ran = await scene.plan(pull, { keep: false });
        expect(ran.exit, name).toBe(0);
        expect(ran.summary, name).toContain('$100 → **$120**');
        expect(ran.warnings.join('\n'), name).toMatch(/could not be (read|written)/);
        // What was not written stands in the log: annotations too.
        const isChecked = !ran.warnings.join('\n').includes('the check could not be written');
        expect(ran.annotations.length === 0, name).toBe(isChecked);
      });
      const healed = await scene.plan(pull, { keep: false });
      expect(healed.warnings).toEqual([]);
      expect(github.comments(pull)).toHaveLength(1);
      expect(github.pullRequest(pull).labels).toEqual(['tollgate:loosen']);
    },
    patience,
  );

  test(
    'months: an apply applies what was reviewed or nothing, says which, and the next one makes up for it',
    async () => {
      const scene = await startApplied({ org: '' });
      let amount = 100;
      const mergeNext = async (): Promise<number> => {
        amount += 1;
        const pull = scene.open(`raise-${amount}`, team({ ...all('$100'), alpha: `$${amount}` }));
        await scene.plan(pull);
        scene.approve(pull);
        scene.github.merge({ pull, method: 'squash', user: 'author' });
        return pull;
      };
      await mergeNext();
      const requests = await counted(scene, () => scene.apply());
      await eachStep(scene, requests, async (name, begin) => {
        const pull = await mergeNext();
        begin();
        const ran = await scene.apply();
        const isApplied = scene.limits().alpha === amount;
        if (isApplied) {
          expect(ran.exit, name).toBe(0);
          expect(ran.warnings.join('\n'), name).toContain('could not be');
        } else {
          expect([ran.exit, ran.failure], name).toEqual([
            6,
            expect.stringContaining('what was reviewed could not be read'),
          ]);
          expect(scene.limits(), name).toMatchObject({ alpha: amount - 1 });
          expect(scene.header(pull)?.state, name).not.toBe('applied');
        }
        scene.github.setFaults([]);
        if (!isApplied) expect((await scene.apply()).exit, name).toBe(0);
        expect(scene.limits(), name).toMatchObject({ alpha: amount });
      });
    },
    patience,
  );

  test(
    'months: drift is told by the exit code, and the job is red where nobody could be told',
    async () => {
      const scene = await startApplied();
      const watch = () => scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'drift' } });
      const open = () =>
        scene.github.repository().issues.filter(({ state, title }) => state === 'open' && title.startsWith('Drift'));
      scene.row('alpha').credit_limit = 5_000;
      const requests = await counted(scene, watch);
      await eachStep(scene, requests, async (name, begin) => {
        begin();
        const before = scene.github.requests.length;
        const ran = await watch();
        expect(ran.exit, name).toBe(2);
        // A later run asks less, as the label is there: then the limit is not met.
        const isMet = scene.github.requests.slice(before).some(({ status }) => status === 403 || status === 429);
        // Told before the limit was met, or red.
        const isTold = open().some(({ body }) => body?.includes('$100 → $5,000'));
        if (!isTold) expect(ran.failure, name).toContain('Nobody is told');
        else if (isMet) expect(ran.warnings, name).not.toEqual([]);
        scene.github.setFaults([]);
        expect((await watch()).failure, name).toBeNull();
        expect(
          open().filter(({ body }) => body?.includes('$100 → $5,000')),
          name,
        ).toHaveLength(1);
        for (const issue of open()) issue.state = 'closed';
      });
    },
    patience,
  );
});

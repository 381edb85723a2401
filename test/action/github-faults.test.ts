/** GitHub refuses, stumbles, hangs or vanishes: what was done to limits is done, is said, and decides the exit code. */

import { beforeEach, describe, expect, it } from 'vitest';
import { effort } from '../helpers/effort.ts';
import type { GitHubFault } from '../helpers/github/faults.ts';
import { all, type Scene, startApplied, team } from './scene.ts';

const faults: readonly [string, GitHubFault][] = [
  ['401', { kind: 'status', status: 401 }],
  ['403', { kind: 'status', status: 403 }],
  ['403 for an hour', { kind: 'secondary-rate-limit', retryAfter: 3_600 }],
  ['403 with nothing left', { kind: 'rate-limit', reset: 2_100_000_000 }],
  ['404', { kind: 'status', status: 404 }],
  ['409', { kind: 'status', status: 409 }],
  ['422', { kind: 'status', status: 422 }],
  ['500', { kind: 'status', status: 500 }],
  ['503 with a page', { kind: 'status', status: 503, body: 'html' }],
  ['a reset connection', { kind: 'reset', when: 'before' }],
  ['a hanging connection', { kind: 'hang' }],
];

const faultsAtOnce = effort('faults of GitHub in each of four tests', 4, faults.length);

/** All of them, or some by turns: what one test leaves out the others have. */
function faultsOf(turn: 0 | 1 | 2 | 3): typeof faults {
  const first = (turn * 3) % faults.length;
  return [...faults.slice(first), ...faults.slice(0, first)].slice(0, faultsAtOnce);
}

/** Requests of an apply for one merged pull request that tell what was reviewed. */
const asked: readonly [what: string, method: string, path: string][] = [
  ['the pull requests and their reviews', 'POST', '/graphql'],
  ['what the reviewer may do', 'GET', '/repos/*/*/collaborators/*/permission'],
  ['who pushed', 'GET', '/repos/*/*/activity'],
];

/** … and those that only show what became of it. */
const shown: readonly [what: string, method: string, path: string][] = [
  ['the comments', 'GET', '/repos/*/*/issues/*/comments'],
  ['writing the comment', 'PATCH', '/repos/*/*/issues/comments/*'],
];

const isDown = (fault: GitHubFault): boolean =>
  fault.kind === 'reset' || fault.kind === 'hang' || (fault.kind === 'status' && fault.status >= 500);

/** Milliseconds; little only where nothing is to come. */
const patience = ({ kind }: GitHubFault, withHanging = 40): number => (kind === 'hang' ? withHanging : 20_000);

let scene: Scene;
let amount = 100;
/** One more pull request, planned, approved and merged while GitHub was well. */
async function mergeNext(): Promise<number> {
  amount += 1;
  const pull = scene.open(`raise-${amount}`, team({ ...all('$100'), alpha: `$${amount}` }));
  await scene.plan(pull);
  scene.approve(pull);
  scene.github.merge({ pull, method: 'squash', user: 'author' });
  return pull;
}

const seen = (): number => scene.github.requests.length;

beforeEach(async () => {
  amount = 100;
  scene = await startApplied({ org: '' });
});

describe('an apply that succeeds', () => {
  it('stays a success under every fault of what only shows it, and says what could not be written', async () => {
    for (const [name, fault] of faultsOf(0)) {
      await mergeNext();
      scene.github.setFaults(shown.map(([, method, path]) => ({ method, path, fault })));
      // What is not under the fault has to have its time.
      const ran = await scene.apply({ timeout: patience(fault, 3_000) });
      expect(ran.exit, `${name}: ${ran.text}`).toBe(0);
      expect(ran.failure, name).toBeNull();
      expect(scene.limits(), name).toMatchObject({ alpha: amount });
      expect(ran.summary, name).toContain('Applied 1 of 1');
      expect(ran.warnings.join('\n'), name).toContain('could not be written');
      expect(ran.warnings.join('\n').length, name).toBeLessThan(1_000);
      scene.github.setFaults([]);
    }
  });

  it('stays one when any single call of those fails', async () => {
    for (const [what, method, path] of shown) {
      await mergeNext();
      scene.github.setFaults([{ method, path, fault: { kind: 'status', status: 500 } }]);
      const ran = await scene.apply();
      expect(ran.exit, what).toBe(0);
      expect(scene.limits(), what).toMatchObject({ alpha: amount });
      expect(ran.warnings[0], what).toMatch(/could not be (read|written): GitHub answered 500/);
      scene.github.setFaults([]);
    }
  });

  it.each([
    ['slow', { kind: 'slow', ms: 60 }, undefined],
    ['limited for a moment', { kind: 'secondary-rate-limit', retryAfter: 1 }, 1],
    ['failing once', { kind: 'status', status: 502 }, 1],
    ['cutting the first connection', { kind: 'reset', when: 'before' }, 1],
    ['cutting it after the request took effect', { kind: 'reset', when: 'after' }, 1],
  ] as const)('writes its comment all the same to a GitHub that is %s', async (_how, fault, times) => {
    const pull = await mergeNext();
    scene.github.setFaults([{ method: 'PATCH', ...(times === undefined ? {} : { times }), fault }]);
    const ran = await scene.apply();
    expect(ran.warnings).toEqual([]);
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  });
});

describe('an apply that cannot know what was reviewed', () => {
  it('writes nothing under any fault of GitHub, says so, and is made up for by the next', async () => {
    await mergeNext();
    for (const [name, fault] of faultsOf(1)) {
      scene.github.setFaults([{ fault }]);
      const before = seen();
      const ran = await scene.apply({ timeout: patience(fault) });
      expect(ran.failure, name).toContain('what was reviewed could not be read');
      // Once more for those who are to be told of it; what answers, as with a conflict, is asked four times each time.
      expect(seen() - before, name).toBeLessThanOrEqual(8);
      expect(scene.limits(), name).toMatchObject({ alpha: 100 });
    }
    scene.github.setFaults([]);
    expect((await scene.apply()).exit).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: amount });
  });

  it('writes nothing when any single call of those fails', async () => {
    await mergeNext();
    for (const [what, method, path] of asked) {
      scene.github.setFaults([{ method, path, fault: { kind: 'status', status: 500 } }]);
      const ran = await scene.apply();
      expect(ran.failure, what).toContain('what was reviewed could not be read: GitHub answered 500');
      expect(scene.limits(), what).toMatchObject({ alpha: 100 });
    }
  });
});

describe('a plan', () => {
  it('is judged by what it says, not by whether GitHub takes it', async () => {
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    for (const [name, fault] of faultsOf(2)) {
      scene.github.setFaults([{ fault }]);
      const before = seen();
      const ran = await scene.plan(pull, { keep: false, timeout: patience(fault) });
      // Reviews, comment, check, labels. Who is told to come back in an hour does not; who meets a GitHub that is down tries
      // the first call four times and the others once.
      if (name !== '409') expect(seen() - before, name).toBe(isDown(fault) ? 4 + 3 : 4);
      expect(ran.exit, name).toBe(0);
      expect(ran.failure, name).toBeNull();
      expect(ran.summary, name).toContain('$100 → **$120**');
      expect(ran.outputs['plan-file'], name).toBeDefined();
      expect(ran.warnings.join('\n'), name).toContain('could not be');
    }
    scene.github.pushTo({ branch: 'raise', user: 'author', files: team({ alpha: '$120' }) });
    const objected = await scene.plan(pull, { keep: false, timeout: 40 });
    expect(objected.exit).toBe(3);
    expect(objected.summary).toContain('BLOCKED by deletes');
    scene.github.setFaults([]);
    expect(scene.github.comments(pull)).toEqual([]);
    // And all is posted once GitHub is back.
    await scene.plan(pull);
    expect(scene.github.comments(pull)).toHaveLength(1);
  });

  it.each([
    ['the comment', 'POST', '/repos/*/*/issues/*/comments'],
    ['the check', 'POST', '/repos/*/*/check-runs'],
    ['the labels', 'POST', '/repos/*/*/issues/*/labels'],
  ])('posts the rest when %s cannot be written', async (what, method, path) => {
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    scene.github.setFaults([{ method, path, fault: { kind: 'status', status: 422 } }]);
    const ran = await scene.plan(pull);
    expect(ran.exit).toBe(0);
    expect(ran.warnings).toHaveLength(1);
    expect(ran.warnings[0]).toContain(`${what} could not be written: GitHub answered 422`);
    const there = [
      scene.github.comments(pull).length,
      scene.github.repository().checkRuns.length,
      scene.github.pullRequest(pull).labels.length,
    ];
    expect(there.filter((count) => count === 1)).toHaveLength(2);
  });

  it('leaves one comment when the answer to its creation is lost', async () => {
    const pull = scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
    const path = '/repos/*/*/issues/*/comments';
    scene.github.setFaults([{ method: 'POST', path, times: 1, fault: { kind: 'reset', when: 'after' } }]);
    await scene.plan(pull);
    expect(scene.github.comments(pull)).toHaveLength(1);
  });
});

describe('drift', () => {
  const watch = (timeout = 5_000) =>
    scene.act('schedule', { schedule: '17 * * * *' }, 'main', { inputs: { command: 'drift' }, timeout });

  it('is told by exit code and summary under every fault of GitHub', async () => {
    scene.row('alpha').credit_limit = 5_000;
    for (const [name, fault] of faultsOf(3)) {
      scene.github.setFaults([{ fault }]);
      const ran = await watch(patience(fault));
      expect(ran.exit, name).toBe(2);
      expect(ran.outputs['has-changes'], name).toBe('true');
      expect(ran.summary, name).toContain('alpha');
      expect(ran.warnings.join('\n'), name).toContain('the drift issue could not be written');
    }
    expect(scene.github.repository().issues).toEqual([]);
  });

  it('opens one issue when the answer to its creation is lost, and when two runs race', async () => {
    scene.row('alpha').credit_limit = 5_000;
    const lost = { kind: 'reset', when: 'after' } as const;
    scene.github.setFaults([{ method: 'POST', path: '/repos/*/*/issues', times: 1, fault: lost }]);
    await watch();
    const open = () => scene.github.repository().issues.filter(({ state }) => state === 'open');
    expect(open()).toHaveLength(1);
    scene.github.setFaults([]);
    for (const issue of open()) issue.body = 'somebody else wrote here';
    await Promise.all([watch(), watch()]);
    await watch();
    expect(open().filter(({ body }) => body?.startsWith('<!-- tollgate-drift:'))).toHaveLength(1);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stickyOf } from '../../src/commands/action/tell-pull.ts';
import { writeDriftIssue } from '../../src/github/drift-issue.ts';
import { writeLabels } from '../../src/github/labels.ts';
import { createGitHub } from '../../src/github/octokit.ts';
import type { GitHub } from '../../src/github/port.ts';
import { writeStickyComment } from '../../src/github/sticky-comment.ts';
import { joinComment } from '../../src/render/comment-header.ts';
import { type StandInFixture, startFixture } from '../helpers/github/fixture.ts';
import { actionsToken } from '../helpers/github/server.ts';

let fixture: StandInFixture;
let github: GitHub;
let pull: number;

beforeEach(async () => {
  fixture = await startFixture();
  pull = fixture.open();
  github = createGitHub({
    token: actionsToken,
    repository: 'example/budgets',
    apiUrl: fixture.github.url,
    login: 'github-actions[bot]',
    userAgent: 'test',
    retryAfterBaseValue: 1,
  });
});
afterEach(async () => {
  expect(fixture.github.violations).toEqual([]);
  await fixture.github.close();
});

const header = {
  environment: 'production',
  digest: null,
  attempt: 1,
  state: 'planned',
  record: null,
} as const;
const bodyOf = (run: number, text: string, head = 'a'): string => {
  return joinComment(
    { ...header, head, run, at: `2026-11-20T12:0${run}:00.000Z`, content: text.replace(/ <sub>.*/, '') },
    `${text}\n\n[run](https://github.example.com/example/budgets/actions/runs/${run})`,
  );
};
const write = (run: number, text: string, onlyUpdate = false) =>
  writeStickyComment(github, pull, { ...stickyOf('production'), body: bodyOf(run, text), onlyUpdate });
const bodies = (): string[] => fixture.github.comments(pull).map(({ body }) => body);

describe('the comment', () => {
  it('is created, edited in place, and left alone when a reader would see no difference', async () => {
    expect(await write(1, 'one')).toBe('created');
    expect(await write(2, 'two')).toBe('updated');
    expect(await write(3, 'two')).toBe('unchanged');
    expect(bodies()).toEqual([bodyOf(2, 'two')]);
    // Numbers that moved are a difference, the minute at which they were read is none.
    const used = (text: string, minute: string) => `${text} <sub>As of 2026-11-20 12:${minute} UTC.</sub>`;
    expect(await write(4, used('82 % used', '01'))).toBe('updated');
    expect(await write(5, used('82 % used', '07'))).toBe('unchanged');
    expect(await write(6, used('83 % used', '07'))).toBe('updated');
  });

  it('is overwritten by a newer run only', async () => {
    await write(5, 'newer');
    expect(await write(4, 'older')).toBe('superseded');
    expect(bodies()).toEqual([bodyOf(5, 'newer')]);
  });

  it('is not written where there is none and nothing to say', async () => {
    expect(await write(1, 'nothing', true)).toBe('not-wanted');
    expect(bodies()).toEqual([]);
  });

  it("takes neither somebody else's copy of the marker nor another environment for its own", async () => {
    fixture.github.comment({ issue: pull, user: 'author', body: bodyOf(9, 'forged') });
    const staging = { ...header, environment: 'staging', head: 'a', run: 9, at: '', content: '' };
    await github.createComment(pull, joinComment(staging, 'staging'));
    expect(await write(1, 'ours')).toBe('created');
    expect(bodies()).toHaveLength(3);
    expect(bodies().at(-1)).toBe(bodyOf(1, 'ours'));
  });

  it('is found on a later page of comments', async () => {
    await write(1, 'one');
    for (let count = 0; count < 150; count += 1) fixture.github.comment({ issue: pull, user: 'author', body: 'talk' });
    const first = fixture.github.comments(pull)[0];
    // As if it had been written last.
    const row = fixture.github.repository().comments;
    row.push(...row.splice(0, 1));
    expect(await write(2, 'two')).toBe('updated');
    expect(fixture.github.comments(pull).filter(({ body }) => body.includes('two'))).toHaveLength(1);
    expect(first?.body).toBe(bodyOf(2, 'two'));
  });

  it('is one when two runs race, and says what the later run says', async () => {
    for (const order of [
      [1, 2],
      [2, 1],
    ] as const) {
      await Promise.all(order.map((run) => write(run, `run ${run}`)));
      expect(bodies()).toContain(bodyOf(2, 'run 2'));
      // Whoever saw both has cleaned up; a third run finds one either way.
      await write(3, 'third');
      expect(bodies()).toEqual([bodyOf(3, 'third')]);
      await github.deleteComment(fixture.github.comments(pull)[0]?.id ?? 0);
    }
  });

  it.each([
    [1, 2, 'the faster one, which is newer'],
    [2, 1, 'the slower one, which is newer'],
  ])('run %i, whose look saw nothing, meets run %i: what stays is %s', async (slow, fast) => {
    const does = () =>
      void fixture.github.comment({ issue: pull, user: github.login, body: bodyOf(fast, `run ${fast}`) });
    const path = '/repos/*/*/issues/*/comments';
    fixture.github.setFaults([{ method: 'POST', path, times: 1, fault: { kind: 'meanwhile', does } }]);
    await write(slow, `run ${slow}`);
    expect(bodies()).toEqual([bodyOf(2, 'run 2')]);
  });

  it('heals when an earlier race left two', async () => {
    await github.createComment(pull, bodyOf(1, 'one'));
    await github.createComment(pull, bodyOf(2, 'two'));
    expect(await write(3, 'three')).toBe('updated');
    expect(bodies()).toEqual([bodyOf(3, 'three')]);
  });
});

describe('labels', () => {
  it('are added and taken off, and those of others stay', async () => {
    await github.addLabels(pull, ['urgent']);
    await writeLabels(github, pull, new Set(['loosen', 'delete']));
    expect([...(await github.listLabels(pull))].sort()).toEqual(['tollgate:delete', 'tollgate:loosen', 'urgent']);
    await writeLabels(github, pull, new Set(['tighten']));
    expect([...(await github.listLabels(pull))].sort()).toEqual(['tollgate:tighten', 'urgent']);
  });
});

describe('the drift issue', () => {
  const marker = '<!-- tollgate-drift:production -->';
  const drift = (text: string, isClean = false) =>
    writeDriftIssue(github, { title: 'Drift in production', body: `${marker}\n${text}`, marker, isClean });

  it('is opened once, edited, closed and opened again', async () => {
    expect(await drift('clean', true)).toBe('none');
    expect(await drift('one')).toBe('opened');
    expect(await drift('one')).toBe('unchanged');
    expect(await drift('two')).toBe('updated');
    expect(await drift('clean', true)).toBe('closed');
    expect(await drift('three')).toBe('reopened');
    expect((await github.listOwnIssues()).map(({ state }) => state)).toEqual(['open']);
  });

  it('stays closed while a person has labelled just this drift as accepted', async () => {
    await drift('one');
    const [issue] = fixture.github.repository().issues.filter(({ pull: part }) => part === null);
    if (issue === undefined) throw new Error('there is no issue');
    await github.addLabels(issue.number, ['tollgate:accepted']);
    await github.updateIssue(issue.number, { state: 'closed' });
    expect(await drift('one')).toBe('accepted');
    expect(await drift('two')).toBe('reopened');
  });

  it('is never one that somebody else has written', async () => {
    fixture.github.repository().issues.push({
      ...fixture.github.pullRequest(pull),
      id: 1,
      number: 77,
      title: 'forged',
      body: `${marker}\nforged`,
      pull: null,
    });
    expect(await drift('one')).toBe('opened');
  });
});

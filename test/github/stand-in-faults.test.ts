/** How the stand-in for GitHub refuses, fails, and catches what GitHub would not say. */

import type { Octokit } from 'octokit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, failureOf, readToken, type StandInFixture, startFixture, userToken } from '../helpers/github/fixture.ts';
import { actionsToken, type GitHubStandIn } from '../helpers/github/server.ts';

let fixture: StandInFixture;
let github: GitHubStandIn;
let octokit: Octokit;

beforeEach(async () => {
  fixture = await startFixture();
  ({ github, octokit } = fixture);
});

afterEach(async () => {
  const violations = github.takeViolations();
  await github.close();
  expect(violations).toEqual([]);
});

describe('tokens', () => {
  it('refuses who is unknown, and what a token may not do', async () => {
    const issue_number = fixture.open();
    const comment = { ...at, issue_number, body: 'planned' };
    expect(await failureOf(fixture.connect('wrong').rest.issues.createComment(comment))).toMatchObject({ status: 401 });
    expect(await failureOf(fixture.connect(undefined).rest.repos.get(at))).toMatchObject({ status: 401 });
    const refused = await failureOf(fixture.connect(readToken).rest.issues.createComment(comment));
    expect(refused).toMatchObject({ status: 403 });
    expect(refused.message).toContain('Resource not accessible by integration');
    const check = { ...at, name: 'tollgate', head_sha: fixture.git('rev-parse', 'raise') };
    expect(await failureOf(fixture.connect(userToken).rest.checks.create(check))).toMatchObject({ status: 403 });
    expect(await failureOf(octokit.rest.repos.get({ ...at, repo: 'none' }))).toMatchObject({ status: 404 });
    expect(github.requests.at(-1)).toMatchObject({ login: 'github-actions[bot]', status: 404 });
  });

  it('lets anybody read what is public, and nobody see what is private elsewhere', async () => {
    const issue_number = fixture.open();
    const reader = fixture.connect(readToken).rest;
    expect(await failureOf(reader.issues.listComments({ ...at, issue_number }))).toMatchObject({ status: 403 });
    github.repository().private = false;
    expect((await reader.issues.listComments({ ...at, issue_number })).status).toBe(200);
    expect(await failureOf(reader.actions.listArtifactsForRepo(at))).toMatchObject({ status: 403 });
    github.attachRepository({ owner: 'example', name: 'secret' });
    expect(await failureOf(reader.repos.get({ ...at, repo: 'secret' }))).toMatchObject({ status: 404 });
  });

  it('tells issues from pull requests', async () => {
    const issue_number = fixture.open();
    github.setToken('pulls', { kind: 'actions', permissions: { 'pull-requests': 'write' } });
    const { data: issue } = await octokit.rest.issues.create({ ...at, title: 'Drift' });
    const comments = fixture.connect('pulls').rest.issues;
    await comments.createComment({ ...at, issue_number, body: 'planned' });
    const onIssue = comments.createComment({ ...at, issue_number: issue.number, body: 'planned' });
    expect(await failureOf(onIssue)).toMatchObject({ status: 403 });
  });
});

describe('faults', () => {
  it.each([401, 403, 404, 409, 422, 500, 502, 503])('%i, as often as asked', async (status) => {
    github.setFaults([{ method: 'GET', path: '/repos/**', times: 1, fault: { kind: 'status', status } }]);
    expect(await failureOf(octokit.rest.repos.get(at))).toMatchObject({ status });
    expect((await octokit.rest.repos.get(at)).status).toBe(200);
  });

  it('limits, with the headers that say for how long', async () => {
    github.setFaults([{ times: 1, fault: { kind: 'secondary-rate-limit', retryAfter: 7 } }]);
    expect(await failureOf(octokit.rest.repos.get(at))).toMatchObject({
      status: 403,
      response: { headers: { 'retry-after': '7' } },
    });
    const limited = await startFixture({ rateLimit: 2 });
    await limited.octokit.rest.repos.get(at);
    expect(await failureOf(limited.octokit.rest.repos.get(at))).toMatchObject({
      status: 403,
      response: { headers: { 'x-ratelimit-remaining': '0' } },
    });
    await limited.github.close();
  });

  it('breaks the connection before and after the deed, and hangs until it is given up', async () => {
    const issue_number = fixture.open();
    const say = () => octokit.rest.issues.createComment({ ...at, issue_number, body: 'planned' });
    github.setFaults([{ method: 'POST', times: 1, fault: { kind: 'reset', when: 'before' } }]);
    expect(await failureOf(say())).toMatchObject({ status: 500 });
    expect(github.comments(issue_number)).toHaveLength(0);
    github.setFaults([{ method: 'POST', times: 1, fault: { kind: 'reset', when: 'after' } }]);
    expect(await failureOf(say())).toMatchObject({ status: 500 });
    expect(github.comments(issue_number)).toHaveLength(1);
    github.setFaults([{ fault: { kind: 'hang' } }]);
    await expect(fetch(`${github.url}/rate_limit`, { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout');
  });

  it('is slow, and somebody else is faster', async () => {
    const issue_number = fixture.open();
    const does = () => void github.comment({ issue: issue_number, user: 'author', body: 'faster' });
    github.setFaults([
      { method: 'POST', fault: { kind: 'slow', ms: 5 } },
      { method: 'POST', fault: { kind: 'meanwhile', does } },
    ]);
    await octokit.rest.issues.createComment({ ...at, issue_number, body: 'planned' });
    expect(github.comments(issue_number).map(({ body }) => body)).toEqual(['faster', 'planned']);
  });
});

describe('the published description', () => {
  it('catches a wrong answer', async () => {
    const issue_number = fixture.open();
    const body = [{ id: 'seven', body: 'planned' }];
    github.setFaults([
      { method: 'GET', path: '/repos/*/*/issues/*/comments', fault: { kind: 'answer', status: 200, body } },
    ]);
    await octokit.rest.issues.listComments({ ...at, issue_number });
    const problems = github.takeViolations().map(({ side, problem }) => `${side}: ${problem}`);
    expect(problems).toContain('answer: /0/id must be integer (integer)');
    expect(problems).toContain("answer: /0 must have required property 'html_url' (html_url)");
    github.setFaults([{ fault: { kind: 'answer', status: 299, body: {} } }]);
    await octokit.rest.repos.get(at);
    expect(github.takeViolations()).toMatchObject([{ side: 'answer', problem: 'status 299 is not described' }]);
  });

  it('catches wrong requests, and refuses those with a wrong body', async () => {
    const issue_number = fixture.open();
    const path = `${github.url}/repos/example/budgets`;
    const headers = { authorization: `bearer ${actionsToken}` };
    const send = async (method: string, place: string, body?: string) => {
      const { status } = await fetch(`${path}${place}`, { method, headers, ...(body !== undefined && { body }) });
      return [status, ...github.takeViolations().map(({ problem }) => problem)];
    };
    const comments = `/issues/${issue_number}/comments`;
    expect(await send('GET', `${comments}?perPage=100`)).toEqual([200, 'query parameter "perPage" is not described']);
    expect(await send('GET', '/issues?state=opened')).toEqual([
      200,
      'query state: / must be equal to one of the allowed values',
    ]);
    expect(await send('POST', comments, '{"body":7}')).toEqual([422, '/body must be string (string)']);
    expect(await send('POST', comments, '{"body":"a","text":"b"}')).toEqual([422, 'member "text" is not described']);
    expect(await send('POST', comments, '{"body":')).toEqual([400, 'is not JSON']);
    expect(await send('POST', comments)).toEqual([422, 'a body is needed']);
    expect(await send('GET', '/nothing')).toEqual([404, 'there is no such endpoint here']);
    expect(github.requests.at(-1)).toMatchObject({
      method: 'GET',
      path: '/repos/example/budgets/nothing',
      status: 404,
    });
  });
});

/** The stand-in for GitHub, driven by the client that everybody uses: issues, checks, runs. */

import type { Octokit } from 'octokit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, failureOf, firstFile, type StandInFixture, startFixture, userToken } from '../helpers/github/fixture.ts';
import type { GitHubStandIn } from '../helpers/github/server.ts';
import { buildZip } from '../helpers/github/zip.ts';

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

describe('issues and comments', () => {
  it('keeps comments of the bot, over their whole life', async () => {
    const issue_number = fixture.open();
    const { data: made } = await octokit.rest.issues.createComment({ ...at, issue_number, body: 'planned' });
    expect(made.user).toMatchObject({ login: 'github-actions[bot]', type: 'Bot' });
    expect(made.created_at).toBe('2026-11-20T12:00:00Z');
    fixture.pass(60_000);
    await octokit.rest.issues.updateComment({ ...at, comment_id: made.id, body: 'applied' });
    const { data: found } = await octokit.rest.issues.getComment({ ...at, comment_id: made.id });
    expect(found).toMatchObject({ body: 'applied', updated_at: '2026-11-20T12:01:00Z', created_at: made.created_at });
    await fixture.connect(userToken).rest.issues.createComment({ ...at, issue_number, body: 'thanks' });
    expect(github.comments(issue_number).map(({ user }) => user)).toEqual(['github-actions[bot]', 'guest']);
    await octokit.rest.issues.deleteComment({ ...at, comment_id: made.id });
    expect(await failureOf(octokit.rest.issues.getComment({ ...at, comment_id: made.id }))).toMatchObject({
      status: 404,
    });
  });

  it('pages them', async () => {
    const issue_number = fixture.open();
    for (let count = 1; count <= 250; count += 1) {
      github.comment({ issue: issue_number, user: 'author', body: `comment ${count}` });
    }
    const { headers, data } = await octokit.rest.issues.listComments({ ...at, issue_number, per_page: 100, page: 2 });
    expect(data[0]?.body).toBe('comment 101');
    for (const rel of ['prev', 'next', 'last', 'first']) expect(headers.link).toContain(`rel="${rel}"`);
    const all = await octokit.paginate(octokit.rest.issues.listComments, { ...at, issue_number, per_page: 100 });
    expect(all.map(({ body }) => body)).toEqual(github.comments(issue_number).map(({ body }) => body));
    const recent = await octokit.rest.issues.listCommentsForRepo({ ...at, sort: 'created', per_page: 1 });
    expect(recent.data[0]?.body).toBe('comment 250');
    const { data: none } = await octokit.rest.issues.listComments({ ...at, issue_number, per_page: 100, page: 4 });
    expect(none).toEqual([]);
  });

  it('refuses a body that is too long, and takes the longest', async () => {
    const issue_number = fixture.open();
    const say = (body: string) => octokit.rest.issues.createComment({ ...at, issue_number, body });
    expect((await say('💶'.repeat(65_536))).status).toBe(201);
    expect(await failureOf(say('a'.repeat(65_537)))).toMatchObject({ status: 422 });
    expect(await failureOf(octokit.rest.issues.create({ ...at, title: 't', body: 'a'.repeat(65_537) }))).toMatchObject({
      status: 422,
    });
  });

  it('opens, finds, closes and re-opens issues, numbered with pull requests', async () => {
    const pull = fixture.open();
    const { data: made } = await octokit.rest.issues.create({
      ...at,
      title: 'Drift',
      body: 'moved',
      labels: ['drift'],
    });
    expect(made.number).toBe(pull + 1);
    const find = async (state: 'open' | 'closed' | 'all') => {
      const creator = 'github-actions[bot]';
      const { data } = await octokit.rest.issues.listForRepo({ ...at, creator, labels: 'drift', state });
      return data.map(({ number }) => number);
    };
    const update = { ...at, issue_number: made.number };
    await octokit.rest.issues.update({ ...update, state: 'closed', body: 'clean' });
    expect([await find('open'), await find('closed')]).toEqual([[], [made.number]]);
    const { data } = await octokit.rest.issues.update({ ...update, state: 'open', title: 'Drift again' });
    expect(data).toMatchObject({ state: 'open', state_reason: 'reopened', body: 'clean', title: 'Drift again' });
    const { data: both } = await octokit.rest.issues.listForRepo({ ...at, state: 'all' });
    expect(both.map((issue) => [issue.number, issue.pull_request !== undefined])).toEqual([
      [made.number, false],
      [pull, true],
    ]);
    expect((await octokit.rest.issues.get(update)).data.comments).toBe(0);
  });

  it('labels', async () => {
    const issue_number = fixture.open();
    const label = { ...at, name: 'tollgate:loosen', color: 'd73a4a', description: 'Lets somebody spend more' };
    await octokit.rest.issues.createLabel(label);
    expect(await failureOf(octokit.rest.issues.createLabel(label))).toMatchObject({ status: 422 });
    expect((await octokit.rest.issues.getLabel({ ...at, name: label.name })).data).toMatchObject({ color: 'd73a4a' });
    await octokit.rest.issues.addLabels({ ...at, issue_number, labels: ['tollgate:loosen', 'tollgate:delete'] });
    await octokit.rest.issues.removeLabel({ ...at, issue_number, name: 'tollgate:delete' });
    expect(await failureOf(octokit.rest.issues.removeLabel({ ...at, issue_number, name: 'other' }))).toMatchObject({
      status: 404,
    });
    const { data } = await octokit.rest.issues.listLabelsOnIssue({ ...at, issue_number });
    expect(data.map(({ name }) => name)).toEqual(['tollgate:loosen']);
    const { data: all } = await octokit.rest.issues.listLabelsForRepo(at);
    expect(all.map(({ name }) => name)).toEqual(['tollgate:loosen', 'tollgate:delete']);
    expect((await octokit.rest.pulls.list(at)).data[0]?.labels).toHaveLength(1);
  });
});

describe('the repository, checks and runs', () => {
  it('tells of the repository and what people may do', async () => {
    expect((await octokit.rest.repos.get(at)).data).toMatchObject({ default_branch: 'main', visibility: 'private' });
    const levels = ['example', 'author', 'guest', 'stranger'].map(async (username) => {
      const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username });
      return data.permission;
    });
    expect(await Promise.all(levels)).toEqual(['admin', 'write', 'read', 'none']);
    expect((await octokit.rest.rateLimit.get()).data.resources.core.limit).toBe(5000);
  });

  it('adds up annotations, fifty a request', async () => {
    fixture.open();
    const head_sha = fixture.git('rev-parse', 'raise');
    const line = {
      path: firstFile,
      start_line: 1,
      end_line: 1,
      annotation_level: 'warning',
      message: 'too much',
    } as const;
    const output = { title: 'Plan', summary: 'one change', annotations: Array.from({ length: 50 }, () => line) };
    const check = { ...at, name: 'tollgate', head_sha, status: 'in_progress' as const };
    const { data: made } = await octokit.rest.checks.create({ ...check, output });
    const change = { ...at, check_run_id: made.id, conclusion: 'success' as const };
    const { data: done } = await octokit.rest.checks.update({ ...change, output: { ...output, annotations: [line] } });
    expect(done).toMatchObject({
      status: 'completed',
      output: { annotations_count: 51 },
      completed_at: made.started_at,
    });
    const many = { ...output, annotations: [...output.annotations, line] };
    expect(await failureOf(octokit.rest.checks.create({ ...check, output: many }))).toMatchObject({ status: 422 });
    expect(github.takeViolations()).toMatchObject([{ side: 'request', problem: expect.stringContaining('50') }]);
    const { data } = await octokit.rest.checks.listForRef({ ...at, ref: 'raise', check_name: 'tollgate' });
    expect(data).toMatchObject({ total_count: 1, check_runs: [{ id: made.id, pull_requests: [{ number: 1 }] }] });
    const { data: notes } = await octokit.rest.checks.listAnnotations({ ...at, check_run_id: made.id, page: 2 });
    expect(notes).toHaveLength(21);
    expect((await octokit.rest.checks.get({ ...at, check_run_id: made.id })).data.app?.slug).toBe('github-actions');
  });

  it('hands out artifacts of runs', async () => {
    fixture.open();
    const headSha = fixture.git('rev-parse', 'raise');
    const run = github.addWorkflowRun({ headSha, headBranch: 'raise', pulls: [1] });
    const zip = buildZip({ 'plan.json': '{"version":1}' });
    const { id } = github.addArtifact({ runId: run.id, name: 'tollgate-plan', zip });
    github.addArtifact({ runId: run.id, name: 'other', zip, expired: true });
    const { data: told } = await octokit.rest.actions.getWorkflowRun({ ...at, run_id: run.id });
    expect(told).toMatchObject({ head_sha: headSha, status: 'completed', conclusion: 'success' });
    const { data: runs } = await octokit.rest.actions.listWorkflowRunsForRepo({ ...at, head_sha: headSha });
    expect(runs.total_count).toBe(1);
    const { data: named } = await octokit.rest.actions.listArtifactsForRepo({ ...at, name: 'tollgate-plan' });
    const { data: all } = await octokit.rest.actions.listWorkflowRunArtifacts({ ...at, run_id: run.id });
    expect([named.artifacts.map((one) => one.id), all.total_count]).toEqual([[id], 2]);
    const get = { ...at, artifact_id: id, archive_format: 'zip' };
    const { data } = await octokit.rest.actions.downloadArtifact(get);
    expect(Buffer.from(data as ArrayBuffer).equals(zip)).toBe(true);
    const expired = octokit.rest.actions.downloadArtifact({ ...get, artifact_id: id + 1 });
    expect(await failureOf(expired)).toMatchObject({ status: 410 });
  });
});

/** What the port tells of a pull request that bears on whose word it is, against the stand-in with real commits. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitHub } from '../../src/github/octokit.ts';
import { type GitHub, GitHubError } from '../../src/github/port.ts';
import { firstFile, makeBare, type StandInFixture, startFixture } from '../helpers/github/fixture.ts';
import { actionsToken, type GitHubStandIn } from '../helpers/github/server.ts';
import { webFlow, webFlowAddress } from '../helpers/github/state.ts';
import { git } from '../record/git-fixture.ts';

let fixture: StandInFixture;
let github: GitHubStandIn;
let port: GitHub;
let pull: number;

const connect = (apiUrl: string, token = actionsToken): GitHub =>
  createGitHub({
    token,
    repository: 'example/budgets',
    apiUrl,
    login: 'github-actions[bot]',
    userAgent: 'test',
    retryAfterBaseValue: 1,
  });

beforeEach(async () => {
  fixture = await startFixture();
  ({ github } = fixture);
  pull = fixture.open();
  github.takeRequests();
  port = connect(github.url);
});

afterEach(async () => {
  const violations = github.takeViolations();
  await github.close();
  expect(violations).toEqual([]);
});

const edit = (amount: number): Record<string, string> => ({ [firstFile]: `budget: ${amount}\n` });
const minute = 60_000;
/** Rows, not deeds: each deed looks at Git. */
function addReviews(count: number): void {
  const row = github.review({ pull, user: 'owner', state: 'COMMENTED', body: '0' });
  const { reviews } = github.repository();
  for (let index = 1; index < count; index += 1) reviews.push({ ...row, id: row.id + index, body: `${index}` });
}
const person = (login: string) => ({
  account: { login, isBot: false },
  name: login,
  email: `${login}@example.com`,
  isBot: false,
});
const failure = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );

describe('one pull request', () => {
  it('is told in one request: who opened, wrote, committed and reviewed it, where it comes from and goes', async () => {
    const seen = github.pullRequest(pull).pull?.headSha;
    const { id } = github.review({ pull, user: 'owner', state: 'APPROVED', body: 'yes' });
    github.pass(minute);
    github.editReview({ id, body: '/tollgate allow', user: 'author' });
    const { after } = github.pushTo({ branch: 'raise', files: edit(4), user: 'author', author: 'guest' });
    const told = await port.readPullReview(pull);
    expect(told).toMatchObject({
      pull: {
        number: pull,
        title: 'Raise the budget',
        author: { login: 'author', isBot: false },
        head: after,
        headRef: 'raise',
        headRepository: 'example/budgets',
        isCrossRepository: false,
        baseRef: 'main',
        merged: false,
        mergeCommit: null,
      },
      state: 'open',
      reviews: [
        {
          author: { login: 'owner', isBot: false },
          state: 'APPROVED',
          body: '/tollgate allow',
          commit: seen,
          submittedAt: '2026-11-20T12:00:00Z',
          lastEditedAt: '2026-11-20T12:01:00Z',
        },
      ],
      baseMoves: [],
      headForcePushes: [],
      hasAllCommits: true,
    });
    expect(told.commits.map(({ authors, committer }) => [...authors, committer])).toEqual([
      [person('author'), person('author')],
      [person('author'), person('author')],
      [person('guest'), person('author')],
    ]);
    expect(told.commits.map(({ parents }) => parents)).toEqual([
      [fixture.git('rev-parse', 'main')],
      [told.commits[0]?.sha],
      [told.commits[1]?.sha],
    ]);
    expect(github.requests.map(({ method, operation }) => [method, operation])).toEqual([['POST', 'pullReview']]);
  });

  it('keeps a dismissed review, and one whose account or commit is gone', async () => {
    github.dismissReview(github.review({ pull, user: 'owner', state: 'APPROVED' }).id);
    github.review({ pull, user: 'guest', state: 'COMMENTED', body: 'hm' });
    github.deleteAccount('guest');
    github.pushTo({ branch: 'raise', files: edit(9), user: 'author', force: true });
    github.forgetCommits();
    const { reviews } = await port.readPullReview(pull);
    expect(reviews.map(({ author, state, commit }) => [author?.login ?? null, state, commit])).toEqual([
      ['owner', 'DISMISSED', null],
      [null, 'COMMENTED', null],
    ]);
  });

  it('pages lists of more than a hundred, and only those', async () => {
    addReviews(230);
    const { reviews, commits } = await port.readPullReview(pull);
    expect(reviews.map(({ body }) => body)).toEqual(Array.from({ length: 230 }, (_, index) => `${index}`));
    expect(commits).toHaveLength(2);
    const asked = github.requests.map(({ body }) => (body as { variables: Record<string, unknown> }).variables);
    expect(asked.map(({ withReviews, withCommits }) => [withReviews, withCommits])).toEqual([
      [true, true],
      [true, false],
      [true, false],
    ]);
  });

  it('pages more than 250 commits, where the list for people ends', async () => {
    // By Git alone and in one go: 260 deeds would take a minute.
    const made = Array.from({ length: 260 }, (_, index) => {
      const from = index === 0 ? `from ${fixture.git('rev-parse', 'raise')}\n` : '';
      return `commit refs/heads/raise\ncommitter author <author@example.com> 1 +0000\ndata 1\nx\n${from}\n`;
    });
    execFileSync('git', ['fast-import', '--quiet'], { cwd: fixture.folder, input: made.join('') });
    const { commits, hasAllCommits } = await port.readPullReview(pull);
    expect([commits.length, hasAllCommits]).toEqual([262, true]);
    expect(github.takeRequests()).toHaveLength(3);
  });

  it('says when it got another head between two pages', async () => {
    addReviews(101);
    const does = () => void github.pushTo({ branch: 'raise', files: edit(7), user: 'author' });
    github.setFaults([{ operation: 'pullReview', after: 1, times: 1, fault: { kind: 'meanwhile', does } }]);
    expect(await failure(port.readPullReview(pull))).toMatchObject({
      message: expect.stringContaining('another head'),
    });
  });
});

describe('who had a part in a commit', () => {
  it('is not whom it names: GitHub signs what is made on its pages, and nobody else can', async () => {
    const committer = { name: 'GitHub', email: webFlowAddress };
    github.pushTo({ branch: 'raise', files: edit(5), user: 'author', committer });
    github.pushTo({ branch: 'raise', files: edit(6), user: 'author', committer, signedBy: 'author' });
    github.pushTo({ branch: 'raise', files: edit(7), user: 'author', onWeb: true });
    const { commits } = await port.readPullReview(pull);
    const [unsigned, own, web] = commits.slice(-3);
    expect([unsigned, own, web].map((commit) => commit?.committer?.account?.login)).toEqual([
      webFlow,
      webFlow,
      webFlow,
    ]);
    expect(unsigned?.signature).toBeNull();
    expect(own?.signature).toEqual({ isValid: true, wasSignedByGitHub: false, signer: 'author' });
    expect(web?.signature).toEqual({ isValid: true, wasSignedByGitHub: true, signer: webFlow });
  });

  it("does not take GitHub's signature from another commit", async () => {
    const { after } = github.pushTo({ branch: 'raise', files: edit(7), user: 'author', onWeb: true });
    const copied = fixture.git('cat-file', 'commit', after).replace('change', 'forged');
    const file = `${fixture.folder}/forged`;
    writeFileSync(file, copied);
    const forged = fixture.git('hash-object', '-t', 'commit', '-w', file);
    fixture.git('update-ref', 'refs/heads/raise', forged);
    const { commits } = await port.readPullReview(pull);
    expect(commits.at(-1)).toMatchObject({ sha: forged, signature: { isValid: false, wasSignedByGitHub: false } });
  });

  it('are co-authors of the trailers too, also those without an account, and apps are known as such', async () => {
    const coAuthors = ['guest', 'dependabot[bot]', { name: 'Bob', email: 'bob@home.example' }];
    github.pushTo({ branch: 'raise', files: edit(5), user: 'author', coAuthors });
    const { commits } = await port.readPullReview(pull);
    const last = commits.at(-1);
    expect(last?.authors).toEqual([
      person('author'),
      person('guest'),
      {
        account: null,
        name: 'dependabot[bot]',
        email: '49699333+dependabot[bot]@users.noreply.github.com',
        isBot: true,
      },
      { account: null, name: 'Bob', email: 'bob@home.example', isBot: false },
    ]);
    expect(last?.message).toContain('Co-authored-by: Bob <bob@home.example>');
  });

  it('counts authors that are too many to be listed as unknown', async () => {
    const coAuthors = Array.from({ length: 60 }, (_, index) => ({ name: 'x', email: `x${index}@home.example` }));
    github.pushTo({ branch: 'raise', files: edit(5), user: 'author', coAuthors });
    const { commits } = await port.readPullReview(pull);
    expect(commits.at(-1)?.authors).toHaveLength(51);
    expect(commits.at(-1)?.authors.at(-1)).toEqual({ account: null, name: '', email: '', isBot: false });
  });

  it('tells suggestions, updated branches and what the conflict editor wrote', async () => {
    github.suggest({ pull, files: edit(5), by: 'guest', user: 'author' });
    github.pushTo({ branch: 'main', files: { 'README.md': 'meanwhile\n' }, user: 'owner' });
    const { after: updated } = github.updateBranch({ pull, user: 'owner' });
    github.pushTo({ branch: 'main', files: edit(8), user: 'owner' });
    expect(() => github.updateBranch({ pull, user: 'owner' })).toThrow('conflicts');
    const { after: resolved } = github.updateBranch({ pull, user: 'owner', files: edit(900) });
    const { commits, headForcePushes } = await port.readPullReview(pull);
    const signed = { isValid: true, wasSignedByGitHub: true, signer: webFlow };
    expect(commits.slice(-3).map(({ authors, signature }) => [authors.map(({ name }) => name), signature])).toEqual([
      [['author', 'guest'], signed],
      [['owner'], signed],
      [['owner'], signed],
    ]);
    expect(commits.slice(-2).map(({ sha, parents }) => [sha, parents.length])).toEqual([
      [updated, 2],
      [resolved, 2],
    ]);
    expect(fixture.git('show', `raise:${firstFile}`)).toBe('budget: 900');
    expect(headForcePushes).toEqual([]);
  });
});

describe('openers that are no people', () => {
  it('have one name, whichever way they are told', async () => {
    github.pushTo({ branch: 'bump', files: edit(3), user: 'dependabot[bot]' });
    const { number } = github.openPullRequest({ head: 'bump', user: 'dependabot[bot]' });
    const bot = { login: 'dependabot[bot]', isBot: true };
    expect((await port.readPull(number)).author).toEqual(bot);
    const told = await port.readPullReview(number);
    expect(told.pull.author).toEqual(bot);
    expect(told.commits[0]?.authors).toMatchObject([{ account: null, isBot: true }]);
    expect(await port.listPushes('refs/heads/bump')).toMatchObject([{ actor: bot, kind: 'branch_creation' }]);
  });

  it('may be nobody any more', async () => {
    github.deleteAccount('author');
    const told = await port.readPullReview(pull);
    expect(told.pull.author).toBeNull();
    expect(told.commits[0]?.committer).toMatchObject({ account: null, email: 'author@example.com' });
    expect(await port.readPermission('author')).toBe('none');
  });
});

describe('bases and heads that moved', () => {
  it('are told: retargeted by hand, forced, forced back', async () => {
    github.pushTo({ branch: 'other', files: { 'README.md': 'other\n' }, user: 'owner' });
    github.pass(minute);
    github.changeBase({ pull, base: 'other', user: 'author' });
    github.pass(minute);
    github.changeBase({ pull, base: 'main', user: 'author' });
    const start = fixture.git('rev-parse', 'main');
    github.pushTo({ branch: 'main', files: edit(8), user: 'owner' });
    github.pullRequest(pull);
    github.pass(minute);
    const before = github.pullRequest(pull).pull?.headSha;
    const forced = github.pushTo({ branch: 'raise', files: edit(3), user: 'guest', force: true, from: start });
    github.pass(minute);
    github.pushTo({ branch: 'main', files: edit(9), user: 'owner', force: true, from: start });
    const told = await port.readPullReview(pull);
    expect(told.pull.baseRef).toBe('main');
    expect(told.baseMoves).toEqual([
      { kind: 'changed', at: '2026-11-20T12:01:00Z' },
      { kind: 'changed', at: '2026-11-20T12:02:00Z' },
      { kind: 'force-pushed', at: '2026-11-20T12:04:00Z' },
    ]);
    expect(told.headForcePushes).toEqual([
      { at: '2026-11-20T12:03:00Z', actor: { login: 'guest', isBot: false }, before, after: forced.after },
    ]);
  });

  it('are told of a stacked pull request that GitHub itself moves, and of one whose base goes', async () => {
    github.pushTo({ branch: 'top', from: 'raise', files: edit(5), user: 'author' });
    const top = github.openPullRequest({ head: 'top', base: 'raise', user: 'author' }).number;
    github.merge({ pull, method: 'merge', user: 'owner' });
    github.deleteBranch({ branch: 'raise', user: 'owner' });
    const moved = await port.readPullReview(top);
    expect([moved.pull.baseRef, moved.baseMoves.map(({ kind }) => kind)]).toEqual(['main', ['changed']]);
    github.pushTo({ branch: 'low', files: edit(6), user: 'author' });
    github.pushTo({ branch: 'high', from: 'low', files: edit(7), user: 'author' });
    const high = github.openPullRequest({ head: 'high', base: 'low', user: 'author' }).number;
    github.deleteBranch({ branch: 'low', user: 'owner' });
    const closed = await port.readPullReview(high);
    expect([closed.state, closed.baseMoves.map(({ kind }) => kind)]).toEqual(['closed', ['deleted']]);
  });

  it('keep their old heads by name and by hash, until GitHub gives them no more', () => {
    const old = github.pullRequest(pull).pull?.headSha ?? '';
    const { after } = github.pushTo({ branch: 'raise', files: edit(3), user: 'author', force: true });
    const clone = makeBare();
    git(clone, 'fetch', '--quiet', `file://${fixture.folder}`, old);
    github.merge({ pull, method: 'squash', user: 'owner' });
    github.deleteBranch({ branch: 'raise', user: 'owner' });
    github.forgetCommits();
    expect(fixture.git('rev-parse', `refs/pull/${pull}/head`)).toBe(after);
    const fresh = makeBare();
    expect(() => git(fresh, 'fetch', '--quiet', `file://${fixture.folder}`, old)).toThrow();
    git(fresh, 'fetch', '--quiet', `file://${fixture.folder}`, after);
  });
});

describe('which pull requests brought a commit', () => {
  it.each(['merge', 'squash', 'rebase'] as const)(
    'is told after a %s, and of a push by hand that there is none',
    async (method) => {
      const start = fixture.git('rev-parse', 'main');
      const byHand = github.pushTo({ branch: 'main', files: { 'README.md': 'by hand\n' }, user: 'owner' }).after;
      const tip = github.merge({ pull, method, user: 'owner' });
      const brought = fixture.git('rev-list', `${byHand}..main`).split('\n');
      const absent = 'f'.repeat(40);
      const found = await port.listPullsOfCommits([...brought, byHand, start, absent]);
      expect([...found].map(([sha, pulls]) => [sha, pulls.map(({ number }) => number)])).toEqual([
        ...brought.map((sha) => [sha, [pull]]),
        [byHand, []],
        [start, []],
      ]);
      expect(found.get(tip)?.[0]).toMatchObject({
        merged: true,
        mergeCommit: tip,
        baseRef: 'main',
        headRef: 'raise',
        author: { login: 'author', isBot: false },
      });
      expect(github.takeRequests()).toHaveLength(1);
    },
  );

  it('tells the group of a merge queue apart, and does not count open pull requests', async () => {
    github.pushTo({ branch: 'second', files: { 'policies/third.yaml': 'budget: 5\n' }, user: 'guest' });
    const second = github.openPullRequest({ head: 'second', user: 'guest' }).number;
    const base = fixture.git('rev-parse', 'main');
    const tip = github.mergeGroup({ pulls: [pull, second], user: 'owner' });
    const line = fixture.git('rev-list', '--first-parent', '--reverse', `${base}..main`).split('\n');
    const found = await port.listPullsOfCommits(line);
    expect([...found.values()].map((pulls) => pulls.map(({ number, mergeCommit }) => [number, mergeCommit]))).toEqual([
      [[pull, line[0]]],
      [[second, tip]],
    ]);
    expect(await port.listPushes('refs/heads/main')).toMatchObject([
      { kind: 'merge_queue_merge', actor: { isBot: true }, before: base, after: tip },
      { kind: 'branch_creation' },
    ]);
    github.pushTo({ branch: 'later', files: edit(7), user: 'author' });
    github.openPullRequest({ head: 'later', user: 'author' });
    const later = fixture.git('rev-parse', 'later');
    expect(await port.listPullsOfCommits([later])).toEqual(new Map([[later, []]]));
  });

  it('asks for fifty commits at a time', async () => {
    const shas = Array.from({ length: 120 }, (_, index) => index.toString(16).padStart(40, '0'));
    // GitHub knows none of them, which is not a word on who brought them.
    expect((await port.listPullsOfCommits(shas)).size).toBe(0);
    expect(github.takeRequests()).toHaveLength(3);
    expect((await port.listPullsOfCommits([])).size).toBe(0);
    expect(github.takeRequests()).toHaveLength(0);
  });
});

describe('what GraphQL fails with', () => {
  const read = () => failure(port.readPullReview(pull));
  const answers = (errors: readonly { type?: string; message: string }[], keepsData = false) =>
    github.setFaults([{ operation: 'pullReview', fault: { kind: 'graphql-errors', errors, keepsData } }]);

  it.each([true, false])('is an error also where data stands beside it: %s', async (keepsData) => {
    answers([{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }], keepsData);
    const error = await read();
    expect(error).toBeInstanceOf(GitHubError);
    expect(error).toMatchObject({
      status: 403,
      message: expect.stringMatching(/not accessible by integration.*FORBIDDEN/),
    });
  });

  it.each([
    ['no such pull request', () => port.readPullReview(999), 404],
    ['a token that may not read pull requests', () => connect(github.url, 'narrow').readPullReview(pull), 403],
    ['a token that may not read commits', () => connect(github.url, 'half').readPullReview(pull), 403],
  ])('%s', async (_what, running, status) => {
    github.setToken('narrow', { kind: 'actions', permissions: { contents: 'read' } });
    github.setToken('half', { kind: 'actions', permissions: { 'pull-requests': 'read' } });
    expect(await failure(running())).toMatchObject({ name: 'GitHubError', status });
  });

  it('a limit is obeyed, then said; an error without a type is one too', async () => {
    answers([{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }]);
    expect(await read()).toMatchObject({ status: 403, message: expect.stringContaining('RATE_LIMITED') });
    answers([{ message: 'odd' }]);
    expect(await read()).toMatchObject({ name: 'GitHubError', message: expect.stringContaining('odd') });
    github.setFaults([{ times: 1, fault: { kind: 'secondary-rate-limit', retryAfter: 1 } }]);
    expect((await port.readPullReview(pull)).pull.number).toBe(pull);
  });

  it('a 502 and a broken connection are tried again, then said', async () => {
    github.setFaults([{ operation: 'pullReview', times: 2, fault: { kind: 'status', status: 502, body: 'html' } }]);
    expect((await port.readPullReview(pull)).pull.number).toBe(pull);
    github.setFaults([{ fault: { kind: 'status', status: 502 } }]);
    expect(await read()).toMatchObject({ name: 'GitHubError', status: 502 });
    github.setFaults([{ fault: { kind: 'reset', when: 'before' } }]);
    expect(await read()).toMatchObject({ name: 'GitHubError', status: undefined });
  });

  it('an answer of another form is not understood', async () => {
    for (const data of [{}, { repository: null }, { repository: { pullRequest: null } }]) {
      github.setFaults([{ fault: { kind: 'answer', status: 200, body: { data } } }]);
      expect(await read()).toMatchObject({ message: expect.stringContaining('not understood at repository') });
    }
  });
});

it('finds GraphQL beside the REST of an Enterprise server', async () => {
  const enterprise = await startFixture({ isEnterprise: true });
  const number = enterprise.open();
  const there = connect(enterprise.github.url);
  expect((await there.readPullReview(number)).pull.number).toBe(number);
  expect((await there.readPull(number)).number).toBe(number);
  expect(enterprise.github.takeRequests().map(({ path, status }) => [path, status])).toEqual([
    ['/api/graphql', 200],
    [`/api/v3/repos/example/budgets/pulls/${number}`, 200],
  ]);
  for (let count = 0; count < 101; count += 1) enterprise.github.comment({ issue: number, user: 'owner', body: 'x' });
  expect(await there.listComments(number)).toHaveLength(101);
  enterprise.github.setFaults([
    { fault: { kind: 'graphql-errors', errors: [{ type: 'RATE_LIMITED', message: 'slow down' }] } },
  ]);
  expect(await failure(there.readPullReview(number))).toMatchObject({ status: 403 });
  expect(enterprise.github.violations).toEqual([]);
  await enterprise.github.close();
});

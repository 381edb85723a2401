/** The stand-in for GitHub over a bare repository: pull requests, commits, refs, and all the ways to merge. */

import type { Octokit } from 'octokit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBareRepository } from '../helpers/github/bare-repository.ts';
import { at, failureOf, firstFile, makeBare, type StandInFixture, startFixture } from '../helpers/github/fixture.ts';
import type { GitHubStandIn } from '../helpers/github/server.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

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

describe('pull requests over Git', () => {
  it('tells what Git has', async () => {
    const pull_number = fixture.open();
    const { data: pull } = await octokit.rest.pulls.get({ ...at, pull_number });
    expect(pull).toMatchObject({
      state: 'open',
      commits: 2,
      changed_files: 2,
      additions: 2,
      deletions: 1,
      mergeable: true,
    });
    expect(fixture.git('rev-parse', 'refs/pull/1/head', 'refs/pull/1/merge').split('\n')).toEqual([
      pull.head.sha,
      pull.merge_commit_sha,
    ]);
    const { data: files } = await octokit.rest.pulls.listFiles({ ...at, pull_number });
    expect(files.map(({ filename, status }) => [filename, status])).toEqual([
      [firstFile, 'modified'],
      ['policies/second.yaml', 'added'],
    ]);
    expect(files[0]?.patch).toBe('@@ -1 +1 @@\n-budget: 1\n+budget: 2');
    const { data: commits } = await octokit.rest.pulls.listCommits({ ...at, pull_number });
    expect(commits.map(({ commit }) => commit.message)).toEqual(['two', 'more']);
    const { data: byHead } = await octokit.rest.pulls.list({
      ...at,
      head: 'example:raise',
      base: 'main',
      sort: 'updated',
    });
    expect(byHead.map(({ number }) => number)).toEqual([pull_number]);
    expect((await octokit.rest.pulls.list({ ...at, head: 'example:other' })).data).toEqual([]);
  });

  it('follows pushes, its own and those of Git alone', async () => {
    const pull_number = fixture.open();
    const clone = makeFolder();
    git(clone, 'clone', '--quiet', '--branch', 'raise', fixture.folder, '.');
    git(clone, 'commit', '--quiet', '--allow-empty', '-m', 'from a clone');
    git(clone, 'push', '--quiet', 'origin', 'raise');
    const { data } = await octokit.rest.pulls.get({ ...at, pull_number });
    expect(data).toMatchObject({ commits: 3, head: { sha: git(clone, 'rev-parse', 'HEAD') } });
    github.pushTo({ branch: 'main', files: { [firstFile]: 'budget: 9\n' }, user: 'owner' });
    expect((await octokit.rest.pulls.get({ ...at, pull_number })).data).toMatchObject({ mergeable_state: 'dirty' });
  });

  it('notices a merge that was made in a clone', async () => {
    const pull_number = fixture.open();
    const clone = makeFolder();
    git(clone, 'clone', '--quiet', fixture.folder, '.');
    git(clone, 'merge', '--quiet', '--no-ff', '-m', 'by hand', 'origin/raise');
    git(clone, 'push', '--quiet', 'origin', 'main');
    const { data } = await octokit.rest.pulls.get({ ...at, pull_number });
    expect(data).toMatchObject({ merged: true, merge_commit_sha: git(clone, 'rev-parse', 'HEAD') });
  });

  it('keeps reviews with the commit they saw', async () => {
    const pull_number = fixture.open();
    const seen = github.pullRequest(pull_number).pull?.headSha;
    const body = '/tollgate allow 0123abcd';
    const { id } = github.review({ pull: pull_number, user: 'owner', state: 'APPROVED', body });
    github.pushTo({ branch: 'raise', files: { [firstFile]: 'budget: 4\n' }, user: 'author' });
    const { data } = await octokit.rest.pulls.listReviews({ ...at, pull_number });
    expect(data).toMatchObject([{ id, body, state: 'APPROVED', commit_id: seen, user: { login: 'owner' } }]);
    github.dismissReview(id);
    expect((await octokit.rest.pulls.listReviews({ ...at, pull_number })).data[0]?.state).toBe('DISMISSED');
  });

  it.each([
    ['merge', 3, 2],
    ['squash', 1, 1],
    ['rebase', 2, 1],
  ] as const)('%s: the default branch gains %i commits', async (method, gained, parents) => {
    const pull_number = fixture.open();
    const base = fixture.git('rev-parse', 'main');
    github.pushTo({ branch: 'main', files: { 'README.md': 'meanwhile\n' }, user: 'owner' });
    const tip = github.merge({ pull: pull_number, method, user: 'owner' });
    expect(fixture.git('rev-parse', 'main')).toBe(tip);
    const { data: pull } = await octokit.rest.pulls.get({ ...at, pull_number });
    expect(pull).toMatchObject({ merged: true, merge_commit_sha: tip, commits: 2, merged_by: { login: 'owner' } });
    const { data: compared } = await octokit.rest.repos.compareCommitsWithBasehead({
      ...at,
      basehead: `${base}...main`,
    });
    expect(compared).toMatchObject({ status: 'ahead', ahead_by: gained + 1, behind_by: 0 });
    expect(compared.files?.map(({ filename }) => filename)).toEqual(['README.md', firstFile, 'policies/second.yaml']);
    const { data: commit } = await octokit.rest.repos.getCommit({ ...at, ref: 'main' });
    expect(commit.parents).toHaveLength(parents);
    const brought = compared.commits.filter(({ sha }) => sha !== base).map(({ sha }) => sha);
    const owners = await Promise.all(
      brought.map(async (commit_sha) => {
        const { data } = await octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha });
        return data.map(({ number }) => number);
      }),
    );
    expect(owners.filter((numbers) => numbers.includes(pull_number))).toHaveLength(gained);
    expect(owners.filter((numbers) => numbers.length === 0)).toHaveLength(1);
  });

  it('opens pull requests from forks', async () => {
    github.attachRepository({ owner: 'guest', name: 'budgets', bareDir: makeBare(), forkOf: 'example/budgets' });
    const fork = 'guest/budgets';
    git(github.repository(fork).git?.folder ?? '', 'fetch', '--quiet', fixture.folder, 'main:main');
    github.pushTo({ repository: fork, branch: 'more', files: { [firstFile]: 'budget: 8\n' }, user: 'guest' });
    const { number } = github.openPullRequest({ head: 'more', headRepository: fork, user: 'guest' });
    const { data } = await octokit.rest.pulls.get({ ...at, pull_number: number });
    expect(data).toMatchObject({ head: { repo: { full_name: fork, fork: true }, label: 'guest:more' }, commits: 1 });
    github.merge({ pull: number, method: 'squash', user: 'owner' });
    expect(fixture.git('show', `main:${firstFile}`)).toBe('budget: 8');
  });

  it('compares in pages, and names refs', async () => {
    for (let count = 1; count <= 5; count += 1) {
      github.pushTo({ branch: 'long', files: { [firstFile]: `budget: ${count + 1}\n` }, user: 'author' });
    }
    const all = await octokit.paginate(
      octokit.rest.repos.compareCommitsWithBasehead,
      { ...at, basehead: 'main...long', per_page: 2 },
      ({ data }) => (data as unknown as { commits: { sha: string }[] }).commits ?? data,
    );
    expect(all).toHaveLength(5);
    const { data: ref } = await octokit.rest.git.getRef({ ...at, ref: 'heads/long' });
    expect(ref.object.sha).toBe(fixture.git('rev-parse', 'long'));
    const { data: heads } = await octokit.rest.git.listMatchingRefs({ ...at, ref: 'heads/' });
    expect(heads.map((one) => one.ref)).toEqual(['refs/heads/long', 'refs/heads/main']);
    expect(await failureOf(octokit.rest.git.getRef({ ...at, ref: 'heads/none' }))).toMatchObject({ status: 404 });
    expect(await failureOf(octokit.rest.repos.getCommit({ ...at, ref: 'none' }))).toMatchObject({ status: 422 });
  });
});

it('answers without a process what Git answers: the base, what lies between, and the merge of two sides', () => {
  const repository = openBareRepository(makeBare());
  const person = { name: 'a', email: 'a@example.com', date: '2026-11-20T12:00:00Z' };
  let made = 0;
  const commit = (files: Readonly<Record<string, string | null>>, ...parents: string[]): string => {
    made += 1;
    const tree = repository.writeTree(parents[0] ?? null, files);
    return repository.writeCommit({ tree, parents, message: `commit ${made}`, author: person, committer: person });
  };
  const first = commit({ 'a.yaml': '1\n2\n3\n4\n5\n', 'deep/b.yaml': '1\n', 'deep/c.yaml': '1\n' });
  const inFile = commit({ 'a.yaml': '0\n2\n3\n4\n5\n' }, first);
  const farther = commit({ 'a.yaml': '1\n2\n3\n4\n6\n' }, first);
  const clashing = commit({ 'a.yaml': '9\n2\n3\n4\n5\n' }, first);
  const deep = commit({ 'deep/b.yaml': '2\n' }, commit({ 'deep/c.yaml': null, 'deep/d.yaml': '1\n' }, first));
  const beside = commit({ 'deep/e.yaml': '1\n', 'f.yaml': '1\n' }, first);
  const emptied = commit({ 'deep/b.yaml': null, 'deep/c.yaml': null }, first);
  const renamed = commit({ 'a.yaml': null, 'z.yaml': '1\n2\n3\n4\n5\n' }, first);
  const merged = commit({ 'deep/b.yaml': '2\n' }, inFile, deep);
  const crossed = commit({ 'a.yaml': '0\n2\n3\n4\n5\n' }, deep, inFile);
  const stranger = commit({ 'a.yaml': '1\n' });
  const all = [first, inFile, farther, clashing, deep, beside, emptied, renamed, merged, crossed, stranger];
  const ask = (...args: string[]): string | null => {
    try {
      return git(repository.folder, ...args);
    } catch {
      return null;
    }
  };
  const mine = (one: string, other: string) => ({
    base: repository.mergeBase(one, other),
    between: repository.between(one, other).join('\n'),
    tree: repository.mergeTree(one, other),
  });
  const ofGit = (one: string, other: string) => ({
    base: ask('merge-base', one, other),
    between: ask('rev-list', '--reverse', '--topo-order', `${one}..${other}`),
    tree: ask('merge-tree', '--write-tree', '--no-messages', one, other),
  });
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(index))
      expect([one, other, mine(one, other)]).toEqual([one, other, ofGit(one, other)]);
  }
});

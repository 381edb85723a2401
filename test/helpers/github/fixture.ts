/** A repository with people in it, a stand-in around it, and the client that everybody uses. For tests of the stand-in. */

import { Octokit } from 'octokit';
import { git, makeFolder } from '../../record/git-fixture.ts';
import { actionsToken, type GitHubOptions, type GitHubStandIn, startGitHub } from './server.ts';

export const at = { owner: 'example', repo: 'budgets' };
export const readToken = 'sample-token-that-reads';
export const userToken = 'sample-token-of-a-person';
export const firstFile = 'policies/first.yaml';

export interface StandInFixture {
  readonly github: GitHubStandIn;
  /** With the token of a workflow run. */
  readonly octokit: Octokit;
  connect(token: string | undefined): Octokit;
  /** Moves the clock; it stands still else. */
  pass(milliseconds: number): void;
  /** Runs git in the bare repository. */
  git(...args: string[]): string;
  readonly folder: string;
  /** A pull request of two commits, by the author. */
  open(branch?: string): number;
}

export function makeBare(): string {
  const folder = makeFolder();
  git(folder, 'init', '--quiet', '--bare', '--initial-branch=main');
  return folder;
}

export async function startFixture(options: GitHubOptions = {}): Promise<StandInFixture> {
  let time = Date.UTC(2026, 10, 20, 12);
  const folder = makeBare();
  const collaborators = { author: 'write', owner: 'admin', guest: 'read' } as const;
  const github = await startGitHub({
    repositories: [{ owner: at.owner, name: at.repo, bareDir: folder, collaborators }],
    tokens: {
      [actionsToken]: {
        kind: 'actions',
        permissions: { contents: 'read', issues: 'write', 'pull-requests': 'write', checks: 'write', actions: 'read' },
      },
      [readToken]: { kind: 'actions', permissions: { contents: 'read' } },
      [userToken]: { kind: 'user', login: 'guest' },
    },
    now: () => new Date(time),
    ...options,
  });
  const connect = (token: string | undefined): Octokit => {
    const off = { enabled: false };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const auth = token === undefined ? {} : { auth: token };
    return new Octokit({ ...auth, baseUrl: github.url, retry: off, throttle: off, log });
  };
  github.pushTo({ branch: 'main', files: { [firstFile]: 'budget: 1\n' }, message: 'start', user: 'owner' });
  return {
    github,
    octokit: connect(actionsToken),
    connect,
    pass(milliseconds) {
      time += milliseconds;
    },
    git: (...args) => git(folder, ...args),
    folder,
    open(branch = 'raise') {
      github.pushTo({ branch, files: { [firstFile]: 'budget: 2\n' }, message: 'two', user: 'author' });
      github.pushTo({ branch, files: { 'policies/second.yaml': 'budget: 3\n' }, message: 'more', user: 'author' });
      return github.openPullRequest({ head: branch, title: 'Raise the budget', user: 'author' }).number;
    },
  };
}

/** What a request failed with. */
export async function failureOf(running: Promise<unknown>): Promise<{ status: number; message: string }> {
  const error = await running.then(
    () => new Error('it did not fail'),
    (caught: unknown) => caught,
  );
  return error as { status: number; message: string };
}

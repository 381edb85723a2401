/** A repository of policies with a remote, an emulator, and maybe a stand-in of GitHub: what somebody who proposes finds. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Store, StoreState } from '../../src/emulator/store.ts';
import type { Proposal } from '../../src/importing/proposal.ts';
import type { ProposalRun, ProposalWish } from '../../src/importing/proposal-run.ts';
import { type ProposalResult, propose } from '../../src/importing/propose.ts';
import { openBackend } from '../../src/run/open-backend.ts';
import type { CommonOptions } from '../../src/run/session.ts';
import { createToolContext } from '../../src/tools/context.ts';
import { bareEnvironment, git, makeFolder } from '../record/git-fixture.ts';
import type { TokenGrant } from './github/access.ts';
import { type GitHubStandIn, startGitHub } from './github/server.ts';
import type { IssueRow } from './github/state.ts';
import { createInProcessDispatcher } from './in-process.ts';
import { type TestSession, type TestSessionOptions, testNow, testSession } from './session.ts';
import { smallState, teamA } from './state.ts';
import { adminKey, orgFile, workspaceFile } from './world.ts';

const proposerToken = 'sample-token-of-who-proposes';

/** Another budget for the policy that is there. */
export function raise(budget = '$500'): Proposal {
  return {
    action: 'set',
    target: { kind: 'policy', name: 'monthly-spend' },
    fields: new Map([['budget' as const, budget]]),
  };
}

export function createPolicy(name: string, budget = '$5'): Proposal {
  const fields = [['budget', budget] as const, ['reset', 'monthly'] as const, ['per', 'workspace_id'] as const];
  return { action: 'create', target: { kind: 'policy', name }, fields: new Map(fields) };
}

export interface ProposeSceneOptions {
  /** Policy files by their path below `policies/`, over those that are there. */
  readonly files?: Readonly<Record<string, string>>;
  readonly state?: Partial<StoreState>;
  /** Default: a bare repository; `none`: the clone stands alone. */
  readonly remote?: 'bare' | 'none';
  /** Grant of the token that proposes; missing: nobody asks GitHub. */
  readonly grant?: TokenGrant;
  /** `owner/name` that the repository is a fork of. */
  readonly forkOf?: string;
}

export interface ProposeScene {
  readonly folder: string;
  readonly remote: string;
  readonly github: GitHubStandIn | null;
  readonly store: Store;
  /** Method and path of each request to the control plane. */
  readonly wire: readonly string[];
  session(options?: TestSessionOptions): TestSession;
  run(more?: Partial<ProposalRun>): Promise<ProposalRun>;
  propose(proposal: Proposal, wish?: Partial<ProposalWish>, more?: Partial<ProposalRun>): Promise<ProposalResult>;
  /** Text of a file on a branch of the remote. */
  read(branch: string, path: string): string;
  /** Names of the branches of proposals. */
  branches(): readonly string[];
  /** Commits files to main and pushes them. */
  push(files: Readonly<Record<string, string>>): void;
  readonly options: CommonOptions;
}

/** With the stand-in of GitHub. */
export type GitHubScene = ProposeScene & { readonly github: GitHubStandIn };

export const asAuthor: TokenGrant = { kind: 'user', login: 'author' };

export const teamFile = workspaceFile(
  'ws-team-a',
  `# Who pays for it: see the wiki.
policies:
  # agreed with finance
  monthly-spend:
    budget: $100   # per month
    reset: monthly
    per: workspace_id

  calls:
    rate: 100 requests/minute
    per: api_key
`,
);

export async function startProposeScene(options: ProposeSceneOptions = {}): Promise<ProposeScene> {
  const wire: string[] = [];
  const emulator = await startEmulator({
    acceptKeys: adminKey,
    now: () => new Date(testNow),
    state: options.state ?? smallState(),
    onRequest: (moment, request) => {
      if (moment === 'before') wire.push(`${request.method} ${request.path}`);
    },
  });
  onTestFinished(() => emulator.close());
  const folder = join(makeFolder(), 'clone');
  const remote = makeFolder();
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', folder]);
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  };
  const push = (files: Readonly<Record<string, string>>): void => {
    write(files);
    git(folder, 'add', '.');
    git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'files');
    if (options.remote !== 'none') git(folder, 'push', '--quiet', 'origin', 'main');
  };
  if (options.remote !== 'none') git(folder, 'remote', 'add', 'origin', remote);
  const all = { 'org.yaml': orgFile(), 'workspaces/team-a.yaml': teamFile, ...options.files };
  push(Object.fromEntries(Object.entries(all).map(([path, text]) => [`policies/${path}`, text])));
  let github: GitHubStandIn | null = null;
  if (options.grant !== undefined) {
    const collaborators = { author: 'write', reviewer: 'write', owner: 'admin', guest: 'read' } as const;
    const upstream = options.forkOf?.split('/');
    github = await startGitHub({
      repositories: [
        {
          owner: 'example',
          name: 'budgets',
          bareDir: remote,
          collaborators,
          ...(options.forkOf === undefined ? {} : { forkOf: options.forkOf }),
        },
        ...(upstream === undefined ? [] : [{ owner: upstream[0] ?? '', name: upstream[1] ?? '', private: false }]),
      ],
      tokens: { [proposerToken]: options.grant },
      now: () => new Date(testNow),
    });
    onTestFinished(() => github?.close());
  }
  const env = {
    ...bareEnvironment(folder),
    PORTKEY_BASE_URL: emulator.url,
    PORTKEY_API_KEY: adminKey,
    ...(github === null
      ? {}
      : { GITHUB_TOKEN: proposerToken, GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'example/budgets' }),
  };
  const dispatcher = createInProcessDispatcher(emulator.app, new URL(emulator.url).origin);
  const session = (more: TestSessionOptions = {}): TestSession =>
    ({
      ...testSession({ cwd: folder, ...more, env: { ...env, ...more.env } }),
      surroundings: { dispatcher },
    }) as TestSession;
  const common: CommonOptions = {
    dir: 'policies',
    workspace: [],
    format: 'json',
    backend: 'portkey',
    recordFile: join(makeFolder(), 'record.json'),
    concurrency: 4,
    quiet: true,
    verbose: false,
  };
  const run = async (more: Partial<ProposalRun> = {}): Promise<ProposalRun> => {
    const own = more.session ?? session();
    const open = await openBackend(common, own);
    onTestFinished(() => open.close());
    const context = createToolContext(open, common, own);
    return { options: common, session: own, open: context.open, isAgent: true, caller: null, client: null, ...more };
  };
  return {
    folder,
    remote,
    github,
    store: emulator.store,
    wire,
    session,
    run,
    push,
    options: common,
    async propose(proposal, wish = {}, more = {}) {
      const workspace = { slug: 'ws-team-a', id: teamA };
      const whole = { workspace, proposal, reason: null, isUrgent: false, isDryRun: false, ...wish };
      return propose(whole, await run(more));
    },
    read: (branch, path) =>
      execFileSync('git', ['show', `${branch}:${path}`], {
        cwd: options.remote === 'none' ? folder : remote,
      }).toString(),
    branches: () =>
      git(
        options.remote === 'none' ? folder : remote,
        'for-each-ref',
        '--format=%(refname:short)',
        'refs/heads/tollgate/proposal/',
      )
        .split('\n')
        .filter((name) => name !== ''),
  };
}

/** Whose token is the author's, unless told otherwise. */
export async function startGitHubScene(options: ProposeSceneOptions = {}): Promise<GitHubScene> {
  const scene = await startProposeScene({ grant: asAuthor, ...options });
  if (scene.github === null) throw new Error('there is no GitHub');
  return { ...scene, github: scene.github };
}

export function pullsOf({ github }: GitHubScene): readonly IssueRow[] {
  return github.state.repositories[0]?.issues.filter(({ pull }) => pull !== null) ?? [];
}

/** A repository with policies, a stand-in of GitHub around it and an emulator: what a run of the Action finds. */

import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runAction } from '../../src/commands/action/run.ts';
import type { ActionInputs, ActionResult } from '../../src/commands/action/types.ts';
import { buildDefaultQuirks } from '../../src/emulator/quirks.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import type { StoreState, UsagePolicyRow } from '../../src/emulator/store.ts';
import { ServiceError, UserError } from '../../src/errors.ts';
import { parseEvent } from '../../src/github/event.ts';
import { createGitHub } from '../../src/github/octokit.ts';
import { type CommentHeader, parseHeader } from '../../src/render/comment-header.ts';
import { type Area, allPermissions, type Level } from '../helpers/github/access.ts';
import type { EventName, EventOptions } from '../helpers/github/events.ts';
import { readRefs } from '../helpers/github/loose-objects.ts';
import { actionsToken, type GitHubStandIn, startGitHub } from '../helpers/github/server.ts';
import type { SavedState } from '../helpers/github/state.ts';
import { buildZip } from '../helpers/github/zip.ts';
import { createInProcessDispatcher } from '../helpers/in-process.ts';
import { testNow, testSession } from '../helpers/session.ts';
import { closeWithFile } from '../helpers/shared.ts';
import { smallState } from '../helpers/state.ts';
import { adminKey, orgFile, workspaceFile } from '../helpers/world.ts';
import { checkOut, git, makeFolder } from '../record/git-fixture.ts';
import { defaultInputs } from './default-inputs.ts';
import { type Job, runJob } from './runner.ts';

/** What a run in this process left behind; of one that threw, its error instead of outputs. */
export interface Ran extends Omit<ActionResult, 'exit'> {
  readonly exit: number | null;
  readonly error: Error | null;
  /** Summary, log and failure: all that a reader can find. */
  readonly text: string;
}

export interface SceneOptions {
  /** YAML below the head of the organisation file. Default: a reviewed plan is compulsory. */
  readonly org?: string;
  /** Of the control plane. Default: a small one. */
  readonly state?: StoreState;
  /** Policy files by path, over those that are there at the start. */
  readonly files?: Readonly<Record<string, string>>;
  /** For the bundle, which has no other. Default: the clock of test sessions, standing still. */
  readonly isSystemClock?: boolean;
  /** Of the job's token. Default: everything. */
  readonly permissions?: Partial<Readonly<Record<Area, Level>>>;
  /** GitHub is an Enterprise server of this address. */
  readonly enterpriseUrl?: string;
  /** Members by the slug of a team of the organisation; runs then have a token that may read them. */
  readonly teams?: Readonly<Record<string, readonly string[]>>;
  /** Keys of the control plane beside the admin key. */
  readonly otherKeys?: readonly string[];
}

const teamsToken = 'sample-token-of-teams';

type Inputs = Partial<ActionInputs>;

export interface Scene {
  /** The end of the test does as much for a scene that is open. */
  close(): Promise<void>;
  readonly github: GitHubStandIn;
  readonly emulator: Emulator;
  readonly remote: string;
  /** Runs the Action in this process for an event on a branch or commit. */
  act<Name extends EventName>(name: Name, options: EventOptions[Name], ref: string, more?: ActOptions): Promise<Ran>;
  /** … as the bundled file in a process of its own. Inputs are those of action.yml. */
  job(event: string, payload: unknown, inputs: Readonly<Record<string, string>>, ref: string): Promise<Job>;
  /** Of the last run. */
  lastRun(): number;
  /** Gives the token of the job these permissions and no others. */
  grant(permissions: Partial<Readonly<Record<Area, Level>>>): void;
  /** Pushes a branch and opens a pull request with it. */
  open(branch: string, files: Readonly<Record<string, string | null>>): number;
  /** Plans a pull request as it is, and keeps the plan file as the workflow does. */
  plan(pull: number, more?: ActOptions & { readonly keep?: boolean }): Promise<Ran>;
  /** Applies the tip of main after a push. */
  apply(more?: ActOptions): Promise<Ran>;
  /** By hand: `workflow_dispatch`, by the reviewer unless said otherwise. */
  dispatch(inputs: Inputs, more?: DispatchOptions): Promise<Ran>;
  /** Somebody without a part in it approves a pull request. */
  approve(pull: number, user?: string, body?: string): void;
  /** Opens a pull request, has it approved, and merges it. */
  merge(branch: string, files: Readonly<Record<string, string | null>>, more?: MergeMore): number;
  /** Lets time go by for everybody, in milliseconds. */
  pass(milliseconds: number): void;
  /** The time that it is for everybody. */
  now(): number;
  /** What actions/upload-artifact does after the plan step. */
  keepPlanFile(outputs: Readonly<Record<string, string>>, headSha: string, expired?: boolean): void;
  header(pull: number): CommentHeader | null;
  /** Active budget policies: amounts by name. */
  limits(): Record<string, number>;
  row(name: string): UsagePolicyRow;
}

export interface ActOptions {
  readonly inputs?: Inputs;
  /** Number of the workflow run; default: the next one. */
  readonly runId?: number;
  readonly attempt?: number;
  /** Changes the payload before it is read. */
  readonly payload?: (payload: Record<string, unknown>) => void;
  /** What earlier steps of the job left in the work tree. */
  readonly files?: Readonly<Record<string, string>>;
  /** The run has no token that may read teams. */
  readonly withoutTeams?: boolean;
  /** The run has no key of the control plane. */
  readonly withoutKey?: boolean;
  /** Variables of the job, over those that every job has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which a request to GitHub is given up. */
  readonly timeout?: number;
}

export interface DispatchOptions extends ActOptions {
  readonly ref?: string;
  readonly actor?: string;
  readonly triggeringActor?: string;
}

export interface MergeMore {
  readonly method?: 'merge' | 'squash' | 'rebase';
  /** Null: nobody approves. */
  readonly approvedBy?: string | null;
}

interface PreparedScene extends Scene {
  keep(): Kept;
}

export const names = ['alpha', 'beta', 'gamma', 'delta'];
export const policies = (amounts: Readonly<Record<string, string>>): string =>
  `policies:\n${Object.entries(amounts)
    .map(([name, amount]) => `  ${name}:\n    budget: ${amount}\n    reset: monthly\n    per: workspace_id\n`)
    .join('')}`;
export const all = (amount: string): Record<string, string> => Object.fromEntries(names.map((name) => [name, amount]));
/** The file of the workspace with these budgets. */
export const team = (amounts: Readonly<Record<string, string>>): Record<string, string> => ({
  'policies/a.yaml': workspaceFile('ws-team-a', policies(amounts)),
});

export function startScene(options: SceneOptions = {}): Promise<Scene> {
  return openScene(options, null);
}

/** A scene as it was at some moment. Its emulator is used again: the record holds its address. */
interface Kept {
  readonly remote: string;
  readonly emulator: Emulator;
  readonly time: { elapsed: number };
  readonly elapsed: number;
  readonly runId: number;
  readonly state: StoreState;
  readonly github: SavedState;
  inUse: boolean;
}

const keptScenes = new Map<string, Kept>();

/**
 * A scene in which something has happened: it happens once in a test file, and is copied from then on.
 *
 * @param what is not in the options, for scenes of the same options
 */
export async function startPrepared(
  options: SceneOptions,
  what: string,
  prepare: (scene: Scene) => Promise<void>,
): Promise<Scene> {
  const key = JSON.stringify([what, options]);
  const kept = keptScenes.get(key);
  if (kept?.inUse === false) return openScene(options, kept);
  const scene = await openScene(options, null);
  await prepare(scene);
  if (kept === undefined && options.isSystemClock !== true) {
    keptScenes.set(key, scene.keep());
    closeWithFile(() => {
      keptScenes.delete(key);
      return scene.emulator.close();
    });
  }
  return scene;
}

async function openScene(options: SceneOptions, kept: Kept | null): Promise<PreparedScene> {
  const remote = makeFolder();
  if (kept === null) git(remote, 'init', '--quiet', '--bare', '--initial-branch=main');
  else cpSync(kept.remote, remote, { recursive: true });
  const time = kept?.time ?? { elapsed: 0 };
  if (kept !== null) time.elapsed = kept.elapsed;
  const now = () => (options.isSystemClock === true ? Date.now() : new Date(testNow).getTime() + time.elapsed);
  const clock = options.isSystemClock === true ? {} : { now: () => new Date(now()) };
  const { enterpriseUrl } = options;
  const keys = [adminKey, ...(options.otherKeys ?? [])];
  const acceptKeys = keys.map((key) => ({ key, kind: 'organisation-service' }) as const);
  const emulator =
    kept?.emulator ?? (await startEmulator({ acceptKeys, state: options.state ?? smallState(), ...clock }));
  if (kept !== null) {
    kept.inUse = true;
    emulator.store.loadState(structuredClone(kept.state));
    emulator.setFaults([]);
    emulator.setQuirks(buildDefaultQuirks());
  }
  const collaborators = { author: 'write', reviewer: 'write', third: 'write', owner: 'admin', guest: 'read' } as const;
  const github = await startGitHub({
    repositories: [{ owner: 'example', name: 'budgets', bareDir: remote, collaborators }],
    tokens: { [actionsToken]: { kind: 'actions', permissions: options.permissions ?? allPermissions } },
    ...(enterpriseUrl === undefined ? {} : { isEnterprise: true, serverUrl: enterpriseUrl }),
    ...(kept === null ? {} : { saved: kept.github }),
    ...clock,
  });
  github.setToken(teamsToken, { kind: 'actions', permissions: { members: 'read' }, app: 'teams[bot]' });
  if (kept === null) {
    const teams = Object.entries(options.teams ?? {});
    github.repository().teams = teams.map(([slug, members]) => ({ slug, parent: null, members }));
  }
  const dispatcher = createInProcessDispatcher(emulator.app, new URL(emulator.url).origin);
  const tip = (): string => readRefs(remote).get('refs/heads/main') ?? '';
  let keeping = kept;
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    if (keeping === null) await emulator.close();
    else keeping.inUse = false;
    await github.close();
  };
  onTestFinished(close);
  const org = orgFile(options.org ?? 'review: { require_reviewed_plan: true, guards: { spend_up: off } }\n');
  const files = { 'policies/org.yaml': org, ...team(all('$100')), ...options.files };
  if (kept === null) github.pushTo({ branch: 'main', user: 'author', files });
  let runId = kept?.runId ?? 1_000;
  const active = (): UsagePolicyRow[] => emulator.store.state.usagePolicies.filter(({ status }) => status === 'active');

  const scene: PreparedScene = {
    close,
    github,
    emulator,
    remote,
    lastRun: () => runId,
    keep() {
      const folder = makeFolder();
      cpSync(remote, folder, { recursive: true });
      const state = emulator.store.exportState();
      const { elapsed } = time;
      keeping = { remote: folder, emulator, time, elapsed, runId, state, github: github.state.save(), inUse: true };
      return keeping;
    },
    grant: (permissions) => github.setToken(actionsToken, { kind: 'actions', permissions }),

    async act(name, event, ref, more = {}) {
      runId = Math.max(runId, more.runId ?? runId + 1);
      const id = more.runId ?? runId;
      const attempt = more.attempt ?? 1;
      // First of all: it also makes the commit that is checked out.
      const payload = structuredClone(github.eventPayload(name, event)) as Record<string, unknown>;
      more.payload?.(payload);
      const folder = mkdtempSync(join(makeFolder(), 'run-'));
      const workspace = join(folder, 'work');
      checkOut(remote, workspace, ref);
      for (const [path, text] of Object.entries(more.files ?? {})) writeFileSync(join(workspace, path), text);
      const session = testSession({
        cwd: workspace,
        now,
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          CI: 'true',
          GITHUB_RUN_ID: String(id),
          GITHUB_RUN_ATTEMPT: String(attempt),
          GITHUB_ACTOR: 'engineer-1',
          PORTKEY_BASE_URL: emulator.url,
          ...(more.withoutKey === true ? {} : { PORTKEY_API_KEY: adminKey }),
          ...more.env,
        },
      });
      const repositoryUrl = `${github.serverUrl}/example/budgets`;
      const running = runAction({
        inputs: { ...defaultInputs, ...more.inputs },
        event: parseEvent(name, payload, {}),
        github: createGitHub({
          token: actionsToken,
          teamsToken: options.teams === undefined || more.withoutTeams === true ? null : teamsToken,
          repository: 'example/budgets',
          apiUrl: github.url,
          login: 'github-actions[bot]',
          userAgent: 'test',
          retryAfterBaseValue: 1,
          timeout: more.timeout ?? 5_000,
        }),
        session: { ...session, surroundings: { dispatcher } },
        tempDirectory: folder,
        repositoryUrl,
        runUrl: `${repositoryUrl}/actions/runs/${id}`,
        runNumber: id,
        runAttempt: attempt,
        writeFile: (path, text) => writeFile(path, text),
      });
      const nothing = { outputs: {}, summary: '', annotations: [], failure: null, warnings: [] };
      return running.then(
        (result) => ({ ...result, error: null, text: textOf(result) + session.said() }),
        (error: unknown) => {
          if (!(error instanceof UserError || error instanceof ServiceError)) throw error;
          return { ...nothing, exit: null, error, text: error.message };
        },
      );
    },

    job(event, payload, inputs, ref) {
      runId += 1;
      const common = { 'github-token': actionsToken, 'base-url': emulator.url, 'portkey-api-key': adminKey };
      const { url: apiUrl, serverUrl } = github;
      return runJob({ remote, ref, event, payload, runId, apiUrl, serverUrl, inputs: { ...common, ...inputs } });
    },

    open(branch, changed) {
      github.pushTo({ branch, user: 'author', files: changed });
      return github.openPullRequest({ head: branch, title: `Change ${branch}`, user: 'author' }).number;
    },

    async plan(number, { keep = true, ...more } = {}) {
      const event = { action: 'synchronize', number };
      const ran = await scene.act('pull_request', event, `refs/pull/${number}/merge`, more);
      if (keep && ran.outputs['plan-file'] !== undefined) {
        scene.keepPlanFile(ran.outputs, github.pullRequest(number).pull?.headSha ?? '');
      }
      return ran;
    },

    apply(more = {}) {
      const pushed = { ref: 'refs/heads/main', before: '0'.repeat(40), after: tip() };
      return scene.act('push', { pushed }, 'main', { ...more, inputs: { command: 'apply', ...more.inputs } });
    },

    dispatch(inputs, { ref = 'main', actor = 'reviewer', triggeringActor = actor, ...more } = {}) {
      time.elapsed += 60_000;
      const id = more.runId ?? runId + 1;
      if (!github.repository().workflowRuns.some((run) => run.id === id)) {
        const headSha = tip();
        const facts = { event: 'workflow_dispatch', status: 'in_progress', actor, triggeringActor };
        github.addWorkflowRun({ id, headSha, ...facts });
      }
      const event = { inputs: {}, ref: `refs/heads/${ref}` };
      return scene.act('workflow_dispatch', event, ref, {
        ...more,
        runId: id,
        inputs: { command: 'apply', ...inputs },
      });
    },

    approve(pull, user = 'reviewer', body = '') {
      time.elapsed += 60_000;
      github.review({ pull, user, state: 'APPROVED', body });
    },

    merge(branch, changed, { method = 'squash', approvedBy = 'reviewer' } = {}) {
      const pull = scene.open(branch, changed);
      if (approvedBy !== null) scene.approve(pull, approvedBy);
      github.merge({ pull, method, user: 'author' });
      return pull;
    },

    pass(milliseconds) {
      time.elapsed += milliseconds;
    },

    now,

    keepPlanFile(outputs, headSha, expired = false) {
      const run = github.repository().workflowRuns.find(({ id }) => id === runId);
      const { id } = run ?? github.addWorkflowRun({ id: runId, headSha });
      const zip = buildZip({ 'tollgate-plan.json': readFileSync(outputs['plan-file'] ?? '', 'utf8') });
      github.addArtifact({ runId: id, name: outputs['artifact-name'] ?? '', zip, expired });
    },

    header(pull) {
      const own = github.comments(pull).filter(({ user }) => user === 'github-actions[bot]');
      return parseHeader(own[0]?.body ?? '', 'production');
    },

    limits: () =>
      Object.fromEntries(
        active()
          .map(({ name, credit_limit }) => [name ?? '', credit_limit])
          .sort(),
      ),

    row(name) {
      const row = active().find((one) => one.name === name);
      if (row === undefined) throw new Error(`there is no policy ${name}`);
      return row;
    },
  };
  return scene;
}

/** A scene in which what main says has been applied: an administrator has started the first apply. */
export function startApplied(options: SceneOptions = {}): Promise<Scene> {
  return startPrepared(options, 'applied', async (scene) => {
    const approve = (await scene.apply()).outputs.digest ?? '';
    const ran = await scene.dispatch({ approve }, { actor: 'owner' });
    if (ran.exit !== 0) throw new Error(ran.text);
  });
}

function textOf({ summary, warnings, failure }: ActionResult): string {
  return [summary, ...warnings, failure ?? ''].join('\n');
}

/** A scene of the Action in memory: a repository made of values, GitHub as a port that can fail, the emulator in process. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAction } from '../../src/commands/action/run.ts';
import type { ActionInputs, ActionResult } from '../../src/commands/action/types.ts';
import { createEmulator, type DetachedEmulator } from '../../src/emulator/server.ts';
import { parseEvent } from '../../src/github/event.ts';
import { type CheckRun, type GitHub, GitHubError, type IssueComment } from '../../src/github/port.ts';
import { type CommentHeader, parseHeader } from '../../src/render/comment-header.ts';
import { type ApplyCommandOptions, type ApplyReport, executeApply } from '../../src/run/apply.ts';
import type { NoPlan } from '../../src/run/start.ts';
import { type Files, MemoryRepository } from '../approvals/memory.ts';
import { playSurroundings } from '../helpers/memory-surroundings.ts';
import { testSession } from '../helpers/session.ts';
import { smallState } from '../helpers/state.ts';
import { adminKey, orgFile } from '../helpers/world.ts';
import { makeFolder } from '../record/git-fixture.ts';
import { defaultInputs } from './default-inputs.ts';
import { all, team } from './scene.ts';

export const recordRef = 'refs/tollgate/production';
const us = 'github-actions[bot]';
const byHand: ApplyCommandOptions = {
  dir: 'policies',
  workspace: [],
  format: 'text',
  backend: 'portkey',
  concurrency: 1,
  quiet: true,
  verbose: false,
  mode: 'sync',
  only: [],
  allow: [],
  plan: [],
  yes: true,
  impact: false,
};
const address = { PORTKEY_BASE_URL: 'http://127.0.0.1:9/v1' };

/** Policy files as the scenes with real Git name them → as they lie in the directory. */
export const files = (amounts: Readonly<Record<string, string>>, more: Files = {}, org?: string): Files => ({
  'org.yaml': orgFile(org ?? 'review: { require_reviewed_plan: true, guards: { spend_up: off } }\n'),
  'a.yaml': team(amounts)['policies/a.yaml'] ?? '',
  ...more,
});

export interface RunFacts {
  readonly id: number;
  readonly attempt?: number;
  /** Branch that the pull request goes into; default: main. */
  readonly into?: string;
  /** Of the job's environment, what is otherwise. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A run of the plan job as GitHub starts it: for a head, and the merge that it has made of it. */
export interface PlanRun {
  readonly pull: number;
  readonly head: string;
  readonly merge: string;
}

export class MemoryScene {
  readonly world: MemoryRepository;
  readonly emulator: DetachedEmulator;
  readonly checks: CheckRun[] = [];
  readonly labels = new Map<number, string[]>();
  readonly comments = new Map<number, IssueComment[]>();
  /** Methods of the port, in the order in which they were called. */
  readonly asked: string[] = [];
  /** What a call of the port fails with; undefined: it works. */
  failing: (method: string, ...given: readonly unknown[]) => string | undefined = () => undefined;
  /** Runs that have not ended. */
  readonly running = new Set<number>();
  branch = 'main';
  comment: ActionInputs['comment'] = 'always';
  lastRun = 1_000;
  #count = 0;
  #head = '';
  readonly #root: string;
  readonly #played: ReturnType<typeof playSurroundings>;

  constructor(start: Files) {
    this.world = new MemoryRepository(start);
    this.world.permissions.set('owner', 'admin');
    this.emulator = createEmulator({
      acceptKeys: adminKey,
      state: smallState(),
      now: () => new Date(this.world.time()),
    });
    this.#root = makeFolder();
    const head = () => this.#head;
    this.#played = playSurroundings(this.world, this.emulator, { root: this.#root, head });
  }

  /** Versions of the record, see playSurroundings. */
  get records() {
    return this.#played.records;
  }

  open(changed: Files, more: { readonly from?: string; readonly head?: string; readonly into?: string } = {}): number {
    return this.world.open(changed, more);
  }

  /** Opened, planned, approved, merged. */
  async merge(changed: Files, { isPlanned = true, isApproved = true } = {}): Promise<number> {
    const pull = this.open(changed);
    if (isPlanned) await this.plan(pull);
    if (isApproved) this.world.review(pull, 'bob');
    this.world.merge(pull);
    return pull;
  }

  /** A run that is started for a pull request as it is now. */
  async start(pull: number): Promise<PlanRun> {
    const head = this.world.headOf(pull);
    const tree = await this.world.branch().automaticTree(this.world.main, head);
    const merge = this.world.commit(JSON.parse(tree ?? '{}') as Files, [this.world.main, head]);
    return { pull, head, merge };
  }

  async plan(run: number | PlanRun, facts: RunFacts = { id: this.lastRun + 1 }): Promise<ActionResult> {
    const { pull, head, merge } = typeof run === 'number' ? await this.start(run) : run;
    this.#checkOut(merge);
    const repo = { full_name: 'example/budgets' };
    const base = { ref: facts.into ?? 'main', sha: this.world.main, repo };
    const pull_request = { number: pull, state: 'open', user: { login: 'alice' }, head: { sha: head, repo }, base };
    return this.#run('pull_request', { pull_request }, { command: 'plan' }, facts);
  }

  apply(facts: RunFacts = { id: this.lastRun + 1 }): Promise<ActionResult> {
    this.#checkOut(this.world.main);
    const pushed = { ref: `refs/heads/${this.branch}`, after: this.world.main };
    return this.#run('push', pushed, { command: 'apply' }, facts);
  }

  dispatch(inputs: Partial<ActionInputs>, actor = 'bob'): Promise<ActionResult> {
    this.#checkOut(this.world.main);
    const payload = { ref: `refs/heads/${this.branch}`, inputs: {} };
    return this.#run('workflow_dispatch', payload, { command: 'apply', ...inputs }, { id: this.lastRun + 1 }, actor);
  }

  /** On the machine of somebody who holds the key. */
  applyByHand(): Promise<ApplyReport | NoPlan> {
    this.#checkOut(this.world.main);
    const env = { PORTKEY_API_KEY: adminKey, ...address };
    const session = testSession({ cwd: this.#root, now: () => this.world.time() + ++this.#count, env });
    return executeApply(byHand, { ...session, surroundings: this.#played.surroundings });
  }

  header(pull: number): CommentHeader | null {
    return parseHeader(this.body(pull), 'production');
  }

  body(pull: number): string {
    return this.comments.get(pull)?.[0]?.body ?? '';
  }

  limits(): Record<string, number> {
    const rows = this.emulator.store.state.usagePolicies.filter(({ status }) => status === 'active');
    return Object.fromEntries(rows.map(({ name, credit_limit }) => [name ?? '', credit_limit]).sort());
  }

  #checkOut(commit: string): void {
    this.#head = commit;
    const folder = join(this.#root, 'policies');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [path, text] of Object.entries(this.world.filesOf(commit))) writeFileSync(join(folder, path), text);
  }

  async #run(
    name: string,
    payload: object,
    inputs: Partial<ActionInputs>,
    { id, attempt = 1, env = {} }: RunFacts,
    actor = 'alice',
  ): Promise<ActionResult> {
    this.lastRun = Math.max(this.lastRun, id);
    const { world } = this;
    const createdAt = world.now();
    world.now();
    const session = testSession({
      cwd: this.#root,
      // Time goes by while a run looks at it.
      now: () => world.time() + ++this.#count,
      env: {
        CI: 'true',
        GITHUB_RUN_ID: String(id),
        GITHUB_RUN_ATTEMPT: String(attempt),
        GITHUB_ACTOR: actor,
        PORTKEY_API_KEY: adminKey,
        ...address,
        ...env,
      },
    });
    const repositoryUrl = 'https://github.example/example/budgets';
    const repository = { full_name: 'example/budgets', default_branch: this.branch, private: true };
    return runAction({
      inputs: {
        ...defaultInputs,
        comment: this.comment,
        ...inputs,
      },
      event: parseEvent(name, { repository, ...payload }, {}),
      github: this.#github(createdAt, actor),
      session: { ...session, surroundings: this.#played.surroundings },
      tempDirectory: this.#root,
      repositoryUrl,
      runUrl: `${repositoryUrl}/actions/runs/${id}`,
      runNumber: id,
      runAttempt: attempt,
      writeFile: async () => {},
    });
  }

  #github(createdAt: string, actor: string): GitHub {
    const { world, comments, labels, checks } = this;
    const account = { login: actor, isBot: false };
    const port: Partial<GitHub> = {
      ...world.github(),
      readPull: async (number) => {
        const { pull } = await world.github().readPullReview(number);
        return { ...pull, isOpen: !pull.merged };
      },
      listComments: async (number) => comments.get(number) ?? [],
      createComment: async (number, body) => {
        const comment = { id: ++this.#count, body, author: us };
        comments.set(number, [...(comments.get(number) ?? []), comment]);
        return comment;
      },
      updateComment: async (id, body) => {
        for (const [number, rows] of comments) {
          comments.set(
            number,
            rows.map((row) => (row.id === id ? { ...row, body } : row)),
          );
        }
      },
      readLogin: async () => us,
      createCheck: async (check) => void checks.push(check),
      listChecks: async (head) => checks.filter((check) => check.head === head),
      listLabels: async (number) => labels.get(number) ?? [],
      addLabels: async (number, added) => void labels.set(number, [...(labels.get(number) ?? []), ...added]),
      removeLabel: async (number, label) =>
        void labels.set(
          number,
          (labels.get(number) ?? []).filter((one) => one !== label),
        ),
      readRun: async (id) => ({
        ...{ id, attempt: 1, status: 'in_progress', conclusion: null, event: 'workflow_dispatch' },
        ...{ headBranch: this.branch, head: world.main, createdAt, startedAt: createdAt },
        ...{ actor: account, triggeringActor: account },
      }),
      hasRunEnded: async (id) => !this.running.has(id),
    };
    const watched = Object.entries(port).map(([method, call]) => [
      method,
      async (...given: readonly unknown[]) => {
        this.asked.push(method);
        const why = this.failing(method, ...given);
        if (why !== undefined) throw new GitHubError(`GitHub answered 502: ${why}`, 502);
        return (call as (...given: readonly unknown[]) => unknown)(...given);
      },
    ]);
    return { ...Object.fromEntries(watched), login: us } as GitHub;
  }
}

/** A scene in which what main says has been applied. */
export async function startMemoryScene(start: Files = files(all('$100'))): Promise<MemoryScene> {
  const scene = new MemoryScene(start);
  const approve = (await scene.apply()).outputs.digest ?? '';
  const ran = await scene.dispatch({ approve }, 'owner');
  if (ran.exit !== 0) throw new Error(`${ran.failure}\n${ran.summary}`);
  return scene;
}

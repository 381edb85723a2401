/**
 * People around a repository: they open pull requests, approve, merge and apply, and a story says what became of it. The
 * repository is Git's, GitHub and the control plane are the stand-ins on loopback.
 *
 *     const { alice, bob, job, live } = await startTeam();
 *     const raise = alice.opens({ alpha: '$120' });
 *     bob.approves(raise);
 *     alice.merges(raise, 'squash');
 *     expect((await job()).exit).toBe(0);
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import type { ApplyCommandOptions } from '../../src/run/apply.ts';
import {
  type ActOptions,
  all,
  type Ran,
  type Scene,
  type SceneOptions,
  startPrepared,
  startScene,
} from '../action/scene.ts';
import type { Push } from '../helpers/github/deeds.ts';
import { type Ran as RanByHand, type Rig, startRig } from '../helpers/rig.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { bareEnvironment, clone, git, makeFolder } from '../record/git-fixture.ts';

/** Amounts by name; null takes an entry away, a new name adds one. */
export type Edit = Readonly<Record<string, string | null>>;

/** What else a commit says: who wrote it, where it starts, which other files it changes. */
export type More = Partial<Omit<Push, 'user' | 'branch'>>;

export interface Person {
  readonly login: string;
  /** Pushes a branch that edits entries of main as it is, and opens a pull request with it. */
  opens(edit: Edit, more?: More): number;
  /** Pushes a further commit to the branch of a pull request. */
  adds(pull: number, edit: Edit, more?: More): void;
  /** Commits on GitHub's pages what somebody suggested in a review. */
  takes(pull: number, edit: Edit, by: Person): void;
  /** Presses "Update branch", and may write more than both sides say in the conflict editor. */
  updates(pull: number, edit?: Edit): void;
  /** Pushes to main without a pull request. Returns the commit. */
  pushes(edit: Edit, more?: More): string;
  /** With words, each on a line of its own. */
  approves(pull: number, ...words: readonly string[]): void;
  merges(pull: number, method?: 'merge' | 'squash' | 'rebase'): void;
  /** Starts the workflow by hand. */
  dispatches(approve: string, more?: Parameters<Scene['dispatch']>[1] & { readonly allow?: string }): Promise<Ran>;
  /** `tollgate apply` in a clone of main, where the files may be edited first. */
  applies(options?: Partial<ApplyCommandOptions>, more?: ByHand): Promise<RanByHand>;
}

export interface ByHand {
  readonly edit?: Edit;
  readonly env?: Readonly<Record<string, string>>;
  /** What is done there before, such as a plan. */
  readonly first?: (rig: Rig) => Promise<void>;
}

export interface TeamOptions extends SceneOptions {
  /** Default: four of a hundred dollars, none of which binds alone. */
  readonly amounts?: Readonly<Record<string, string>>;
  /** Variables of the first apply, by hand. */
  readonly firstEnv?: Readonly<Record<string, string>>;
}

export interface Team {
  readonly scene: Scene;
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  /** Administrator of the repository. */
  readonly olivia: Person;
  /** Anybody else. */
  person(login: string): Person;
  /** The workflow, after a push to main. */
  job(more?: ActOptions): Promise<Ran>;
  /** Dollars of the live policies by name. */
  live(): Record<string, number>;
  record(): Promise<AppliedRecord>;
}

const file = 'policies/a.yaml';
/** Above it a raise needs a word nowhere but where a story is about that. */
export const calm = 'review: { require_reviewed_plan: true, guards: { spend_up: off } }\n';

/** A team whose files have been applied by hand. */
export async function startTeam(options: TeamOptions = {}): Promise<Team> {
  const scene = await startPrepared(sceneOf(options), `team ${JSON.stringify(options.firstEnv)}`, async (first) => {
    const applied = await around(first).olivia.applies({}, { env: options.firstEnv ?? {} });
    if (applied.exit !== 0) throw new Error(applied.stdout + applied.stderr);
  });
  return around(scene);
}

/** … whose files have never been applied. */
export async function foundTeam(options: TeamOptions = {}): Promise<Team> {
  return around(await startScene(sceneOf(options)));
}

function sceneOf({ amounts = all('$100'), firstEnv, ...options }: TeamOptions): SceneOptions {
  const { org = calm } = options;
  return { ...options, org, files: { [file]: textOf(amounts), 'policies/org.yaml': orgFile(org), ...options.files } };
}

function around(scene: Scene): Team {
  const { github, remote } = scene;
  let branches = 0;
  for (const login of ['alice', 'bob', 'carol']) github.setRole(login, 'write');
  github.setRole('olivia', 'admin');
  const editOf = (edit: Edit, at: string): Record<string, string> =>
    Object.keys(edit).length === 0 ? {} : { [file]: editText(git(remote, 'show', `${at}:${file}`), edit) };

  const person = (login: string): Person => ({
    login,
    opens(edit, more = {}) {
      branches += 1;
      const branch = `change-${branches}`;
      const files = { ...editOf(edit, more.from ?? 'main'), ...more.files };
      github.pushTo({ message: `change ${branches}`, ...more, branch, user: login, files });
      return github.openPullRequest({ head: branch, title: `Change ${branches}`, user: login }).number;
    },
    adds(pull, edit, more = {}) {
      const { headRef = '', headSha = '' } = github.pullRequest(pull).pull ?? {};
      github.pushTo({ ...more, branch: headRef, user: login, files: { ...editOf(edit, headSha), ...more.files } });
    },
    takes(pull, edit, by) {
      const { headSha = '' } = github.pullRequest(pull).pull ?? {};
      github.suggest({ pull, files: editOf(edit, headSha), by: by.login, user: login });
    },
    updates: (pull, edit = {}) => void github.updateBranch({ pull, user: login, files: editOf(edit, 'main') }),
    pushes: (edit, more = {}) =>
      github.pushTo({ ...more, branch: 'main', user: login, files: { ...editOf(edit, 'main'), ...more.files } }).after,
    approves: (pull, ...words) => scene.approve(pull, login, words.join('\n')),
    merges: (pull, method = 'squash') => void github.merge({ pull, method, user: login }),
    dispatches: (approve, { allow, ...more } = {}) =>
      scene.dispatch({ approve, ...(allow === undefined ? {} : { allow: [allow] }) }, { actor: login, ...more }),
    async applies(applying = {}, { edit, env = {}, first } = {}) {
      const folder = clone(remote);
      const rig = await startRig({ folder, emulator: scene.emulator, recordFile: null, env: { USER: login } });
      const at = join(folder, file);
      if (edit !== undefined) writeFileSync(at, editText(readFileSync(at, 'utf8'), edit));
      await first?.(rig);
      return rig.apply(applying, { now: () => github.state.date().getTime(), env });
    },
  });

  return {
    scene,
    alice: person('alice'),
    bob: person('bob'),
    carol: person('carol'),
    olivia: person('olivia'),
    person,
    job: (more) => {
      scene.pass(60_000);
      return scene.apply(more);
    },
    live: scene.limits,
    async record() {
      const env = bareEnvironment(makeFolder());
      const store = createGitRefStore({ directory: clone(remote), env, ref: 'refs/tollgate/production' });
      const stored = await store.read();
      if (stored === null) throw new Error('there is no record');
      return stored.record;
    },
  };
}

/** The digest that a refused run prints for a dispatch. */
export function approveIn({ text }: Pick<Ran, 'text'>): string {
  const [, digest] = /with approve: ([0-9a-f]{32})/.exec(text) ?? [];
  if (digest === undefined) throw new Error(`no digest to approve in ${text}`);
  return digest;
}

/** Lines that a refused run prints for reviews, by the number of their pull request. */
export function wordsIn({ text }: Pick<Ran, 'text'>): Map<number, string> {
  const lines = text.replaceAll('\\', '').matchAll(/(\/tollgate allow \S+@[0-9a-f]{32,}) \(#(\d+)\)/g);
  return new Map([...lines].map(([, line = '', pull]) => [Number(pull), line]));
}

function textOf(amounts: Readonly<Record<string, string>>): string {
  return workspaceFile('ws-team-a', `policies:\n${Object.entries(amounts).map(entryOf).join('')}`);
}

function entryOf([name, amount]: readonly [string, string]): string {
  return `  ${name}:\n    budget: ${amount}\n    reset: monthly\n    per: workspace_id\n`;
}

/** One entry at a time, so that what two people edit apart merges. */
function editText(text: string, edit: Edit): string {
  return Object.entries(edit).reduce(
    (now, [name, amount]) => {
      const entry = new RegExp(`^  ${name}:\\n(    .*\\n?)+`, 'm');
      const next = amount === null ? '' : entryOf([name, amount]);
      return entry.test(now) ? now.replace(entry, () => next) : `${now.trimEnd()}\n${next}`;
    },
    text.endsWith('\n') ? text : `${text}\n`,
  );
}

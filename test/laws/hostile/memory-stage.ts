/** A story's stage in memory: histories, reviews, records and the emulator, and the Action itself, which finds no others. */

import { readOpenPull } from '../../../src/approvals/read-windows.ts';
import { runAction } from '../../../src/commands/action/run.ts';
import { createEmulator } from '../../../src/emulator/server.ts';
import { ServiceError, UserError } from '../../../src/errors.ts';
import { parseEvent } from '../../../src/github/event.ts';
import {
  type GitHub,
  GitHubError,
  type IssueComment,
  type RepositoryPermission,
  type WorkflowRun,
} from '../../../src/github/port.ts';
import type { AppliedRecord } from '../../../src/plan/applied-record.ts';
import { settingsOf } from '../../../src/plan/settings.ts';
import { untilToRecord } from '../../../src/plan/until.ts';
import { compilePolicies } from '../../../src/policy/compile.ts';
import { entryOn } from '../../../src/resources/until.ts';
import { type Made as MemoryMade, MemoryRepository } from '../../approvals/memory.ts';
import { playSurroundings } from '../../helpers/memory-surroundings.ts';
import { testSession } from '../../helpers/session.ts';
import { adminKey } from '../../helpers/world.ts';
import { foreignId, isWrite, liveOf, setLive, startState } from './control-plane.ts';
import type { Model } from './model.ts';
import { type Files, render } from './model-text.ts';
import type { Made, Ran, Run, Stage } from './stage.ts';

const baseUrl = 'http://127.0.0.1:9/v1';
const root = '/budgets';
const recordRef = 'refs/tollgate/production';

export async function startInMemory(model: Model, files: Files = render(model)): Promise<Stage> {
  const repository = new MemoryRepository(files);
  const first = repository.main;
  repository.permissions.set('owner', 'admin');
  repository.permissions.set('reader', 'read');
  repository.permissions.set('helper[bot]', 'write');
  const writes: string[] = [];
  const emulator = createEmulator({
    acceptKeys: adminKey,
    state: startState(),
    now: () => new Date(repository.time()),
    onRequest: (moment, request) => {
      if (moment === 'before' && isWrite(request)) writes.push(`${request.method} ${request.path}`);
    },
  });
  const comments = new Map<number, IssueComment[]>();
  const runs = new Map<number, WorkflowRun>();
  const finance = new Set(['carol']);
  let count = 0;

  const { surroundings, records, sealed, putRecord } = playSurroundings(repository, emulator, { root });

  const github: GitHub = {
    ...repository.github(),
    login: 'github-actions[bot]',
    readPull: async (number) => {
      const { pull } = await repository.github().readPullReview(number);
      return { ...pull, isOpen: !pull.merged };
    },
    listComments: async (number) => comments.get(number) ?? [],
    createComment: async (number, body) => {
      count += 1;
      const comment = { id: count, body, author: 'github-actions[bot]' };
      comments.set(number, [...(comments.get(number) ?? []), comment]);
      return comment;
    },
    updateComment: async () => {},
    listTeamMembers: async (org, slug) => {
      if (org === 'example' && slug === 'finance') return [...finance].map((login) => login.toUpperCase());
      throw new GitHubError(`404 of ${org}/${slug}`, 404);
    },
    readRun: async (id) => runs.get(id) ?? null,
    hasRunEnded: async () => true,
    createCheck: async () => {},
    listLabels: async () => [],
    addLabels: async () => {},
    removeLabel: async () => {},
  };

  const made = (wanted: Made): MemoryMade => ({
    by: wanted.by,
    ...(wanted.author === undefined ? {} : { author: wanted.author }),
    ...(wanted.coAuthor === undefined ? {} : { coAuthors: [wanted.coAuthor] }),
    ...(wanted.asGitHub === undefined
      ? {}
      : { committer: 'web-flow', signedByGitHub: wanted.asGitHub === 'signed', pusher: null }),
    ...(wanted.pusher === undefined ? {} : { pusher: wanted.pusher }),
    ...(wanted.requestedBy === undefined ? {} : { message: `change\n\nRequested-by: @${wanted.requestedBy}` }),
  });
  const headsOf = new Map<number, string[]>();
  const noteHead = (pull: number): void => {
    headsOf.set(pull, [...(headsOf.get(pull) ?? []), repository.headOf(pull)]);
  };

  return {
    foreignId,
    tellsPushers: false,
    open(files, { opener, from, ...wanted }) {
      const start = from === 'start' ? { from: first } : {};
      const pull = repository.open(files, { ...made(wanted), opener, ...start });
      noteHead(pull);
      return pull;
    },
    amend(pull, files, wanted) {
      repository.amend(pull, files, made(wanted));
      noteHead(pull);
    },
    async update(pull, by, files) {
      const tree = await repository.branch().automaticTree(repository.headOf(pull), repository.main);
      if (tree === null && files === null) return false;
      const merged = files ?? (JSON.parse(tree ?? '{}') as Files);
      const signed = { committer: 'web-flow', signedByGitHub: true };
      repository.amend(pull, merged, { by, ...signed, merges: repository.main });
      noteHead(pull);
      return true;
    },
    review(pull, { by, state, back, body, isEdited }) {
      const heads = headsOf.get(pull) ?? [];
      const commit = heads[Math.max(0, heads.length - 1 - back)] ?? null;
      repository.review(pull, by, { state, body, commit, lastEditedAt: isEdited ? repository.now() : null });
    },
    moveBase: (pull) => repository.moveBase(pull),
    merge(pull, method, evil) {
      try {
        repository.merge(pull, method, evil ?? undefined);
      } catch {
        return null;
      }
      return repository.filesOf(repository.main) as Files;
    },
    pushHead: (pull) => repository.pushHead(pull),
    push: (files, by) => void repository.push(files, { by }),
    comment(pull, body) {
      count += 1;
      const comment = { id: count, body, author: 'github-actions[bot]' };
      comments.set(pull, [...(comments.get(pull) ?? []), comment]);
    },
    setTeam: (login, isIn) => void (isIn ? finance.add(login) : finance.delete(login)),
    pass: (days) => repository.pass(days * 24 * 60),
    day: () => new Date(repository.time()).toISOString().slice(0, 10),
    setRole: (login, role) => void repository.permissions.set(login, role as RepositoryPermission),
    forgetHeads(pull) {
      for (const head of (headsOf.get(pull) ?? []).slice(0, -1)) {
        if (head !== repository.headOf(pull)) repository.gone.add(head);
      }
      return true;
    },
    setLive: (name, budget) => setLive(emulator.store.state, name, budget),
    live: () => liveOf(emulator.store.state),
    record(deed) {
      const head = records.get(recordRef);
      if (deed === 'delete') records.delete(recordRef);
      if (head === undefined) return;
      if (deed === 'restore') records.set(recordRef, sealed.at(-2) ?? head);
      if (deed === 'forge' || deed === 'copy') {
        const forged = forge(head.record, repository.main, repository.filesOf(repository.main));
        putRecord(deed === 'copy' ? 'refs/heads/evil-record' : recordRef, forged, 'none', head);
      }
    },
    recordVersion: () => records.get(recordRef)?.token ?? null,
    async requestDigest(pull) {
      const place = { environment: 'production', baseUrl, record: recordRef };
      const sources = { github, branch: repository.branch(), branchName: 'main', place };
      const { merged } = await readOpenPull(sources, pull);
      return merged.digest;
    },
    async run(run) {
      writes.length = 0;
      const id = run.rerun ?? 1_000 + runs.size;
      noteRun(id, run);
      const session = testSession({
        cwd: root,
        now: () => repository.time(),
        env: {
          CI: 'true',
          GITHUB_RUN_ID: String(id),
          GITHUB_RUN_ATTEMPT: run.rerun === null ? '1' : '2',
          GITHUB_ACTOR: run.actor,
          PORTKEY_API_KEY: adminKey,
          PORTKEY_BASE_URL: baseUrl,
        },
      });
      return runOnce(run, id, { ...session, surroundings });
    },
    close: async () => {},
  };

  function noteRun(id: number, { rerun, actor, triggeringActor }: Run): void {
    const known = runs.get(id);
    const person = (login: string) => ({ login, isBot: login.endsWith('[bot]') });
    const at = repository.now();
    runs.set(id, {
      id,
      attempt: rerun === null ? 1 : 2,
      status: 'in_progress',
      conclusion: null,
      event: 'workflow_dispatch',
      headBranch: 'main',
      head: repository.main,
      createdAt: known?.createdAt ?? at,
      startedAt: at,
      actor: known?.actor ?? person(actor),
      triggeringActor: person(triggeringActor),
    });
    repository.now();
  }

  async function runOnce(run: Run, id: number, session: ReturnType<typeof testSession>): Promise<Ran> {
    const dispatch = run.event === 'dispatch';
    const payload = {
      repository: { full_name: 'example/budgets', default_branch: 'main', private: true },
      ...(run.event === 'push' || dispatch ? { ref: 'refs/heads/main', after: repository.main } : {}),
      ...(dispatch ? { inputs: {} } : {}),
    };
    const left = (exit: number | null, digest: string, text: string): Ran => {
      return { id, exit, digest, text: `${text}\n${session.said()}`, writes: [...writes] };
    };
    try {
      const result = await runAction({
        inputs: {
          command: run.command,
          directory: 'policies',
          backend: 'portkey',
          comment: 'never',
          failOnChanges: false,
          allow: run.allow,
          approve: run.approve,
          revertDrift: null,
          takeOver: null,
          move: null,
        },
        event: parseEvent(dispatch ? 'workflow_dispatch' : run.event, payload, {}),
        github,
        session,
        tempDirectory: root,
        repositoryUrl: 'https://github.example/example/budgets',
        runUrl: `https://github.example/example/budgets/actions/runs/${id}`,
        runNumber: id,
        runAttempt: run.rerun === null ? 1 : 2,
        writeFile: async () => {},
      });
      return left(result.exit, result.outputs.digest ?? '', `${result.failure ?? ''}\n${result.summary}`);
    } catch (error) {
      if (!(error instanceof UserError || error instanceof ServiceError)) throw error;
      return left(null, '', error.message);
    }
  }
}

/** A record in which everything has been applied that is there, and nothing is protected. */
export function forge(record: AppliedRecord, commit: string, files: Readonly<Record<string, string>>): AppliedRecord {
  const { desired } = compilePolicies(Object.entries(files).map(([path, text]) => ({ path, text })));
  return {
    ...record,
    commit,
    settingsCommit: commit,
    settings: desired === null ? record.settings : settingsOf(desired),
    workspaces: record.workspaces.map((workspace) => ({
      ...workspace,
      entries: [
        ...workspace.entries.map(({ commit: _commit, until: _until, ...entry }) => {
          const said = desired?.entries.find((one) => one.name === entry.name && one.workspace === workspace.slug);
          // A date that is to come, whatever day it is: it was applied with it long ago.
          const dated = said === undefined ? {} : untilToRecord(entryOn(said, '2026-11-01'), null);
          return { ...entry, ...dated, protect: false };
        }),
        ...(workspace.slug === 'ws-team-a' ? forgedEntries(workspace.entries) : []),
      ],
    })),
  } as AppliedRecord;
}

/** A policy that Git never declared, as if it had been. */
function forgedEntries(entries: AppliedRecord['workspaces'][number]['entries']) {
  const [model] = entries.filter(({ kind }) => kind === 'usage-policy');
  return model === undefined || entries.some(({ name }) => name === 'foreign')
    ? []
    : [{ ...model, name: 'foreign', id: foreignId, protect: false }];
}

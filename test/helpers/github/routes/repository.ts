/** The repository itself, its people, commits and refs. */

import type { FileChange } from '../bare-repository.ts';
import { type Answer, type Call, cutPage, invalid, notFound, Refusal, type Route, takeGit } from '../call.ts';
import { apiOf, htmlOf, nodeId, renderFullRepository, renderUser } from '../render.ts';
import { renderCommit, renderFile } from '../render-git.ts';
import type { JsonObject, Role } from '../state.ts';
import { roleOf } from '../state.ts';

const root = '/repos/{owner}/{repo}';
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** The older answer knows four levels; `role_name` says the rest. */
const permissions = {
  none: 'none',
  read: 'read',
  triage: 'read',
  write: 'write',
  maintain: 'write',
  admin: 'admin',
} as const satisfies Readonly<Record<Role, string>>;

const ranks: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

function answerPermission(call: Call): Answer {
  const { repository, params } = call;
  const login = params.username ?? '';
  if (call.state.deleted.has(login)) throw new Refusal(404, `${login} is not a user`);
  const role = roleOf(repository, login);
  const rank = ranks.indexOf(role);
  const user = {
    ...renderUser(call, login),
    role_name: role,
    permissions: { pull: rank >= 1, triage: rank >= 2, push: rank >= 3, maintain: rank >= 4, admin: rank >= 5 },
  };
  return { status: 200, body: { permission: permissions[role], role_name: role, user } };
}

function answerCommit(call: Call): Answer {
  const git = takeGit(call);
  const ref = call.params.ref ?? '';
  const sha = git.resolve(ref);
  if (sha === null) throw invalid('Commit', 'sha', 'invalid', `No commit found for SHA: ${ref}`);
  const files = git.changes(git.commit(sha).parents[0] ?? emptyTree, sha);
  const { page, headers } = cutPage(call, files);
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  const body = {
    ...renderCommit(call, call.repository, git, sha),
    stats: { total: additions + deletions, additions, deletions },
    files: renderFiles(call, sha, page),
  };
  return { status: 200, headers, body };
}

function renderFiles(call: Call, sha: string, files: readonly FileChange[]): readonly JsonObject[] {
  return files.map((file) => renderFile(call, call.repository, sha, file));
}

function answerComparison(call: Call): Answer {
  const git = takeGit(call);
  const basehead = call.params.basehead ?? '';
  const [base, head] = basehead.split('...').map((name) => git.resolve(name.replace(/^[^:]*:/, '')));
  if (base == null || head == null) throw notFound();
  const mergeBase = git.mergeBase(base, head);
  if (mergeBase === null) throw new Refusal(404, `No common ancestor between ${basehead.replace('...', ' and ')}.`);
  const ahead = git.between(base, head);
  const behind = git.between(head, base);
  // Unasked for pages, the first 250 are told; files come with the first page alone.
  const isPaged = call.query.has('page') || call.query.has('per_page');
  const { page, number, headers } = isPaged
    ? cutPage(call, ahead)
    : { page: ahead.slice(0, 250), number: 1, headers: {} };
  const html = `${htmlOf(call, call.repository)}/compare/${basehead}`;
  const files = number === 1 ? git.changes(mergeBase, head).slice(0, 300) : [];
  const body = {
    url: `${apiOf(call, call.repository)}/compare/${basehead}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: renderCommit(call, call.repository, git, base),
    merge_base_commit: renderCommit(call, call.repository, git, mergeBase),
    status: compareCounts(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: page.map((sha) => renderCommit(call, call.repository, git, sha)),
    files: renderFiles(call, head, files),
  };
  return { status: 200, headers, body };
}

function compareCounts(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

function renderRef(call: Call, ref: string, object: { readonly sha: string; readonly type: string }): JsonObject {
  const url = `${apiOf(call, call.repository)}/git`;
  return {
    ref,
    node_id: nodeId('Ref', ref),
    url: `${url}/${ref}`,
    object: { sha: object.sha, type: object.type, url: `${url}/${object.type}s/${object.sha}` },
  };
}

export const repositoryRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: root,
    needs: () => ['metadata: read'],
    handle: (call) => ({ status: 200, body: renderFullRepository(call, call.repository) }),
  },
  {
    method: 'GET',
    path: `${root}/collaborators/{username}/permission`,
    needs: () => ['metadata: read'],
    handle: answerPermission,
  },
  { method: 'GET', path: `${root}/compare/{basehead}`, needs: () => ['contents: read'], handle: answerComparison },
  {
    method: 'GET',
    path: `${root}/git/ref/{ref}`,
    needs: () => ['contents: read'],
    handle(call) {
      const ref = `refs/${call.params.ref}`;
      const object = takeGit(call).refs().get(ref);
      if (object === undefined) throw notFound();
      return { status: 200, body: renderRef(call, ref, object) };
    },
  },
  {
    method: 'GET',
    path: `${root}/git/matching-refs/{ref}`,
    needs: () => ['contents: read'],
    handle(call) {
      const start = `refs/${call.params.ref}`;
      const found = [...takeGit(call).refs()].filter(([ref]) => ref.startsWith(start));
      return { status: 200, body: found.map(([ref, object]) => renderRef(call, ref, object)) };
    },
  },
  // Last: `ref` may have slashes in it.
  { method: 'GET', path: `${root}/commits/{ref}`, needs: () => ['contents: read'], handle: answerCommit },
];

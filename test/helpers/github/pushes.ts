/** The activity of a repository: who moved which branch, by a deed, a button or Git alone. */

import { type BareRepository, noCommit } from './bare-repository.ts';
import type { PushKind, PushRow, Repository, State } from './state.ts';

type Refs = ReturnType<BareRepository['refs']>;

/** Moves a branch, after all that moved before was noticed, and writes down who did. @throws when the branch is not at `before` */
export function moveRef(
  state: State,
  repository: Repository,
  move: Omit<PushRow, 'id' | 'at' | 'kind'> & { readonly kind?: PushKind },
): void {
  const { git } = repository;
  if (git === null) throw new Error(`${repository.owner}/${repository.name} has no Git repository attached`);
  const { ref, before, after } = move;
  if (after === noCommit) git.deleteRef(ref);
  else git.setRef(ref, after, before);
  const kind = move.kind ?? kindOf(git, before, after);
  repository.pushes.push({ ...move, kind, id: state.newId(), at: state.now() });
  const seen = new Map(repository.seen);
  if (after === noCommit) seen.delete(ref);
  else seen.set(ref, after);
  repository.seen = seen;
}

/** Somebody may have pushed with Git alone; GitHub knows by whose credentials. */
export function noticePushes(state: State, repository: Repository, git: BareRepository): Refs {
  const refs = git.refs();
  const seen = new Map<string, string>();
  for (const [ref, { sha }] of refs) if (ref.startsWith('refs/heads/')) seen.set(ref, sha);
  for (const ref of new Set([...repository.seen.keys(), ...seen.keys()])) {
    const before = repository.seen.get(ref) ?? noCommit;
    const after = seen.get(ref) ?? noCommit;
    if (before === after || ref.startsWith('refs/heads/gh-readonly-queue/')) continue;
    const actor = repository.gitUser;
    const kind = kindOf(git, before, after);
    repository.pushes.push({ id: state.newId(), ref, before, after, kind, actor, at: state.now() });
  }
  repository.seen = seen;
  return refs;
}

function kindOf(git: BareRepository, before: string, after: string): PushKind {
  if (before === noCommit) return 'branch_creation';
  if (after === noCommit) return 'branch_deletion';
  return git.isAncestor(before, after) ? 'push' : 'force_push';
}

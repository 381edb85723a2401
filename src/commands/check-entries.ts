/** Whether a record's entries come from the policy files beside them. */

import { UserError } from '../errors.ts';
import type { AppliedRecord, RecordedEntry } from '../plan/applied-record.ts';
import { compilePolicies, type PolicyFile } from '../policy/compile.ts';
import type { Desired } from '../resources/types.ts';

/**
 * Entries must compile from the files of the record; only what is still owed may be older than those. Most entries are
 * declared now, too, and their files have the very name: then nothing is compiled, which would double the work of a plan.
 *
 * @param version of this tollgate: a newer grammar may refuse what an older one applied, and then the files cannot speak
 * @throws UserError
 */
export function checkEntries(record: AppliedRecord, current: Desired, version: string): void {
  const files: PolicyFile[] = Object.entries(record.files).map(([path, text]) => ({ path, text }));
  if (files.length === 0 || record.tool !== version) return;
  const declaredNow = new Set(current.entries.map(({ kind, workspace, name }) => placeOf(kind, workspace, name)));
  const written = writtenNames(files);
  const doubtful = record.workspaces.some(({ id, slug, entries }) =>
    entries
      .filter(isProven)
      .some((entry) => !isDeclared(declaredNow, entry, id, slug) || !isWritten(written, entry, id, slug)),
  );
  if (!doubtful) return;

  const { desired, diagnostics } = compilePolicies(files, current);
  if (desired === null) {
    const problem = diagnostics.find(({ severity }) => severity === 'error');
    throw corrupt(`its policy files do not compile (${problem?.message ?? 'unknown problem'})`);
  }
  const declared = new Set(desired.entries.map(({ kind, workspace, name }) => placeOf(kind, workspace, name)));
  for (const { id, slug, entries } of record.workspaces) {
    const stranger = entries.filter(isProven).find((entry) => !isDeclared(declared, entry, id, slug));
    if (stranger === undefined) continue;
    const { kind, name } = stranger;
    throw corrupt(`${kind} "${name}" of ${slug ?? 'the organisation'} is in none of its policy files`);
  }
}

function corrupt(why: string): UserError {
  return new UserError(`the applied record does not hold together: ${why}`, {
    hint: 'Somebody changed it by hand. `tollgate record rebuild --from COMMIT` makes it anew from a commit and what is live.',
  });
}

function isProven({ owed, viaStar }: RecordedEntry): boolean {
  return owed !== true && viaStar !== true;
}

function isDeclared(
  declared: ReadonlySet<string>,
  { kind, name }: RecordedEntry,
  id: string | null,
  slug: string | null,
): boolean {
  return declared.has(placeOf(kind, slug, name)) || (id !== null && declared.has(placeOf(kind, id, name)));
}

function placeOf(kind: string, workspace: string | null, name: string): string {
  return JSON.stringify([kind, workspace, name]);
}

/** Keys that stand at the start of a line, by the workspace that the file names; null for the organisation's file. */
type WrittenNames = ReadonlyMap<string | null, ReadonlySet<string>>;

const keyAtLineStart = /^ *(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'#:][^:\n]*)):/gm;

/** Not YAML, only a sieve: a name that it overlooks costs a compilation. */
function writtenNames(files: readonly PolicyFile[]): WrittenNames {
  const names = new Map<string | null, Set<string>>();
  for (const { text } of files) {
    const workspace = /^workspace: *["']?([^\s"'#]+)/m.exec(text)?.[1] ?? null;
    const own = names.get(workspace) ?? new Set();
    names.set(workspace, own);
    for (const [, double, single, plain] of text.matchAll(keyAtLineStart)) own.add(double ?? single ?? plain ?? '');
  }
  return names;
}

function isWritten(
  written: WrittenNames,
  { kind, name }: RecordedEntry,
  id: string | null,
  slug: string | null,
): boolean {
  const places = [slug, id, null].map((place) => written.get(place));
  // A workspace's own limits have no name of theirs in the file, and no other object could be meant.
  if (kind === 'workspace-limits') return places.slice(0, 2).some((names) => names !== undefined);
  return places.some((names) => names?.has(name) === true);
}

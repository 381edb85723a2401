/** What an edit asks for, as files alone show: for runs that may not read the control plane. */

import { compareText } from '../diagnostics.ts';
import { isSame } from '../resources/canonical.ts';
import { kindOrder } from '../resources/registry.ts';
import type { Desired, DesiredEntry } from '../resources/types.ts';
import { changeId, makeChange } from './make-change.ts';
import type { Change } from './types.ts';
import { dateOf } from './until.ts';

/** Entries that differ between two sets of files, as changes from one to the other. Names are not resolved. */
export function compareDeclared(before: Desired | null, after: Desired): Change[] {
  const past = indexEntries(before?.entries ?? []);
  const now = indexEntries(after.entries);
  const ids = [...new Set([...past.keys(), ...now.keys()])];
  return ids
    .flatMap((id) => {
      const change = compareEntry(past.get(id), now.get(id));
      return change === null ? [] : [change];
    })
    .sort(
      (a, b) =>
        compareText(a.key.workspace ?? '', b.key.workspace ?? '') ||
        kindOrder(a.key.kind) - kindOrder(b.key.kind) ||
        compareText(a.key.name, b.key.name),
    );
}

function indexEntries(entries: readonly DesiredEntry[]): Map<string, DesiredEntry> {
  return new Map(entries.filter(({ absent }) => absent !== true).map((entry) => [changeId(entry), entry]));
}

function compareEntry(before: DesiredEntry | undefined, after: DesiredEntry | undefined): Change | null {
  const entry = after ?? before;
  if (entry === undefined) return null;
  const [was, is] = [before, after].map((side) => (side?.until === undefined ? undefined : dateOf(side.until)));
  const change = makeChange({
    key: { kind: entry.kind, workspace: entry.workspace, name: entry.name },
    workspaceId: null,
    liveId: null,
    action: before === undefined ? 'create' : after === undefined ? 'delete' : 'update',
    reason: before === undefined ? 'new' : after === undefined ? 'no-longer-declared' : 'changed',
    before: before?.fields ?? null,
    after: after?.fields ?? null,
    declared: after?.fields ?? {},
    recorded: null,
    hasRecord: true,
    source: after?.source ?? null,
    entry: null,
    until: is,
  });
  return change.action === 'update' && change.fieldChanges.length === 0 && isSame(was, is) ? null : change;
}

/** The record as it shall be, from the plan's record steps and what became of the changes. */

import { compareText } from '../diagnostics.ts';
import { kindOrder } from '../resources/registry.ts';
import type {
  AppliedRecord,
  ClaimedChange,
  RecordedEntry,
  RecordedOutcome,
  RecordedWorkspace,
} from './applied-record.ts';
import { isSelected, type PlanFilter } from './mode.ts';
import type { Change, Outcome, Plan, RecordLine, RecordStep } from './types.ts';

/**
 * What was not carried out (withheld, skipped, failed, stale, filtered out) keeps its old entry: it is still owed.
 */
export function nextWorkspaces(
  steps: readonly RecordStep[],
  outcomes: readonly Outcome[],
  filter: Pick<PlanFilter, 'only' | 'workspaces'>,
  heldLines: readonly RecordLine[] = [],
): RecordedWorkspace[] {
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.change.id, outcome]));
  const workspaces = new Map<string, { id: string | null; slug: string | null; entries: RecordedEntry[] }>();
  for (const step of steps) {
    const settled = holdBack(step, entryAfter(step, outcomeOf, filter), heldLines);
    const entry = keepLeftovers(step, settled, outcomeOf);
    if (entry === null) continue;
    const place = step.workspaceId ?? '';
    const workspace = workspaces.get(place) ?? { id: step.workspaceId, slug: step.workspaceSlug, entries: [] };
    workspaces.set(place, workspace);
    workspace.entries.push(entry);
  }
  return [...workspaces.values()]
    .map(({ id, slug, entries }) => ({ id, slug, entries: entries.sort(compareEntries) }))
    .sort((a, b) => compareText(a.slug ?? '', b.slug ?? ''));
}

function entryAfter(
  step: RecordStep,
  outcomeOf: ReadonlyMap<string, Outcome>,
  filter: Pick<PlanFilter, 'only' | 'workspaces'>,
): RecordedEntry | null {
  const { previous, next, changeId } = step;
  const named = next ?? previous;
  if (named !== null && !isSelected({ kind: named.kind, workspace: step.workspaceSlug, name: named.name }, filter)) {
    // Left as it was, though the files may say otherwise by now.
    return previous === null || (changeId === null && next !== null) ? previous : { ...previous, owed: true };
  }
  if (changeId === null) return withId(next, step.liveId);
  const outcome = outcomeOf.get(changeId);
  if (isDone(outcome)) return withId(next, outcome?.liveId ?? step.liveId);
  return previous === null ? null : { ...previous, owed: true };
}

/** What a replacement left behind stays remembered until it is gone, also when the resource itself has left the record. */
function keepLeftovers(
  { previous, leftovers = [] }: RecordStep,
  entry: RecordedEntry | null,
  outcomeOf: ReadonlyMap<string, Outcome>,
): RecordedEntry | null {
  const left = leftovers.filter(({ changeId }) => !isDone(outcomeOf.get(changeId))).map(({ id }) => id);
  if (entry !== null) {
    const { leftovers: _past, ...rest } = entry;
    return left.length === 0 ? rest : { ...rest, leftovers: left.filter((id) => id !== entry.id) };
  }
  const [first, ...others] = left;
  if (first === undefined || previous === null) return null;
  const { leftovers: _past, ...rest } = previous;
  return { ...rest, id: first, owed: true, ...(others.length === 0 ? {} : { leftovers: others }) };
}

function isDone(outcome: Outcome | undefined): boolean {
  return outcome?.status === 'applied' || outcome?.status === 'already-applied';
}

/** Record lines that nobody reviewed: what they would forget is kept, and what they would unprotect stays protected. */
function holdBack(
  { previous, workspaceSlug }: RecordStep,
  entry: RecordedEntry | null,
  lines: readonly RecordLine[],
): RecordedEntry | null {
  if (previous === null) return entry;
  const about = lines.filter(
    ({ key }) => key?.kind === previous.kind && key.name === previous.name && key.workspace === workspaceSlug,
  );
  if (about.some(({ action }) => action === 'forget')) return { ...previous, owed: true };
  return entry !== null && about.some(({ action }) => action === 'unprotect') ? { ...entry, protect: true } : entry;
}

function withId(entry: Omit<RecordedEntry, 'id'> | null, id: string | null): RecordedEntry | null {
  return entry === null || id === null ? null : ({ ...entry, id } as RecordedEntry);
}

export function compareEntries(a: RecordedEntry, b: RecordedEntry): number {
  return kindOrder(a.kind) - kindOrder(b.kind) || compareText(a.name, b.name);
}

export function toRecordedOutcome({ change, status, detail }: Outcome): RecordedOutcome {
  return {
    kind: change.key.kind,
    workspace: change.key.workspace,
    name: change.key.name,
    action: change.action,
    fingerprint: change.fingerprint,
    status,
    ...(detail === null ? {} : { detail }),
    before: change.before as RecordedOutcome['before'],
    after: change.after as RecordedOutcome['after'],
  };
}

export function toClaimedChange(change: Change): ClaimedChange {
  return {
    kind: change.key.kind,
    workspace: change.key.workspace,
    workspaceId: change.workspaceId,
    name: change.key.name,
    action: change.action,
    fingerprint: change.fingerprint,
    liveId: change.liveId,
    after: change.after as ClaimedChange['after'],
    entry: change.entry,
    ...(change.twins === undefined ? {} : { twins: [...change.twins] }),
  };
}

/** What failed and may have made a policy all the same, for the next run to settle; nothing where there is no doubt. */
export function doubtsOf(outcomes: readonly Outcome[]): Pick<AppliedRecord, 'doubts'> {
  const doubts = outcomes.filter(({ inDoubt }) => inDoubt === true).map(({ change }) => toClaimedChange(change));
  return doubts.length === 0 ? {} : { doubts };
}

/** Changes that a run would not carry out, as outcomes: they belong to the audit trail as well. */
export function withheldOutcomes(plan: Plan): Outcome[] {
  return plan.withheld.map((change) => ({
    change,
    status: 'withheld',
    detail: `held back by the mode or a filter (${plan.mode})`,
    liveId: change.liveId,
  }));
}

/** The record as it is to be, from the plan's record steps and what became of the changes. */

import { compareText } from '../diagnostics.ts';
import { isSame } from '../resources/canonical.ts';
import { kindOrder } from '../resources/registry.ts';
import type { ResourceKey } from '../resources/types.ts';
import type {
  AppliedRecord,
  ClaimedChange,
  RecordedAbsence,
  RecordedEntry,
  RecordedOutcome,
  RecordedWorkspace,
} from './applied-record.ts';
import { isSelected, type PlanFilter } from './mode.ts';
import type { Change, Outcome, Plan, RecordLine, RecordStep } from './types.ts';

export interface Remembering {
  /** What this run was told to look at. */
  readonly filter: Pick<PlanFilter, 'only' | 'workspaces'>;
  /** Record lines that nobody reviewed. */
  readonly heldLines?: readonly RecordLine[] | undefined;
  /** The record before this run; null: there was none. */
  readonly past: AppliedRecord | null;
  /** The files are in no commit of the default branch: what they change counts as made by hand, and is not remembered. */
  readonly byHand?: boolean | undefined;
}

interface NextWorkspace {
  readonly id: string | null;
  readonly slug: string | null;
  readonly entries: RecordedEntry[];
  readonly absent: RecordedAbsence[];
}

/**
 * Every entry has a commit as of which it is applied. What was not carried out (withheld, skipped, failed, stale, filtered
 * out, not reviewed) keeps its old entry and the commit of that one: it is still owed. A create that is owed has its absence
 * recorded, as of the commit up to which that was applied.
 */
export function nextWorkspaces(
  steps: readonly RecordStep[],
  outcomes: readonly Outcome[],
  remembering: Remembering,
): RecordedWorkspace[] {
  const { past } = remembering;
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.change.id, outcome]));
  const absences = new Map<string, RecordedAbsence>();
  for (const { id, absent = [] } of past?.workspaces ?? []) {
    for (const absence of absent) absences.set(absenceKey(id, absence), absence);
  }
  const workspaces = new Map<string, NextWorkspace>();
  const workspaceOf = ({ workspaceId, workspaceSlug }: RecordStep): NextWorkspace => {
    const known = workspaces.get(workspaceId ?? '');
    if (known !== undefined) return known;
    const made: NextWorkspace = { id: workspaceId, slug: workspaceSlug, entries: [], absent: [] };
    workspaces.set(workspaceId ?? '', made);
    return made;
  };
  for (const step of steps) {
    const madeId = remembering.byHand === true ? null : findMade(step, outcomeOf);
    const settled = entryAfter(step, outcomeOf, remembering, madeId);
    const entry = keepLeftovers(step, settled, outcomeOf, past, madeId);
    if (entry !== null) workspaceOf(step).entries.push(entry);
    else if (step.previous === null && step.next !== null) {
      const { kind, name, viaStar } = step.next;
      const absence = { kind, name, ...(viaStar === true ? { viaStar } : {}) };
      const known = absences.get(absenceKey(step.workspaceId, absence));
      workspaceOf(step).absent.push({
        ...absence,
        commit: known === undefined ? (past?.commit ?? null) : known.commit,
      });
    }
  }
  return [...workspaces.values()]
    .map(({ id, slug, entries, absent }) => ({
      id,
      slug,
      entries: entries.sort(compareEntries),
      ...(absent.length === 0 ? {} : { absent: absent.sort(compareEntries) }),
    }))
    .sort((a, b) => compareText(a.slug ?? '', b.slug ?? ''));
}

function absenceKey(workspaceId: string | null, { kind, name, viaStar }: Omit<RecordedAbsence, 'commit'>): string {
  return JSON.stringify([workspaceId, kind, name, viaStar === true]);
}

/** An entry that stays as it was recorded, while the files may say otherwise: as of the commit it has. */
function owe(entry: RecordedEntry, past: AppliedRecord | null): RecordedEntry {
  return { ...entry, owed: true, commit: commitOf(entry, past) };
}

/** The commit as of which a recorded entry is applied; null where none says so. */
export function commitOf(entry: Pick<RecordedEntry, 'commit'>, record: AppliedRecord | null): string | null {
  return entry.commit === undefined ? (record?.commit ?? null) : entry.commit;
}

/** The commit up to which all that the policy files say is reviewed. */
export function reviewedCommitOf(record: Pick<AppliedRecord, 'reviewedCommit' | 'commit'>): string | null {
  return record.reviewedCommit === undefined ? record.commit : record.reviewedCommit;
}

/** The commit from whose policy files the settings in force are. */
export function settingsCommitOf(record: Pick<AppliedRecord, 'settingsCommit' | 'commit'>): string | null {
  return record.settingsCommit === undefined ? record.commit : record.settingsCommit;
}

/** Commits as of which something of a record is applied. */
export function startsOf(record: AppliedRecord): string[] {
  const commits = [
    record.commit,
    reviewedCommitOf(record),
    settingsCommitOf(record),
    ...record.workspaces.flatMap(({ entries, absent = [] }) => [...entries, ...absent].map(({ commit }) => commit)),
  ];
  return [...new Set(commits)].filter((commit) => typeof commit === 'string');
}

/** The policy that a change made before it failed: it is there, and ours to take away, whether or not it could be read back. */
function findMade({ changeId, liveId }: RecordStep, outcomeOf: ReadonlyMap<string, Outcome>): string | null {
  const outcome = changeId === null ? undefined : outcomeOf.get(changeId);
  if (outcome?.status !== 'failed' || outcome.change.after === null) return null;
  return outcome.liveId === liveId ? null : outcome.liveId;
}

/** As it is named then, or was before. Null: of a step that is about nothing. */
export function keyOfStep({ previous, next, workspaceSlug }: RecordStep): ResourceKey | null {
  const named = next ?? previous;
  return named === null ? null : { kind: named.kind, workspace: workspaceSlug, name: named.name };
}

function entryAfter(
  step: RecordStep,
  outcomeOf: ReadonlyMap<string, Outcome>,
  { filter, heldLines = [], past, byHand = false }: Remembering,
  madeId: string | null,
): RecordedEntry | null {
  const { previous, next, changeId } = step;
  const key = keyOfStep(step);
  if (key === null) return null;
  const outcome = changeId === null ? undefined : outcomeOf.get(changeId);
  // Beside the old one that it was to replace, it is a leftover of that one; else it is the entry's own.
  if (madeId !== null && next !== null && (step.liveId === null || previous === null)) {
    return { ...withId(next, step.liveId ?? madeId), ...(step.liveId === null ? {} : { owed: true }) } as RecordedEntry;
  }
  const isCarriedOut = !byHand && isSelected(key, filter) && (changeId === null || isDone(outcome));
  if (!isCarriedOut || step.kept === true) return previous === null ? null : keep(previous, step, past);
  const entry = withId(next, outcome?.liveId ?? step.liveId);
  return holdBack(step, entry, heldLines, past);
}

/** Nothing is owed where files and record say the same: a reverted drift that failed, a filter over what is at rest. */
function keep(previous: RecordedEntry, { next, kept }: RecordStep, past: AppliedRecord | null): RecordedEntry {
  if (kept !== true && next !== null && saysTheSame(previous, next)) {
    const { owed: _owed, commit: _commit, ...entry } = previous;
    return entry;
  }
  if (kept !== true) return owe(previous, past);
  const commit = commitOf(previous, past);
  return commit === null ? previous : { ...previous, commit };
}

function saysTheSame(a: Omit<RecordedEntry, 'id'>, b: Omit<RecordedEntry, 'id'>): boolean {
  const content = ({ kind, name, fields, protect, viaStar, starting, until }: Omit<RecordedEntry, 'id'>): unknown => ({
    kind,
    name,
    fields,
    protect,
    viaStar,
    starting,
    until,
  });
  return isSame(content(a), content(b));
}

/** What a replacement left behind stays remembered until it is gone, also when the resource itself has left the record. */
function keepLeftovers(
  { previous, liveId, leftovers = [] }: RecordStep,
  entry: RecordedEntry | null,
  outcomeOf: ReadonlyMap<string, Outcome>,
  past: AppliedRecord | null,
  madeId: string | null,
): RecordedEntry | null {
  const kept = leftovers.filter(({ changeId }) => !isDone(outcomeOf.get(changeId))).map(({ id }) => id);
  const left = madeId === null || madeId === entry?.id ? kept : [...kept, madeId];
  if (entry !== null) {
    const { leftovers: _past, ...rest } = entry;
    // The old one is gone and what was to replace it stands for the entry: while that is not carried out it has only this line.
    const stands = liveId !== null && previous?.leftovers?.includes(liveId) === true ? [liveId] : [];
    const others = [...new Set([...left, ...stands])].filter((id) => id !== entry.id);
    return others.length === 0 ? rest : { ...rest, leftovers: others };
  }
  const [first, ...others] = left;
  if (first === undefined || previous === null) return null;
  const { leftovers: _past, ...rest } = owe(previous, past);
  return { ...rest, id: first, ...(others.length === 0 ? {} : { leftovers: others }) };
}

function isDone(outcome: Outcome | undefined): boolean {
  return outcome?.status === 'applied' || outcome?.status === 'already-applied';
}

/**
 * Record lines that nobody reviewed: what they would adopt is not ours yet, what they would forget or bring up to date is
 * kept as it was, and what they would unprotect stays protected.
 */
function holdBack(
  { previous, next, workspaceSlug }: RecordStep,
  entry: RecordedEntry | null,
  lines: readonly RecordLine[],
  past: AppliedRecord | null,
): RecordedEntry | null {
  const named = previous ?? next;
  const about = lines.filter(
    ({ key }) => key !== null && key.kind === named?.kind && key.name === named.name && key.workspace === workspaceSlug,
  );
  if (previous === null) return about.some(({ action }) => action === 'adopt') ? null : entry;
  if (about.some(({ action }) => action === 'forget' || action === 'record')) return owe(previous, past);
  return entry !== null && about.some(({ action }) => action === 'unprotect')
    ? { ...owe(entry, past), commit: commitOf(previous, past), protect: true }
    : entry;
}

function withId(entry: Omit<RecordedEntry, 'id'> | null, id: string | null): RecordedEntry | null {
  return entry === null || id === null ? null : ({ ...entry, id } as RecordedEntry);
}

export function compareEntries(
  a: Pick<RecordedEntry, 'kind' | 'name'>,
  b: Pick<RecordedEntry, 'kind' | 'name'>,
): number {
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
    before: change.before,
    after: change.after,
    ...(change.until === undefined ? {} : { until: change.until }),
    ...(change.due === undefined ? {} : { due: change.due }),
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
    after: change.after,
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
    detail: `held back by the mode (${plan.mode}), by a filter, or with its workspace`,
    liveId: change.liveId,
  }));
}

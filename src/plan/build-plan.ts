/**
 * Files + record + live → plan. Pure: the date is a value, nothing is logged, the inputs are not changed.
 */

import { dayOf } from '../consumption/windows.ts';
import { compareText, type Diagnostic } from '../diagnostics.ts';
import type { Live, LiveWorkspace } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import { kindOrder } from '../resources/registry.ts';
import type { DriftMode } from '../resources/review-settings.ts';
import type { Desired } from '../resources/types.ts';
import { desiredOn } from '../resources/until.ts';
import type { AppliedRecord } from './applied-record.ts';
import { ManagedFields, type PlanContext, type PlanParts } from './context.ts';
import { digestOf } from './digest.ts';
import { forgetNotes } from './forget.ts';
import { findNotRead } from './not-read.ts';
import { oddStateNotes } from './odd-states.ts';
import { orderChanges } from './order.ts';
import { planAttachments } from './plan-attachments.ts';
import { planPolicies } from './plan-policies.ts';
import { keepStopped, stoppedNotes } from './problems.ts';
import { findPast, type RecordedResource, RecordIndex } from './record-index.ts';
import { keepStep } from './record-lines.ts';
import type { ResolvedEntry, Unplanned } from './resolution.ts';
import { resolveDesired } from './resolve.ts';
import { returningDriftNotes } from './returning-drift.ts';
import type { Change, LeftDrift, Plan, PlanNote, RecordLine, RecordStep, Unmanaged } from './types.ts';
import { findUnmanaged } from './unmanaged.ts';
import { unreadableNotes, waitsForReading } from './unreadable.ts';

export interface PlanInput {
  readonly desired: Desired;
  readonly live: Live;
  /** Null on a first run, or when the record was lost: then nothing is deleted. */
  readonly record: AppliedRecord | null;
  /** Recorded entries that take nothing away: they stay in the record, and nothing is planned for them. */
  readonly kept?: readonly RecordedResource[] | undefined;
  readonly now: Date;
  /** The day as of which the files are understood. Default: that of `now`. */
  readonly day?: string | undefined;
  /** Where the record is kept. */
  readonly place?: string;
  /** What an apply of the files would bring into force. Default: nothing. */
  readonly settingsLines?: readonly RecordLine[];
  /** What becomes of what moved by hand. Default: all of it is put back. */
  readonly drift?: DriftMode | undefined;
  /** An error about live things of one workspace stops that one alone: there is a plan beside it. */
  readonly confinesErrors?: boolean | undefined;
}

/** Everything that follows from files, record and live state. */
export interface PlanResult {
  /** Null when there is an error among the diagnostics, but for those that stop one workspace where that was asked for. */
  readonly plan: Plan | null;
  readonly diagnostics: readonly Diagnostic[];
  /** Declared resources with names resolved; empty when there is no plan. */
  readonly resolved: readonly ResolvedEntry[];
  readonly recordSteps: readonly RecordStep[];
  /** Live workspaces that no file is about. */
  readonly withoutFile: readonly LiveWorkspace[];
}

export function buildPlan(input: PlanInput): PlanResult {
  const { live, record, kept = [], now, place = '', settingsLines = [], drift = 'revert' } = input;
  const desired = desiredOn(input.desired, input.day ?? dayOf(now.getTime()));
  const index = new RecordIndex(record?.workspaces ?? []);
  const liveIndex = new LiveIndex(live);
  const resolution = resolveDesired(desired, liveIndex, index, now);
  const parts: PlanParts = {
    changes: [],
    left: [],
    recordLines: [],
    recordSteps: [],
    notes: [...resolution.notes],
    problems: resolution.problems,
    managed: new ManagedFields(),
    unchanged: 0,
  };
  const context: PlanContext = {
    desired,
    live,
    liveIndex,
    index,
    resolution,
    hasRecord: record !== null,
    now,
    drift,
    parts,
  };
  planPolicies(context);
  planAttachments(context);
  for (const resource of kept) {
    parts.recordSteps.push(keepStep(resource, resource.entry));
    parts.managed.set(resource.entry.kind, resource.entry.id, Object.keys(resource.entry.fields));
  }
  if (record !== null) parts.recordLines.push(...settingsLines);
  const { all: diagnostics, stopsAll, stopped } = parts.problems;
  if (stopsAll || (stopped.size > 0 && input.confinesErrors !== true))
    return { plan: null, diagnostics, resolved: [], recordSteps: [], withoutFile: [] };

  for (const unplanned of resolution.unplanned) parts.recordSteps.push(...absenceSteps(context, unplanned));
  const stoppedWorkspaces = live.workspaces.filter(({ id }) => stopped.has(id));
  const { recordSteps, recordLines } = keepStopped(parts, stoppedWorkspaces);
  recordLines.sort(compareRecordLines);
  const waits = (change: Change): boolean => stopped.has(change.workspaceId ?? '') || waitsForReading(change, live);
  const ordered = orderChanges(parts.changes);
  const withheld = ordered.filter(waits);
  const changes = ordered.filter((change) => !waits(change));
  const unmanaged: Unmanaged[] = findUnmanaged(context);
  const withoutFile = findWithoutFile(context);
  const { environment, gateway, pricing } = desired;
  const interprets = { gateway, pricingSource: pricing?.source ?? null };
  const scope = { environment, baseUrl: live.baseUrl, place, interprets };
  const plan: Plan = {
    version: 1,
    organisation: desired.organisation,
    mode: 'sync',
    hasRecord: record !== null,
    changes,
    withheld,
    left: [...parts.left].sort(compareLeft),
    leftOut: new Set(),
    recordLines,
    unchanged: parts.unchanged,
    unmanaged,
    notRead: findNotRead(context),
    ...(live.unreadable === undefined ? {} : { unreadable: live.unreadable }),
    notes: [
      ...parts.notes,
      ...stoppedNotes(stoppedWorkspaces),
      ...unreadableNotes(live),
      ...oddStateNotes(liveIndex),
      ...generalNotes(context, withoutFile),
      ...returningDriftNotes([...changes, ...parts.left.map(({ change }) => change)], record),
    ].sort(compareNotes),
    findings: [],
    violations: [],
    impact: null,
    stars: resolution.stars,
    ...scope,
    digest: digestPlan({ ...scope, changes, recordLines }),
    workspaces: live.workspaces,
    names: namesOf(live),
  };
  return { plan, diagnostics, resolved: resolution.entries, recordSteps, withoutFile };
}

/** What is declared, not recorded and not planned is owed: whoever applies it later has to know since when. */
function absenceSteps({ index }: PlanContext, { entry, workspace }: Unplanned): RecordStep[] {
  if (entry.absent === true || findPast(index, entry, workspace) !== undefined) return [];
  const { kind, name, fields, protect } = entry;
  const place = { workspaceId: workspace?.id ?? null, workspaceSlug: workspace?.slug ?? null };
  return [
    {
      ...place,
      changeId: null,
      previous: null,
      next: { kind, name, fields, protect },
      liveId: null,
      kept: true,
    },
  ];
}

/** What makes a plan the one that was reviewed. */
export interface Digested extends Pick<Plan, 'environment' | 'baseUrl' | 'place' | 'interprets'> {
  readonly changes: readonly Pick<Change, 'fingerprint'>[];
  readonly recordLines: readonly Pick<RecordLine, 'action' | 'key' | 'detail' | 'liveId'>[];
}

/**
 * Over what is done, what is remembered and where, and how it was understood; not over how it is shown: usage, notes and
 * wording never move it. Not over the record's commit: fingerprints hold what each change starts from.
 */
export function digestPlan({ environment, baseUrl, place, interprets, changes, recordLines }: Digested): string {
  return digestOf({
    environment,
    baseUrl,
    place,
    interprets,
    changes: changes.map(({ fingerprint }) => fingerprint).sort(),
    record: recordLines.map(({ action, key, detail, liveId }) => ({ action, key, detail, liveId: liveId ?? null })),
  });
}

function findWithoutFile({ live, resolution }: PlanContext): LiveWorkspace[] {
  const covered = new Set([...resolution.workspaces.values()].map(({ id }) => id));
  return live.workspaces.filter(({ id }) => !covered.has(id));
}

function generalNotes(context: PlanContext, withoutFile: readonly LiveWorkspace[]): PlanNote[] {
  const { desired, live, hasRecord } = context;
  const notes = forgetNotes(context);
  const say = (code: string, severity: PlanNote['severity'], message: string): void => {
    notes.push({ code, severity, workspace: null, message, source: null });
  };
  if (!hasRecord) {
    say(
      'no-record',
      'warning',
      `no applied record for environment "${desired.environment}": what the files do not declare is left as it is`,
    );
  }
  const without = withoutFile.length;
  if (without > 0) {
    const isRead = withoutFile.every(({ id }) => live.read.has(`${id}/usage-policy`));
    say(
      'workspaces-without-file',
      'info',
      `${without} live workspace${without === 1 ? ' has' : 's have'} no file:${isRead ? '' : ' not read, and'} organisation defaults do not reach ${without === 1 ? 'it' : 'them'}`,
    );
  }
  return notes;
}

function namesOf(live: Live): Readonly<Record<string, string>> {
  const keys = live.objects.filter(({ kind, name }) => kind === 'key-limits' && name !== null);
  return Object.fromEntries(keys.map(({ id, name }) => [id, name ?? '']));
}

function compareLeft({ change: a }: LeftDrift, { change: b }: LeftDrift): number {
  return (
    compareText(a.key.workspace ?? '', b.key.workspace ?? '') ||
    kindOrder(a.key.kind) - kindOrder(b.key.kind) ||
    compareText(a.key.name, b.key.name)
  );
}

function compareRecordLines(a: RecordLine, b: RecordLine): number {
  return (
    compareText(a.key?.workspace ?? '', b.key?.workspace ?? '') ||
    compareText(a.action, b.action) ||
    (a.key === null ? -1 : kindOrder(a.key.kind)) - (b.key === null ? -1 : kindOrder(b.key.kind)) ||
    compareText(a.key?.name ?? '', b.key?.name ?? '') ||
    compareText(a.detail, b.detail)
  );
}

function compareNotes(a: PlanNote, b: PlanNote): number {
  return (
    compareText(a.severity === 'warning' ? '0' : '1', b.severity === 'warning' ? '0' : '1') ||
    compareText(a.workspace ?? '', b.workspace ?? '') ||
    compareText(a.code, b.code) ||
    compareText(a.message, b.message)
  );
}

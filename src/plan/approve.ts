/**
 * A plan against what was reviewed, change by change:
 *
 * | approved | planned now | becomes |
 * |---|---|---|
 * | yes | the same | applied |
 * | yes | another before or after | stale: nobody reviewed this |
 * | yes | no longer, and its after is live | already-applied |
 * | yes | no longer, for another reason | superseded |
 * | no | yes | stale, unless it only extends a reviewed `"*"` to a key made since |
 */

import type { Live } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import { canonicalJson } from '../stable-json.ts';
import { digestOf } from './digest.ts';
import type { PlanFile, PlanFileChange } from './plan-file.ts';
import { isChangeLive } from './settle-claim.ts';
import type { Change, OutcomeStatus, Plan, RecordLine } from './types.ts';

/** An approved change that the plan does not hold any more. */
export interface PastChange {
  readonly change: PlanFileChange;
  readonly status: Extract<OutcomeStatus, 'already-applied' | 'superseded'>;
}

/** A change that was not reviewed as it stands now. */
export interface StaleChange {
  readonly change: Change;
  /** As it was approved; null when it never was. */
  readonly approved: PlanFileChange | null;
  readonly detail: string;
}

export interface Approval {
  /** May be carried out. */
  readonly changes: readonly Change[];
  readonly stale: readonly StaleChange[];
  readonly past: readonly PastChange[];
  /** Record lines that loosen protection or management and were not reviewed: what they are about stays as recorded. */
  readonly heldLines: readonly RecordLine[];
  /** Files say what nobody reviewed, planned for or not. Default false. */
  readonly isHeldBack?: boolean;
}

/** Several files, when several reviewed changes are applied together; a later file speaks before an earlier one. */
export function approvePlan(plan: Plan, files: readonly PlanFile[], live: Live): Approval {
  const approved = new Map(files.flatMap(({ changes }) => changes.map((change) => [change.id, change] as const)));
  const fingerprints = new Set(files.flatMap(({ changes }) => changes.map(({ fingerprint }) => fingerprint)));
  const stars = new Set(files.flatMap((file) => file.stars.map((star) => `${star.workspace}\n${star.fingerprint}`)));
  const lines = new Set(
    files.flatMap((file) => file.record_lines.map((line) => lineText({ ...line, liveId: line.live_id }))),
  );
  const starOf = new Map(plan.stars.map(({ workspace, fields }) => [workspace, `${workspace}\n${digestOf(fields)}`]));

  const changes: Change[] = [];
  const stale: StaleChange[] = [];
  for (const change of plan.changes) {
    const extendsStar =
      change.viaStar === true && change.action === 'create' && stars.has(starOf.get(change.key.workspace ?? '') ?? '');
    if (fingerprints.has(change.fingerprint) || (extendsStar && !approved.has(change.id))) changes.push(change);
    else stale.push(staleChange(change, approved.get(change.id) ?? null));
  }
  // What a mode or a filter holds back is still planned, and has an outcome of its own.
  const planned = new Set([...plan.changes, ...plan.withheld].map(({ id }) => id));
  const index = new LiveIndex(live);
  const past = [...approved.values()]
    .filter(({ id }) => !planned.has(id))
    .map((change): PastChange => {
      return { change, status: isPastLive(change, index) ? 'already-applied' : 'superseded' };
    });
  const heldLines = plan.recordLines.filter((line) => needsReview(line) && !lines.has(lineText(line)));
  return { changes, stale, past, heldLines };
}

function staleChange(change: Change, approved: PlanFileChange | null): StaleChange {
  if (approved === null)
    return {
      change,
      approved,
      detail: 'it was not part of a plan that was approved here; approved elsewhere? add that plan with another --plan',
    };
  const moved =
    canonicalJson(approved.before) === canonicalJson(change.before) ? 'what it leads to' : 'what it starts from';
  return { change, approved, detail: `${moved} is not what was approved` };
}

/** Adoptions, what catches up with live and a default that is another one now: nobody wrote or relies on them. */
export function needsReview({ action, why }: RecordLine): boolean {
  return (
    action === 'forget' || action === 'unprotect' || why === 'until' || (action === 'settings' && why !== 'default')
  );
}

function lineText({
  action,
  key,
  detail,
  liveId,
}: Pick<RecordLine, 'action' | 'key' | 'detail'> & { readonly liveId?: string | null }): string {
  return canonicalJson({ action, key, detail, liveId: liveId ?? null });
}

function isPastLive(change: PlanFileChange, index: LiveIndex): boolean {
  const workspace = change.workspace === null ? undefined : index.findWorkspace(change.workspace);
  const { kind, action, live_id: liveId, after } = change;
  return isChangeLive({ kind, action, liveId, after, workspaceId: workspace?.id ?? null }, index);
}

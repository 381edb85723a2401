/** What a plan does to people and money, and what the rules find in it: both read what the plan alone did not need. */

import { concernedCeilings, membersOf } from '../impact/ceilings.ts';
import { movedByDates } from '../impact/dates.ts';
import type { Impact } from '../impact/document.ts';
import { doubtKeyMetering } from '../impact/key-metering.ts';
import { movesOf, spendMovedIn } from '../impact/moves.ts';
import { rateMovesOf } from '../impact/rate-moves.ts';
import { LiveIndex } from '../live/live-index.ts';
import { assessImpact } from '../plan/assess-impact.ts';
import { comingDates } from '../plan/coming-dates.ts';
import { changeId } from '../plan/make-change.ts';
import type { Change, Plan, PlanNote } from '../plan/types.ts';
import { undoneByHand } from '../plan/undone-by-hand.ts';
import { hasAlert, toldBy } from '../resources/told-by.ts';
import type { Desired } from '../resources/types.ts';
import { findInPlan } from '../rules/find.ts';
import { judgePrices, priceChanges } from './judge-prices.ts';
import { judgeRates } from './judge-rates.ts';
import { recordNotes } from './judge-record.ts';
import { findOtherOwners } from './other-owners.ts';
import type { Planned } from './plan.ts';
import { readForRules } from './read-for-rules.ts';
import { readUndeclared } from './read-undeclared.ts';
import { readUsage } from './read-usage.ts';
import type { Session } from './session.ts';

/** The plan has findings, notes and impact. */
export interface Assessed extends Planned {
  /** The impact of some of the plan's changes, from what was read; null: nothing was read. */
  readonly assess: (changes: readonly Change[]) => Impact | null;
}

/** @throws CancelledError; what cannot be read is unknown */
export async function assessPlanned(planned: Planned, session: Session): Promise<Assessed> {
  const {
    options,
    whole,
    plan,
    scope,
    resolved,
    understood: desired,
    fileFacts,
    live,
    settings,
    prices,
    reads,
    ceilings,
    steps,
    day,
  } = planned;
  const now = session.clock.now();
  const changes = options.impact ? plan.changes : [];
  const index = new LiveIndex(live);
  const moved = options.impact || ceilings.length > 0 ? movesOf(plan.changes, index, now) : [];
  const moves = options.impact ? moved : [];
  const ratedMoves = rateMovesOf(changes, index);
  const priced = priceChanges(changes);
  const people = settings.show_people;
  // Of groups that the plan concerns, whether or not anything is read of them.
  const dated = movedByDates(comingDates(steps, plan.changes, day), plan.changes, index, now);
  const concerned = concernedCeilings(ceilings, live.workspaces, spendMovedIn([...moved, ...dated]));
  const asksAmounts = settings.approvals.some(({ above }) => above !== undefined);
  const undone = asksAmounts ? undoneByHand(steps) : [];
  const byHand = spendMovedIn(movesOf(undone, index, now));
  const bounded = new Set([
    ...byHand,
    ...concerned.flatMap((one) => membersOf(one, live.workspaces)).map(({ id }) => id),
    ...spendMovedIn(dated),
  ]);
  const [usage, rates, effects, { notes, ...read }] = await Promise.all([
    options.impact ? session.waiting('reading consumption', readUsage(reads, { moves, live, now, bounded })) : null,
    ratedMoves.length === 0
      ? null
      : session.waiting('reading rates', judgeRates(reads, ratedMoves, { index, now, people })),
    priced.length === 0
      ? null
      : session.waiting('reading budgets', judgePrices(reads, priced, { index, desired, now, people })),
    readForRules({ moves, severities: settings.rules, prices, live, changes }, reads, session),
  ]);
  // After the others: what is refused about a workspace that is nobody's closes no door to what is asked of one that is.
  const withoutFile = planned.withoutFile.filter(({ slug }) => scope.covers(slug));
  const { above, except } = settings.undeclared;
  const asks = (options.spend ?? options.impact) || above !== null;
  const asking = readUndeclared(reads, { live, withoutFile, except, asks, now });
  const undeclared = await session.waiting('reading workspaces without a file', asking);
  const { changes: allChanges, recordLines, hasRecord } = whole;
  const moving = { changes: allChanges, recordLines, hasRecord };
  const findings = findInPlan({ ...fileFacts, scope, index, resolved, ...moving, now, ...read });
  const assess = (some: readonly Change[]): Impact | null => {
    // A group that moves is judged without any change as well.
    const isIdle =
      some.length === 0 &&
      !whole.recordLines.some(({ why }) => why === 'until') &&
      dated.length === 0 &&
      byHand.size === 0 &&
      concerned.every(({ isSettled }) => isSettled);
    if (usage === null || isIdle) return null;
    const dates = comingDates(steps, some, day);
    const index = read.prices?.index ?? null;
    return assessImpact(some, { live, desired, settings, usage, prices: index, ceilings, dates, undone });
  };
  const doubt = doubtKeyMetering(changes, live);
  const owners = await findOtherOwners(plan, planned.record, desired.orgFile, session);
  const about = [...plan.notes, ...owners.notes, ...notes, ...(doubt === null ? [] : [keyNote(doubt)])].filter(
    ({ workspace, source }) =>
      (workspace === null || scope.covers(workspace)) && (source === null || scope.coversFile(source.file)),
  );
  const ofRecord = recordNotes(planned.inForce, planned.believed, planned.record.isShared, whole);
  const impact = assess(plan.changes);
  const told = toldOfChanges(whole.changes, resolved, planned.desired);
  const { heldElsewhere } = owners;
  return {
    ...planned,
    plan: {
      ...plan,
      notes: [...ofRecord, ...about],
      ...{ findings, impact, heldElsewhere, told, undeclared },
      ...(rates === null ? {} : { rates }),
      ...(effects === null ? {} : { prices: effects }),
      ...(concerned.length === 0 ? {} : { hasCeilings: true }),
    },
    assess,
  };
}

function toldOfChanges(
  changes: readonly Change[],
  resolved: Planned['resolved'],
  { alerting }: Pick<Desired, 'alerting'>,
): NonNullable<Plan['told']> {
  const entries = new Map(
    resolved.map(({ entry, workspace, name, fields }) => [
      changeId({ kind: entry.kind, workspace: workspace?.slug ?? null, name }),
      { ...entry, fields },
    ]),
  );
  const of = new Map(
    changes.flatMap(({ id, key, after }) => {
      const entry = after === null ? undefined : entries.get(changeId(key));
      return entry !== undefined && hasAlert(entry, alerting) ? [[id, toldBy(entry, alerting)] as const] : [];
    }),
  );
  return { of, hasChannels: Object.keys(alerting?.channels ?? {}).length > 0 };
}

function keyNote(message: string): PlanNote {
  return { code: 'key-limits-in-doubt', severity: 'info', workspace: null, message, source: null };
}

/** What the changed limits of a plan would have done to calls that were made: one line beside each change. */

import { isDeepStrictEqual } from 'node:util';
import { dimsOf } from '../backtest/adapt-rows.ts';
import { type BacktestAsked, backtest, columnsOfAsked } from '../backtest/backtest.ts';
import { limitsOfDesired, namedLimits } from '../backtest/desired-limits.ts';
import type { NamedLimit } from '../backtest/replay-limit.ts';
import type { RowSource, RowsAsked } from '../logs/row-batch.ts';
import { changeId } from '../plan/make-change.ts';
import type { Change, Plan } from '../plan/types.ts';
import { describeReplayed } from '../render/view/backtest-view.ts';
import type { Desired } from '../resources/types.ts';
import type { Session } from './session.ts';

/**
 * The same plan with `replayed`; as it is where nothing is to be replayed.
 *
 * @param logs files or folders, as `--logs` names them; none: of a table
 * @param open reads them
 * @throws UserError, CancelledError
 */
export async function replayPlan(
  plan: Plan,
  desired: Desired,
  logs: readonly string[],
  open: (asked: RowsAsked) => Promise<RowSource>,
  session: Session,
): Promise<Plan> {
  const changes = plan.changes.filter(movesLimits);
  if (changes.length === 0) return plan;
  const asked = askedOf(changes, desired);
  const columns = columnsOfAsked(asked);
  const source = await open({ from: logs, dims: dimsOf(columns), workspaces: [] });
  try {
    const facts = await session.waiting('replaying calls', backtest(asked, source));
    const replayed = changes.map((change): [string, string] => [
      change.id,
      describeReplayed(facts, isOfChange(change)),
    ]);
    // What calls tell exactly needs no bounds beside it.
    const told = new Set(changes.filter((change) => facts.limits.some(isOfChange(change))).map(({ id }) => id));
    const rates = [...(plan.rates ?? [])].filter(([id]) => !told.has(id));
    return {
      ...plan,
      replayed: Object.fromEntries(replayed.filter(([, said]) => said !== '')),
      rates: rates.length === 0 ? undefined : new Map(rates),
    };
  } finally {
    await source.close();
  }
}

/** All limits in force, without the changes and with them. */
function askedOf(changes: readonly Change[], desired: Desired): BacktestAsked {
  const moved = new Set(changes.map(({ id }) => id));
  const kept = { ...desired, entries: desired.entries.filter((entry) => !moved.has(changeId(entry))) };
  const others = limitsOfDesired(kept);
  const side = (which: 'before' | 'after') => [
    ...others,
    ...changes.flatMap((change) => limitsOfChange(change, change[which])),
  ];
  return {
    before: { label: 'before', limits: side('before') },
    after: { label: 'after', limits: side('after') },
    counts: true,
  };
}

function limitsOfChange({ key, liveId, starting }: Change, fields: Change['before']): readonly NamedLimit[] {
  if (fields === null) return [];
  return namedLimits({
    ...key,
    ...(liveId === null ? {} : { id: liveId }),
    fields,
    ...(starting === null ? {} : { starting }),
  });
}

/** Another name or other recipients stop nobody else than before. */
function movesLimits(change: Change): boolean {
  const [before, after] = [change.before, change.after].map((side) =>
    limitsOfChange(change, side).map(({ limit }) => limit),
  );
  return !isDeepStrictEqual(before, after);
}

function isOfChange(change: Change) {
  const own = nameOfChange(change);
  return ({ workspace, name }: { readonly workspace: string | null; readonly name: string }): boolean =>
    workspace === change.key.workspace && name === own;
}

function nameOfChange(change: Change): string {
  const [limit] = [...limitsOfChange(change, change.after), ...limitsOfChange(change, change.before)];
  return limit?.name ?? '';
}

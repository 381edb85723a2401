/** What people have to know of a counter's window beforehand. */

import { dayOf, type Level, resetAfter } from '../consumption/windows.ts';
import type { LiveObject } from '../live/live.ts';
import { budgetField, isBudget, slotFor, slotOf, slotsIn } from '../resources/fields.ts';
import type { AttachmentKindSpec } from '../resources/kind.ts';
import { budgetFromWire, daysOfReset, hasEnded, wireBudgetsOf } from '../resources/limits.ts';
import type { Fields, Reset } from '../resources/types.ts';
import type { WireBudget, WireKey } from '../resources/wire.ts';

/**
 * The service starts the window anew where the period changes (docs/service-notes.md#new-window). Of limits it may keep the end of the old
 * window (docs/service-notes.md#changed-reset), so that no date is promised.
 *
 * @param end of the running window, as the service shows it; null where there is none, and for policies
 */
export function newWindowNote(reset: Reset, level: Level, now: Date, end: string | null = null): string {
  if (reset === 'never') return 'the counter is never reset from then on';
  const next = resetAfter(reset, level, now.getTime());
  if (end !== null && !hasEnded(end, now.getTime()) && Date.parse(end) !== next) {
    return `the window starts anew with the change, or keeps its end of ${end.slice(0, 10)}: the apply says which`;
  }
  const isCalendar = reset === 'weekly' || reset === 'monthly';
  const when = next === null ? '' : `: next reset ${dayOf(next)}`;
  return `the window starts anew with the change${when}${isCalendar || next === null ? '' : ', if applied today'}`;
}

/** What a change of limits does, as far as windows go. */
export interface WindowTask {
  readonly live: LiveObject;
  readonly before: Fields;
  readonly after: Fields;
  readonly starting: string | null;
}

/** A window that starts again with the write: its period changes, or the end of `every N days` cannot be read. */
export function windowNotes(
  now: Date,
  spec: AttachmentKindSpec,
  { live, before, after, starting }: WindowTask,
  moved: readonly string[],
): string[] {
  if (starting !== null) return [];
  const budgets = moved.filter(isBudget);
  const gone = budgets.find((field) => after[field] === null);
  const changed = budgets.flatMap((field) => {
    const [from, to] = [before[field], after[field]];
    // In a list of budgets one period goes while another comes.
    const old = from ? field : gone;
    if (!to || old === undefined || from?.reset === to.reset) return [];
    return [newWindowNote(to.reset, 'limits', now, nextResetOf(spec, live, slotOf(old)))];
  });
  const ends = slotsIn(moved).flatMap((slot) => {
    const [from, to] = [before[budgetField(slot)], after[budgetField(slot)]];
    const keepsWindow = from && to && from.reset === to.reset && daysOfReset(to.reset) !== null;
    return keepsWindow ? [nextResetOf(spec, live, slot)] : [];
  });
  const past = ends.find((end) => end !== null && hasEnded(end, now.getTime()))?.slice(0, 10);
  return [
    ...new Set(changed),
    ...(past !== undefined
      ? [`the running window ended on ${past} by what is live: a new one starts with the change`]
      : ends.includes(null)
        ? ['the service does not show when the running window ends: it restarts with the change']
        : []),
  ];
}

/** The service takes one reset alone, so that a write of the budget clears the other. */
export function resetNotes(live: LiveObject, moved: readonly string[]): string[] {
  const cleared = slotsIn(moved).flatMap((slot) => {
    const { periodic_reset: word, periodic_reset_days: days } = budgetRowOf(live, slot) ?? {};
    return word && typeof days === 'number'
      ? [`its budget has two resets live: "${word}" is cleared, every ${days} days stays`]
      : [];
  });
  return [...new Set(cleared)];
}

/** What the service has made of a changed period, as the limit reads after the write; null where there is nothing to say. */
export function readWindow(
  spec: AttachmentKindSpec,
  row: LiveObject['row'],
  { before, after }: { readonly before: Fields; readonly after: Fields },
): string | null {
  const ends = Object.keys(after)
    .filter(isBudget)
    .flatMap((field) => {
      const [from, to] = [before[field], after[field]];
      return from && to && from.reset !== to.reset ? (nextResetOf(spec, { row }, slotOf(field)) ?? []) : [];
    });
  return ends.length === 0 ? null : `its next reset reads ${ends.map((end) => end.slice(0, 10)).join(' and ')}`;
}

function nextResetOf(spec: AttachmentKindSpec, live: Pick<LiveObject, 'row'>, slot: string | null): string | null {
  const shown = budgetRowOf(live, slot)?.next_usage_reset_at ?? null;
  return spec.kind === 'workspace-limits' ? shown : (shown ?? (live.row as WireKey).next_usage_reset_at ?? null);
}

/** @param slot null: of an object that has one budget at most */
function budgetRowOf({ row }: Pick<LiveObject, 'row'>, slot: string | null): WireBudget | null {
  const budgets = wireBudgetsOf(row);
  return (slot === null ? budgets[0] : budgets.find((wire) => slotOfWire(wire) === slot)) ?? null;
}

function slotOfWire(wire: WireBudget): string | null {
  const read = budgetFromWire(wire);
  return read === null ? null : slotFor(read);
}

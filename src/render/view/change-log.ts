/** What was applied of late, as somebody reads it who was not there. Pure. */

import type { RecordedOutcome } from '../../plan/applied-record.ts';
import { isAlert, isLimitField, pickFields } from '../../resources/fields.ts';
import type { Fields } from '../../resources/types.ts';
import { changeLine, describeKey } from '../describe-change.ts';
import { changeOfOutcome, namesOfRecord } from '../history.ts';
import type { RecentApply, RecentChanges } from '../page-facts.ts';
import { aside, type Line, verdict, words } from './cells.ts';
import { minute } from './days.ts';
import { markOf } from './plan-view.ts';

export interface LoggedApply {
  /** `2026-11-20 12:00 UTC by ada, commit 0123456789ab`. */
  readonly title: string;
  readonly changes: readonly Line[];
}

export interface ChangeLog {
  readonly applies: readonly LoggedApply[];
  /** Nothing happened, or nobody knows whether it did. */
  readonly notes: readonly Line[];
}

/** Of one apply; the rest is a number. */
const mostChanges = 50;

/** @param counts nobody is named: neither who applied nor whose key it was */
export function buildChangeLog(changes: RecentChanges, counts: boolean): ChangeLog {
  if (!changes.known) {
    // The text of an error names files, and those the person in whose home they are.
    const why = counts ? 'the record cannot be read' : changes.why;
    return { applies: [], notes: [[words(`What has changed is not known: ${why}.`)]] };
  }
  const { applies, cut, since } = changes;
  const from = minute(new Date(since).toISOString());
  return {
    applies: applies.map((one) => toLogged(one, counts)),
    notes: [
      ...(applies.length === 0 ? [[words(`Nothing was applied since ${from}.`)]] : []),
      ...(cut === null ? [] : [[words(`There may be more: ${cut}.`)]]),
    ],
  };
}

function toLogged({ apply, record }: RecentApply, counts: boolean): LoggedApply {
  const { at, by, commit, state, problem } = apply;
  const when = at === null ? 'at an unknown time' : minute(at);
  const who = counts || by === null ? '' : ` by ${by}`;
  const title = `${when}${who}${commit === null ? '' : `, commit ${commit.slice(0, 12)}`}`;
  if (record === null) {
    const why =
      state === 'claim'
        ? 'begun, and no record says how it ended'
        : counts
          ? 'this version cannot be read'
          : (problem ?? 'this version is gone');
    return { title, changes: [[verdict('warn', 'not known'), words(`: ${why}`)]] };
  }
  const names = counts ? {} : namesOfRecord(record);
  const lines = record.outcomes.map((outcome): Line => {
    const change = changeOfOutcome(counts ? withoutPeople(outcome) : outcome);
    const isKey = outcome.kind === 'key-limits';
    const name = counts && isKey ? 'a key' : describeKey(change.key);
    const place = outcome.workspace === null ? '' : ` (${outcome.workspace})`;
    const isDone = outcome.status === 'applied' || outcome.status === 'already-applied';
    return [
      words(`${markOf(change)} ${name}${place}: `),
      ...changeLine(change, names).filter(({ is }) => is !== 'usual'),
      ...(isDone ? [] : [words(' '), verdict('warn', outcome.status)]),
    ];
  });
  const more = lines.length - mostChanges;
  if (lines.length === 0) return { title, changes: [[aside('the record alone changed')]] };
  return {
    title,
    changes: more > 0 ? [...lines.slice(0, mostChanges), [aside(`and ${more} more`)]] : lines,
  };
}

/** Conditions and recipients may be people. */
function withoutPeople(outcome: RecordedOutcome): RecordedOutcome {
  const plain = new Set(['amount', 'unit', 'reset', 'value', 'window', 'alert']);
  const keep = (fields: Fields | null): Fields | null =>
    fields === null ? null : pickFields(fields, (field) => plain.has(field) || isLimitField(field) || isAlert(field));
  return { ...outcome, before: keep(outcome.before), after: keep(outcome.after) };
}

/** Whom `review.approvals` asks about a plan, by what is in force and what the files say alone: no pull request, and no question to anybody. Pure. */

import { groupBy } from '../live/place-index.ts';
import type { AppliedRecord, RecordedSettings } from '../plan/applied-record.ts';
import { replacedOwners } from '../plan/owners.ts';
import type { AskedOfPlan } from '../plan/types.ts';
import { approverOfOwner, describeRule } from '../resources/approval-rules.ts';
import { isSame } from '../resources/canonical.ts';
import { findRequirements, type Requirement, type RequirementInput } from './requirements.ts';

export type Asked = Pick<Requirement, 'by' | 'because'>;

/** Those of one list of names together, in the order in which they come. */
export function groupAsked(
  asked: readonly Asked[],
  stateOf: (by: readonly string[]) => Pick<AskedOfPlan, 'hasApproved' | 'problems'>,
): readonly AskedOfPlan[] {
  return [...groupBy(asked, ({ by }) => by.join(' or ')).values()].flatMap((all): AskedOfPlan[] => {
    const [first] = all;
    if (first === undefined) return [];
    const because = [...new Set(all.map((one) => one.because))];
    return [{ by: first.by, because, ...stateOf(first.by) }];
  });
}

/** @param written what the files say */
export function findAskedOfPlan(input: RequirementInput, written: RecordedSettings): readonly AskedOfPlan[] {
  // A return was reviewed with its date: it asks nobody.
  const ofItems = [...findRequirements(input)].flatMap(([item, found]) => ('due' in item ? [] : found));
  return groupAsked([...ofItems, ...findLoosened(input.record, written)], () => ({ hasApproved: null, problems: [] }));
}

/** A rule that goes, and an owner who becomes another one: on the word of those whom they name. */
function findLoosened(record: AppliedRecord | null, written: RecordedSettings): readonly Asked[] {
  if (record === null) return [];
  const { review, owners = {} } = record.settings;
  const gone = (review.approvals ?? []).filter(
    (rule) => !(written.review.approvals ?? []).some((one) => isSame(one, rule)),
  );
  const ofOwners = [...new Set(Object.values(owners))].map((owner) => [approverOfOwner(owner) ?? owner]);
  return [
    ...gone.flatMap((rule) =>
      (rule.owner === true ? ofOwners : [rule.by ?? []]).map((by) => ({
        by,
        because: `the rule ${describeRule(rule)}`,
      })),
    ),
    ...replacedOwners(owners, written.owners ?? {}).map(({ place, was }) => ({
      by: [was],
      because: `another owner of ${place}`,
    })),
  ];
}

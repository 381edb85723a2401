/**
 * `review.approvals` where nobody can be asked: under a CI system that is not the Action a plan file or a digest shows that
 * somebody looked, not who. At a terminal sits the holder of the key, who could call the API.
 */

import { findRequirements } from '../approvals/requirements.ts';
import { settingsOf } from '../plan/settings.ts';
import type { Plan } from '../plan/types.ts';
import { describeRule } from '../resources/approval-rules.ts';
import { isSame } from '../resources/canonical.ts';
import type { Judged } from './judge.ts';

/** Why it cannot be applied here; null: no rule asks about any of it. */
export function findUnasked(plan: Plan, { settings, owners, steps, settled, desired }: Judged): string | null {
  const { approvals: rules } = settings;
  if (rules.length === 0) return null;
  const asked = [...findRequirements({ rules, owners, plan, steps, record: settled }).values()].flat();
  const [first] = asked;
  const what =
    first === undefined ? describeLoosened({ settled, desired }) : `${first.by.join(' or ')} (${first.because})`;
  if (what === null) return null;
  return `not applied: \`review.approvals\` asks for ${what}, and here nobody can tell who has approved. Apply it with the GitHub Action, or by hand at a terminal`;
}

/** A rule that goes, or an owner who becomes another one. */
function describeLoosened({ settled, desired }: Pick<Judged, 'settled' | 'desired'>): string | null {
  if (settled === null) return null;
  const [was, now] = [settled.settings, settingsOf(desired)];
  const gone = (was.review.approvals ?? []).find(
    (rule) => !(now.review.approvals ?? []).some((one) => isSame(one, rule)),
  );
  if (gone !== undefined) return `a word for the end of the rule ${describeRule(gone)}`;
  const moved = Object.entries(was.owners ?? {}).find(([place, owner]) => now.owners?.[place] !== owner);
  return moved === undefined ? null : `${moved[1]} (another owner of ${moved[0]})`;
}

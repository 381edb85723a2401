/** People of the organisation, where the plan changes who is told about a key: some of them the service tells anyway. */

import type { Known, Reads } from '../consumption/ask.ts';
import type { Member } from '../live/backend.ts';
import type { Change, PlanNote } from '../plan/types.ts';
import type { Severities } from '../rules/find.ts';
import { recipientToldAnyway } from '../rules/key-rules.ts';

export interface RuleMembers {
  /** Null: not asked for. */
  readonly members: Known<readonly Member[]> | null;
  readonly notes: readonly PlanNote[];
}

export interface MemberNeeds {
  /** Those that will be carried out. */
  readonly changes: readonly Change[];
  readonly severities: Severities;
}

/** @throws CancelledError */
export async function readRuleMembers(reads: Reads, { changes, severities }: MemberNeeds): Promise<RuleMembers> {
  const isAsked = severities[recipientToldAnyway.name] !== 'off' && changes.some(setsRecipients);
  if (!isAsked) return { members: null, notes: [] };
  const members = await reads.ask('listMembers');
  if ('value' in members) return { members, notes: [] };
  const message = `whether the service tells some recipients anyway is not known (${members.unknown})`;
  return { members, notes: [{ code: 'members-not-read', severity: 'info', workspace: null, message, source: null }] };
}

function setsRecipients({ key, fieldChanges }: Change): boolean {
  return (
    key.kind === 'key-limits' &&
    fieldChanges.some(({ field, after }) => field === 'recipients' && Array.isArray(after) && after.length > 0)
  );
}

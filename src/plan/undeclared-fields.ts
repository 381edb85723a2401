/** What live has of a policy that no file declares, where the policy is made anew. */

import { apiField, type FieldsDraft } from '../resources/fields.ts';
import type { WireRow } from '../resources/kind.ts';
import type { Fields, PolicyKind } from '../resources/types.ts';

/** Members that are fields of ours, or that the service sets by itself (docs/service-notes.md#limit-object). */
const knownMembers: ReadonlySet<string> = new Set([
  ...['id', 'object', 'status', 'workspace_id', 'organisation_id', 'created_at', 'last_updated_at', 'created_by'],
  ...[
    'name',
    'description',
    'conditions',
    'group_by',
    'type',
    'credit_limit',
    'alert_threshold',
    'unit',
    'value',
    'target',
  ],
  ...['periodic_reset', 'periodic_reset_days', 'next_usage_reset_at', 'last_reset_at', 'value_key_usage_map'],
]);

export interface Undeclared {
  /** Fields that the new policy gets as the old one has them. */
  readonly carried: Fields;
  /** What cannot be handed on, in sentences. */
  readonly lost: readonly string[];
}

/**
 * @param after fields of the new policy so far
 * @param live all fields of the old one
 * @param row of the old one
 */
export function carryUndeclared(kind: PolicyKind, after: Fields, live: Fields, row: WireRow): Undeclared {
  const carried: FieldsDraft = {};
  const lost: string[] = [];
  const carry = (field: string): void => {
    const value = live[field];
    if (after[field] === undefined && value !== undefined && value !== null) carried[field] = value;
  };
  carry('name');
  carry('description');
  if (kind === 'usage-policy') {
    if (live.unit === after.unit) carry('alert');
    else if (after.alert === undefined && typeof live.alert === 'number') {
      lost.push('the alert that was set by hand is in another unit and goes: write `alert:` to have one');
    }
  }
  const members = Object.keys(row).filter(
    (member) => !knownMembers.has(member) && after[apiField(member)] === undefined && isSaid(row[member]),
  );
  if (members.length > 0) {
    const list = members.sort().map((member) => `\`${member}\``);
    lost.push(`the new policy lacks ${list.join(', ')}, which no file declares: write it under \`api:\` to keep it`);
  }
  return { carried, lost };
}

function isSaid(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** What usage policies and rate policies have in common (docs/service-notes.md#policies). */

import { type FieldsDraft, isApi } from './fields.ts';
import { apiBody, type LiveScope, readApiFields, type WireRow } from './kind.ts';
import { matchFromWire, matchToWire, perFromWire } from './match.ts';
import type { Fields } from './types.ts';
import type { WireCondition } from './wire.ts';

interface CommonRow {
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly conditions?: readonly WireCondition[] | null | undefined;
  readonly group_by?: readonly { readonly key: string }[] | null | undefined;
}

export function readCommonFields(
  row: CommonRow,
  scope: LiveScope,
  hints: readonly Fields[],
  target: string,
): FieldsDraft {
  // Filled in, not spread: a plan reads every policy of the organisation.
  const fields = readApiFields(row as WireRow, hints);
  fields.name = row.name ?? null;
  // Backends before the one that stores descriptions leave the member out: not known, not "none" (docs/service-notes.md#backend-versions).
  if (row.description !== undefined) fields.description = row.description === '' ? null : row.description;
  fields.match = matchFromWire(row.conditions, scope, target);
  fields.per = perFromWire(row.group_by);
  return fields;
}

/** Name, description, conditions and `api:` members of a create or update; `name: null` is refused, so it is left out. */
export function buildCommonBody(fields: Fields, target: string): WireRow {
  const { name, description, match } = fields;
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(description === undefined ? {} : { description }),
    ...(match === undefined ? {} : { conditions: matchToWire(match, target) }),
    ...apiBody(fields),
  };
}

/** A policy stops managing its name and `api:` members by absence; alert and description are cleared. */
export function isPolicyFieldReleased(field: string): boolean {
  return field === 'name' || isApi(field);
}

import type { PolicyKindSpec } from './kind.ts';
import { isLimit, windowFromWire, windowToWire } from './limits.ts';
import { buildCommonBody, groupByBody, isPolicyFieldReleased, readCommonFields } from './policy-fields.ts';
import type { Fields, RateWindow } from './types.ts';
import type { WireRatePolicy } from './wire.ts';

/** A rate over matching requests, counted per group; `/policies/rate-limits` (API reference 3). */
export const ratePolicy: PolicyKindSpec = {
  kind: 'rate-policy',
  section: 'policies',
  label: '',
  policy: true,
  immutable: ['unit', 'per', 'target'],

  readFields(wire, scope, hints): Fields {
    const row = wire as unknown as WireRatePolicy;
    // Never shown before backend 1.24, so that it cannot be compared: it is what it was last written as, else calls to models.
    const hinted = hints.find((hint) => hint.target !== undefined)?.target;
    const target = (row.target === undefined ? (hinted as string | undefined) : row.target) ?? 'llm';
    const fields = readCommonFields(row, scope, hints, target);
    fields.unit = row.type ?? null;
    // A unit we do not know stays as the service wrote it: it shows as a difference, and import leaves the policy alone.
    fields.window = windowFromWire(row.unit) ?? row.unit ?? null;
    fields.value = isLimit(row.value) ? row.value : null;
    fields.target = target;
    return fields;
  },

  isReleased: isPolicyFieldReleased,

  buildCreate(fields, workspaceId) {
    const target = fields.target as string;
    return {
      workspace_id: workspaceId,
      ...buildCommonBody(fields, target),
      ...groupByBody(fields.per),
      type: fields.unit,
      unit: windowToWire(fields.window as RateWindow),
      value: fields.value,
      // Older backends do not know the member; `llm` is their only meaning.
      ...(target === 'llm' ? {} : { target }),
    };
  },

  buildUpdate(changed, after) {
    return {
      ...buildCommonBody(changed, after.target as string),
      ...(changed.window === undefined ? {} : { unit: windowToWire(changed.window as RateWindow) }),
      ...(changed.value === undefined ? {} : { value: changed.value }),
    };
  },
};

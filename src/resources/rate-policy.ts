import type { PolicyKindSpec } from './kind.ts';
import { isLimit } from './limits.ts';
import { perToWire } from './match.ts';
import { buildCommonBody, isPolicyFieldReleased, readCommonFields } from './policy-fields.ts';
import { type RateWindow, windowFromWire, windowToWire } from './rate-windows.ts';
import type { Fields, PolicyTarget, RateUnit } from './types.ts';
import type { WireRatePolicy } from './wire.ts';

/** A rate over matching requests, counted per group; `/policies/rate-limits` (docs/service-notes.md#policies). */
export const ratePolicy: PolicyKindSpec = {
  kind: 'rate-policy',
  section: 'policies',
  label: 'rate policy',
  plural: 'rate policies',
  list: async (port, workspaceId) => (workspaceId === null ? [] : port.listRatePolicies(workspaceId)),
  nameOf: ({ name }) => (typeof name === 'string' ? name : null),
  read: (port, { id }) => port.readRatePolicy(id),
  policy: true,
  immutable: ['unit', 'per', 'target'],

  readFields(wire, scope, hints): Fields {
    const row = wire as WireRatePolicy;
    // Never shown before backend 1.24, so that it cannot be compared: it is what it was last written as, else calls to models.
    const hinted = hints.find((hint) => hint.target !== undefined)?.target;
    const target = (row.target === undefined ? hinted : (row.target as PolicyTarget | null)) ?? 'llm';
    const fields = readCommonFields(row, scope, hints, target);
    fields.unit = (row.type ?? null) as RateUnit;
    // A unit we do not know stays as the service wrote it: it shows as a difference, and import leaves the policy alone.
    fields.window = windowFromWire(row.unit) ?? ((row.unit ?? null) as RateWindow);
    fields.value = isLimit(row.value) ? row.value : null;
    fields.target = target;
    return fields;
  },

  isReleased: isPolicyFieldReleased,

  buildCreate({ target = 'llm', per = [], window, ...fields }, workspaceId) {
    return {
      workspace_id: workspaceId,
      ...buildCommonBody(fields, target),
      group_by: perToWire(per),
      type: fields.unit,
      unit: window === undefined ? undefined : windowToWire(window),
      value: fields.value,
      // Older backends do not know the member; `llm` is their only meaning.
      ...(target === 'llm' ? {} : { target }),
    };
  },

  buildUpdate(changed, after) {
    return {
      ...buildCommonBody(changed, after.target ?? 'llm'),
      ...(changed.window === undefined ? {} : { unit: windowToWire(changed.window) }),
      ...(changed.value === undefined ? {} : { value: changed.value }),
    };
  },
};

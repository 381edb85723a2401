/** What a policy may say about the requests it counts. */

import { type Body, has, isObject } from '../body.ts';
import { refuseField } from '../errors.ts';
import type { ConditionRow, GroupByRow } from '../store.ts';

export type ConditionLevel = 'usage' | 'rate-llm' | 'rate-mcp';

const shared = ['api_key', 'workspace_id', 'organisation_id'];
const model = ['virtual_key', 'provider', 'config', 'prompt', 'model'];

const knownKeys: Readonly<Record<ConditionLevel, readonly string[]>> = {
  usage: [...shared, ...model],
  'rate-llm': [...shared, ...model, 'endpoint_type'],
  'rate-mcp': ['api_key', 'workspace_id', 'mcp_server', 'mcp_tool'],
};

function readKey(entry: unknown, name: string, level: ConditionLevel): string {
  const key = isObject(entry) ? entry.key : undefined;
  const isKnown =
    typeof key === 'string' && (knownKeys[level].includes(key) || (key.startsWith('metadata.') && key.length > 9));
  if (!isKnown) throw refuseField(name, `"${String(key)}" is not a valid key`);
  return key;
}

function readValues(entry: Body, name: 'value' | 'excludes', least: 0 | 1): string | string[] {
  const value = entry[name];
  const isText = (text: unknown): text is string => typeof text === 'string' && text !== '';
  if (isText(value)) return value;
  if (Array.isArray(value) && value.length >= least && value.every(isText)) return [...value];
  throw refuseField('conditions', `${name} must be a string or an array of strings`);
}

export function takeConditions(body: Body, level: ConditionLevel): ConditionRow[] {
  const sent = body.conditions;
  if (!Array.isArray(sent) || sent.length === 0) {
    throw refuseField('conditions', 'must have at least 1 item');
  }
  return sent.map((entry: unknown) => {
    const key = readKey(entry, 'conditions', level);
    const object = isObject(entry) ? entry : {};
    // Both key and value are demanded; "everything except" is `*` with excludes.
    const { excludes: _read, ...rest } = object;
    const condition: ConditionRow = { ...rest, key, value: readValues(object, 'value', 1) };
    if (has(object, 'excludes') && object.excludes !== null) condition.excludes = readValues(object, 'excludes', 0);
    return condition;
  });
}

export function takeGroupBy(body: Body, level: ConditionLevel): GroupByRow[] {
  const sent = body.group_by;
  if (!Array.isArray(sent) || sent.length === 0) {
    throw refuseField('group_by', 'must have at least 1 item');
  }
  return sent.map((entry: unknown) => ({ key: readKey(entry, 'group_by', level) }));
}

export interface EchoQuirks {
  readonly echoValuesAsLists: boolean;
  readonly shuffleConditions: boolean;
}

/** Conditions as answered. */
export function renderConditions(conditions: readonly ConditionRow[], quirks: EchoQuirks): ConditionRow[] {
  const echoed = conditions.map((condition) => {
    const row: ConditionRow = structuredClone(condition);
    if (quirks.echoValuesAsLists) {
      // `["*"]` would match a literal asterisk only, so not even a careless service may echo `*` like that.
      if (typeof row.value === 'string' && row.value !== '*') row.value = [row.value];
      if (typeof row.excludes === 'string') row.excludes = [row.excludes];
    }
    return quirks.shuffleConditions ? reverseCondition(row) : row;
  });
  return quirks.shuffleConditions ? echoed.reverse() : echoed;
}

function reverseCondition(row: ConditionRow): ConditionRow {
  const { key, value, excludes, ...rest } = row;
  return {
    ...rest,
    ...(excludes !== undefined && { excludes: reverse(excludes) }),
    key,
    ...(value !== undefined && { value: reverse(value) }),
  };
}

function reverse(value: string | string[]): string | string[] {
  return typeof value === 'string' ? value : [...value].reverse();
}

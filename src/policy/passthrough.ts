/** `api:`: members of the service that the grammar does not know. The only place where its own words are written by hand. */

import type { Json } from '../resources/types.ts';
import type { FieldNode, Node, Place } from './nodes.ts';
import { isEmpty, toJson } from './nodes.ts';
import { quote } from './quote.ts';
import type { Report } from './reader.ts';
import { expectMap } from './reader.ts';

export interface PassedMember {
  /** `api.<member>` */
  readonly field: string;
  readonly value: Json;
  readonly at: Place;
}

/** Members with a word of their own: the word to write instead. */
const ownWord: Readonly<Record<string, string>> = {
  name: '`name:`',
  description: '`description:`',
  conditions: '`match:`',
  group_by: '`per:`',
  type: '`budget:` or `rate:`',
  unit: '`rate:`',
  value: '`rate:`',
  credit_limit: '`budget:`',
  alert_threshold: '`alert:`',
  periodic_reset: '`reset:`',
  periodic_reset_days: '`reset:`',
  next_usage_reset_at: '`reset: {every, starting}`',
  target: '`target:`',
  usage_limits: '`budget:`',
  rate_limits: '`rates:`',
  alert_emails: '`recipients:`',
  expires_at: '`expires:`',
};

/** Members that act, identify, carry secrets or belong to somebody else: never declared in files. */
const refused = new Set([
  'id',
  'object',
  'status',
  'key',
  'workspace_id',
  'organisation_id',
  'user_id',
  'scopes',
  'defaults',
  'creation_mode',
  'reset_usage',
  'reset_usage_for_value',
  'rotation_policy',
  'api_key_defaults_id',
  'expiry_enforced',
  'current_usage',
  'value_key_usage_map',
  'created_at',
  'last_updated_at',
  'last_reset_at',
  'sub_type',
]);

const prototypeKeys = new Set(['__proto__', 'constructor', 'prototype']);

export function readPassthrough(field: FieldNode | undefined, report: Report): readonly PassedMember[] {
  if (field === undefined) return [];
  return (expectMap(field, report)?.fields ?? []).flatMap((member) => {
    const { key, at, node } = member;
    if (Object.hasOwn(ownWord, key)) {
      report('api-known-member', at, `\`api\`: ${quote(key)} has a word of its own: write ${ownWord[key]}`);
      return [];
    }
    if (refused.has(key) || prototypeKeys.has(key) || hasPrototypeKey(node)) {
      report('api-refused-member', at, `\`api\`: ${quote(key)} cannot be declared in a file: take it out`);
      return [];
    }
    // An explicit null is a value of the service; nothing after the colon is a forgotten one.
    if (isEmpty(node) && node.type === 'scalar' && node.text === '') {
      report('empty-value', at, `\`api\`: ${quote(key)} has no value: write one, or \`null\``);
      return [];
    }
    if (hasNonFinite(node)) {
      report('not-json', at, `\`api\`: ${quote(key)} holds a number that JSON does not have: write a finite one`);
      return [];
    }
    report('api-passthrough', at, `\`api\`: ${quote(key)} is sent as it stands, unchecked`, 'info');
    return [{ field: `api.${key}`, value: toJson(node), at }];
  });
}

function hasPrototypeKey(node: Node): boolean {
  if (node.type === 'scalar') return false;
  if (node.type === 'list') return node.items.some(hasPrototypeKey);
  return node.fields.some((field) => prototypeKeys.has(field.key) || hasPrototypeKey(field.node));
}

function hasNonFinite(node: Node): boolean {
  if (node.type === 'scalar') return typeof node.value === 'number' && !Number.isFinite(node.value);
  return node.type === 'list' ? node.items.some(hasNonFinite) : node.fields.some((field) => hasNonFinite(field.node));
}

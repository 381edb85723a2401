/** `api:`: members of the service that the grammar does not know. The only place where its own words are written by hand. */

import { apiField } from '../resources/fields.ts';
import type { Json } from '../resources/types.ts';
import type { Shape } from './forms.ts';
import type { FieldNode, Node, SourceRange } from './nodes.ts';
import { isEmpty, toJson } from './nodes.ts';
import { quote } from './quote.ts';
import { expectMap } from './reader.ts';
import type { Report } from './report.ts';

export interface PassedMember {
  /** `api.<member>` */
  readonly field: string;
  readonly value: Json;
  readonly at: SourceRange;
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

/** Members that act, identify, carry secrets or belong to somebody else: never declared in files, at no depth. */
const refused = `
  id uuid object status key workspace_id organisation_id user_id scopes defaults creation_mode reset_usage
  reset_usage_for_value rotation_policy api_key_defaults_id expiry_enforced current_usage value_key_usage_map
  created_at last_updated_at last_reset_at sub_type slug state active enabled is_enabled disabled is_disabled
  blocked archived is_archived deleted is_deleted is_default owner owner_id created_by updated_by role roles admin
  is_admin acl access users members token auth authorization virtual_key config configurations models
  allow_all_models create_default_provider global_workspace_access override_existing_workspace_access provider
  integration_id
`
  .trim()
  .split(/\s+/);

/** Parts of names that say the same, whatever stands around them. */
const refusedParts = `
  secret password credential privatekey apikey accesskey accesstoken authtoken webhook permission scope configid configoverride
  workspaceid organisationid orgid userid keyid rotation resetusage currentusage prototype
`
  .trim()
  .split(/\s+/);

/** Letters that are drawn like Latin ones; what accents and wide forms hide is undone by normalizing. */
const drawnLike: Readonly<Record<string, string>> = Object.fromEntries(
  ['аa', 'еe', 'оo', 'рp', 'сc', 'уy', 'хx', 'іi', 'јj', 'ѕs', 'һh', 'ԁd', 'ԛq', 'ԝw', 'вb', 'кk', 'мm', 'нh', 'тt']
    .concat(['αa', 'οo', 'ρp', 'ιi', 'υu', 'κk', 'νv', 'τt', 'χx', 'βb', 'εe', 'ηn', 'ıi', 'ɡg', 'ʟl', 'ѵv', 'ԍg'])
    .map(([letter = '', like = '']) => [letter, like]),
);

/** However it is spelt: case, accents, look-alike letters, `camelCase`, dashes, dots and blanks make no other member of it. */
function foldName(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase();
  const latin = [...plain].map((letter) => drawnLike[letter] ?? letter).join('');
  return latin.replace(/[^\p{L}\p{N}]/gu, '').replace(/organiz/g, 'organis');
}

const memberName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const refusedNames: ReadonlySet<string> = new Set(refused.map(foldName));
const ownWords: ReadonlyMap<string, string> = new Map(
  Object.entries(ownWord).map(([name, word]) => [foldName(name), word]),
);

/** A name that is refused at every depth of `api:`. */
export function isRefusedName(name: string): boolean {
  const folded = foldName(name);
  return prototypeKeys.has(name) || refusedNames.has(folded) || refusedParts.some((part) => folded.includes(part));
}

export const passthrough: Shape<readonly PassedMember[]> = {
  schema: {
    type: 'object',
    propertyNames: {
      type: 'string',
      pattern: memberName.source,
      errorMessage: 'members of the API are one word of letters, digits and underscores',
    },
    additionalProperties: {},
  },
  read: readPassthrough,
};

function readPassthrough(field: FieldNode, report: Report): readonly PassedMember[] {
  return (expectMap(field, report)?.fields ?? []).flatMap((member) => {
    const { key, at, node } = member;
    const own = ownWords.get(foldName(key));
    if (own !== undefined) {
      report('api-known-member', at, `\`api\`: ${quote(key)} has a word of its own: write ${own}`);
      return [];
    }
    if (isRefusedName(key) || holdsRefused(node)) {
      report('api-refused-member', at, `\`api\`: ${quote(key)} cannot be declared in a file: take it out`);
      return [];
    }
    if (!memberName.test(key)) {
      const said = 'members of the API are one word of letters, digits and underscores';
      report('api-refused-member', at, `\`api\`: ${quote(key)} is not a member: ${said}`);
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
    const said = `\`api\`: ${quote(key)} is sent as it stands, unchecked; the guard \`api-member\` asks for a reviewer's word`;
    report('api-passthrough', at, said, 'info');
    return [{ field: apiField(key), value: toJson(node), at }];
  });
}

function holdsRefused(node: Node): boolean {
  if (node.type === 'scalar') return false;
  if (node.type === 'list') return node.items.some(holdsRefused);
  return node.fields.some(({ key, node: inner }) => isRefusedName(key) || holdsRefused(inner));
}

function hasNonFinite(node: Node): boolean {
  if (node.type === 'scalar') return typeof node.value === 'number' && !Number.isFinite(node.value);
  return node.type === 'list' ? node.items.some(hasNonFinite) : node.fields.some((field) => hasNonFinite(field.node));
}

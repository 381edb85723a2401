/** What may be written in a file, by its kind. */

import { example, say, writeQuoted } from './advice.ts';
import { fileAlerts } from './alert-keys.ts';
import { channels } from './channel-keys.ts';
import { common, entryForms, entryKeys, keyKeys, policyKeys } from './entry-keys.ts';
import { forget } from './forget.ts';
import {
  type Form,
  type Keys,
  key,
  orNone,
  refuseText,
  type Schema,
  type Shape,
  textForm,
  withoutKeys,
} from './forms.ts';
import { groupsShape } from './group-keys.ts';
import { patterns } from './patterns.ts';
import { quote } from './quote.ts';
import { refuseValue } from './reader.ts';

import { reviewShape } from './review-keys.ts';
import { convert, entriesOf, keywordShape, listOf, patternShape, sectionShape, textShape } from './shapes.ts';

const writeEntry = 'write the fields below it, indented; none only if it must not exist';
const orNoEntry = (form: Form): Form => orNone(form, writeEntry);
/** Read as absent. */
const emptyMap: Schema = { type: 'object', maxProperties: 0 };
const orEmpty = ({ schema, ...form }: Form): Form => ({
  ...form,
  schema: { anyOf: [...(schema.anyOf as Schema[]), emptyMap] },
});

const policies = entriesOf(policyKeys, orEmpty(orNoEntry(entryForms['usage-policy'])));
const keyEntry = orNoEntry(entryForms['key-limits']);
const keysOf = (rules: Schema) => entriesOf(keyKeys, keyEntry, rules);
const ofMany = '`"*"` stands for many keys, which have no one name or id: leave it out';
/** What stands for many keys has no one name. */
const starUnnamed: Schema = {
  allOf: [
    { properties: { '*': { anyOf: [{ type: 'object', ...withoutKeys(ofMany, 'id', 'name') }, { type: 'string' }] } } },
  ],
};
const entriesOfKind = (kind: 'provider-limits' | 'integration-limits') =>
  entriesOf(entryKeys[kind], orNoEntry(entryForms[kind]));

const more = { isRequired: true } as const;
const head = (kind: string) => ({
  version: key({ schema: { type: 'number', const: 1 } }, 'Version of this grammar.', more),
  kind: key(
    { schema: { type: 'string', const: kind } },
    '`org` once per directory, `workspace` once per workspace; `defaults` for what several directories extend.',
    more,
  ),
});
const note = key(textShape(500), 'For readers of this file; not sent anywhere.');
const alertsKey = key(
  fileAlerts,
  'Recipients added to every API key below, and who is told by `tollgate notify`, and how.',
);
const forgetKey = key(
  forget,
  'Stop managing, without touching what is live: `policies/x`, `keys/ci/rate`, `limits`, or `"*"` for everything of this file.',
);

export const workspaceKeys = {
  ...head('workspace'),
  workspace: key(
    // A UUID as the service writes it: whoever looks for what this file says looks under that one.
    convert(patternShape(patterns.slug, 'invalid-workspace', 'the slug or UUID of a workspace'), (ref) =>
      patterns.uuid.test(ref) ? ref.toLowerCase() : ref,
    ),
    'Slug or UUID of the workspace.',
    { isRequired: true },
  ),
  description: note,
  ...common,
  skip_defaults: key(
    listOf(
      convert(textShape(255, 'the name of a default'), (name, { at }) => ({ name, at })),
      'a list of names of defaults',
    ),
    'Organisation defaults that do not apply here, by name; `"*"` for the default of keys.',
  ),
  alerts: alertsKey,
  forget: forgetKey,
  policies: key(policies, 'Budgets and rate limits of this workspace, by name. `none`: there must be none.'),
  limits: key(orNoEntry(entryForms['workspace-limits']), "The workspace's own budgets and rates. `none`: none at all."),
  keys: key(
    keysOf(starUnnamed),
    'Limits of API keys, by name. `"*"`: every live service key of the workspace. `none`: no limits at all.',
  ),
  providers: key(entriesOfKind('provider-limits'), 'Limits of AI providers (once called virtual keys), by slug.'),
  integrations: key(
    entriesOfKind('integration-limits'),
    "This workspace's share of an integration of the organisation, by slug.",
  ),
} satisfies Keys;

const versionText = patternShape(
  patterns.version,
  'invalid-version',
  say`a version in quotes, such as ${example('"2.18"')}`,
  {
    examples: ['2.18'],
    errorMessage: 'write a version in quotes, such as "2.18"',
  },
);
const version: Shape<string> = {
  ...versionText,
  read: (field, report) => {
    const { node } = field;
    if (node.type !== 'scalar' || typeof node.value !== 'number') return versionText.read(field, report);
    // 1.20 would arrive as 1.2, which is another version.
    const said = say`YAML reads ${quote(node.text)} as a number: write it in quotes, ${writeQuoted(node.text)}`;
    report('unquoted-version', node.at, said);
    return undefined;
  },
};

const gatewayKeys = {
  deployment: key(keywordShape('saas', 'hybrid', 'air-gapped'), 'Where the gateway runs.'),
  version: key(version, 'Version of the gateway, in quotes.'),
  backend: key(version, 'Version of the control plane, in quotes.'),
  usage_unit: key(
    keywordShape('cents', 'dollars'),
    'What the control plane counts the use of cost budgets in. Default: cents.',
  ),
};
const gateway = key(
  convert(sectionShape(gatewayKeys), ({ usage_unit: usageUnit, ...rest }) => ({
    ...rest,
    ...(usageUnit === undefined ? {} : { usageUnit }),
  })),
  'What runs where; decides which features can be used.',
);

const source = convert(textShape(2000, 'a URL or a directory'), (written, field, report) => {
  const isAddress = /^https?:/.test(written) && URL.canParse(written);
  if (!/^\w+:\/\//.test(written) || isAddress) return written;
  return refuseValue(field, 'invalid-url', 'is not an address: it starts with `https://`, or is a directory', report);
});
const maxAge = patternShape(patterns.age, 'invalid-age', say`hours or days, such as ${['24h', '30d'].map(example)}`, {
  examples: ['24h', '30d'],
  errorMessage: 'write hours or days, such as 24h or 30d',
});
const pricingKeys = {
  source: key(source, 'Address of the price files, or a directory relative to this file.'),
  max_age: key(maxAge, 'How old price data may be: `24h`, `30d`. Default: 24h, of a directory 30d.'),
};
const pricing = convert(sectionShape(pricingKeys), ({ max_age: age, ...rest }) => ({
  ...rest,
  ...(age === undefined ? {} : { maxAgeHours: Number(age.slice(0, -1)) * (age.endsWith('d') ? 24 : 1) }),
}));

const aRef = say`a full ref such as ${example('refs/heads/tollgate-record')}`;
const ref = convert(
  patternShape(patterns.ref, 'invalid-ref', aRef, {
    examples: ['refs/heads/tollgate-record'],
    errorMessage: 'write a full ref, such as refs/heads/tollgate-record',
    ...refuseText(patterns.lockedRef.source, "no part of a ref ends in .lock, which is Git's own"),
  }),
  (written, field, report) =>
    patterns.lockedRef.test(written)
      ? refuseValue(field, 'invalid-ref', say`ends a part in \`.lock\`, which is Git's own: write ${aRef}`, report)
      : written,
);

const defaultsKeys = {
  policies: key(policies, 'Policies for every workspace; an entry of the same name in a workspace replaces it.'),
  keys: key(
    keysOf({ properties: { '*': keyEntry.schema }, additionalProperties: emptyMap, ...starUnnamed }),
    'Limits for every live service key of every workspace.',
  ),
};
const defaults = key(sectionShape(defaultsKeys), 'Copied into every workspace that has a file.');
const reviewKey = key(reviewShape, 'Rules that judge every plan. Those in force are the ones of the last apply.');

export const orgIntegrationKeys = {
  new_workspaces: key(
    orNoEntry(entryForms['integration-limits']),
    'What the service gives to workspaces created later.',
  ),
  prices: key(
    entryForms['integration-prices'],
    'What calls through this integration are charged, which is what every budget in dollars counts.',
    {
      hover: { example: 'prices:\n  multiplier: 0.85', page: 'prices.md#prices-of-an-integration-in-git' },
    },
  ),
} satisfies Keys;

const noStar = 'keys of the organisation stand here by name: `"*"` belongs into `defaults` or a workspace';

export const orgKeys = {
  ...head('org'),
  environment: key(
    patternShape(patterns.environment, 'invalid-environment', say`a short name such as ${example('production')}`),
    'Names the applied record, for example `production`. Another environment is another directory.',
    { isRequired: true },
  ),
  organisation: key(
    convert(patternShape(patterns.uuid, 'invalid-organisation', "the organisation's UUID"), (id) => id.toLowerCase()),
    "The organisation's UUID; checked against what the API key can see.",
    { isRequired: true },
  ),
  // Read where files are laid beneath one another.
  extends: key(
    textForm(String.raw`\.[yY][aA]?[mM][lL]$`, 'write the path of a YAML file, such as ../shared/defaults.yaml', [
      '../shared/defaults.yaml',
    ]),
    'A file of the same repository with `kind: defaults`, from here: `../shared/defaults.yaml`. What this file says itself wins.',
  ),
  description: note,
  gateway,
  pricing: key(pricing, 'Where prices come from.'),
  record: key(
    sectionShape({
      ref: key(
        ref,
        'A full Git ref, for example an orphan branch that a ruleset protects. Default: `refs/tollgate/<environment>`.',
      ),
    }),
    'Where the applied record is kept.',
  ),
  alerts: alertsKey,
  channels: key(
    channels,
    'How `tollgate notify` tells people, by name: a mail server, a chat, a webhook, an issue. Those in force are the ones of the last apply.',
  ),
  review: reviewKey,
  groups: key(
    groupsShape,
    'Workspaces that answer for one ceiling together, by name: departments. Those in force are the ones of the last apply.',
    {
      hover: {
        example: 'groups:\n  research:\n    workspaces: [team-a, search-*]\n    ceiling: $20,000',
        page: 'groups.md',
      },
    },
  ),
  forget: forgetKey,
  defaults,
  keys: key(
    keysOf({ propertyNames: { type: 'string', minLength: 1, maxLength: 255, ...refuseText('^\\*$', noStar) } }),
    'Limits of keys of the organisation itself, by name.',
  ),
  integrations: key(
    entriesOf({}, sectionShape(orgIntegrationKeys)),
    'What integrations of the organisation charge, and their limits for workspaces created later, by slug.',
  ),
} satisfies Keys;

/** Sections that several directories may share; what says which record judges is not a default. */
export const sharedKeys = { gateway, review: reviewKey, defaults };
const extendedKeys: Keys = { ...head('defaults'), description: note, ...sharedKeys };

const aFile = (keys: Keys, what: string, title: string, description: string) => ({ keys, what, title, description });

/** `what` a file is in messages, and the head of its schema. */
export const fileKinds = {
  defaults: aFile(
    extendedKeys,
    'a file of shared defaults',
    'tollgate shared defaults',
    'What several directories of one repository share: defaults, review rules, the gateway.',
  ),
  org: aFile(
    orgKeys,
    'the organisation file',
    'tollgate organisation file',
    'What holds for the whole organisation: environment, defaults, review rules.',
  ),
  workspace: aFile(
    workspaceKeys,
    'a workspace file',
    'tollgate workspace file',
    'What one workspace may spend, how fast it may go, and who is told.',
  ),
};

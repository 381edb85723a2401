/** `alerts:` and `channels:`: who is told, and how. */

import {
  type AlertRules,
  alsoTold,
  type ChannelSettings,
  type ChannelType,
  channelVariablePrefix,
} from '../resources/alert-settings.ts';
import { withoutAbsent } from '../without-absent.ts';
import { example, exampleOf, say, writeField, writeKey, writeValue } from './advice.ts';
import { type Form, type Keys, key, mapForm, orNone, type Schema, type Shape, textForm } from './forms.ts';
import type { FieldNode, SourceRange } from './nodes.ts';
import { patterns } from './patterns.ts';
import { quote } from './quote.ts';
import { expectMap, isAbsent, isNone, readItems, readMap, readWord, refuseValue, type Written } from './reader.ts';
import { joinRecipients, type Recipient, recipientsKey } from './recipients.ts';
import type { Report } from './report.ts';
import {
  convert,
  entriesOf,
  keywordShape,
  listOf,
  patternShape,
  readSection,
  readValues,
  sectionShape,
  setOf,
  wholeNumberShape,
} from './shapes.ts';

interface NamedChannel {
  readonly name: string;
  readonly at: SourceRange;
}

/** `alerts:` as written in a file or on an entry. */
export interface WrittenAlerts {
  readonly recipients?: readonly Recipient[] | null;
  /** Each where it is named. Null: `none`. */
  readonly channels?: readonly NamedChannel[] | null;
  readonly forecast?: number | null;
  readonly also?: AlertRules['also'];
}

const channelName = patternShape(
  patterns.channelName,
  'invalid-channel-name',
  say`a short name in lower case such as ${example('mail')}`,
  { examples: ['mail'], errorMessage: 'write a short name in lower case, such as mail' },
);

const named: Shape<NamedChannel> = {
  ...channelName,
  read: (field, report) => {
    const name = channelName.read(field, report);
    return name === undefined ? undefined : { name, at: field.node.at };
  },
};
const namedList = listOf(named, say`a list of channels such as ${example('[mail]')}, or ${writeValue('none')}`, {
  minItems: 1,
});
const channelNames: Shape<NonNullable<WrittenAlerts['channels']> | null> = {
  ...orNone(namedList, 'write a list of channels, such as [mail]'),
  read: (field, report) => {
    if (isNone(field.node)) return null;
    if (field.node.type === 'list' && field.node.items.length === 0) readItems(field, 'a list of channels', report);
    return namedList.read(field, report);
  },
};

const anyDays = say`days such as ${['7 days', 'none'].map(example)}`;
const forecast: Shape<number | null> = {
  ...orNone(
    textForm(patterns.forecastDays.source, 'write how many days ahead, such as 7 days', ['7 days']),
    'write how many days ahead, such as 7 days',
  ),
  read: (field, report) => {
    if (isNone(field.node)) return null;
    const text = patternShape(patterns.forecastDays, 'invalid-forecast', anyDays).read(field, report);
    return text === undefined ? undefined : Number.parseInt(text, 10);
  },
};

const forecastKey = key(
  forecast,
  'Tell when a budget is going to run out before its reset, so many days ahead: `7 days`. `none`: not here.',
);
const channelsKey = key(
  channelNames,
  'Channels of the organisation file that also tell it, by name. Where nobody names one, all of them. `none` on an entry: none.',
);
const alsoKey = key(
  setOf(keywordShape(...alsoTold), say`a list such as ${example('[digest, loosened]')}`),
  'What is told beside budgets: `keys` (of which the service mails by itself), `expiring`, `loosened` (by hand), `undeclared`, `failed-apply`, `prices`, `digest` (weekly).',
);

const ofEntry = { channels: channelsKey, forecast: forecastKey };
const ownRecipients = key(
  recipientsKey,
  "Who is told, beside the organisation's and the workspace's. `none`: nobody is.",
);
const fileAlertKeys = { recipients: recipientsKey, ...ofEntry, also: alsoKey };
const entryAlertKeys = { recipients: ownRecipients, ...ofEntry };

/** `alerts` of a file. */
export const fileAlerts: Shape<WrittenAlerts> = sectionShape(fileAlertKeys) as Shape<WrittenAlerts>;

/** `alerts` of an entry: where `alert` was meant, that is said. */
function entryAlertsShape(keys: Keys): Shape<WrittenAlerts> {
  return {
    ...mapForm(keys),
    read: (field, report) => {
      if (isAbsent(field.node)) return undefined;
      if (field.node.type !== 'map') {
        const said = say`\`alerts\` holds who is told and how, and \`alert\` when: did you mean ${writeKey('alert')}?`;
        report('not-a-map', field.at, said);
        return undefined;
      }
      const own = field.node.fields.find((inner) => inner.key === 'recipients');
      if (own === undefined || 'recipients' in keys)
        return readSection(keys, field, report) as WrittenAlerts | undefined;
      report('misplaced-key', own.at, '`recipients` of a key stand beside `alerts`, not in it: move the line out');
      const others = { ...field.node, fields: field.node.fields.filter((inner) => inner !== own) };
      return readSection(keys, { ...field, node: others }, report) as WrittenAlerts | undefined;
    },
  };
}

export const entryAlerts = entryAlertsShape(entryAlertKeys);
/** Keys have `recipients` of their own, which the service mails as well. */
export const alertsOfKey = entryAlertsShape(ofEntry);

const variable = patternShape(
  patterns.channelVariable,
  'invalid-channel-variable',
  say`a variable whose name begins with \`${channelVariablePrefix}\`, the only ones a channel can read, such as ${example(`${channelVariablePrefix}TOKEN`)}`,
  {
    examples: [`${channelVariablePrefix}TOKEN`],
    errorMessage: `write the name of a variable that begins with ${channelVariablePrefix}, never the secret`,
  },
);
const variableKey = (what: string, more = { isRequired: true } as const) =>
  key(variable, `Name of the variable that holds ${what}; begins with \`${channelVariablePrefix}\`.`, more);
const optionalVariable = (what: string) =>
  key(variable, `Name of the variable that holds ${what}; begins with \`${channelVariablePrefix}\`.`);

const host = patternShape(
  patterns.host,
  'invalid-host',
  say`the name of a server such as ${example('smtp.example.com')}`,
  { examples: ['smtp.example.com'], errorMessage: 'write the name of a server, such as smtp.example.com' },
);
const address = convert(
  patternShape(patterns.email, 'invalid-sender', say`an address such as ${example('tollgate@example.com')}`, {
    examples: ['tollgate@example.com'],
    maxLength: 254,
    errorMessage: 'write an address, such as tollgate@example.com',
  }),
  (text, field, report) =>
    text.length <= 254
      ? text
      : refuseValue(field, 'invalid-sender', 'is longer than 254 characters: write another', report),
);
const anUrl = say`an address that starts with \`https://\`, without a password in it, such as ${example('https://hooks.example.com/tollgate')}`;
const plainUrl = patternShape(patterns.channelUrl, 'invalid-channel-url', anUrl, {
  examples: ['https://hooks.example.com/tollgate'],
  errorMessage: 'write an address that starts with https://, without a password in it',
});
const url: Shape<string> = {
  ...plainUrl,
  read: (field, report) => {
    // Whoever wrote a password there must not read it again in a log.
    if (field.node.type !== 'scalar' || !field.node.text.includes('@')) return plainUrl.read(field, report);
    report(
      'invalid-channel-url',
      field.node.at,
      say`\`url\` has an \`@\` in it, as in front of a password: write ${anUrl}`,
    );
    return undefined;
  },
};
const fromOne = (max: number, code: string): Shape<number> => {
  const whole = wholeNumberShape(max);
  return convert({ ...whole, schema: { ...whole.schema, minimum: 1 } }, (value, field, report) =>
    value > 0 ? value : refuseValue(field, code, `is not a number from 1 to ${max}: write one`, report),
  );
};

const typeKey = (type: ChannelType) =>
  key({ schema: { type: 'string', const: type } }, 'What it is: `mail`, `slack`, `teams`, `webhook`, `github`.', {
    isRequired: true,
  });
const isRequired = { isRequired: true } as const;
const chat = (type: 'slack' | 'teams') => ({
  type: typeKey(type),
  host: key(
    host,
    'Where the address in the variable has to be: `hooks.slack.com`, or that of the workflow.',
    isRequired,
  ),
  url_env: variableKey('the address of the incoming webhook, which is a secret'),
});

const channelKeys = {
  mail: {
    type: typeKey('mail'),
    host: key(host, 'The mail server that sends it.', isRequired),
    port: key(fromOne(65_535, 'invalid-port'), 'Default: 587; 465 with `security: tls`.'),
    security: key(
      keywordShape('tls', 'starttls', 'none'),
      '`tls` from the first byte, or `starttls`. Default: `tls` on port 465, else `starttls`. `none`: to a server on this machine alone.',
    ),
    from: key(address, 'Whose mail it is.', isRequired),
    user_env: optionalVariable('the user of the mail server'),
    password_env: optionalVariable('the password of the mail server'),
  },
  slack: chat('slack'),
  teams: chat('teams'),
  webhook: {
    type: typeKey('webhook'),
    url: key(url, 'Where it is posted to.', isRequired),
    secret_env: variableKey('the secret that signs it'),
  },
  github: {
    type: typeKey('github'),
    issue: key(
      fromOne(2_147_483_647, 'invalid-issue'),
      'Number of the issue, in the repository that the run belongs to, that is commented on.',
      isRequired,
    ),
    token_env: variableKey('a token that may comment on it'),
  },
} satisfies Readonly<Record<ChannelType, Keys>>;

const channelTypes = Object.keys(channelKeys) as ChannelType[];
const channelForms = Object.fromEntries(channelTypes.map((type) => [type, mapForm(channelKeys[type])])) as Readonly<
  Record<ChannelType, Form>
>;
const channelForm: Form = {
  schema: { anyOf: channelTypes.map((type) => channelForms[type].schema) },
};

const byName = entriesOf({}, channelForm, {
  propertyNames: { type: 'string', pattern: patterns.channelName.source },
} satisfies Schema);

/** `channels:` of the organisation file. */
export const channels: Shape<Readonly<Record<string, ChannelSettings>>> = {
  ...byName,
  read: (field, report) => {
    const entries = (byName.read(field, report) ?? []).flatMap((entry) => {
      if (!patterns.channelName.test(entry.key)) {
        const said = say`${quote(entry.key)} does not fit: a channel has a short name in lower case such as ${exampleOf(writeKey('mail'))}`;
        report('invalid-channel-name', entry.at, said);
        return [];
      }
      const channel = readChannel(entry, report);
      return channel === undefined ? [] : [[entry.key, channel] as const];
    });
    return entries.length === 0 ? undefined : Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  },
};

function readChannel(field: FieldNode, report: Report): ChannelSettings | undefined {
  const map = expectMap(field, report);
  const typeField = map?.fields.find((inner) => inner.key === 'type');
  if (map === undefined) return undefined;
  if (typeField === undefined) {
    const ways = channelTypes.map((type) =>
      exampleOf({ ...writeField(`type: ${type}`), instead: 'in-entry' as const }),
    );
    report('missing-type', field.at, say`a channel needs \`type:\`: write ${ways}`);
    return undefined;
  }
  const type = readWord(typeField, channelTypes, report);
  if (type === undefined) return undefined;
  const keys: Keys = channelKeys[type];
  const written = readMap(field, keys, `a channel of type \`${type}\``, report);
  if (written === undefined) return undefined;
  const missing = Object.entries(keys).filter(([name, { isRequired: must }]) => must === true && !written.has(name));
  for (const [name, { expected }] of missing) {
    const what = expected === undefined ? say`it` : say`${expected}`;
    report('missing-in-channel', field.at, say`a channel of type \`${type}\` needs \`${name}:\`: write ${what}`);
  }
  const values = readValues(keys, written, report) as Readonly<Record<string, unknown>>;
  const isWhole = Object.entries(keys).every(
    ([name, { isRequired: must }]) => must !== true || name === 'type' || name in values,
  );
  if (!isWhole) return undefined;
  const channel = { ...values, type } as ChannelSettings;
  return type === 'mail' && !isSoundMail(channel, field, written, report) ? undefined : channel;
}

const thisMachine = ['localhost', '127.0.0.1'];

function isSoundMail(channel: ChannelSettings, field: FieldNode, written: Written, report: Report): boolean {
  if (channel.type !== 'mail') return true;
  const { host: server, security } = channel;
  if (written.has('user_env') !== written.has('password_env')) {
    const [there, other] = written.has('password_env') ? ['password_env', 'user_env'] : ['user_env', 'password_env'];
    report(
      'half-a-login',
      field.at,
      `\`${there}\` without \`${other}\`: write both, or neither where the server asks for none`,
    );
    return false;
  }
  if (security !== 'none' || thisMachine.includes(server)) return true;
  const said = say`\`security: none\` is for a server on this machine: write ${exampleOf({ ...writeField('security: starttls'), instead: 'in-entry' })} for ${quote(server)}`;
  report('mail-in-the-clear', field.at, said);
  return false;
}

/** What a place says, as it is recorded; undefined where it says nothing. */
export function rulesOf(written: WrittenAlerts | undefined): AlertRules | undefined {
  if (written === undefined) return undefined;
  const { recipients, channels: names, forecast: days, also } = written;
  const rules = withoutAbsent({
    recipients: recipients === null ? null : joinRecipients(recipients),
    channels: names === undefined || names === null ? names : [...new Set(names.map(({ name }) => name))].sort(),
    forecast: days,
    also: also?.length === 0 ? undefined : also,
  });
  return Object.keys(rules).length === 0 ? undefined : rules;
}

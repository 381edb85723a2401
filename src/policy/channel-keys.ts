/** `channels:` of the organisation file: how people are told. */

import { type ChannelSettings, type ChannelType, channelVariablePrefix } from '../resources/alert-settings.ts';
import { example, exampleOf, say, writeField, writeKey } from './advice.ts';
import { type Form, type Keys, key, mapForm, type Schema, type Shape } from './forms.ts';
import type { FieldNode } from './nodes.ts';
import { patterns } from './patterns.ts';
import { quote } from './quote.ts';
import { expectMap, readMap, readWord, refuseValue, type Written } from './reader.ts';
import type { Report } from './report.ts';
import { convert, entriesOf, keywordShape, patternShape, readValues, wholeNumberShape } from './shapes.ts';

const isRequired = { isRequired: true } as const;

const variable = patternShape(
  patterns.channelVariable,
  'invalid-channel-variable',
  say`a variable whose name begins with \`${channelVariablePrefix}\`, the only ones a channel can read, such as ${example(`${channelVariablePrefix}TOKEN`)}`,
  {
    examples: [`${channelVariablePrefix}TOKEN`],
    errorMessage: `write the name of a variable that begins with ${channelVariablePrefix}, never the secret`,
  },
);
const sayVariable = (what: string) =>
  `Name of the variable that holds ${what}; begins with \`${channelVariablePrefix}\`.`;
const variableKey = (what: string) => key(variable, sayVariable(what), isRequired);
const optionalVariable = (what: string) => key(variable, sayVariable(what));

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
  propertyNames: {
    type: 'string',
    pattern: patterns.channelName.source,
    errorMessage: 'a channel has a short name in lower case, such as mail',
  },
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

/** `alerts:`: who is told, and how. */

import { type AlertRules, alsoTold } from '../resources/alert-settings.ts';
import { withoutAbsent } from '../without-absent.ts';
import { example, say, writeKey, writeValue } from './advice.ts';
import { type Keys, key, mapForm, orNone, orSay, type Shape, textForm } from './forms.ts';
import type { SourceRange } from './nodes.ts';
import { patterns } from './patterns.ts';
import { isAbsent, isNone, readItems } from './reader.ts';
import { joinRecipients, type Recipient, recipientsKey } from './recipients.ts';
import { keywordShape, listOf, patternShape, readSection, sectionShape, setOf } from './shapes.ts';

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
  const says = 'write who is told below it, such as `recipients: [team@example.com]`; when to warn is `alert: 80%`';
  return {
    ...orSay(mapForm(keys), says),
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

/** Who is told of what, in the words of somebody who reviews it: one line a setting. Pure. */

import {
  type AlertSettings,
  type AlertThreshold,
  type ChannelSettings,
  mailPortOf,
  organisationPlace,
  type PlaceAlerts,
} from '../resources/alert-settings.ts';
import { formatAmount } from '../resources/amounts.ts';
import { specOf } from '../resources/registry.ts';
import { kinds, type Unit } from '../resources/types.ts';

export interface AlertWords {
  readonly text: string;
  readonly means: unknown;
  /** Of a list: only what comes and goes is said. */
  readonly items?: readonly string[];
}

/** By the name of the setting. */
export function listAlerts({ channels, places }: AlertSettings): readonly (readonly [string, AlertWords])[] {
  return [
    ...Object.entries(channels).map(
      ([name, said]) => [`channel ${plain(name)}`, { text: describeChannel(said), means: said }] as const,
    ),
    ...Object.entries(places).flatMap(([place, said]) => wordsOfPlace(describePlace(place), said)),
  ];
}

/** What files write may hold anything: as in JSON, so that it stays one line. */
function plain(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function describeChannel(channel: ChannelSettings): string {
  switch (channel.type) {
    case 'mail': {
      const { host, from, security, user_env, password_env } = channel;
      const names = [user_env, password_env].flatMap((name) => (name === undefined ? [] : [plain(name)]));
      const login = names.length === 0 ? 'without a login' : `login from ${names.join(' and ')}`;
      return `mail by ${plain(host)}:${mailPortOf(channel)} as ${plain(from)}${security === undefined ? '' : ` (${security})`}, ${login}`;
    }
    case 'slack':
    case 'teams':
      return `${channel.type === 'slack' ? 'Slack' : 'Teams'} on ${plain(channel.host)}, address from ${plain(channel.url_env)}`;
    case 'webhook':
      return `webhook ${plain(channel.url)}, signed with ${plain(channel.secret_env)}`;
    case 'github':
      return `GitHub issue #${channel.issue}, token from ${plain(channel.token_env)}`;
  }
}

/** `spend (ws-team-a)`, as a plan calls its entries. */
function describePlace(place: string): string {
  if (place === organisationPlace) return 'the organisation';
  const [kind = '', workspace = '', ...rest] = place.split('/');
  if (kind === 'workspace') return `workspace ${plain(place.slice('workspace/'.length))}`;
  const known = kinds.find((one) => one === kind);
  const label = known === undefined ? plain(kind) : specOf(known).label;
  if (kind === 'workspace-limits') return `limits of workspace ${plain(workspace)}`;
  return `${label} ${plain(rest.join('/'))}${workspace === '-' ? '' : ` (${plain(workspace)})`}`;
}

function wordsOfPlace(place: string, said: PlaceAlerts): readonly (readonly [string, AlertWords])[] {
  const { recipients, channels, forecast, also, thresholds = {} } = said;
  const days = forecast === null ? 'none' : `${forecast} day${forecast === 1 ? '' : 's'} before`;
  return [
    ...wordsOfList(`recipients of ${place}`, recipients),
    ...wordsOfList(`channels of ${place}`, channels),
    ...wordsOfList(`also told of ${place}`, also),
    ...(forecast === undefined ? [] : [[`run-out of ${place}`, { text: days, means: forecast }] as const]),
    ...Object.entries(thresholds).map(([slot, list]) => {
      const budget = slot === '' ? '' : `, budget of ${plain(slot)}`;
      const text = list.map((one) => describeThreshold(one, slot)).join(', ');
      return [`thresholds of ${place}${budget}`, { text, means: list }] as const;
    }),
  ];
}

function wordsOfList(
  name: string,
  list: readonly string[] | null | undefined,
): readonly (readonly [string, AlertWords])[] {
  if (list === undefined) return [];
  if (list === null) return [[name, { text: 'nobody (`none`)', means: null }]];
  const items = list.map(plain);
  return [[name, { text: items.join(', '), means: list, items }]];
}

const units: readonly string[] = ['cost', 'tokens', 'requests'] satisfies Unit[];

/** The settings do not say what a budget without a slot counts in: the entry beside them does. */
export function describeThreshold({ at, recipients = [] }: AlertThreshold, slot: string): string {
  const [unit = ''] = slot.split('/');
  const amount =
    at === 'budget'
      ? 'used up'
      : units.includes(unit)
        ? formatAmount(at, unit as Unit)
        : `${at} (cents, or the unit of the budget)`;
  return recipients.length === 0 ? amount : `${amount} (also ${recipients.map(plain).join(', ')})`;
}

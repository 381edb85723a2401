/** Who is told of an alert: the table of src/resources/told-by.ts, row by row. */

import { expect, it } from 'vitest';
import type { AlertSettings, PlaceAlerts } from '../../src/resources/alert-settings.ts';
import { hasAlert, reachesNobody, type ToldBy, toldBy } from '../../src/resources/told-by.ts';
import type { Fields, Kind } from '../../src/resources/types.ts';

const channels = {
  chat: { type: 'slack', url_env: 'TOLLGATE_NOTIFY_CHAT' },
  mail: { type: 'mail', host: 'smtp.example.com', from: 'tollgate@example.com' },
} as unknown as AlertSettings['channels'];

const settings = (places: Readonly<Record<string, PlaceAlerts>> = {}, given = channels): AlertSettings => ({
  channels: given,
  places,
});

function told(kind: Kind, given: AlertSettings | undefined, fields: Fields = { alert: 80 }): ToldBy {
  return toldBy({ kind, workspace: 'ws-a', name: 'x', fields }, given);
}

const team = { organisation: { recipients: ['team@example.com'] } };
const noMail = { chat: channels.chat } as AlertSettings['channels'];
const onlyMail = { mail: channels.mail } as AlertSettings['channels'];

it.each<[what: string, kind: Kind, given: AlertSettings | undefined, expected: Partial<ToldBy>]>([
  ['a policy without channels', 'usage-policy', undefined, { service: 'no', channels: [] }],
  ['a key without channels', 'key-limits', undefined, { service: 'yes', channels: [] }],
  ['a workspace', 'workspace-limits', undefined, { service: 'yes', channels: [] }],
  ['a provider', 'provider-limits', undefined, { service: 'presumed', channels: [] }],
  ['an integration', 'integration-limits', undefined, { service: 'presumed', channels: [] }],
  [
    'a policy, all channels',
    'usage-policy',
    settings(team),
    { channels: ['chat', 'mail'], recipients: ['team@example.com'] },
  ],
  ['mail without anybody', 'usage-policy', settings({}, onlyMail), { channels: [], recipients: [] }],
  ['a chat needs nobody', 'usage-policy', settings({}, noMail), { channels: ['chat'], recipients: [] }],
  ['recipients without mail', 'usage-policy', settings(team, noMail), { channels: ['chat'], recipients: [] }],
  [
    'the entry says none',
    'usage-policy',
    settings({ ...team, 'usage-policy/ws-a/x': { channels: null } }),
    { channels: [] },
  ],
  [
    'the entry has no recipients',
    'usage-policy',
    settings({ ...team, 'usage-policy/ws-a/x': { recipients: null } }, onlyMail),
    { channels: [] },
  ],
  [
    'a threshold has its own',
    'usage-policy',
    settings(
      { 'usage-policy/ws-a/x': { thresholds: { '': [{ at: 'budget', recipients: ['head@example.com'] }] } } },
      onlyMail,
    ),
    { channels: ['mail'], recipients: ['head@example.com'] },
  ],
  ['a key is left to the service', 'key-limits', settings(team), { service: 'yes', channels: [] }],
  [
    'a key that is asked for',
    'key-limits',
    settings({ organisation: { recipients: ['team@example.com'], also: ['keys'] } }),
    { channels: ['chat', 'mail'] },
  ],
  [
    'a key with a channel of its own',
    'key-limits',
    settings({ 'key-limits/ws-a/x': { channels: ['chat'] } }),
    { channels: ['chat'] },
  ],
  [
    'a key with a threshold that the service cannot hold',
    'key-limits',
    settings({ 'key-limits/ws-a/x': { thresholds: { '': [{ at: 50 }, { at: 80 }, { at: 'budget' }] } } }),
    { channels: ['chat'] },
  ],
  [
    'a key whose thresholds are those of the service',
    'key-limits',
    settings({ ...team, 'key-limits/ws-a/x': { thresholds: { '': [{ at: 80 }, { at: 'budget' }] } } }),
    { channels: [] },
  ],
])('%s', (_, kind, given, expected) => {
  expect(told(kind, given)).toMatchObject(expected);
});

it('recipients of a key are the service’s', () => {
  expect(told('key-limits', undefined, { recipients: ['a@example.com'] }).serviceRecipients).toEqual(['a@example.com']);
  expect(told('workspace-limits', undefined, {}).serviceRecipients).toEqual([]);
});

it('nobody is told of a policy alone; what is presumed is somebody', () => {
  const kinds = ['usage-policy', 'key-limits', 'workspace-limits', 'provider-limits', 'integration-limits'] as const;
  expect(kinds.filter((kind) => reachesNobody(told(kind, undefined)))).toEqual(['usage-policy']);
  expect(reachesNobody(told('usage-policy', settings({}, noMail)))).toBe(false);
});

it.each<[fields: Fields, given: AlertSettings | undefined, expected: boolean]>([
  [{ alert: 80 }, undefined, true],
  [{ alert: null }, undefined, false],
  [{}, undefined, false],
  [{ 'alert[cost/monthly]': 80 } as Fields, undefined, true],
  [{}, settings({ 'usage-policy/ws-a/x': { thresholds: { '': [{ at: 'budget' }] } } }), true],
])('%j has an alert: %s', (fields, given, expected) => {
  expect(hasAlert({ kind: 'usage-policy', workspace: 'ws-a', name: 'x', fields }, given)).toBe(expected);
});

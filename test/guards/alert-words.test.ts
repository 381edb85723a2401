/** Settings that tell people, as lines that somebody can review. */

import { expect, it } from 'vitest';
import { settingsLines } from '../../src/guards/settings-lines.ts';
import { noSettings } from '../../src/plan/settings.ts';
import type { AlertSettings } from '../../src/resources/alert-settings.ts';

const mail = { type: 'mail', host: 'smtp.example.com', from: 'budgets@example.com' } as const;
const lines = (before: AlertSettings | undefined, after: AlertSettings | undefined): string[] => {
  const of = (alerts: AlertSettings | undefined) => (alerts === undefined ? noSettings : { ...noSettings, alerts });
  return settingsLines(of(before), of(after)).map(({ detail }) => detail);
};
const only = (places: AlertSettings['places']): AlertSettings => ({ channels: {}, places });

it('channels are their type, where they lead, and the names of what they read', () => {
  const channels = {
    finops: { ...mail, user_env: 'TOLLGATE_NOTIFY_USER', password_env: 'TOLLGATE_NOTIFY_PASSWORD' },
    chat: { type: 'slack', host: 'hooks.example.com', url_env: 'TOLLGATE_NOTIFY_CHAT' },
    desk: { type: 'webhook', url: 'https://desk.example.com/t', secret_env: 'TOLLGATE_NOTIFY_DESK' },
    issue: { type: 'github', issue: 7, token_env: 'TOLLGATE_NOTIFY_TOKEN' },
  } as const;
  expect(lines(undefined, { channels, places: {} })).toEqual([
    'channel chat: none → Slack on hooks.example.com, address from TOLLGATE_NOTIFY_CHAT',
    'channel desk: none → webhook https://desk.example.com/t, signed with TOLLGATE_NOTIFY_DESK',
    'channel finops: none → mail by smtp.example.com:587 as budgets@example.com, login from TOLLGATE_NOTIFY_USER and TOLLGATE_NOTIFY_PASSWORD',
    'channel issue: none → GitHub issue #7, token from TOLLGATE_NOTIFY_TOKEN',
  ]);
});

it('of lists, what comes and goes', () => {
  const before = only({ 'workspace/marketing': { recipients: ['a@example.com', 'b@example.com'] } });
  const after = only({ 'workspace/marketing': { recipients: ['a@example.com', 'cfo@example.com'], also: ['digest'] } });
  expect(lines(before, after)).toEqual([
    'also told of workspace marketing: + digest',
    'recipients of workspace marketing: + cfo@example.com, - b@example.com',
  ]);
});

it('nobody is said, and so is a list that comes after it', () => {
  const none = only({ organisation: { recipients: null } });
  expect(lines(undefined, none)).toEqual(['recipients of the organisation: none → nobody (`none`)']);
  expect(lines(none, only({ organisation: { recipients: ['a@example.com'] } }))).toEqual([
    'recipients of the organisation: nobody (`none`) → a@example.com',
  ]);
});

it('thresholds and forecasts of entries, by their names', () => {
  const thresholds = { 'cost/monthly': [{ at: 40_000 }, { at: 'budget' as const, recipients: ['cfo@example.com'] }] };
  const after = only({
    'workspace-limits/marketing/limits': { thresholds },
    'usage-policy/marketing/spend': { forecast: 7, thresholds: { '': [{ at: 500 }] } },
  });
  expect(lines(only({}), after)).toEqual([
    'run-out of budget policy spend (marketing): none → 7 days before',
    'thresholds of budget policy spend (marketing): none → 500 (cents, or the unit of the budget)',
    'thresholds of limits of workspace marketing, budget of cost/monthly: none → $400, used up (also cfo@example.com)',
  ]);
});

it('names stay within their line', () => {
  const [line] = lines(undefined, only({ 'usage-policy/w/a\nb': { recipients: ['x@example.com'] } }));
  expect(line).not.toContain('\n');
});

/** `alerts:`, `channels:` and lists of thresholds: what comes of them, and that files without them come out as before. */

import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../src/plan/settings.ts';
import { recordedSettingsSchema } from '../../src/plan/settings-schema.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { routeOf } from '../../src/resources/alert-settings.ts';
import { orgHead } from './helpers.ts';

function compile(org: string, workspace: string) {
  const { desired, diagnostics } = compilePolicies([
    { path: 'org.yaml', text: `${orgHead}${org}` },
    { path: 'ws.yaml', text: `version: 1\nkind: workspace\nworkspace: nlp\n${workspace}` },
  ]);
  expect(diagnostics).toEqual([]);
  if (desired === null) throw new Error('no desired state');
  return desired;
}

const channels = `channels:
  mail: { type: mail, host: smtp.example.com, from: t@example.com, user_env: TOLLGATE_NOTIFY_USER, password_env: TOLLGATE_NOTIFY_PASSWORD }
  chat: { type: slack, host: hooks.slack.com, url_env: TOLLGATE_NOTIFY_SLACK }
`;
const policy = (more: string) => `policies: { spend: { budget: $500, reset: monthly, per: workspace_id, ${more} } }\n`;

describe('a list of thresholds', () => {
  it('sends the highest below the budget, and keeps all of them ascending', () => {
    const desired = compile('', policy('alert: [100%, 80%, $100, { at: 50%, recipients: [B@example.com] }]'));
    expect(desired.entries[0]?.fields).toMatchObject({ amount: 50_000, alert: 40_000 });
    expect(desired.alerting?.places).toEqual({
      'usage-policy/nlp/spend': {
        thresholds: {
          '': [{ at: 10_000 }, { at: 25_000, recipients: ['b@example.com'] }, { at: 40_000 }, { at: 'budget' }],
        },
      },
    });
  });

  it('of 100% alone sends none', () => {
    expect(compile('', policy('alert: [100%]')).entries[0]?.fields).not.toHaveProperty('alert');
  });

  it('of several budgets belongs to its own', () => {
    const desired = compile(
      '',
      'limits: { budgets: [{ budget: $10, reset: weekly, alert: [50%, 100%] }, { budget: $30, reset: monthly, alert: 50% }] }\n',
    );
    expect(desired.entries[0]?.fields).toMatchObject({ 'alert[cost/weekly]': 500, 'alert[cost/monthly]': 1500 });
    expect(desired.alerting?.places['workspace-limits/nlp/limits']).toEqual({
      thresholds: { 'cost/weekly': [{ at: 500 }, { at: 'budget' }] },
    });
  });

  it('of "*" counts for a named key that writes none', () => {
    const star = '"*": { budget: $10, reset: weekly, alert: [50%, 100%] }';
    const desired = compile('', `keys: { ${star}, ci: { budget: $20, reset: weekly } }\n`);
    expect(desired.entries.find(({ name }) => name === 'ci')?.fieldsOverStar).toMatchObject({ alert: 1000 });
    expect(desired.alerting?.places['key-limits/nlp/ci']).toEqual({
      thresholds: { '': [{ at: 1000 }, { at: 'budget' }] },
    });
  });
});

describe('who is told', () => {
  it('adds up over organisation, workspace and entry; a nearer forecast wins', () => {
    const { alerting } = compile(
      `${channels}alerts: { recipients: [fin@example.com], channels: [mail], forecast: 7 days, also: [digest] }\n`,
      `alerts: { recipients: [nlp@example.com], also: [loosened] }\n${policy(
        'alerts: { recipients: [x@example.com], channels: [chat], forecast: none }',
      )}`,
    );
    if (alerting === undefined) throw new Error('no settings');
    const places = ['organisation', 'workspace/nlp', 'usage-policy/nlp/spend'];
    expect(routeOf(alerting, places)).toEqual({
      recipients: ['fin@example.com', 'nlp@example.com', 'x@example.com'],
      channels: ['chat', 'mail'],
      forecast: null,
      also: new Set(['digest', 'loosened']),
      isAsked: true,
    });
    expect(routeOf(alerting, places.slice(0, 2))).toMatchObject({ channels: ['mail'], forecast: 7, isAsked: false });
  });

  it('is nobody where an entry says none', () => {
    const { alerting } = compile(
      `${channels}alerts: { recipients: [fin@example.com] }\n`,
      policy('alerts: { recipients: none }'),
    );
    if (alerting === undefined) throw new Error('no settings');
    const route = routeOf(alerting, ['organisation', 'workspace/nlp', 'usage-policy/nlp/spend']);
    expect(route.recipients).toEqual([]);
    // Nobody names a channel: all of them.
    expect(route.channels).toEqual(['chat', 'mail']);
  });

  it('keeps the recipients of a key where the service finds them', () => {
    const { alerting, entries } = compile(
      `${channels}alerts: { recipients: [fin@example.com] }\n`,
      'keys: { ci: { budget: $20, reset: weekly, recipients: [ci@example.com], alerts: { channels: [chat] } } }\n',
    );
    expect(entries[0]?.fields.recipients).toEqual(['ci@example.com', 'fin@example.com']);
    expect(alerting?.places['key-limits/nlp/ci']).toEqual({ recipients: ['ci@example.com'], channels: ['chat'] });
  });
});

it('files that only name recipients of keys say nothing of it', () => {
  const desired = compile(
    'alerts: { recipients: [fin@example.com] }\n',
    'alerts: { recipients: [nlp@example.com] }\nkeys: { ci: { budget: $20, reset: weekly, alert: 80% } }\n',
  );
  expect(desired).not.toHaveProperty('alerting');
  expect(settingsOf(desired)).not.toHaveProperty('alerts');
});

it('the record holds it as it is said', () => {
  const desired = compile(
    `${channels}alerts: { recipients: [fin@example.com], forecast: 3 days }\n`,
    policy('alert: [50%, 100%]'),
  );
  const settings = settingsOf(desired);
  expect(recordedSettingsSchema.parse(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
  expect(settings.alerts?.channels.mail).toEqual({
    type: 'mail',
    host: 'smtp.example.com',
    from: 't@example.com',
    user_env: 'TOLLGATE_NOTIFY_USER',
    password_env: 'TOLLGATE_NOTIFY_PASSWORD',
  });
});

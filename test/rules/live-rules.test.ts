/** Rules over what is live, each just below and just above what it finds. All facts are values: nothing is read. */

import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/plan/types.ts';
import type { RuleName } from '../../src/rule-names.ts';
import { keyRules } from '../../src/rules/key-rules.ts';
import { liveRules } from '../../src/rules/live-rules.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { type Given, keyObject, now, policyObject, providerObject } from '../plan/kit.ts';
import { findingsOf } from './plan-facts.ts';

const tested = new Set<string>();

function find(rule: RuleName, given: Given): Finding[] {
  tested.add(rule);
  return findingsOf(rule, given);
}

const messages = (rule: RuleName, given: Given): string[] => find(rule, given).map(({ message }) => message);
const places = (rule: RuleName, given: Given): string[] =>
  find(rule, given).map(({ source, severity }) => `${source.file}:${source.line}:${source.column} ${severity}`);

const keysRead = { read: new Set([`${teamA}/key-limits`]) };
const policy = (...lines: readonly string[]): string =>
  `policies:\n  spend:\n${lines.map((line) => `    ${line}\n`).join('')}`;
const spend = (per: string): string => policy('budget: $500', 'reset: monthly', 'alert: 80%', `per: ${per}`);
const key = (...lines: readonly string[]): string => `keys:\n  app:\n${lines.map((line) => `    ${line}\n`).join('')}`;
const limited = key('budget: $20', 'reset: monthly', 'alert: 80%');
const ends = (day: string): string => `2026-12-${day}T12:00:00.000Z`;
const app = (row: Readonly<Record<string, unknown>> = {}) => keyObject('app', uuid(11), row);

describe('counters-multiply', () => {
  const live = [app(), keyObject('web', uuid(12)), keyObject('old', uuid(13), { status: 'expired' })];

  it('says what the keys may spend together, without those that have expired', () => {
    const given = { body: spend('api_key'), live, liveRest: keysRead };
    expect(messages('counters-multiply', given)).toEqual(['$500 × 2 keys = $1,000 in ws-team-a']);
    expect(places('counters-multiply', given)).toEqual(['policies/a.yaml:10:5 info']);
  });

  it('says nothing of one key, of one counter for all, or where keys were not read', () => {
    expect(messages('counters-multiply', { body: spend('api_key'), live: [app()], liveRest: keysRead })).toEqual([]);
    expect(messages('counters-multiply', { body: spend('workspace_id'), live, liveRest: keysRead })).toEqual([]);
    expect(messages('counters-multiply', { body: spend('api_key'), live })).toEqual([]);
  });

  it('says that what callers can invent has no sum', () => {
    const given = { body: spend('metadata._user'), live };
    expect(messages('counters-multiply', given)).toEqual([
      '$500 for every value of `metadata._user`: unbounded, as any caller can invent one',
    ]);
  });
});

describe('metadata-fixed-by-key', () => {
  const fixed = (metadata: unknown) => ({ body: spend('metadata.team'), live: [app({ defaults: { metadata } })] });

  it('names the keys that set the metadata', () => {
    expect(messages('metadata-fixed-by-key', fixed({ team: 'nlp' }))).toEqual([
      '`metadata.team` is set by key "app": one counter for each value set there, whatever callers send',
    ]);
    expect(places('metadata-fixed-by-key', fixed({ team: 'nlp' }))).toEqual(['policies/a.yaml:10:5 warning']);
  });

  it('finds it on the workspace before any key', () => {
    const workspaces = (metadata: readonly string[]) => [{ id: teamA, slug: 'ws-team-a', name: 'Team A', metadata }];
    const given = { ...fixed({ team: 'nlp' }), liveRest: { workspaces: workspaces(['plan', 'team']) } };
    expect(messages('metadata-fixed-by-key', given)).toEqual([
      '`metadata.team` is set by the workspace: one counter, whatever callers send',
    ]);
    expect(
      messages('metadata-fixed-by-key', { ...fixed(null), liveRest: { workspaces: workspaces(['plan']) } }),
    ).toEqual([]);
  });

  it.each([[{ plan: 'nlp' }], [null], [undefined]])('finds nothing with %j', (metadata) => {
    expect(messages('metadata-fixed-by-key', fixed(metadata))).toEqual([]);
  });
});

describe('workspace-without-budget', () => {
  const rate = policy('rate: 5 requests/minute', 'per: workspace_id');

  it('is found at the workspace', () => {
    expect(messages('workspace-without-budget', { body: rate })).toEqual(['nothing bounds what ws-team-a spends']);
    expect(places('workspace-without-budget', { body: rate })).toEqual(['policies/a.yaml:3:1 warning']);
  });

  it('is not found with a budget anywhere, declared or live', () => {
    expect(messages('workspace-without-budget', { body: spend('api_key') })).toEqual([]);
    expect(messages('workspace-without-budget', { body: rate + limited, live: [app()] })).toEqual([]);
    expect(messages('workspace-without-budget', { body: rate, live: [policyObject(uuid(41))] })).toEqual([]);
    const live = [app({ usage_limits: { type: 'cost', credit_limit: 5 } })];
    expect(messages('workspace-without-budget', { body: rate, live })).toEqual([]);
    const budgets = [{ unit: 'cost', amount: 500, reset: 'monthly' }] as const;
    const workspaces = [{ id: teamA, slug: 'ws-team-a', name: 'Team A', budgets }];
    expect(messages('workspace-without-budget', { body: rate, liveRest: { workspaces } })).toEqual([]);
  });

  it('can be excused at the workspace', () => {
    const [finding] = find('workspace-without-budget', {
      body: `silence:\n  workspace-without-budget: a sandbox without credits\n${rate}`,
    });
    expect(finding?.silenced).toBe('a sandbox without credits');
  });
});

describe('key-without-limit', () => {
  const byModel = policy('rate: 5 requests/minute', 'match: {model: "@openai/*"}', 'per: workspace_id');
  const web = keyObject('web', uuid(12));

  it('names the keys that nothing holds', () => {
    const given = { body: byModel + limited, live: [app(), web], liveRest: keysRead };
    expect(messages('key-without-limit', given)).toEqual(['key "web" of ws-team-a may spend without any limit']);
    expect(places('key-without-limit', given)).toEqual(['policies/a.yaml:3:1 warning']);
  });

  it.each([
    ['a policy over all calls', policy('rate: 5 requests/minute', 'per: workspace_id'), [web]],
    ['a rate for all keys', `${byModel}keys:\n  "*":\n    rate: 5 requests/minute\n`, [web]],
    [
      'a live budget of its own',
      byModel,
      [keyObject('web', uuid(12), { usage_limits: { type: 'cost', credit_limit: 5 } })],
    ],
    [
      'a live rate of its own',
      byModel,
      [keyObject('web', uuid(12), { rate_limits: [{ type: 'requests', unit: 'rpm', value: 5 }] })],
    ],
    ['a live policy over all calls', byModel, [web, policyObject(uuid(41))]],
    ['its end', byModel, [keyObject('web', uuid(12), { expires_at: now.toISOString() })]],
  ])('leaves alone a key with %s', (_, body, live) => {
    expect(messages('key-without-limit', { body, live, liveRest: keysRead })).toEqual([]);
  });

  it('counts no live policy that looks at one key only', () => {
    const live = [web, policyObject(uuid(41), { conditions: [{ key: 'api_key', value: uuid(11) }] })];
    expect(messages('key-without-limit', { body: byModel, live, liveRest: keysRead })).toHaveLength(1);
  });
});

describe('exhausted', () => {
  const used = (row: object) => ({
    body: limited,
    live: [app({ usage_limits: { type: 'cost', credit_limit: 20, ...row } })],
  });

  it('says until when', () => {
    const monthly = used({ periodic_reset: 'monthly', status: 'exhausted' });
    expect(messages('exhausted', monthly)).toEqual(['key "app" is used up, and refused until 2026-12-01 00:00 UTC']);
    expect(places('exhausted', monthly)).toEqual(['policies/a.yaml:7:5 warning']);
    expect(messages('exhausted', used({ status: 'exhausted' }))).toEqual([
      'key "app" is used up, and refused for good: it never resets',
    ]);
  });

  it('is not found while there is something left', () => {
    expect(messages('exhausted', used({ status: 'active', current_usage: 1999 }))).toEqual([]);
  });

  it('tells providers too', () => {
    const body = 'providers:\n  openai-a:\n    budget: $20\n    reset: monthly\n    alert: 80%\n';
    const live = [providerObject('openai-a', uuid(21), { status: 'exhausted' })];
    expect(messages('exhausted', { body, live })).toEqual([
      'provider "openai-a" is used up, and refused until its next reset',
    ]);
  });
});

describe('expires-soon', () => {
  it.each([
    ['in fourteen days', ends('04'), ['key "app" expires at 2026-12-04 12:00 UTC']],
    ['a second later', '2026-12-04T12:00:01.000Z', []],
    ['now', now.toISOString(), ['key "app" has expired on 2026-11-20 12:00 UTC']],
    ['never', null, []],
  ])('of a key that ends %s', (_, expires_at, said) => {
    expect(messages('expires-soon', { body: limited, live: [app({ expires_at })] })).toEqual(said);
  });

  it('goes by the files where they say when', () => {
    const later = key('budget: $20', 'reset: monthly', 'alert: 80%', 'expires: 2027-06-01T00:00:00Z');
    expect(messages('expires-soon', { body: later, live: [app({ expires_at: ends('01') })] })).toEqual([]);
    const sooner = key('budget: $20', 'reset: monthly', 'alert: 80%', 'expires: 2026-12-01T00:00:00Z');
    expect(places('expires-soon', { body: sooner, live: [app()] })).toEqual(['policies/a.yaml:10:5 warning']);
  });
});

describe('legacy-virtual-key', () => {
  const body = 'providers:\n  openai-a:\n    rate: 5 requests/minute\n';

  it.each([
    [{ integration_id: null }, 1],
    [{ integration_id: '' }, 1],
    [{ integration_id: 'openai-prod' }, 0],
    [{}, 0],
  ])('S2-19: by %j', (row, count) => {
    expect(messages('legacy-virtual-key', { body, live: [providerObject('openai-a', uuid(21), row)] })).toHaveLength(
      count,
    );
  });
});

describe('recipient-outside-domains', () => {
  const org = 'review:\n  recipient_domains: [example.com]\n';
  const mail = (...alert_emails: readonly string[]) => [app({ alert_emails })];
  const said = (given: Partial<Given>): string[] =>
    messages('recipient-outside-domains', { body: limited, org, ...given });

  it('names the keys, and not the addresses', () => {
    expect(said({ live: mail('oncall@example.com', 'oncall@example.net') })).toEqual([
      'key "app" of ws-team-a tells somebody outside the allowed domains',
    ]);
    expect(said({ live: mail('oncall@other.example.com') })).toHaveLength(1);
  });

  it.each<[string, Partial<Given>]>([
    ['addresses within, in any case', { live: mail('oncall@Example.COM') }],
    ['no domains', { live: mail('oncall@example.net'), org: '' }],
    [
      'recipients of the files',
      { live: mail('oncall@example.net'), body: `${limited}    recipients: [oncall@example.com]\n` },
    ],
    ['no recipients', { live: [app({ alert_emails: null })] }],
  ])('finds nothing with %s', (_, given) => {
    expect(said(given)).toEqual([]);
  });
});

describe('recipient-told-anyway', () => {
  const people = [
    { id: uuid(901), email: 'owner@example.com', role: 'owner' },
    { id: uuid(902), email: 'admin@example.com', role: 'admin' },
    { id: uuid(903), email: 'ana@example.com', role: 'member' },
    { id: uuid(904), email: null, role: 'admin' },
  ];
  const told = (address: string, read: Parameters<typeof findingsOf>[3] = { members: { value: people } }) => {
    tested.add('recipient-told-anyway');
    const body = `${limited}    recipients: [${address}]\n`;
    const live = [app({ user_id: uuid(903), type: 'workspace-user' })];
    return findingsOf('recipient-told-anyway', { body, live }, now.getTime(), read).map(({ message }) => message);
  };

  it.each([
    ['Owner@Example.com', 'the service tells owner@example.com (an owner of the organisation) anyway'],
    ['admin@example.com', 'the service tells admin@example.com (an admin of the organisation) anyway'],
    ['ana@example.com', 'the service tells ana@example.com (key "app" is theirs) anyway'],
    [
      'admin@example.com, group@example.com, ana@example.com',
      'the service tells admin@example.com (an admin of the organisation), ana@example.com (key "app" is theirs) anyway',
    ],
  ])('%s', (address, message) => {
    expect(told(address)).toEqual([message]);
  });

  it('says nothing of others, nor where people were not asked for or are not told', () => {
    expect(told('group@example.com')).toEqual([]);
    expect(told('admin@example.com', {})).toEqual([]);
    expect(told('admin@example.com', { members: { unknown: 'GET /admin/users answered 403' } })).toEqual([]);
  });
});

describe('starting-in-past', () => {
  const body = (day: string): string =>
    policy('budget: $5', 'reset:', '  every: 7 days', `  starting: "${day}"`, 'alert: 80%', 'per: workspace_id');

  it('is found where the date is sent', () => {
    expect(messages('starting-in-past', { body: body('2026-11-20') })).toEqual(['`starting: 2026-11-20` is not ahead']);
    expect(messages('starting-in-past', { body: body('2026-11-21') })).toEqual([]);
  });
});

describe('a live rule that is raised to an error', () => {
  const org = 'review:\n  rules:\n    legacy-virtual-key: error\n';
  const body = 'providers:\n  openai-a:\n    rate: 5 requests/minute\n';
  const rates = [{ type: 'requests', unit: 'rpm', value: 5 }];
  const old = (rate_limits: unknown) => [providerObject('openai-a', uuid(21), { integration_id: null, rate_limits })];

  it('only warns about a file in which nothing changes', () => {
    const [changed] = find('legacy-virtual-key', { body, org, live: old([]) });
    const [unchanged] = find('legacy-virtual-key', { body, org, live: old(rates) });
    expect([changed?.severity, unchanged?.severity]).toEqual(['error', 'warning']);
  });
});

it('tests every live rule', () => {
  expect([...tested].sort()).toEqual([...liveRules, ...keyRules].map(({ name }) => name as string).sort());
});

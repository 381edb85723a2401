/** Two workspaces in which everything happens at once: every action, every direction, every kind. */

import type { StoreState } from '../../src/emulator/store.ts';
import {
  keyA1,
  keyA2,
  keyRow,
  ratePolicyRow,
  smallState,
  teamA,
  teamB,
  usagePolicyRow,
  uuid,
  workspaceRow,
} from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

export function scenarioState(): Partial<StoreState> {
  return smallState({
    workspaces: [
      workspaceRow('ws-team-a', teamA, {
        usage_limits: [
          { type: 'cost', credit_limit: 500, periodic_reset: 'monthly' },
          // Made by hand, and second: a rival changes the first, which has to be put back.
          { type: 'cost', credit_limit: 50, periodic_reset: 'weekly' },
        ],
      }),
      workspaceRow('ws-team-b', teamB),
    ],
    apiKeys: [
      keyRow('app', keyA1, teamA, {
        usage_limits: {
          type: 'cost',
          credit_limit: 80,
          alert_threshold: 64,
          periodic_reset: 'monthly',
          current_usage: 0,
        },
        rate_limits: [{ type: 'requests', unit: 'rpm', value: 100 }],
        alert_emails: ['ops@example.com'],
      }),
      keyRow('batch', keyA2, teamA, {
        usage_limits: { type: 'cost', credit_limit: 40, periodic_reset: 'monthly', current_usage: 0 },
      }),
      keyRow('web', uuid(13), teamB),
      keyRow('by-hand', uuid(14), teamB, { usage_limits: { type: 'tokens', credit_limit: 5000 } }),
    ],
    usagePolicies: [
      usagePolicyRow('tight', uuid(101), teamA),
      usagePolicyRow('loose', uuid(102), teamA),
      usagePolicyRow('regroup', uuid(103), teamA),
      usagePolicyRow('obsolete', uuid(104), teamA),
      usagePolicyRow('by-hand', uuid(105), teamA),
      usagePolicyRow('rematch', uuid(111), teamB),
      usagePolicyRow('obsolete', uuid(112), teamB),
      usagePolicyRow(null, uuid(113), teamB),
    ],
    ratePolicies: [ratePolicyRow('burst', uuid(121), teamA), ratePolicyRow('calls', uuid(122), teamB)],
  });
}

const usage = (name: string, amount: string, per = 'workspace_id', more = ''): string =>
  `  ${name}:\n    budget: ${amount}\n    reset: monthly\n    per: ${per}\n${more}`;
const rate = (name: string, value: string, per = 'workspace_id'): string =>
  `  ${name}:\n    rate: ${value}\n    per: ${per}\n`;

/** What is live, declared as it is. */
export const filesBefore: Readonly<Record<string, string>> = {
  'org.yaml': orgFile('review:\n  guards:\n    updates: off\n    deletes: off\n'),
  'a.yaml': workspaceFile(
    'ws-team-a',
    'limits:\n  budget: $500\n  reset: monthly\n' +
      'keys:\n  app:\n    budget: $80\n    alert: $64\n    reset: monthly\n    rate: 100 requests/minute\n    recipients: [ops@example.com]\n' +
      '  batch:\n    budget: $40\n    reset: monthly\n' +
      `policies:\n${usage('tight', '$100')}${usage('loose', '$100')}${usage('regroup', '$100')}${usage('obsolete', '$100')}${rate('burst', '100 requests/minute')}`,
  ),
  'b.yaml': workspaceFile(
    'ws-team-b',
    `policies:\n${usage('rematch', '$100')}${usage('obsolete', '$100')}${rate('calls', '100 requests/minute')}`,
  ),
};

export const filesAfter: Readonly<Record<string, string>> = {
  'org.yaml': filesBefore['org.yaml'] ?? '',
  'a.yaml': workspaceFile(
    'ws-team-a',
    'limits:\n  budget: $400\n  reset: monthly\n' +
      'keys:\n  app:\n    budget: $60\n    alert: $48\n    reset: monthly\n    rate: 200 requests/minute\n    recipients: [ops@example.com, oncall@example.com]\n' +
      'providers:\n  openai-a:\n    budget: $30\n    reset: monthly\n' +
      'integrations:\n  openai-prod:\n    budget: $45\n    reset: monthly\n' +
      `policies:\n${usage('tight', '$80')}${usage('loose', '$200')}${usage('regroup', '$100', 'api_key')}` +
      usage('fresh', '$70', 'api_key', '    description: agreed with finance\n') +
      rate('burst', '50 requests/minute'),
  ),
  'b.yaml': workspaceFile(
    'ws-team-b',
    'keys:\n  web:\n    budget: $25\n    reset: monthly\n' +
      'policies:\n' +
      usage('rematch', '$100', 'workspace_id', '    match: { metadata.team: nlp }\n') +
      usage('fresh', '$90') +
      rate('calls', '100 requests/minute', 'api_key') +
      rate('brake', '10 requests/minute'),
  ),
};

/** Name and limit of what has to be live in the end, written by hand: no code of ours has a say in it. */
export function describeLimits(state: StoreState): string[] {
  const slug = (id: string | null): string => state.workspaces.find((row) => row.id === id)?.slug.slice(-1) ?? '-';
  const money = (limits: unknown): string => JSON.stringify(limits, ['credit_limit', 'alert_threshold']);
  return [
    ...state.usagePolicies
      .filter(({ status }) => status === 'active')
      .map(
        (row) =>
          `${slug(row.workspace_id)} ${row.name} $${row.credit_limit} by ${row.group_by.map(({ key }) => key)} of ${JSON.stringify(row.conditions[0])}`,
      ),
    ...state.ratePolicies
      .filter(({ status }) => status === 'active')
      .map((row) => `${slug(row.workspace_id)} ${row.name} ${row.value} ${row.unit} by ${row.group_by[0]?.key}`),
    ...state.apiKeys.map(
      (row) =>
        `${slug(row.workspace_id)} key ${row.name} ${money(row.usage_limits)} ${row.rate_limits?.map(({ value }) => value)} ${row.alert_emails}`,
    ),
    ...state.workspaces.map(
      (row) => `${slug(row.id)} ${row.usage_limits?.map(({ credit_limit }) => credit_limit).sort()}`,
    ),
    ...state.providers.map((row) => `provider ${money(row.usage_limits)}`),
    ...state.integrations.flatMap((row) => row.workspaces.map((share) => `share ${money(share.usage_limits)}`)),
  ].sort();
}

/** As the limits have to be in the end, by hand. */
export const wantedLimits: readonly string[] = [
  'a 400,50',
  'a burst 50 rpm by workspace_id',
  'a by-hand $100 by workspace_id of {"key":"api_key","value":"*"}',
  'a fresh $70 by api_key of {"key":"api_key","value":"*"}',
  'a key app {"credit_limit":60,"alert_threshold":48} 200 oncall@example.com,ops@example.com',
  'a key batch null  null',
  'a loose $200 by workspace_id of {"key":"api_key","value":"*"}',
  'a regroup $100 by api_key of {"key":"api_key","value":"*"}',
  'a tight $80 by workspace_id of {"key":"api_key","value":"*"}',
  'b brake 10 rpm by workspace_id',
  'b calls 100 rpm by api_key',
  'b fresh $90 by workspace_id of {"key":"api_key","value":"*"}',
  'b key by-hand {"credit_limit":5000}  null',
  'b key web {"credit_limit":25,"alert_threshold":null}  null',
  'b null $100 by workspace_id of {"key":"api_key","value":"*"}',
  'b rematch $100 by workspace_id of {"key":"metadata.team","value":"nlp"}',
  'b undefined',
  'provider {"credit_limit":30,"alert_threshold":null}',
  'share [{"credit_limit":45,"alert_threshold":null}]',
];

/** What people ask an agent, in their words, and the calls that answer it: each begins with the list of workspaces, as agents are told. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Asker, startAsker } from '../helpers/ask.ts';
import { testNow } from '../helpers/session.ts';
import { configRow, keyRow, requestRow, smallState, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';

const day = 86_400_000;
const at = (days: number): string => new Date(testNow - days * day).toISOString();
const last = (days: number) => ({
  workspace_slug: 'ws-team-a',
  time_of_generation_min: at(days),
  time_of_generation_max: at(0),
});

type Row = Parameters<typeof requestRow>[0];
let made = 0;
const call = (daysAgo: number, row: Row = {}) => {
  made += 1;
  return requestRow({ id: uuid(0x50000 + made), created_at: at(daysAgo), ...row });
};

const mini = { ai_model: 'gpt-4o-mini' };
const failed = (status: number) => ({ response_status_code: status, is_success: false, cost: 0 });

/** A dollar a day of `gpt-4o` by ana, nine on one; a dear call of bo within the day; the month before half of it. */
const requestLogs = [
  ...Array.from({ length: 28 }, (_, index) => call(index + 1.5, { metadata: { _user: 'ana' } })),
  call(3.5, { cost: 900, metadata: { _user: 'ana' } }),
  call(0.2, { ...mini, cost: 90, metadata: { _user: 'bo' } }),
  call(0.3, { ...mini, cost: 3, metadata: { _user: 'bo' } }),
  call(0.4, { ...mini, cost: 12, metadata: { _user: 'bo' } }),
  ...Array.from({ length: 14 }, (_, index) => call(index + 31.5, { metadata: { _user: 'ana' } })),
  ...Array.from({ length: 40 }, () => call(2.1, failed(429))),
  ...Array.from({ length: 3 }, () => call(2.2, failed(400))),
  call(1.5, { workspace_id: teamB, api_key_id: uuid(13), cost: 70_000 }),
];

const budget = (used: number) => ({
  type: 'cost' as const,
  credit_limit: 20,
  periodic_reset: 'monthly' as const,
  current_usage: used,
  status: used >= 2000 ? ('exhausted' as const) : ('active' as const),
});

const state = smallState({
  requestLogs,
  apiKeys: [
    keyRow('app', uuid(11), teamA, { usage_limits: budget(100) }),
    keyRow('spent', uuid(14), teamA, { usage_limits: budget(2000), status: 'exhausted' }),
    keyRow('ending', uuid(15), teamA, { usage_limits: budget(10), expires_at: at(-6) }),
    keyRow('web', uuid(13), teamB),
  ],
  usagePolicies: [
    usagePolicyRow('people', uuid(101), teamA, {
      credit_limit: 500,
      group_by: [{ key: 'metadata._user' }],
      entities: {
        'metadata._user:ana': {
          id: uuid(201),
          current_usage: 41_000,
          status: 'active',
          is_threshold_alerts_sent: false,
          is_exhausted_alerts_sent: false,
        },
      },
    }),
    usagePolicyRow('other', uuid(102), teamB),
  ],
  configs: [
    configRow('evade', uuid(301), teamA, {
      strategy: { mode: 'fallback' },
      targets: [{ provider: '@openai-a' }, { provider: '@openai-b' }],
      retry: { attempts: 3 },
    }),
  ],
});

interface Step {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** What the answer holds, at least. */
  readonly holds: Readonly<Record<string, unknown>>;
  /** In its paragraph. */
  readonly says: string | RegExp;
}

const names = (...all: readonly string[]) => all.map((name) => ({ untrusted: { name } }));

const prompts: readonly (readonly [id: string, prompt: string, steps: readonly Step[]])[] = [
  [
    'S0-18',
    'Show me the policies of team A.',
    [
      {
        tool: 'list_policies',
        input: { workspace: 'ws-team-a' },
        holds: { policies: [{ use: { used: { usd: '$410.00' }, percent: 82 }, untrusted: { name: 'people' } }] },
        says: /^1 /,
      },
    ],
  ],
  [
    'S0-21',
    'Which were the most expensive calls of the last 24 hours?',
    [
      {
        tool: 'list_logs',
        input: { ...last(1), sort: 'cost' },
        holds: { logs: [{ cost: { usd: '$0.90' } }, { cost: { usd: '$0.12' } }, { cost: { usd: '$0.03' } }] },
        says: '3 calls in ws-team-a',
      },
    ],
  ],
  [
    'S0-25',
    'Export the logs of last week into a file.',
    [
      {
        tool: 'export_logs',
        input: { ...last(7), file: 'week.jsonl' },
        holds: { state: 'done', rows: 53, file: 'week.jsonl' },
        says: '53 calls in week.jsonl',
      },
    ],
  ],
  [
    'S0-26, S0-28',
    'Which keys do we have, what is left of each, and which did nobody use?',
    [
      {
        tool: 'get_virtual_keys',
        input: { workspace: 'ws-team-a', kind: 'api-key' },
        holds: { page: { total: 3 } },
        says: /^3 /,
      },
      {
        tool: 'list_virtual_keys',
        input: { workspace: 'ws-team-b', only: 'forgotten' },
        holds: { keys: [] },
        says: /^0 /,
      },
    ],
  ],
  [
    'S0-29, S0-40',
    'Does any of our configs go round a budget? Check retries and fallbacks.',
    [
      {
        tool: 'list_configs',
        input: { workspace_slug: 'ws-team-a' },
        holds: {
          configs: [
            {
              falls_back_on_412: true,
              retry: { attempts: 3 },
              flags: [
                'a spent budget falls through to the next target',
                'a call over its rate falls through to the next target',
              ],
            },
          ],
        },
        says: '1 goes on to the next target after a spent budget',
      },
    ],
  ],
  [
    'S0-35',
    'The bill has jumped: which model and which user?',
    [
      {
        tool: 'get_model_analytics_summary',
        input: last(7),
        holds: { rows: names('gpt-4o', 'gpt-4o-mini') },
        says: '$',
      },
      {
        tool: 'get_user_analytics_summary',
        input: last(7),
        holds: { rows: names('ana', 'bo') },
        says: '2 users spent',
      },
    ],
  ],
  [
    'S0-37',
    'Our rollout fails at random: a rate limit, or a wrong configuration?',
    [
      {
        tool: 'get_request_analytics',
        input: last(7),
        holds: { errors: 43, is_failing: true, rate_limited_keys: [{ untrusted: { name: 'app' }, requests: 40 }] },
        says: '40 rate limited on 1 key (429), 3 rejected',
      },
      {
        tool: 'list_logs',
        input: { ...last(7), status_codes: [400] },
        holds: { page: { total: 3 } },
        says: '3 calls',
      },
    ],
  ],
  [
    'S1-21',
    'Show the cost of the last 30 days and the trend by model.',
    [
      {
        tool: 'get_cost_analytics',
        input: last(30),
        holds: { total: { usd: '$38.05' }, unusual_days: [{ cost: { usd: '$10.00' } }] },
        says: '$38.05 was spent',
      },
      {
        tool: 'get_model_analytics_summary',
        input: last(30),
        holds: {
          total: { usd: '$38.05' },
          rows: [
            { untrusted: { name: 'gpt-4o' }, cost: { usd: '$37.00' }, cost_change_percent: 164 },
            { untrusted: { name: 'gpt-4o-mini' }, cost: { usd: '$1.05' }, cost_change_percent: null },
          ],
        },
        says: '$38.05',
      },
    ],
  ],
  [
    'S1-22',
    'Requests and tokens of this week: flag spikes and error rates.',
    [
      {
        tool: 'get_request_analytics',
        input: last(7),
        holds: { requests: 53, errors: 43, is_failing: true },
        says: '53 ',
      },
      {
        tool: 'get_token_analytics',
        input: last(7),
        holds: { summary: { total_tokens: 53_000 } },
        says: '53,000 tokens were used',
      },
    ],
  ],
  [
    'S1-23',
    'Are any keys exhausted or close to expiry?',
    [
      {
        tool: 'list_virtual_keys',
        input: { only: 'exhausted' },
        holds: { keys: [{ status: 'exhausted', use: { remaining: { usd: '$0.00' } }, untrusted: { name: 'spent' } }] },
        says: /^1 /,
      },
      {
        tool: 'get_virtual_keys',
        input: { only: 'expiring' },
        holds: { keys: names('ending') },
        says: /^1 /,
      },
    ],
  ],
];

it('S2-6: what single calls cost is in sum what the window cost', async () => {
  const asker = await startAsker({ state });
  onTestFinished(() => asker.close());
  const { logs } = await asker.data<{ readonly logs: readonly { readonly cost: { readonly exact_cents: string } }[] }>(
    'list_logs',
    { ...last(7), limit: 100 },
  );
  const { total } = await asker.data<{ readonly total: { readonly exact_cents: string } }>(
    'get_cost_analytics',
    last(7),
  );
  expect(logs.reduce((sum, { cost }) => sum + Number(cost.exact_cents), 0)).toBe(Number(total.exact_cents));
  expect(Number(total.exact_cents)).toBeGreaterThan(0);
});

describe('a prompt', () => {
  it.each(prompts)('%s: %s', async (_id, _prompt, steps) => {
    const asker: Asker = await startAsker({ state });
    onTestFinished(() => asker.close());
    expect(await asker.data('list_workspaces')).toMatchObject({ workspaces: [{ slug: 'ws-team-a' }, {}] });
    for (const { tool, input, holds, says } of steps) {
      const data = await asker.data<{ readonly answer: string }>(tool, input);
      expect(data, tool).toMatchObject(holds);
      expect(data.answer).toMatch(typeof says === 'string' ? new RegExp(says.replace(/[$().]/g, '\\$&')) : says);
      // Of the other team nothing is told.
      if ('workspace_slug' in input) expect(JSON.stringify(data)).not.toContain('$700');
      const { file } = data as { readonly file?: string };
      if (file !== undefined) expect(readFileSync(join(asker.folder, file), 'utf8').split('\n')).toHaveLength(54);
    }
    // Nothing is asked of analytics or logs without a workspace.
    expect(asker.asked.filter((path) => path.includes('/analytics/') && !path.includes('workspace_slug='))).toEqual([]);
  });
});

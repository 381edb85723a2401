/**
 * Thirty days of requests of the sample organisation.
 *
 * Each stream lies inside one running window: this month, this week, the window of a policy. So what the counters have
 * reached, and who is near or over a limit, is the same whatever day it is. Streams before this month are history only.
 *
 * | who | limit | stands at |
 * |---|---|---|
 * | marketing, workspace | monthly-spend $400 | about 90 % |
 * | marketing, newsletter-bot | key-ceiling $100, old-trial $50 | over both |
 * | marketing, brand-studio | key-ceiling $100 | about 95 % |
 * | marketing, campaign-writer | its own $80 | about 80 % |
 * | sales, proposal-writer and crm-assistant | key-ceiling $250 | over; nearly there |
 * | sales, workspace | pilot-cap $1,000 | about 85 %, over its alert |
 * | research, team vision and team nlp | fortnight-quota 2M tokens | over; about 90 % |
 * | research, analyst-2 and analyst-1 on Opus | frontier-models $50 | over; about 90 % |
 * | research, grant-2231 | $3,000 | about 92 %, over its alert |
 * | platform, ci-runner | its own 5M tokens a week | over: the key is exhausted |
 * | platform, contractor-ana | its own $150 | over its alert of $120 |
 * | platform, checkout-service | its own $300 | about 95 % |
 */

import { generateRequests, type Traffic } from './request-logs.ts';
import type { SampleDates } from './sample-dates.ts';
import { keyId, type SampleArea, workspaceId } from './sample-organisation.ts';
import type { RequestLogRow } from './store.ts';

type Size = Pick<Traffic, 'input' | 'output'>;

/** Sizes of a request, named for what it is used for; agents carry their whole history along. */
const small: Size = { input: [1_000, 3_000], output: [200, 800] };
const long: Size = { input: [60_000, 100_000], output: [4_000, 8_000] };
const agent: Size = { input: [120_000, 180_000], output: [15_000, 25_000] };
const report: Size = { input: [250_000, 350_000], output: [60_000, 100_000] };
const archive: Size = { input: [700_000, 900_000], output: [70_000, 90_000] };

/** Provider slug, vendor and model in one word. */
type Route = readonly [provider: string, vendor: string, model: string];
const gpt4o: Route = ['openai-prod', 'openai', 'gpt-4o'];
const mini: Route = ['openai-prod', 'openai', 'gpt-4o-mini'];
const gpt5: Route = ['openai-prod', 'openai', 'gpt-5'];
const opus: Route = ['anthropic-prod', 'anthropic', 'claude-opus-4-5'];
const embedding: Route = ['openai-prod', 'openai', 'text-embedding-3-small'];
const salesGpt: Route = ['openai-sales', 'openai', 'gpt-5'];
const salesOpus: Route = ['anthropic-sales', 'anthropic', 'claude-opus-4-5'];

type More = Pick<Traffic, 'metadata' | 'config' | 'errorEvery' | 'cacheEvery' | 'endpoint'>;

const windowDays = 30;

export function buildRequestLogs(dates: SampleDates): RequestLogRow[] {
  const first = new Date(dates.ago(windowDays));
  const since = (date: string): Date => new Date(Math.max(Date.parse(date), first.getTime()));
  const month = since(dates.monthStart);
  const stream = (
    area: SampleArea,
    key: string,
    [virtual_key, ai_org, ai_model]: Route,
    size: Size,
    requests: number,
    from: Date,
    more: More = {},
    to: Date = dates.now,
  ): Traffic => ({
    workspace_id: workspaceId(area),
    api_key_id: keyId(area, key),
    virtual_key,
    ai_org,
    ai_model,
    requests,
    from,
    to,
    ...size,
    ...more,
  });
  /** Last month, as far as the thirty days reach: it feeds analytics and no counter. */
  const history = (area: SampleArea, key: string, route: Route, size: Size, requests: number, more: More = {}) =>
    stream(area, key, route, size, requests, first, more, month);
  const user = (name: string, more: Record<string, string> = {}): More => ({ metadata: { _user: name, ...more } });
  const fortnight = new Date(dates.midnight(-9));
  const streams: Traffic[] = [
    stream('marketing', 'campaign-writer', gpt4o, agent, 115, month, { ...user('writer-1'), errorEvery: 30 }),
    stream('marketing', 'newsletter-bot', opus, agent, 85, month, { metadata: { campaign: 'autumn' }, errorEvery: 41 }),
    stream('marketing', 'brand-studio', opus, agent, 76, month, user('campaign-manager')),
    stream('marketing', 'seo-audit', gpt4o, long, 170, month, { config: 'pc-cached-9f02c6', cacheEvery: 6 }),
    stream('marketing', 'seo-audit', gpt4o, agent, 90, month),
    history('marketing', 'newsletter-bot', opus, agent, 40, { metadata: { campaign: 'summer' } }),
    history('marketing', 'campaign-writer', gpt4o, agent, 60, user('writer-1')),

    stream('sales', 'crm-assistant', salesGpt, report, 207, month, user('account-manager-1')),
    stream('sales', 'proposal-writer', salesGpt, report, 222, month, user('account-manager-2')),
    stream('sales', 'forecast', salesGpt, report, 100, month, { errorEvery: 25 }),
    stream('sales', 'deal-desk', salesOpus, agent, 186, month, user('account-manager-1')),
    history('sales', 'crm-assistant', salesGpt, report, 60, user('account-manager-1')),

    stream('research', 'grant-pipeline', opus, archive, 460, new Date(dates.ago(28)), {
      metadata: { project: 'grant-2231' },
    }),
    stream('research', 'team-runs', gpt4o, long, 14, fortnight, user('analyst-1', { team: 'nlp' })),
    stream('research', 'team-runs', gpt4o, long, 7, fortnight, user('analyst-3', { team: 'nlp' })),
    stream('research', 'team-runs', gpt4o, long, 25, fortnight, user('analyst-2', { team: 'vision' })),
    stream('research', 'team-runs', gpt4o, long, 30, first, user('analyst-1', { team: 'nlp' }), fortnight),
    stream('research', 'notebooks', opus, agent, 37, month, user('analyst-1')),
    stream('research', 'notebooks', opus, agent, 43, month, user('analyst-2')),
    stream('research', 'notebooks', gpt5, agent, 45, month, user('analyst-1')),
    stream('research', 'notebooks', gpt5, agent, 66, month, user('analyst-3')),
    stream('research', 'notebooks', mini, small, 90, month, user('student-1', { plan: 'free' })),
    stream('research', 'notebooks', mini, small, 40, month, user('student-2', { plan: 'free' })),

    stream('platform', 'checkout-service', gpt5, report, 278, month, {
      config: 'pc-checko-4b8d21',
      cacheEvery: 12,
      errorEvery: 35,
    }),
    stream('platform', 'ci-runner', mini, long, 61, new Date(dates.sunday), { metadata: { pipeline: 'nightly' } }),
    history('platform', 'ci-runner', mini, long, 40, { metadata: { pipeline: 'nightly' } }),
    stream('platform', 'contractor-ana', opus, agent, 100, new Date(dates.ago(25)), user('contractor-ana')),
    stream('platform', 'batch-embedder', embedding, archive, 90, new Date(dates.midnight(-8)), { endpoint: 'embed' }),

    stream('support', 'helpdesk-bot', opus, agent, 152, month, { ...user('agent-1'), config: 'pc-helpde-17a3e5' }),
    stream('support', 'helpdesk-bot', gpt4o, small, 160, month, { ...user('agent-2'), cacheEvery: 4 }),
    stream('support', 'triage', mini, small, 240, month, { metadata: { shift: 'weekday' }, errorEvery: 20 }),
    history('support', 'triage', mini, small, 80, { metadata: { shift: 'weekend' } }),

    stream('sandbox', 'playground', gpt4o, small, 60, month, user('platform-admin')),
    // A model without a price: it costs nothing and never uses up a cost budget.
    stream('sandbox', 'playground', ['azure-eu', 'azure-openai', 'tickets-finetune'], small, 30, month),
  ];
  return generateRequests(streams, 2231);
}

/** The question about tokens, with all of its 29 names. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { advertiseTool } from '../../src/tools/advertise.ts';
import { findTool } from '../../src/tools/registry.ts';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { requestRow, smallState } from '../helpers/state.ts';

async function ask(options: AskerOptions = {}): Promise<Asker> {
  const asker = await startAsker({ state: smallState({ requestLogs: [requestRow()] }), ...options });
  onTestFinished(() => asker.close());
  return asker;
}

const day = {
  workspace_slug: 'ws-team-a',
  time_of_generation_min: '2026-11-19T00:00:00Z',
  time_of_generation_max: '2026-11-20T00:00:00Z',
};

const graphQueries = ({ asked }: Asker): string[] => asked.filter((path) => path.includes('/analytics/graphs/tokens'));

const pairs = [
  ['status_code', '200,429', 'status_codes', [200, '429']],
  ['virtual_keys', 'openai-a', 'virtual_key_slugs', ['openai-a']],
  ['configs', 'pc-main', 'config_slugs', ['pc-main']],
  ['ai_org_model', 'openai__gpt-4o', 'provider_models', ['openai__gpt-4o']],
  ['trace_id', 'a,b', 'trace_ids', ['a', 'b']],
  ['span_id', 'c', 'span_ids', ['c']],
  ['metadata', '{"env":"prod"}', 'metadata_filter', { env: 'prod' }],
] as const;

describe('get_token_analytics', () => {
  it('S1-14, S3-1, S3-6, S3-7: takes 29 names, of which three are required, reads and destroys nothing', () => {
    const tool = findTool('get_token_analytics');
    if (tool === undefined) throw new Error('it is not there');
    const { inputSchema, annotations } = advertiseTool(tool);
    const names = Object.keys(inputSchema.properties as object).filter((name) => name !== 'limit' && name !== 'cursor');
    expect(names).toHaveLength(29);
    // Keys are a filter that may be left out.
    expect(inputSchema.required).toEqual(['workspace_slug', 'time_of_generation_min', 'time_of_generation_max']);
    expect(annotations).toMatchObject({ readOnlyHint: true, idempotentHint: true, destructiveHint: false });
  });

  it('S3-2: totals and the average; what the service does not tell apart is null', async () => {
    const asker = await ask();
    expect(await asker.data('get_token_analytics', day)).toMatchObject({
      summary: { total_tokens: 1000, prompt_tokens: null, completion_tokens: null, average_per_request: 1000 },
    });
  });

  it('S3-2: prompt and completion where the service tells them', async () => {
    const asker = await ask({ quirks: { tokensSplit: true } });
    expect(await asker.data('get_token_analytics', day)).toMatchObject({
      summary: { total_tokens: 1000, prompt_tokens: 900, completion_tokens: 100 },
    });
  });

  it('S3-3: the number of points is told', async () => {
    const asker = await ask();
    const data = await asker.data<{ point_count: number; data_points: unknown[] }>('get_token_analytics', day);
    expect(data.point_count).toBe(data.data_points.length);
    expect(data.point_count).toBeGreaterThan(20);
  });

  it.each(pairs)('S3-12, S3-13: %s and its list give one query', async (older, text, newer, list) => {
    const asker = await ask();
    await asker.data('get_token_analytics', { ...day, [older]: text });
    await asker.data('get_token_analytics', { ...day, [newer]: list });
    await asker.data('get_token_analytics', { ...day, [older]: text, [newer]: list });
    const queries = graphQueries(asker);
    expect(new Set(queries).size).toBe(1);
    expect(queries).toHaveLength(3);
    // Of metadata: JSON as text.
    expect(new URL(queries[0] ?? '', 'http://x').searchParams.get(older)).toBe(text);
  });

  it.each(pairs)('S3-13: %s and its list that differ are refused', async (older, text, newer) => {
    const asker = await ask();
    const other =
      newer === 'metadata_filter' ? { env: 'dev' } : newer === 'provider_models' ? ['openai__o3'] : ['other'];
    expect(await asker.call('get_token_analytics', { ...day, [older]: text, [newer]: other })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input', message: `${older} and ${newer} are one filter, and differ` },
    });
    expect(graphQueries(asker)).toEqual([]);
  });

  it('S3-13: an empty list is absent', async () => {
    const asker = await ask();
    await asker.data('get_token_analytics', {
      ...day,
      status_codes: [],
      trace_id: '',
      metadata_filter: {},
      api_key_ids: [],
    });
    const [query = ''] = graphQueries(asker);
    expect([...new URL(query, 'http://x').searchParams.keys()].sort()).toEqual([
      'time_of_generation_max',
      'time_of_generation_min',
      'workspace_slug',
    ]);
  });

  it('S3-8: ranges reach the query, as numbers or as text of numbers; zero counts', async () => {
    const asker = await ask();
    const ranges = {
      total_units_min: 0,
      total_units_max: '5000',
      cost_min: '0',
      cost_max: 100,
      prompt_token_min: 1,
      prompt_token_max: 2,
      completion_token_min: 3,
      completion_token_max: 4,
    };
    await asker.data('get_token_analytics', { ...day, ...ranges });
    const query = new URL(graphQueries(asker)[0] ?? '', 'http://x').searchParams;
    for (const [name, value] of Object.entries(ranges)) expect([name, query.get(name)]).toEqual([name, String(value)]);
    for (const name of ['total_units', 'cost', 'prompt_token', 'completion_token']) {
      expect(await asker.call('get_token_analytics', { ...day, [`${name}_min`]: 9, [`${name}_max`]: 8 })).toMatchObject(
        {
          error: { code: 'invalid_input' },
        },
      );
      expect(await asker.call('get_token_analytics', { ...day, [`${name}_min`]: -1 })).toMatchObject({
        error: { code: 'invalid_input' },
      });
    }
  });

  it('S3-9: feedback lies within ten of nothing', async () => {
    const asker = await ask();
    expect(await asker.call('get_token_analytics', { ...day, weighted_feedback_min: -11 })).toMatchObject({
      error: { code: 'invalid_input' },
    });
    expect(await asker.call('get_token_analytics', { ...day, weighted_feedback_min: -10 })).toMatchObject({ ok: true });
    expect(graphQueries(asker)).toHaveLength(1);
  });

  it('S3-10: prompts are a filter', async () => {
    const asker = await ask();
    await asker.data('get_token_analytics', { ...day, prompt_slug: ['a', 'b'] });
    expect(new URL(graphQueries(asker)[0] ?? '', 'http://x').searchParams.get('prompt_slug')).toBe('a,b');
  });

  it.each(['openai/gpt-4o', '@openai/gpt-4o'])('S3-11: %s is refused with the right spelling', async (model) => {
    const asker = await ask();
    for (const name of ['provider_models', 'ai_org_model']) {
      expect(await asker.call('get_token_analytics', { ...day, [name]: [model] })).toMatchObject({
        ok: false,
        error: { code: 'invalid_input', message: expect.stringContaining('write openai__gpt-4o') },
      });
    }
    expect(asker.wire).toEqual([]);
  });
});

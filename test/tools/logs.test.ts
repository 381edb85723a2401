/** Single calls, by way of an export: made once, waited for, and read as its file arrives. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { requestRow, smallState, uuid } from '../helpers/state.ts';

async function ask(options: AskerOptions = {}): Promise<Asker> {
  const asker = await startAsker({ state: smallState({ requestLogs: threeCalls }), ...options });
  onTestFinished(() => asker.close());
  return asker;
}

const threeCalls = [
  requestRow({ id: uuid(0xf10), cost: 3, created_at: '2026-11-20T01:00:00.000Z', response_time: 900 }),
  requestRow({
    id: uuid(0xf11),
    cost: 90,
    created_at: '2026-11-20T02:00:00.000Z',
    ai_org: 'anthropic',
    ai_model: 'opus',
  }),
  requestRow({
    id: uuid(0xf12),
    cost: 12,
    created_at: '2026-11-20T03:00:00.000Z',
    metadata: { _user: 'ana', team: 'nlp' },
  }),
];

const day = {
  workspace_slug: 'ws-team-a',
  time_of_generation_min: '2026-11-19T12:00:00Z',
  time_of_generation_max: '2026-11-20T12:00:00Z',
};

interface Logs {
  readonly answer: string;
  readonly state: string;
  readonly export_id: string;
  readonly matched: number | null;
  readonly notes: readonly string[];
  readonly page: { readonly total: number; readonly cursor: string | null };
  readonly logs: readonly {
    readonly id: string;
    readonly provider: string;
    readonly cost: { readonly usd: string; readonly cents: number } | null;
    readonly status: number | null;
    readonly cause: string | null;
    readonly total_tokens: number | null;
    readonly latency_ms: number | null;
    readonly untrusted: { readonly user: string | null; readonly metadata: string | null };
  }[];
}

const writes = (asker: Asker): readonly string[] =>
  asker.wire.filter((line) => !line.startsWith('GET ')).map((line) => line.replace(/[0-9a-f-]{36}/, '…'));

describe('list_logs', () => {
  it('S0-19: creates, starts, waits for and downloads an export, and tells of each call what it was', async () => {
    const asker = await ask();
    const { logs, state, matched, answer } = await asker.data<Logs>('list_logs', day);
    expect(state).toBe('done');
    expect(matched).toBe(3);
    expect(logs.map(({ id }) => id)).toEqual([uuid(0xf12), uuid(0xf11), uuid(0xf10)]);
    expect(logs[0]).toMatchObject({
      total_tokens: 1000,
      latency_ms: 500,
      status: 200,
      cause: 'no error',
      cost: { cents: 12, usd: '$0.12' },
      untrusted: { user: 'ana', metadata: '{"_user":"ana","team":"nlp"}' },
    });
    expect(answer).toBe('3 calls in ws-team-a from 2026-11-19 12:00 to 2026-11-20 12:00 UTC.');
    const steps = asker.wire
      .filter((line) => line.includes('exports'))
      .map((line) => line.replace(/[0-9a-f-]{36}/, '…'));
    expect(steps).toEqual([
      'GET /logs/exports',
      'POST /logs/exports',
      'POST /logs/exports/…/start',
      'GET /logs/exports/…',
      'GET /logs/exports/…/download',
      'GET /exports/…',
    ]);
  });

  it('S0-20: calls of two providers are in one answer', async () => {
    const { logs } = await (await ask()).data<Logs>('list_logs', day);
    expect(new Set(logs.map(({ provider }) => provider))).toEqual(new Set(['openai', 'anthropic']));
  });

  it('S0-21: with costs of 3, 90 and 12 cents the first is $0.90', async () => {
    const asker = await ask();
    const { logs, answer } = await asker.data<Logs>('list_logs', { ...day, sort: 'cost' });
    expect(logs.map(({ cost }) => cost?.usd)).toEqual(['$0.90', '$0.12', '$0.03']);
    expect(answer).toContain('The dearest cost $0.90: anthropic/opus at 2026-11-20T02:00:00.000Z.');
    const slowest = await asker.data<Logs>('list_logs', { ...day, sort: 'latency' });
    expect(slowest.logs[0]?.latency_ms).toBe(900);
    expect(writes(asker)).toHaveLength(2);
  });

  it('S0-37: 40 calls with 429 and 3 with 400 are told apart', async () => {
    const failed = (status: number, count: number, from: number) =>
      Array.from({ length: count }, (_, index) =>
        requestRow({ id: uuid(from + index), response_status_code: status, is_success: false, cost: 0 }),
      );
    const asker = await ask({
      state: smallState({ requestLogs: [...failed(429, 40, 0x1000), ...failed(400, 3, 0x2000)] }),
    });
    const { answer } = await asker.data<Logs>('list_logs', { ...day, time_of_generation_min: '2026-11-18T00:00:00Z' });
    expect(answer).toContain('43 calls');
    expect(answer).toContain(': 40 rate limited, 3 rejected: by the provider, or a wrong configuration.');
  });

  it('is pending where the job is slow, and the second call goes on with the same job', async () => {
    const asker = await ask({ quirks: { exportsDone: 'never' } });
    const first = await asker.data<Logs>('list_logs', day);
    expect(first).toMatchObject({ state: 'pending', logs: [], matched: 3 });
    expect(first.answer).toContain('not done after 20 s');
    asker.emulator.setQuirks({ exportsDone: 'first' });
    const second = await asker.data<Logs>('list_logs', day);
    expect(second).toMatchObject({ state: 'done', export_id: first.export_id, matched: 3 });
    expect(writes(asker)).toEqual(['POST /logs/exports', 'POST /logs/exports/…/start']);
  });

  it('makes another export once an equal one is older than fifteen minutes, or another thing is asked', async () => {
    let now = Date.UTC(2026, 10, 20, 12);
    const asker = await ask({ now: () => new Date(now) });
    await asker.data('list_logs', day);
    now += 14 * 60_000;
    await asker.data('list_logs', { ...day, time_of_generation_max: '2026-11-20T13:00:00+01:00' });
    expect(asker.emulator.requests.count('POST', '/logs/exports')).toBe(1);
    now += 2 * 60_000;
    await asker.data('list_logs', day);
    expect(asker.emulator.requests.count('POST', '/logs/exports')).toBe(2);
    await asker.data('list_logs', { ...day, status_codes: '429' });
    expect(asker.emulator.requests.count('POST', '/logs/exports')).toBe(3);
  });

  it('sends filters in the words of exports', async () => {
    const asker = await ask();
    const { logs } = await asker.data<Logs>('list_logs', {
      ...day,
      metadata_filter: { _user: 'ana' },
      provider_models: ['openai__gpt-4o'],
      cost_min: 5,
    });
    expect(logs.map(({ id }) => id)).toEqual([uuid(0xf12)]);
    const [post] = asker.emulator.requests.recent.filter(({ method }) => method === 'POST');
    expect(post?.body).toMatchObject({
      filters: { metadata: { _user: 'ana' }, ai_org_model: 'openai__gpt-4o', cost_min: 5 },
    });
  });

  it('never asks for bodies', async () => {
    const asker = await ask();
    await asker.data('list_logs', day);
    const [post] = asker.emulator.requests.recent.filter(({ method }) => method === 'POST');
    const { requested_data: fields = [] } = (post?.body ?? {}) as { requested_data?: string[] };
    expect(fields).toContain('cost');
    expect(fields).not.toContain('request');
    expect(fields).not.toContain('response');
  });

  it('reads numbers that are text, and leaves unknown what is not there', async () => {
    const asker = await ask({ quirks: { exportRowsAsText: true } });
    const { logs } = await asker.data<Logs>('list_logs', { ...day, sort: 'cost' });
    expect(logs[0]).toMatchObject({ cost: { cents: 90 }, status: 200, total_tokens: 1000 });
    asker.emulator.store.state.requestLogs[0] = requestRow({ cost: 0, created_at: '2026-11-20T01:00:00.000Z' });
    expect((await asker.data<Logs>('list_logs', { ...day, sort: 'cost' })).logs.at(-1)?.cost).toBeNull();
  });

  it('says of a file that lacks rows, or whose end is broken, what is missing', async () => {
    const half = await (await ask({ quirks: { exportFiles: 'half' } })).data<Logs>('list_logs', day);
    expect(half.matched).toBe(1);
    expect(half.notes[0]).toContain('3 calls fit, the file of the export holds 1');
    const broken = await (await ask({ quirks: { exportFiles: 'broken' } })).data<Logs>('list_logs', day);
    expect(broken.notes).toContain('1 line of the file could not be read.');
  });

  it('fetches a file that breaks off, or a link that has run out, once more', async () => {
    const asker = await ask({
      faults: [
        { path: '/exports/*', times: 1, fault: { kind: 'cut' } },
        { path: '/exports/*', times: 1, fault: { kind: 'status', status: 403 } },
      ],
    });
    expect(await asker.data<Logs>('list_logs', day)).toMatchObject({ state: 'done', matched: 3 });
  });

  it('the link is fetched without our key, and stands in no answer', async () => {
    const asker = await ask({ faults: [{ path: '/exports/*', fault: { kind: 'status', status: 403 } }] });
    const refused = await asker.call('list_logs', day);
    expect(refused).toMatchObject({ ok: false });
    expect(JSON.stringify(refused)).not.toContain('signature');
    expect(asker.headersOf('/exports/')).toContain('user-agent');
    expect(asker.headersOf('/exports/')).not.toContain('x-portkey-api-key');
    expect(asker.headersOf('/v1/logs/exports')).toContain('x-portkey-api-key');
  });

  it('a job that comes to nothing is said, and the next call makes another', async () => {
    const asker = await ask({ quirks: { exportsFail: true } });
    const failed = await asker.call('list_logs', day);
    expect(failed).toMatchObject({
      ok: false,
      error: { code: 'unavailable', message: expect.stringContaining('came to nothing') },
    });
    asker.emulator.setQuirks({ exportsFail: false });
    expect(await asker.data<Logs>('list_logs', day)).toMatchObject({ state: 'done' });
    expect(asker.emulator.requests.count('POST', '/logs/exports')).toBe(2);
  });

  it('an export whose making was answered by nothing is found, not made twice', async () => {
    const asker = await ask({
      faults: [
        { method: 'POST', path: '/logs/exports', times: 1, fault: { kind: 'reset', when: 'after' } },
        { method: 'POST', path: '/logs/exports/*/start', times: 1, fault: { kind: 'reset', when: 'after' } },
      ],
    });
    expect(await asker.data<Logs>('list_logs', day)).toMatchObject({ state: 'done', matched: 3 });
    expect(asker.emulator.store.state.logExports).toHaveLength(1);
  });

  it('where exports are refused, says why and which tool still answers', async () => {
    const asker = await ask({ faults: [{ path: '/logs/exports', fault: { kind: 'status', status: 403 } }] });
    expect(await asker.call('list_logs', day)).toMatchObject({
      ok: false,
      error: { code: 'forbidden', hint: expect.stringContaining('get_request_analytics') },
    });
  });

  it('takes no day that there is not', async () => {
    const asker = await ask({ state: smallState({}) });
    const answer = await asker.call('list_logs', { ...day, time_of_generation_min: '2026-02-30T00:00:00Z' });
    expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
    expect(JSON.stringify(answer)).toContain('of a day that there is');
    expect(asker.wire).toEqual([]);
  });

  it('refuses a filter that exports do not take', async () => {
    const asker = await ask();
    expect(await asker.call('list_logs', { ...day, api_key_ids: 'app' })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input' },
    });
    expect(asker.wire).toEqual([]);
  });

  it('is `logs` on the command line: the same bytes, a table, and CSV', async () => {
    const asker = await ask();
    const words = 'logs --workspace ws-team-a --from 2026-11-19T12:00:00Z --to 2026-11-20T12:00:00Z --sort cost';
    const same = await asker.type(`${words} --format json`);
    expect(same.stdout).toBe(`${JSON.stringify(await asker.call('list_logs', { ...day, sort: 'cost' }))}\n`);
    expect((await asker.type(words)).stdout).toMatch(/anthropic\/opus +1000 +\$0\.90 +500 +200 +no error/);
    const csv = (await asker.type(`${words} --format csv`)).stdout.split('\r\n');
    expect(csv[0]).toBe('time,model,tokens,cost,ms,status,cause,user,id');
    expect(csv[1]).toBe(`2026-11-20T02:00:00.000Z,anthropic/opus,1000,90,500,200,no error,,${uuid(0xf11)}`);
  });

  it('S0-25: --since 7d is two times, seven days apart; without a workspace nothing is asked', async () => {
    const asker = await ask();
    await asker.type('logs --workspace ws-team-a --since 7d');
    const [post] = asker.emulator.requests.recent.filter(({ method }) => method === 'POST');
    expect(post?.body).toMatchObject({
      filters: {
        time_of_generation_min: '2026-11-13T12:00:00.000Z',
        time_of_generation_max: '2026-11-20T12:00:00.000Z',
      },
    });
    const asked = asker.wire.length;
    await expect(asker.type('logs')).rejects.toThrow("required option '--workspace <slug>' not specified");
    expect(asker.wire).toHaveLength(asked);
  });
});

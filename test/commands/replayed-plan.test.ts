/** A plan, with what its changed limits would have done to the calls of logs. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startRig } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { startClickHouse } from '../logs/play-clickhouse.ts';

const budget = (amount: string) => `policies:
  per-user:
    budget: ${amount}
    reset: monthly
    per: metadata._user
  by-endpoint:
    rate: 5 requests/minute
    per: metadata._user
    match:
      endpoint_type: chat/completions
`;

/** @param day of October, on which all calls are made */
async function start(day = 1) {
  const rig = await startRig({
    state: smallState(),
    files: { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', budget('$2')) },
  });
  onTestFinished(() => rig.close());
  // Ana spends a dollar a call, Ben ten cents.
  const call = (index: number, user: string, cost: number) =>
    JSON.stringify({
      id: `00000000-0000-4000-8000-00000000${1000 + index}`,
      created_at: new Date(Date.UTC(2026, 9, day, 10, index)).toISOString(),
      ...{ is_success: 1, ai_org: 'openai', ai_model: 'gpt-4o', total_units: 10, cost, cost_currency: 'USD' },
      ...{ response_status_code: 200, metadata: { _user: user }, workspace_slug: 'ws-team-a', cache_status: 'MISS' },
    });
  const lines = Array.from({ length: 10 }, (_, index) =>
    call(index, index % 2 === 0 ? 'ana' : 'ben', index % 2 === 0 ? 100 : 10),
  );
  writeFileSync(join(rig.folder, 'october.jsonl'), `${lines.join('\n')}\n`);
  return rig;
}

it('says beside each changed limit whom it would have refused, and by name of one that nobody can tell', async () => {
  const rig = await start();
  for (const format of ['text', 'markdown'] as const) {
    const { stdout } = await rig.plan({ format, logs: ['october.jsonl'] });
    const text = stdout.replace(/\s+/g, ' ').replaceAll('\\', '');
    expect(text).toContain('2026-10-01 to 2026-10-01: would have refused 30.0 % of 10 calls, $3, 1 person');
    expect(text).toContain('not replayed over logs: it has a condition on the kind of request, which no row holds');
    expect(text).not.toMatch(/\bana\b/);
  }
});

it('shows a part of a month as a part', async () => {
  const rig = await start(10);
  const { stdout } = await rig.plan({ format: 'text', logs: ['october.jsonl'] });
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'would have refused 30.0 % of 10 calls, $3, 1 person, had nothing been used before 2026-10-10 00:00 UTC',
  );
});

const perWorkspace = '  whole-team:\n    budget: $3\n    reset: monthly\n    per: workspace_id\n';

it('asks ClickHouse in place of files, and says what files of the same calls say', async () => {
  const rig = await start();
  rig.write({ 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', `${budget('$2')}${perWorkspace}`) });
  const at = (index: number) => Date.UTC(2026, 9, 1, 10, index);
  const dollars = (cents: number) => cents * 10_000_000_000;
  const rows = Array.from({ length: 10 }, (_, index) =>
    [at(index), dollars(index % 2 === 0 ? 100 : 10), 10, 0, index % 2 === 0 ? 'ana' : 'ben', 'ws-team-a'].join('\t'),
  );
  const { url, heard } = await startClickHouse({
    rows,
    texts: [['ana', 'ben'], ['ws-team-a']],
    span: [at(0), at(9)],
  });
  const env = { TOLLGATE_CLICKHOUSE_URL: url, TOLLGATE_CLICKHOUSE_USER: 'reader' };
  const asked = { rowsFrom: 'clickhouse', table: 'portkey.generations', format: 'json' } as const;
  const ran = await rig.plan(asked, { env });
  expect(ran.stderr).toBe('');
  const files = await rig.plan({ format: 'json', logs: ['october.jsonl'] });
  expect(JSON.parse(ran.stdout).replayed).toEqual(JSON.parse(files.stdout).replayed);
  expect(JSON.parse(ran.stdout).replayed['usage-policy/ws-team-a/per-user']).toContain('would have refused 30.0 %');
  expect(heard.some(({ sql }) => sql.startsWith('SELECT t,'))).toBe(true);
  expect(new Set(heard.map(({ user }) => user))).toEqual(new Set(['reader']));
  expect(heard[0]?.sql).toContain("database = 'portkey' AND table = 'generations'");

  const said = async (more: object, session: object = { env }) =>
    (await rig.plan({ ...asked, ...more }, session)).stderr;
  expect(await said({ logs: ['october.jsonl'] })).toContain('--source clickhouse beside --logs "october.jsonl"');
  expect(await said({}, {})).toContain('TOLLGATE_CLICKHOUSE_URL is not set');
  expect(await said({ rowsFrom: undefined })).toContain('without --source clickhouse');
});

it('is byte for byte as it was where no logs are named', async () => {
  const rig = await start();
  const { stdout } = await rig.plan({ format: 'json' });
  expect((await rig.plan({ format: 'json', logs: [] })).stdout).toBe(stdout);
  expect(stdout).not.toContain('would have');
  const replayed = await rig.plan({ format: 'json', logs: ['october.jsonl'] });
  expect(JSON.parse(replayed.stdout).replayed).toEqual({
    'usage-policy/ws-team-a/per-user': expect.stringContaining('would have refused 30.0 %'),
    'rate-policy/ws-team-a/by-endpoint': expect.stringContaining('not replayed'),
  });
  const digest = (text: string) => (JSON.parse(text) as { digest: string }).digest;
  expect(digest(replayed.stdout)).toBe(digest(stdout));
});

it('says nothing beside a change that moves no limit: another name', async () => {
  const rig = await start();
  expect((await rig.apply()).exit).toBe(0);
  const renamed = budget('$2').replace('  per-user:\n', '  per-head:\n    previously: per-user\n');
  rig.write({ 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', renamed) });
  const one = JSON.parse((await rig.plan({ format: 'json', logs: ['october.jsonl'] })).stdout);
  expect(one.changes.map(({ id }: { id: string }) => id)).toEqual([expect.stringContaining('per-head')]);
  expect(one.replayed ?? {}).toEqual({});
  // With another amount it does.
  rig.write({ 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', renamed.replace('$2', '$3')) });
  const both = JSON.parse((await rig.plan({ format: 'json', logs: ['october.jsonl'] })).stdout);
  expect(Object.values(both.replayed)).toEqual([expect.stringContaining('would have refused')]);
});

it('tells the peak of a rate and what it was from calls, in place of what analytics bound', async () => {
  const rig = await start();
  const rate = (value: string) => `policies:\n  burst:\n    rate: ${value}\n    per: workspace_id\n`;
  rig.write({ 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', rate('4 requests/hour')) });
  expect((await rig.apply()).exit).toBe(0);
  rig.write({ 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', rate('7 requests/hour')) });
  const coarse = await rig.plan({ format: 'json' });
  expect(JSON.parse(coarse.stdout).rates).toHaveProperty(['rate-policy/ws-team-a/burst']);
  const exact = await rig.plan({ format: 'json', logs: ['october.jsonl'] });
  const { replayed, rates } = JSON.parse(exact.stdout);
  // Ten calls in one hour.
  expect(replayed['rate-policy/ws-team-a/burst']).toBe(
    '2026-10-01 to 2026-10-01: peak 10 requests/hour; would have refused 60.0 % → 30.0 % of 10 calls, $1.20, 2 people',
  );
  expect(rates).toBeUndefined();
  const { stdout } = await rig.plan({ logs: ['october.jsonl'] });
  expect(stdout.replace(/\s+/g, ' ')).not.toContain('from analytics');
});

it('names the file that is not there', async () => {
  const rig = await start();
  const ran = await rig.plan({ logs: ['november.jsonl'] });
  expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('november.jsonl')]);
});

/** A changed rate is held against the calls of the last seven days, before anybody applies it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { RequestLogRow } from '../../src/emulator/store.ts';
import { type Rig, type RigOptions, startRig } from '../helpers/rig.ts';
import { keyA1, keyA2, ratePolicyRow, requestRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const rate = (value: string, per = 'workspace_id') => `policies:
  all-calls:
    rate: ${value}
    per: ${per}
`;
const files = (body: string, org = '') => ({
  'org.yaml': orgFile(org),
  'a.yaml': workspaceFile('ws-team-a', body),
});

/** As many calls a day of November; each in a second of its own from 09:00 on. */
function calls(byDay: Readonly<Record<number, number>>, row: Partial<RequestLogRow> = {}): RequestLogRow[] {
  return Object.entries(byDay).flatMap(([day, count]) =>
    Array.from({ length: count }, (_, index) => {
      const at = new Date(Date.UTC(2026, 10, Number(day), 9, 0, index)).toISOString();
      return requestRow({ id: `${day}-${index}-${JSON.stringify(row)}`, created_at: at, ...row });
    }),
  );
}

const id = 'rate-policy/ws-team-a/all-calls';

interface Judged {
  readonly unknown: string | null;
  readonly demand: Readonly<Record<string, unknown>> | null;
}

async function ratesOf(rig: Rig): Promise<Readonly<Record<string, readonly Judged[]>> | undefined> {
  const { stdout } = await rig.plan({ format: 'json' });
  return (JSON.parse(stdout) as { rates?: Record<string, Judged[]> }).rates;
}

async function textOf(rig: Rig): Promise<string> {
  return (await rig.plan()).stdout.replace(/\s+/g, ' ');
}

async function start(body: string, requestLogs: RequestLogRow[], options: RigOptions = {}) {
  const rig = await startRig({ files: files(body), ...options, state: smallState({ requestLogs, ...options.state }) });
  onTestFinished(() => rig.close());
  return rig;
}

it('tells a rate that is declared, raised, taken out again, and imported', async () => {
  const rig = await start(rate('3 requests/day'), calls({ 16: 5, 17: 2 }));
  expect(await textOf(rig)).toContain(
    'since Fri 13 Nov: peak 5 requests/day; would have refused 2 of 7 calls (from analytics)',
  );
  expect((await rig.apply()).exit).toBe(0);
  // Nothing changes: nothing is asked, and nothing said.
  rig.emulator.requests.clear();
  expect(await ratesOf(rig)).toBeUndefined();
  expect(rig.emulator.requests.count('GET', '/analytics/graphs/requests')).toBe(0);

  rig.write(files(rate('4 requests/day')));
  expect(await textOf(rig)).toContain('would have refused 2 → 1 of 7 calls');
  rig.write(files(rate('5 requests/day')));
  expect(await textOf(rig)).toContain('would have refused 2 → none of 7 calls');
  expect((await rig.apply()).exit).toBe(0);

  // Moved by hand: putting it back is a change of the rate too.
  const [live] = rig.emulator.store.state.ratePolicies;
  if (live !== undefined) live.value = 9;
  expect((await rig.drift()).exit).toBe(2);
  expect(await textOf(rig)).toContain('would have refused none → none of 7 calls');
  if (live !== undefined) live.value = 5;

  rig.write(files(''));
  expect(await textOf(rig)).toContain('the rate that goes would have refused none of 7 calls');
  expect((await rig.apply({ allow: [] })).exit).toBe(3);
});

it('asks nothing and says nothing where only the name of a rate moves', async () => {
  const ratePolicies = [ratePolicyRow('old', uuid(90), teamA, { unit: 'rpd', value: 3 })];
  const rig = await start(
    `policies:\n  new:\n    id: ${uuid(90)}\n    name: new\n    rate: 3 requests/day\n    per: workspace_id\n`,
    calls({ 16: 5 }),
    {
      state: { ratePolicies },
    },
  );
  expect(await ratesOf(rig)).toBeUndefined();
  expect(rig.emulator.requests.count('GET', '/analytics/graphs/cache/hit-rate')).toBe(0);
});

it('of a rate shorter than what analytics count by says bounds, and names the busiest unless nobody is to be named', async () => {
  const perUser = rate('3 requests/hour', 'metadata._user');
  const rig = await start(perUser, [
    ...calls({ 16: 100 }, { metadata: { _user: 'ana' } }),
    ...calls({ 16: 2, 17: 1 }, { metadata: { _user: 'ben' } }),
    ...calls({ 18: 500 }),
  ]);
  const text = await textOf(rig);
  expect(text).toContain('peak 5 to 500 requests/hour of user ana; would have refused 28 to 596 of 603 calls');
  expect(text).toContain('(from analytics, which count by day)');
  rig.write(files(perUser, 'review:\n  show_people: counts\n'));
  const counted = await rig.plan({ format: 'markdown' });
  expect(counted.stdout).toContain('of one counter');
  expect(counted.stdout).not.toMatch(/\bana\b/);
  expect((await ratesOf(rig))?.[id]?.[0]?.demand).toMatchObject({ busiest: null });
});

it('of keys names the busiest by its name, and asks four questions', async () => {
  const logs = [...calls({ 16: 4 }, { api_key_id: keyA1 }), ...calls({ 16: 9 }, { api_key_id: keyA2 })];
  const rig = await start(rate('3 requests/day', 'api_key'), logs);
  expect(await textOf(rig)).toContain('peak 9 to 13 requests/day of key batch; would have refused 6 to 10 of 13 calls');
  rig.emulator.requests.clear();
  await rig.plan();
  const asked = Object.entries(rig.emulator.requests.counts).filter(([route]) => route.includes('/analytics/'));
  expect(Object.fromEntries(asked)).toEqual({
    'GET /analytics/graphs/requests': 2,
    'GET /analytics/graphs/cache/hit-rate': 2,
    // One of each for the workspace that no file is about.
    'GET /analytics/graphs/cost': 1,
    'GET /analytics/groups/:groupBy': 2,
  });
});

it('of a key with several rates tells each, by the calls of that key', async () => {
  const logs = [...calls({ 16: 4 }, { api_key_id: keyA1 }), ...calls({ 16: 9 }, { api_key_id: keyA2 })];
  const rig = await start('keys:\n  app:\n    rates: [3 requests/day, 3.9k tokens/day]\n', logs);
  const text = await textOf(rig);
  expect(text).toContain('3 requests/day: since Fri 13 Nov: peak 4 requests/day; would have refused 1 of 4 calls');
  expect(text).toContain('peak 4,000 tokens/day; would have refused an unknown number of the calls');
  rig.write(files('keys:\n  app:\n    rates: [3 requests/day, 5k tokens/day]\n'));
  expect(await textOf(rig)).toContain('peak 4,000 tokens/day; would have refused none of the calls');
});

it('does not count what a cache answered as refused for certain', async () => {
  const logs = [...calls({ 16: 4 }), ...calls({ 16: 3 }, { cache_status: 'HIT' })];
  const rig = await start(rate('5 requests/day'), logs);
  expect(await textOf(rig)).toContain('peak 4 to 7 requests/day; would have refused at most 2 of 7 calls');
});

it('of calls that all may have come from a cache says what it was at most', async () => {
  const rig = await start(rate('5 requests/day'), calls({ 16: 4 }, { cache_status: 'HIT' }));
  expect(await textOf(rig)).toContain('peak at most 4 requests/day; would have refused none of 4 calls');
});

it('of a policy of tokens never tells how many calls it refuses: each is checked with the tokens that it asks for', async () => {
  const rig = await start(rate('900k tokens/day'), calls({ 16: 4 }));
  expect(await textOf(rig)).toContain('peak 4,000 tokens/day; would have refused an unknown number of the calls');
});

it('of a rate that counts other calls than before says of how many each', async () => {
  const logs = [...calls({ 16: 4 }, { api_key_id: keyA1 }), ...calls({ 16: 9 }, { api_key_id: keyA2 })];
  const rig = await start(rate('3 requests/day'), logs);
  expect((await rig.apply()).exit).toBe(0);
  rig.write(files(`${rate('3 requests/day')}    match: { api_key: app }\n`));
  expect(await textOf(rig)).toContain('peak 4 requests/day; would have refused 10 of 13 → 1 of 4 calls');
});

it('looks at fifty rates of a plan, and says of each other one that nobody has looked', async () => {
  const many = Array.from({ length: 52 }, (_, at) => `  p${10 + at}: { rate: 3 requests/day, per: workspace_id }\n`);
  const rig = await start(`policies:\n${many.join('')}`, calls({ 16: 5 }));
  const judged = Object.values((await ratesOf(rig)) ?? {}).flat();
  expect(judged.filter(({ demand }) => demand !== null).length).toBe(50);
  expect(judged.filter(({ unknown }) => unknown === 'only the first 50 rates of a plan are looked at').length).toBe(2);
  // Equal questions are one.
  expect(rig.emulator.requests.count('GET', '/analytics/graphs/requests')).toBe(1);
});

it('takes a refusal for unknown, never for none', async () => {
  const rig = await start(rate('5 requests/day'), calls({ 16: 7 }));
  rig.emulator.faults.set([{ method: 'GET', path: '/analytics/**', fault: { kind: 'status', status: 403 } }]);
  const { exit, stdout } = await rig.plan();
  expect(exit).toBe(0);
  expect(stdout.replace(/\s+/g, ' ')).toMatch(/peak not known: GET \/analytics\S+ answered 403/);
  expect(stdout).toMatch(/whom the rate all-calls will\s+refuse is not known/);
  expect(stdout).not.toContain('would have');
});

it('says nothing where impact is not looked at', async () => {
  const rig = await start(rate('3 requests/day'), calls({ 16: 5 }));
  const { stdout } = await rig.plan({ impact: false, format: 'json' });
  expect(stdout).not.toContain('"rates"');
});

it('is written in every format, within 80 columns of a terminal', async () => {
  const rig = await start(rate('3 requests/hour', 'metadata._user'), [
    ...calls({ 16: 100 }, { metadata: { _user: 'ana <b>' } }),
    ...calls({ 18: 500 }),
  ]);
  expect((await rig.apply()).exit).toBe(0);
  rig.write(files(rate('2 requests/hour', 'metadata._user')));
  const { stdout } = await rig.plan({}, { columns: 80 });
  expect(Math.max(...stdout.split('\n').map((one) => one.length))).toBeLessThanOrEqual(80);
  await expect(stdout.replace(/[0-9a-f]{32}/g, 'DIGEST')).toMatchFileSnapshot('../fixtures/plan-of-a-rate.txt');

  const said = 'would have refused 28 to 594 → 52 to 596 of 600 calls (from analytics, which count by day)';
  const markdown = (await rig.plan({ format: 'markdown' })).stdout;
  expect(markdown.replaceAll('\\', '')).toContain(said);
  expect(markdown).not.toContain('<b>');
  await rig.plan({ format: 'html', out: 'plan.html' });
  const page = readFileSync(join(rig.folder, 'plan.html'), 'utf8').replace(/\s+/g, ' ');
  expect(page).toContain(said);
  expect(page).toContain('ana &lt;b&gt;');
  expect((await ratesOf(rig))?.[id]).toEqual([
    {
      ...{ unit: 'requests', window: 'hour', per: ['metadata._user'], before: 3, after: 2 },
      ...{ source: 'analytics', unknown: null },
      demand: {
        ...{ since: '2026-11-13T00:00:00.000Z', point_seconds: 86_400, busiest: 'ana <b>' },
        peak: { at_least: 5, at_most: 500 },
        refused_before: { at_least: 28, at_most: 594, of: 600 },
        refused_after: { at_least: 52, at_most: 596, of: 600 },
      },
    },
  ]);
});

it('is found live by a newcomer, whose first edit is judged beside what is live', async () => {
  const ratePolicies = [ratePolicyRow('all-calls', uuid(90), teamA, { unit: 'rpd', value: 3 })];
  const rig = await startRig({ files: {}, state: smallState({ requestLogs: calls({ 16: 5, 17: 2 }), ratePolicies }) });
  onTestFinished(() => rig.close());
  expect((await rig.import()).exit).toBe(0);
  rig.emulator.requests.clear();
  expect(await ratesOf(rig)).toBeUndefined();
  expect(rig.emulator.requests.count('GET', '/analytics/graphs/cache/hit-rate')).toBe(0);

  const file = join(rig.folder, 'policies/workspaces/ws-team-a.yaml');
  const imported = readFileSync(file, 'utf8');
  expect(imported).toContain('rate: 3 requests/day');
  writeFileSync(file, imported.replace('rate: 3 requests/day', 'rate: 1 request/day'));
  expect(await textOf(rig)).toContain('peak 5 requests/day; would have refused 2 → 5 of 7 calls');
  expect((await rig.apply()).exit).toBe(0);
  expect(rig.emulator.store.state.ratePolicies[0]).toMatchObject({ value: 1 });
});

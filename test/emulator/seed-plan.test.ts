/** What the first plan of the sample organisation shows: the promise at the top of sample-organisation.ts. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiBackend } from '../../src/client/api-backend.ts';
import { type Client, createClient } from '../../src/client/client.ts';
import { sampleRecord } from '../../src/emulator/sample/record.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { readLive } from '../../src/live/read-live.ts';
import { appliedRecordSchema } from '../../src/plan/applied-record.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { needsOf } from '../../src/plan/live-needs.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { readPolicyFiles } from '../../src/policy/files.ts';
import { summarizePlan } from '../../src/render/count-plan.ts';

const now = new Date('2026-11-20T19:30:12.000Z');
let emulator: Emulator;
let client: Client;

beforeAll(async () => {
  emulator = await startEmulator({ acceptKeys: 'key', state: sampleSeed(now), now: () => now });
  client = createClient({
    baseUrl: emulator.url,
    apiKey: 'key',
    concurrency: 4,
    connections: 4,
    userAgent: 'test',
    signal: new AbortController().signal,
    proxies: { httpsProxy: undefined, noProxy: undefined },
  });
});

afterAll(async () => {
  await client.close();
  await emulator.close();
});

it('the first plan shows each kind of change once, and leaves most things alone', async () => {
  const { files } = await readPolicyFiles('policies', process.cwd());
  const { desired } = compilePolicies(files);
  if (desired === null) throw new Error('the sample policies do not compile');
  const record = appliedRecordSchema.parse(sampleRecord(now));
  const live = await readLive(createApiBackend(client), desired.organisation, needsOf(desired, record));
  const { plan } = buildPlan({ desired, live, record, now });
  if (plan === null) throw new Error('there is no plan');
  const shown = plan.changes.map(({ key, action, cause, reason }) => [key.name, action, cause, reason].join(' '));
  expect(shown.sort()).toEqual([
    'campaign-writer update drifted changed',
    'fortnight-quota replace edited immutable-field',
    'free-tier-calls create edited new',
    'monthly-spend update edited changed',
    'old-trial delete edited no-longer-declared',
    'onboarding-cap update edited renamed',
    'slack-tools create edited new',
  ]);
  expect(plan.recordLines.map(({ action, key }) => [action, key?.name])).toEqual([['adopt', 'daily-ceiling']]);
  expect(summarizePlan(plan)).toContain('23 unchanged, at least 3 unmanaged; adopts daily-ceiling');
});

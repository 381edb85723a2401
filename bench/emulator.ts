/** The emulator without a listener: what one request costs, few rows against many. */

import { createEmulator } from '../src/emulator/server.ts';
import { compare } from './measure.ts';
import { type Result, round } from './result.ts';

const key = 'bench';
const workspaceId = '00000000-0000-4000-8000-000000000001';
const idOf = (index: number): string => `00000000-0000-4000-9000-${index.toString(16).padStart(12, '0')}`;
const created = '2026-01-01T00:00:00.000Z';

/** Reads each of some policies by id, which are spread over all of them. */
function readerOf(policies: number): () => Promise<void> {
  const dated = { created_at: created, last_updated_at: created };
  const { app } = createEmulator({
    acceptKeys: key,
    now: () => new Date('2026-02-10T12:00:00.000Z'),
    state: {
      usagePolicies: Array.from({ length: policies }, (_, index) => ({
        ...dated,
        id: idOf(index),
        name: `policy-${index}`,
        description: null,
        workspace_id: workspaceId,
        conditions: [{ key: 'api_key', value: '*' }],
        group_by: [{ key: 'api_key' }],
        type: 'cost',
        credit_limit: 100,
        alert_threshold: null,
        periodic_reset: 'monthly',
        periodic_reset_days: null,
        next_usage_reset_at: '2026-03-01T00:00:00.000Z',
        last_reset_at: null,
        status: 'active',
        entities: {},
      })),
    },
  });
  return async () => {
    for (let index = 0; index < 1000; index++) {
      const id = idOf((index * 37) % policies);
      const answer = await app.request(`/v1/policies/usage-limits/${id}`, { headers: { 'x-portkey-api-key': key } });
      if (answer.status !== 200) throw new Error(`GET ${id}: ${answer.status}`);
      await answer.arrayBuffer();
    }
  };
}

export async function measureEmulator(rounds: number): Promise<readonly Result[]> {
  const [few, many] = [readerOf(100), readerOf(10_000)];
  for (const warm of [few, many]) await warm();
  const { ratios, medians } = await compare(rounds, [few, many]);
  const ratio = ratios[1] ?? Number.NaN;
  return [
    {
      what: 'emulator: a GET by id with 10,000 policies, against 100',
      target: '≤ 1.5 ×',
      measured: `${round(ratio)} ×`,
      met: ratio <= 1.5,
      numbers: { ratio, millisecondsOf1000: medians[1] ?? 0, millisecondsOf1000AtFew: medians[0] ?? 0 },
    },
  ];
}

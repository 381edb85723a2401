/** Use by value of a metadata key, as a tool and a command tell it. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { requestRow, smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';

async function ask(options: AskerOptions = {}): Promise<Asker> {
  const asker = await startAsker({ state: smallState(), ...options });
  onTestFinished(() => asker.close());
  return asker;
}

const week = {
  workspace_slug: 'ws-team-a',
  time_of_generation_min: '2026-11-13T12:00:00Z',
  time_of_generation_max: '2026-11-20T12:00:00Z',
};

describe('get_metadata_analytics', () => {
  it('tells cost by team, and how far each has used up the policy that counts by it', async () => {
    const policy = usagePolicyRow('per-team', uuid(101), teamA, {
      created_at: '2026-01-01T00:00:00.000Z',
      group_by: [{ key: 'metadata.team' }],
      entities: {
        'metadata.team:nlp': {
          id: uuid(700),
          current_usage: 8_000,
          status: 'active',
          is_threshold_alerts_sent: false,
          is_exhausted_alerts_sent: false,
        },
      },
    });
    const requestLogs = [
      requestRow({ metadata: { team: 'nlp' }, cost: 300 }),
      requestRow({ id: uuid(801), metadata: { team: 'vision' }, cost: 100 }),
      requestRow({ id: uuid(802) }),
    ];
    const asker = await ask({ state: smallState({ usagePolicies: [policy], requestLogs }) });
    expect(await asker.data('get_metadata_analytics', { ...week, metadata_key: 'team' })).toMatchObject({
      total: { usd: '$4.00' },
      rows: [
        {
          untrusted: { name: 'nlp' },
          requests: 1,
          cost: { usd: '$3.00' },
          cost_share_percent: 75,
          limits: [{ percent: 80, used: { usd: '$80.00' }, untrusted: { name: 'per-team' } }],
        },
        { untrusted: { name: 'vision' }, cost_share_percent: 25, limits: [] },
      ],
    });
    expect((await asker.type('usage metadata team --workspace ws-team-a')).stdout).toContain('80 %');
  });
});

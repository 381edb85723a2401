import { afterEach, expect, test } from 'vitest';
import type { UsageLimitRow } from '../../src/emulator/store.ts';
import { integrationRow, keyA1, keyRow, providerRow, smallState, teamA, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, spendMayRise, startWorld, type World, workspaceFile } from '../helpers/world.ts';

let world: World;
afterEach(() => world.close());

const more = { burst: 5, deep: { list: [{ x: 1 }] } };
const live = { type: 'cost', credit_limit: 10, periodic_reset: 'monthly', ...more } as UsageLimitRow;
const rate = { type: 'requests', unit: 'rpm', value: 10, ...more } as const;

function filesFor(dollars: number, rates = 10) {
  const limits = `budget: $${dollars}, reset: monthly, rate: ${rates} requests/minute`;
  const named = ['keys:\n  app', 'providers:\n  openai-a', 'integrations:\n  openai-prod'].map(
    (one) => `${one}: { ${limits} }`,
  );
  return {
    'org.yaml': orgFile(spendMayRise),
    'a.yaml': workspaceFile('ws-team-a', [`limits: { ${limits} }`, ...named].join('\n')),
  };
}

test('what nobody knows of a budget or a rate comes back as it was read when the limit is edited', async () => {
  const list = { usage_limits: [{ id: 'b', ...live }], rate_limits: [rate] };
  const one = { usage_limits: live, rate_limits: [rate] };
  const integration = integrationRow('openai-prod', uuid(31), [teamA]);
  world = await startWorld({
    state: smallState({
      workspaces: [workspaceRow('ws-team-a', teamA, list)],
      apiKeys: [keyRow('app', keyA1, teamA, one)],
      providers: [providerRow('openai-a', uuid(21), teamA, one)],
      integrations: [{ ...integration, workspaces: [{ workspace_id: teamA, enabled: true, ...list }] }],
    }),
  });
  await world.apply(filesFor(10));
  const outcomes = await world.apply(filesFor(20, 20));
  expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied', 'applied', 'applied']);
  const { workspaces, apiKeys, providers, integrations } = world.emulator.store.state;
  const rows = [workspaces[0], apiKeys[0], providers[0], integrations[0]?.workspaces[0]];
  for (const row of rows) {
    expect([row?.usage_limits].flat()).toMatchObject([{ ...live, credit_limit: 20 }]);
    expect(row?.rate_limits).toEqual([{ ...rate, value: 20 }]);
  }
});

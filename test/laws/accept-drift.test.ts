/** Any drift that is accepted is not drift any more, and nothing else moves. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptDrift } from '../../src/importing/accept-drift.ts';
import { mergeFiles } from '../../src/importing/add-unmanaged.ts';
import { readLive } from '../../src/live/read-live.ts';
import { needsOf } from '../../src/plan/live-needs.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { effort } from '../helpers/effort.ts';
import { testNow } from '../helpers/session.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, startWorld, type World, workspaceFile } from '../helpers/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const files = {
  'org.yaml': orgFile(`alerts: {recipients: all@example.com}
defaults:
  policies:
    cap: {budget: $90, reset: monthly, alert: 50%, per: api_key}
`),
  'a.yaml': workspaceFile(
    'ws-team-a',
    `# head
limits:
  budgets: # two of them
    - {budget: $100, reset: monthly, alert: 80%}
    - {budget: 5k tokens, reset: weekly}
  rates:
    - 50 requests/minute
policies:
  spend: # all
    budget: $50 # a month
    reset: monthly
    alert: $20
    per: api_key
    match: {api_key: app, metadata.team: [a, b]}
  calls: {rate: 9 requests/minute, per: api_key}
keys:
  "*": {budget: $10, reset: monthly, alert: 50%, rates: [5 requests/minute, 7 requests/hour]}
  app: {recipients: [me@example.com], budget: $40, reset: weekly}
providers:
  openai-a: {budget: $60, reset: never, rate: 3 requests/day}
`,
  ),
};

const budget = fc.record({
  type: fc.constantFrom('cost', 'tokens'),
  credit_limit: fc.integer({ min: 300, max: 900 }),
  alert_threshold: fc.option(fc.integer({ min: 1, max: 9 })),
  periodic_reset: fc.constantFrom(null, 'weekly', 'monthly'),
});
const rates = fc.constantFrom(
  [],
  [{ type: 'requests', unit: 'rpm', value: 5 }],
  [{ type: 'requests', unit: 'rpm', value: 6 }],
  [{ type: 'tokens', unit: 'rpd', value: 8 }],
);
const limits = fc.record({ usage_limits: fc.option(budget), rate_limits: rates }, { requiredKeys: [] });
const emails = fc.record(
  { alert_emails: fc.constantFrom([], ['all@example.com'], ['all@example.com', 'x@example.com'], ['x@example.com']) },
  { requiredKeys: [] },
);
const policy = fc.record(
  {
    credit_limit: fc.integer({ min: 300, max: 900 }),
    alert_threshold: fc.option(fc.integer({ min: 1, max: 9 })),
    periodic_reset: fc.constantFrom(null, 'weekly'),
    name: fc.constantFrom('Other', 'cap of ours'),
    conditions: fc.constantFrom([{ key: 'api_key', value: '*' }], [{ key: 'metadata.team', value: ['c'] }]),
    status: fc.constantFrom('active', 'archived'),
  },
  { requiredKeys: [] },
);
const moves = fc.record({
  policies: fc.array(policy, { minLength: 2, maxLength: 2 }),
  rate: fc.integer({ min: 1, max: 9 }),
  keys: fc.array(fc.tuple(limits, emails), { minLength: 2, maxLength: 2 }),
  provider: limits,
  workspace: fc.record(
    { usage_limits: fc.uniqueArray(budget, { maxLength: 2, selector: (one) => one.type }), rate_limits: rates },
    { requiredKeys: [] },
  ),
});

it('leaves no drift behind but what it says', async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (move) => {
      world.emulator.store.loadState(smallState());
      world.record = null;
      await world.apply(files);
      const { usagePolicies, ratePolicies, apiKeys, providers, workspaces } = world.emulator.store.state;
      for (const [index, row] of usagePolicies.entries()) {
        Object.assign(row, move.policies[index], index === 0 ? {} : { name: row.name });
      }
      for (const row of ratePolicies) row.value = move.rate;
      for (const [index, row] of apiKeys.slice(0, 2).entries()) Object.assign(row, ...(move.keys[index] ?? []));
      for (const row of providers) Object.assign(row, move.provider);
      for (const row of workspaces.slice(0, 1)) Object.assign(row, move.workspace);

      const plan = await world.planOk(files);
      const input = Object.entries(files).map(([path, text]) => ({ path, text }));
      const { desired } = compilePolicies(input);
      if (desired === null) throw new Error('the files do not compile');
      const live = await readLive(world.backend, desired.organisation, needsOf(desired, world.record));
      const acceptance = acceptDrift({
        changes: plan.changes,
        desired,
        files: input,
        live,
        record: world.record,
        now: new Date(testNow),
      });
      expect(acceptance.accepted.length + acceptance.refused.length).toBe(plan.changes.length);
      const next = Object.fromEntries(mergeFiles(input, acceptance.files).map(({ path, text }) => [path, text]));
      const after = await world.planOk(next);
      expect(after.changes.map(({ id }) => id)).toEqual(acceptance.refused.map(({ change }) => change.id));
      expect(next['org.yaml']).toBe(files['org.yaml']);
      expect(next['a.yaml']).toContain('# head\n');
      // An inherited address or rate that the live key lacks has no words below what it is inherited from.
      for (const { why } of acceptance.refused)
        expect(why).toMatch(/adds recipients that the live key lacks|no file can say/);
    }),
    { numRuns: effort('accepted drifts', 15, 150), seed: 7, endOnFailure: true },
  );
});

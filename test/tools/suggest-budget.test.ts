/** A budget from what was spent. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { highestWindow, suggestBudget } from '../../src/consumption/suggest-budget.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { type Asker, startAsker } from '../helpers/ask.ts';
import { testNow } from '../helpers/session.ts';
import { requestRow, smallState, uuid } from '../helpers/state.ts';

const day = 86_400_000;

/** Cents by how many days ago. */
async function ask(costs: readonly (readonly [daysAgo: number, cents: number, user?: string])[]): Promise<Asker> {
  const requestLogs = costs.map(([ago, cost, user], index) =>
    requestRow({
      id: uuid(0x20000 + index),
      created_at: new Date(testNow - ago * day).toISOString(),
      cost,
      ...(user === undefined ? {} : { metadata: { _user: user } }),
    }),
  );
  const asker = await startAsker({ state: smallState({ requestLogs }) });
  onTestFinished(() => asker.close());
  return asker;
}

describe('suggest_budget', () => {
  it('S2-23: is the highest 30 days of the last 90, times 1.2, rounded up', async () => {
    // $50 within thirty days that no window of a calendar holds, $30 before, $40 lately.
    const asker = await ask([
      [100, 900_000],
      [80, 3_000],
      [50, 2_500],
      [25, 2_500],
      [1, 1_500],
    ]);
    const data = await asker.data('suggest_budget', { workspace: 'ws-team-a' });
    expect(data).toMatchObject({ budget: '$60', highest: { usd: '$50.00' }, per: 'workspace_id', groups: null });
    expect(data.notes).toContainEqual(expect.stringContaining('Coarser than rows of logs'));
    expect((await asker.type('recommend --workspace ws-team-a')).stdout).toContain('$60 monthly for ws-team-a');
  });

  it('is that of the dearest group, and names nobody', async () => {
    const asker = await ask([
      [5, 700, 'ana'],
      [6, 800, 'ana'],
      [7, 200, 'ben'],
      [40, 1_400, 'ben'],
    ]);
    const data = await asker.data('suggest_budget', { workspace: 'ws-team-a', per: 'user' });
    expect(data).toMatchObject({ budget: '$18', highest: { usd: '$15.00' }, per: 'metadata._user', groups: 2 });
    expect(JSON.stringify(data)).not.toMatch(/ana|ben/);
  });

  it('suggests nothing where nothing was spent, and says why where analytics cannot tell', async () => {
    const asker = await ask([]);
    expect(await asker.data('suggest_budget', { workspace: 'ws-team-a' })).toMatchObject({
      budget: null,
      answer: expect.stringContaining('nothing was spent'),
    });
    expect(await asker.call('suggest_budget', { workspace: 'ws-team-a', per: 'config' })).toMatchObject({
      error: { code: 'invalid_input', message: expect.stringContaining('no groups by "config"') },
    });
  });

  it('is the same bytes as `recommend --format json`, and YAML that the files take', async () => {
    const asker = await ask([[5, 700, 'ana']]);
    const { stdout } = await asker.type('recommend --workspace ws-team-a --by user --format json');
    const envelope = await asker.call('suggest_budget', { workspace: 'ws-team-a', per: 'user' });
    expect(stdout).toBe(`${JSON.stringify(envelope)}\n`);
    const yaml = (await asker.type('recommend --workspace ws-team-a --by user --format yaml')).stdout;
    const org = 'version: 1\nkind: org\nenvironment: test\norganisation: 00000000-0000-0000-0000-000000000000\n';
    const { desired, diagnostics } = compilePolicies([
      { path: 'org.yaml', text: org },
      { path: 'a.yaml', text: yaml },
    ]);
    expect(diagnostics).toEqual([]);
    expect(desired?.entries.map(({ fields }) => [fields.amount, fields.per])).toEqual([[900, ['metadata._user']]]);
    const refused = await asker.type('recommend --by user');
    expect([refused.exit, refused.stderr]).toEqual([1, expect.stringContaining('one workspace')]);
  });

  it('rounds up to two digits of whole dollars, a dollar at least', () => {
    const cents = (amount: number) => suggestBudget({ n: BigInt(amount), d: 1n });
    expect([1, 8_300, 8_334, 102_800, 1_000_000].map(cents)).toEqual([100, 10_000, 11_000, 130_000, 1_200_000]);
  });

  it('looks at each thirty days in a row', () => {
    const days = [5, 1, 1, 4, 4].map((cost, index) => ({ date: `d${index}`, cost: { n: BigInt(cost), d: 1n } }));
    expect(highestWindow(days, 2)).toEqual({ cost: { n: 8n, d: 1n }, from: 'd3', to: 'd4' });
    expect(highestWindow(days, 6)).toBeNull();
  });
});

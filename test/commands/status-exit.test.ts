/** `status --over 80% --detailed-exitcode`: one answer for a monitor, and what is unknown is never "under". */

import { afterEach, describe, expect, it } from 'vitest';
import type { EntityRow, StoreState } from '../../src/emulator/store.ts';
import { parseOutput, type Ran, type Rig, type RigOptions, startRig } from '../helpers/rig.ts';
import { keyRow, requestRow, smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';

let rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.map((rig) => rig.close()));
  rigs = [];
});

const monthStart = '2026-11-01T00:00:00.000Z';

/** $100 a month each, used to so many cents. */
function policies(...cents: readonly number[]): Partial<StoreState> {
  return {
    ...smallState(),
    usagePolicies: cents.map((usage, index) =>
      usagePolicyRow(`p${index}`, uuid(101 + index), teamA, {
        credit_limit: 100,
        created_at: '2026-01-01T00:00:00.000Z',
        last_reset_at: monthStart,
        entities: { [`workspace_id:${teamA}`]: entity(usage, index) },
      }),
    ),
  };
}

function entity(usage: number, index: number): EntityRow {
  const sent = { is_threshold_alerts_sent: false, is_exhausted_alerts_sent: false };
  return { id: uuid(700 + index), current_usage: usage, status: usage >= 10_000 ? 'exhausted' : 'active', ...sent };
}

async function start(state: Partial<StoreState>, options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig({ state, ...options });
  rigs.push(rig);
  return rig;
}

/** The last line of stderr. */
function saidOf({ stderr }: Ran): string {
  return stderr.trimEnd().split('\n').at(-1) ?? '';
}

interface Document {
  readonly ok: boolean;
  readonly check: object | null;
  readonly limits: readonly { readonly name: string }[];
}

describe('status --detailed-exitcode', () => {
  it.each<[cents: number, over: number | undefined, exit: number]>([
    [7_900, 80, 0],
    [8_000, 80, 2],
    // As it is shown: to the nearest.
    [7_950, 80, 2],
    [7_949, 80, 0],
    [10_000, 80, 2],
    // Used up without --over; a cent less is not.
    [9_999, undefined, 0],
    [9_999, 100, 0],
    [10_000, undefined, 2],
    [0, 0, 2],
    [0, 1, 0],
  ])('%i of 10000 cents used, over %s: exit %i', async (cents, over, exit) => {
    const rig = await start(policies(cents));
    expect((await rig.status({ over, detailedExitcode: true })).exit).toBe(exit);
    expect((await rig.status({ over })).exit).toBe(0);
  });

  it('the report is whole, in every format, and the document says what the code says', async () => {
    const rig = await start(policies(9_000, 1_000));
    const plain = await rig.status({ over: 80 });
    const checked = await rig.status({ over: 80, detailedExitcode: true });
    expect([checked.exit, checked.stdout]).toEqual([2, plain.stdout]);
    expect(saidOf(checked)).toBe('Exit 2: 1 budget is at 80 % or more, or used up.');
    expect((await rig.status({ over: 80, detailedExitcode: true, quiet: true })).stderr).not.toContain('Exit');
    const document = parseOutput(
      await rig.status({ over: 80, detailedExitcode: true, format: 'json' }),
    ) as unknown as Document;
    expect(document).toMatchObject({
      ok: false,
      check: { percent: 80, over: 1, unknown: 0, unread: 0, verdict: 'over' },
      limits: [{ name: 'p0' }],
    });
    // A page has no --over: it asks for what is used up.
    const page = await rig.status({ format: 'html', detailedExitcode: true });
    expect([page.exit, page.stdout.startsWith('<!doctype html>')]).toEqual([0, true]);
    const markdown = await rig.status({ over: 90, detailedExitcode: true, format: 'markdown' });
    expect([markdown.exit, markdown.stdout]).toEqual([2, (await rig.status({ over: 90, format: 'markdown' })).stdout]);
  });

  it('unknown use is exit 6, never 0; but 2 where another budget is over for sure', async () => {
    const faults = [{ path: '/policies/usage-limits/*', fault: { kind: 'status', status: 403 } }] as const;
    const unknown = await start(policies(100), { faults: [...faults] });
    const ran = await unknown.status({ over: 80, detailedExitcode: true, format: 'json' });
    expect(ran.exit).toBe(6);
    expect(parseOutput(ran)).toMatchObject({ ok: false, check: { over: 0, unknown: 1, verdict: 'unknown' } });
    expect(saidOf(ran)).toBe(
      'Exit 6: no budget is known to be at 80 % or more, or used up; the use of 1 budget is unknown.',
    );

    const usage_limits = {
      type: 'cost',
      credit_limit: 100,
      periodic_reset: 'monthly',
      current_usage: 9_000,
      last_reset_at: monthStart,
    } as const;
    const both = await start(
      { ...policies(100), apiKeys: [keyRow('app', uuid(11), teamA, { usage_limits })] },
      { faults: [...faults] },
    );
    const two = await both.status({ over: 80, detailedExitcode: true });
    expect([two.exit, saidOf(two)]).toEqual([
      2,
      'Exit 2: 1 budget is at 80 % or more, or used up; the use of 1 budget is unknown.',
    ]);
  });

  it('a list that was refused may hold what is over: exit 6', async () => {
    const rig = await start(policies(100), {
      faults: [{ path: '/providers', fault: { kind: 'status', status: 403 } }],
    });
    const ran = await rig.status({ over: 80, detailedExitcode: true });
    expect([ran.exit, saidOf(ran)]).toEqual([
      6,
      'Exit 6: no budget is known to be at 80 % or more, or used up; 2 lists or rows were not read.',
    ]);
    expect((await rig.status({ over: 80 })).exit).toBe(0);
  });

  it('a key that made calls while its counter stands at nothing is unknown', async () => {
    const usage_limits = {
      type: 'cost',
      credit_limit: 100,
      periodic_reset: 'monthly',
      current_usage: 0,
      last_reset_at: monthStart,
    } as const;
    const created_at = '2026-01-01T00:00:00.000Z';
    const rig = await start({
      ...smallState(),
      apiKeys: [keyRow('app', uuid(11), teamA, { created_at, usage_limits })],
      requestLogs: [requestRow({ id: uuid(801), created_at: '2026-11-18T00:00:00.000Z', api_key_id: uuid(11) })],
    });
    expect((await rig.status({ over: 80, detailedExitcode: true })).exit).toBe(6);
  });

  it('where nothing is limited nothing is over', async () => {
    const rig = await start({ ...smallState(), usagePolicies: [], apiKeys: [] });
    expect((await rig.status({ over: 80, detailedExitcode: true })).exit).toBe(0);
  });
});

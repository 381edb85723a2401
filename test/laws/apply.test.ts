/** What applying comes to, from whatever state, after whatever went wrong. */

import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoreState } from '../../src/emulator/store.ts';
import type { Outcome } from '../../src/plan/types.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { effort } from '../helpers/effort.ts';
import { startWorld, type World } from '../helpers/world.ts';
import { type Declaration, declaration, type Files, toFiles } from './declarations.ts';
import { conditionRows, organisation, withUniqueNames } from './organisations.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(() => world.emulator.requests.clear());

const start = (state: Partial<StoreState>): void => {
  world.emulator.store.loadState(state);
  world.record = null;
};

/** An organisation and so many versions of its policy files. */
const history = (versions: number): fc.Arbitrary<{ state: Partial<StoreState>; steps: Declaration[] }> =>
  organisation
    .map(withUniqueNames)
    .chain((state) =>
      fc.array(declaration(state), { minLength: versions, maxLength: versions }).map((steps) => ({ state, steps })),
    );

/** Files that a control plane takes as they are; what is left out is an error by design (an unnoticed alert, two keys of a name). */
async function isPlannable(files: Files): Promise<boolean> {
  const { plan, diagnostics } = await world.plan(files);
  if (plan !== null) return true;
  expect(diagnostics.map(({ code }) => code)).toEqual(diagnostics.map(() => 'alert-overtaken'));
  return false;
}

function troubles(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ change, status, detail }) =>
    status === 'applied' ? [] : [`${change.id} ${status}: ${detail}`],
  );
}

async function expectConverged(files: Files): Promise<void> {
  const plan = await world.planOk(files);
  expect(plan.changes).toEqual([]);
  expect(plan.recordLines).toEqual([]);
  // No twin: of every declared name there is one active policy of its kind.
  const desired = compilePolicies(Object.entries(files).map(([path, text]) => ({ path, text }))).desired;
  for (const { kind, workspace, name } of desired?.entries ?? []) {
    if (kind !== 'usage-policy' && kind !== 'rate-policy') continue;
    expect(activePolicies(kind, workspace).filter((row) => row.name === name)).toHaveLength(1);
  }
}

function activePolicies(kind: 'usage-policy' | 'rate-policy', slug: string | null) {
  const { state } = world.emulator.store;
  const id = state.workspaces.find((row) => row.slug === slug)?.id;
  const rows = kind === 'usage-policy' ? state.usagePolicies : state.ratePolicies;
  return rows.filter(({ status, workspace_id }) => status === 'active' && workspace_id === id);
}

/** Active policies that nobody ever declared nor made by hand: what a lost create or delete would leave. */
function orphans(state: Partial<StoreState>, steps: readonly Declaration[]): unknown[] {
  const initial = new Set([...(state.usagePolicies ?? []), ...(state.ratePolicies ?? [])].map(({ id }) => id));
  const last = steps.at(-1);
  return (['usage-policy', 'rate-policy'] as const).flatMap((kind) =>
    ['ws-alpha', 'ws-beta'].flatMap((slug) =>
      activePolicies(kind, slug).filter(
        ({ id, name }) =>
          !initial.has(id) &&
          !last?.entries.some((entry) => entry.kind === kind && entry.workspace === slug && entry.name === name),
      ),
    ),
  );
}

describe('apply', () => {
  it('comes to an empty plan, and touches nothing that was never declared', async () => {
    await fc.assert(
      fc.asyncProperty(history(3), async ({ state, steps }) => {
        start(state);
        // The service marks expired keys by itself when they are first asked for.
        for (const { id } of await world.backend.listWorkspaces()) await world.backend.listKeys(id);
        await world.backend.listKeys(null);
        const untouched = structuredClone(untouchedRows(world.emulator.store.state, steps));
        for (const step of steps) {
          const files = toFiles(step);
          if (!(await isPlannable(files))) return;
          const outcomes = await world.apply(files);
          expect(troubles(outcomes)).toEqual([]);
          await expectConverged(files);
        }
        expect(untouchedRows(world.emulator.store.state, steps)).toEqual(untouched);
        expect(orphans(state, steps)).toEqual([]);
      }),
      { numRuns: effort('histories of empty plans', 10, 100), seed: 17 },
    );
  });

  it('converges after a crash at any write, without a twin and without an orphan', async () => {
    await fc.assert(
      fc.asyncProperty(
        history(3),
        fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 3 }),
        async (past, deaths) => {
          const { state, steps } = past;
          start(state);
          const [first, second, third] = steps.map(toFiles);
          if (first === undefined || second === undefined || third === undefined) return;
          if (!(await isPlannable(first))) return;
          await world.apply(first);
          for (const writes of deaths) {
            if (!(await isPlannable(second))) return;
            await world.crashAfter(second, writes);
          }
          for (const next of [second, third]) {
            if (!(await isPlannable(next))) return;
            expect(troubles(await world.apply(next))).toEqual([]);
            await expectConverged(next);
          }
          expect(orphans(state, steps)).toEqual([]);
        },
      ),
      { numRuns: effort('crashes at a write', 10, 100), seed: 12 },
    );
  });

  it('converges whatever part of the changes a crashed apply carried out', async () => {
    await fc.assert(
      fc.asyncProperty(history(2), fc.infiniteStream(fc.boolean()), async ({ state, steps }, coins) => {
        start(state);
        const [first, second] = steps.map(toFiles);
        if (first === undefined || second === undefined) return;
        if (!(await isPlannable(first))) return;
        await world.apply(first);
        if (!(await isPlannable(second))) return;
        await world.crash(second, () => coins.next().value === true);
        if (!(await isPlannable(second))) return;
        await world.apply(second);
        await expectConverged(second);
        expect(orphans(state, steps)).toEqual([]);
      }),
      { numRuns: effort('crashes that carried out a part', 10, 100), seed: 13 },
    );
  });

  it('converges over edits with drift in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        history(3),
        fc.array(drift, { minLength: 1, maxLength: 6 }),
        async ({ state, steps }, drifts) => {
          start(state);
          for (const step of steps) {
            const files = toFiles(step);
            if (!(await isPlannable(files))) return;
            await world.apply(files);
            for (const change of drifts) change(world.emulator.store.state);
          }
          const files = toFiles(steps.at(-1) ?? { entries: [] });
          if (!(await isPlannable(files))) return;
          const outcomes = await world.apply(files);
          expect(troubles(outcomes)).toEqual([]);
          await expectConverged(files);
        },
      ),
      { numRuns: effort('histories of edits and drift', 10, 100), seed: 14 },
    );
  });

  it('leaves no moment without a limit while it replaces, and deletes last', async () => {
    await fc.assert(
      fc.asyncProperty(history(2), async ({ state, steps }) => {
        start(state);
        const [first, second] = steps.map(toFiles);
        if (first === undefined || second === undefined) return;
        if (!(await isPlannable(first))) return;
        await world.apply(first);
        if (!(await isPlannable(second))) return;
        const plan = await world.planOk(second);
        world.emulator.requests.clear();
        await world.apply(second);
        const seen = world.emulator.requests.recent;
        const deleteAt = (id: string | null): number =>
          seen.findIndex(({ method, path }) => method === 'DELETE' && path.endsWith(`/${id}`));
        for (const change of plan.changes) {
          const at = deleteAt(change.liveId);
          if (change.action === 'replace') {
            expect(at).toBeGreaterThan(createAt(seen, change.after?.name, change.workspaceId));
          }
          if (at === -1) continue;
          const others = plan.changes.filter(
            (other) =>
              other.workspaceId === change.workspaceId &&
              other.action === 'create' &&
              other.key.kind.endsWith('-policy'),
          );
          for (const other of others) expect(at).toBeGreaterThan(createAt(seen, other.after?.name, other.workspaceId));
        }
      }),
      { numRuns: effort('replacements', 10, 100), seed: 15 },
    );
  });

  it('plans equal bytes for equal inputs, whatever the order of files', async () => {
    await fc.assert(
      fc.asyncProperty(history(1), async ({ state, steps }) => {
        start(state);
        const files = toFiles(steps[0] ?? { entries: [] });
        if (!(await isPlannable(files))) return;
        const plan = await world.planOk(files);
        const { state: live } = world.emulator.store;
        for (const rows of [live.usagePolicies, live.ratePolicies, live.apiKeys, live.providers, live.workspaces])
          rows.reverse();
        const reversed = await world.planOk(Object.fromEntries(Object.entries(files).reverse()));
        expect(JSON.stringify({ ...reversed, workspaces: [], names: {} })).toBe(
          JSON.stringify({ ...plan, workspaces: [], names: {} }),
        );
      }),
      { numRuns: effort('plans of files in another order', 10, 100), seed: 16 },
    );
  });
});

function createAt(seen: World['emulator']['requests']['recent'], name: unknown, workspaceId: string | null): number {
  const at = seen.findIndex(({ method, body }) => {
    const sent = body as { name?: unknown; workspace_id?: unknown } | undefined;
    return method === 'POST' && sent?.name === name && sent?.workspace_id === workspaceId;
  });
  expect(at).not.toBe(-1);
  return at;
}

/** Rows whose name no version of the files ever says, as they are. */
function untouchedRows(state: Partial<StoreState>, steps: readonly Declaration[]): unknown {
  const ids = new Map((state.workspaces ?? []).map(({ id, slug }) => [id, slug]));
  const said = new Set(
    steps.flatMap(({ entries }) => entries.map(({ kind, workspace, name }) => `${kind}\n${workspace}\n${name}`)),
  );
  const isSaid = (kind: string, workspaceId: string | null, name: string | null): boolean =>
    said.has(`${kind}\n${ids.get(workspaceId ?? '') ?? null}\n${name}`);
  const initial = /^00000000-0000-4000-8000-/;
  return {
    usagePolicies: (state.usagePolicies ?? []).filter(
      (row) => initial.test(row.id) && !isSaid('usage-policy', row.workspace_id, row.name),
    ),
    ratePolicies: (state.ratePolicies ?? []).filter(
      (row) => initial.test(row.id) && !isSaid('rate-policy', row.workspace_id, row.name),
    ),
    apiKeys: (state.apiKeys ?? []).filter(
      (row) => !isSaid('key-limits', row.workspace_id, row.name) && !isSaid('key-limits', row.workspace_id, '*'),
    ),
    providers: (state.providers ?? []).filter((row) => !isSaid('provider-limits', row.workspace_id, row.slug)),
    workspaces: (state.workspaces ?? []).filter((row) => !isSaid('workspace-limits', row.id, 'limits')),
    shares: (state.integrations ?? []).flatMap((row) =>
      row.workspaces.filter(({ workspace_id }) => !isSaid('integration-limits', workspace_id, row.slug)),
    ),
  };
}

/** Something that somebody does in the dashboard. */
const drift: fc.Arbitrary<(state: StoreState) => void> = fc
  .record({
    what: fc.constantFrom(
      'amount',
      'name',
      'delete',
      'match',
      'reset',
      'key',
      'clear-key',
      'workspace',
      'provider',
      'expire',
      'rate',
    ),
    which: fc.nat({ max: 5 }),
    amount: fc.integer({ min: 300, max: 900 }),
    conditions: conditionRows,
  })
  .map(({ what, which, amount, conditions }) => (state: StoreState): void => {
    const policy = state.usagePolicies.filter(({ status }) => status === 'active')[which];
    const rate = state.ratePolicies.filter(({ status }) => status === 'active')[which];
    const key = state.apiKeys[which];
    switch (what) {
      case 'amount':
        if (policy !== undefined) Object.assign(policy, { credit_limit: amount, alert_threshold: null });
        break;
      case 'name':
        if (policy !== undefined) policy.name = `renamed by hand ${which}`;
        break;
      case 'delete':
        for (const row of [policy, rate]) if (row !== undefined) row.status = 'archived';
        break;
      case 'match':
        if (policy !== undefined) policy.conditions = conditions;
        break;
      case 'reset':
        if (policy !== undefined) Object.assign(policy, { periodic_reset: null, periodic_reset_days: 9 });
        break;
      case 'rate':
        if (rate !== undefined) rate.value = amount;
        break;
      case 'key':
        if (key !== undefined) key.usage_limits = { type: 'cost', credit_limit: amount, periodic_reset: 'weekly' };
        break;
      case 'clear-key':
        if (key !== undefined) Object.assign(key, { usage_limits: null, rate_limits: [], alert_emails: [] });
        break;
      case 'expire':
        if (key !== undefined) key.status = 'expired';
        break;
      case 'workspace':
        if (state.workspaces[which % 2] !== undefined) {
          Object.assign(state.workspaces[which % 2] ?? {}, { usage_limits: [{ type: 'cost', credit_limit: amount }] });
        }
        break;
      case 'provider':
        if (state.providers[which] !== undefined) {
          Object.assign(state.providers[which] ?? {}, {
            rate_limits: [{ type: 'tokens', unit: 'rpm', value: amount }],
          });
        }
        break;
    }
  });

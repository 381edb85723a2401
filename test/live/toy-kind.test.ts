/** A kind is one KindSpec: read, planned, applied and read back without a line elsewhere. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyPlan } from '../../src/apply/apply-plan.ts';
import { readLive } from '../../src/live/read-live.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { needsOf } from '../../src/plan/live-needs.ts';
import type { AttachmentKindSpec, LimitsMove, ListedRow, WireRow } from '../../src/resources/kind.ts';
import type { LimitsTarget } from '../../src/resources/kind-port.ts';
import { limitsOf } from '../../src/resources/limit.ts';
import { budgetFromWire } from '../../src/resources/limits.ts';
import { registry } from '../../src/resources/registry.ts';
import { buildSingleBudget, readSingleLimits } from '../../src/resources/single-limits.ts';
import type { DesiredEntry, Fields, Kind } from '../../src/resources/types.ts';
import type { WireBudget } from '../../src/resources/wire.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { organisationId } from '../helpers/world.ts';
import { filesOf, now, recorded } from '../plan/kit.ts';
import { desiredFrom } from '../rules/facts.ts';
import { createMemoryBackend, createStepClock } from './memory-backend.ts';

const kind = 'toy-limits' as Kind;
const [ours, other] = [uuid(71), uuid(72)];
const toys = new Map<string, ListedRow>();

const toy = {
  kind,
  section: 'toys',
  label: 'toy',
  plural: 'toys',
  policy: false,
  singleRate: true,
  per: 'toy',
  list: async () => [...toys.values()],
  nameOf: ({ name }: ListedRow) => String(name),
  read: async (_port: unknown, { id }: { readonly id: string }) => toys.get(id) ?? null,
  target: ({ id }: { readonly id: string }) => ({ kind, id }) as unknown as LimitsTarget,
  readFields: (row: WireRow, _scope: unknown, hints: readonly Fields[]) =>
    readSingleLimits(row.usage_limits as WireBudget, [], hints),
  isReleased: () => false,
  buildLimits: (row: WireRow, move: LimitsMove) => ({
    usage_limits: buildSingleBudget(row.usage_limits as WireBudget, move, null),
  }),
} as unknown as AttachmentKindSpec;

const source = { file: 'policies/a.yaml', line: 1, column: 1 };
const entryOf = (name: string, fields: Fields): DesiredEntry => ({
  ...{ kind, workspace: 'ws-team-a', name, liveName: name, protect: false, fields, source, fieldSources: {} },
});

beforeAll(() => void Object.assign(registry, { [kind]: toy }));
afterAll(() => void Reflect.deleteProperty(registry, kind));

it('is planned and applied', async () => {
  const limit = (credit_limit: number) => ({ type: 'cost', credit_limit, periodic_reset: 'monthly' });
  toys.set(ours, { id: ours, name: 'robot', usage_limits: limit(10) });
  toys.set(other, { id: other, name: 'kite', usage_limits: limit(5) });
  const memory = createMemoryBackend();
  const backend = {
    ...memory,
    setLimits: async (target: LimitsTarget, body: WireRow) => {
      const { id } = target as unknown as { readonly id: string };
      toys.set(id, { ...toys.get(id), ...body, id });
    },
  };
  const fields: Fields = { budget: { unit: 'cost', amount: 2000, reset: 'monthly' } };
  const files = Object.entries(filesOf({ body: '' })).map(([path, text]) => ({ path, text }));
  const desired = { ...desiredFrom(files), entries: [entryOf('robot', fields)] };
  const plan = async () => {
    const live = await readLive(backend, organisationId, needsOf(desired, null));
    const built = buildPlan({ desired, live, record: recorded(), now }).plan;
    if (built === null) throw new Error('no plan');
    return built;
  };

  const first = await plan();
  expect(first.changes).toMatchObject([
    { key: { kind, workspace: 'ws-team-a', name: 'robot' }, liveId: ours, workspaceId: teamA, direction: 'loosen' },
  ]);
  expect(first.unmanaged).toMatchObject([{ kind, name: 'kite' }]);
  expect(await applyPlan(first, { backend, clock: createStepClock() })).toMatchObject([{ status: 'applied' }]);
  expect(budgetFromWire(toys.get(ours)?.usage_limits as WireBudget)).toEqual(fields.budget);
  expect((await plan()).changes).toEqual([]);
  expect(limitsOf(kind, fields)).toMatchObject([{ kind, field: 'budget', amount: 2000, per: ['toy'] }]);
});

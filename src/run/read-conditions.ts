/** What the conditions of changed policies name, and whether a call met them. Reads only advise: a refusal is a value. */

import type { Known, Reads } from '../consumption/ask.ts';
import { readMatchedCalls } from '../consumption/matched-calls.ts';
import type { ConditionFacts, ConditionNames } from '../impact/condition-facts.ts';
import type { Live } from '../live/live.ts';
import { isUuid } from '../plan/written-id.ts';
import type { WireRow } from '../resources/kind.ts';
import type { Condition, Match } from '../resources/types.ts';

/** Limits whose calls are counted, a request each. */
export const mostCounted = 50;

export interface ConditionNeeds {
  /** Policies with conditions, by id of their change. */
  readonly policies: readonly {
    readonly id: string;
    readonly workspaceId: string;
    readonly match: Match;
    readonly countsCalls: boolean;
  }[];
  readonly live: Live;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Asked = keyof ConditionNames;

/** @throws CancelledError */
export async function readConditions(reads: Reads, { policies, live, now }: ConditionNeeds): Promise<ConditionFacts> {
  const asked = new Map<string, Set<Asked>>();
  for (const { workspaceId, match } of policies) {
    const keys = asked.get(workspaceId) ?? new Set<Asked>();
    for (const condition of match === 'all' ? [] : match) for (const key of askedBy(condition)) keys.add(key);
    asked.set(workspaceId, keys);
  }
  const counted = policies.filter(({ countsCalls }) => countsCalls);
  const counting = counted.slice(0, mostCounted).flatMap(({ id, workspaceId, match }) => {
    const workspace = live.workspaces.find((one) => one.id === workspaceId);
    if (workspace === undefined) return [];
    return [readMatchedCalls(reads, { match, workspace: workspace.slug, now }).then((calls) => [id, calls] as const)];
  });
  const [names, matched] = await Promise.all([
    Promise.all([...asked].map(async ([id, keys]) => [id, await readNames(reads, live, id, keys)] as const)),
    Promise.all(counting),
  ]);
  return {
    names: new Map(names),
    matched: new Map(matched),
    uncounted: Math.max(0, counted.length - mostCounted),
  };
}

function askedBy({ key, any, except }: Condition): Asked[] {
  const values = [...(any === '*' ? [] : any), ...except];
  if (values.length === 0) return [];
  if (key === 'virtual_key' || key === 'config') return [key];
  // Vendors are those of providers, and the slug of one is a usual slip.
  if (key === 'provider' || key === 'model') return ['virtual_key', 'provider'];
  return key === 'api_key' && values.some(isUuid) ? ['api_key'] : [];
}

async function readNames(
  { ask }: Reads,
  live: Live,
  workspaceId: string,
  keys: ReadonlySet<Asked>,
): Promise<ConditionNames> {
  const rowsOf = async (
    kind: 'provider-limits' | 'key-limits',
    list: () => Promise<Known<readonly object[]>>,
  ): Promise<Known<readonly object[]>> => {
    if (!live.read.has(`${workspaceId}/${kind}`)) return list();
    const own = live.objects.filter((object) => object.kind === kind && object.workspaceId === workspaceId);
    return { value: own.map(({ row }) => row) };
  };
  const [providers, configs, own] = await Promise.all([
    keys.has('virtual_key') || keys.has('provider')
      ? rowsOf('provider-limits', () => ask('listProviders', workspaceId))
      : null,
    keys.has('config') ? ask('listConfigs', workspaceId) : null,
    keys.has('api_key') ? rowsOf('key-limits', () => ask('listKeys', workspaceId)) : null,
  ]);
  return {
    ...(providers === null ? {} : { virtual_key: texts(providers, ['slug']) }),
    ...(providers === null ? {} : { provider: texts(providers, ['ai_provider_name', 'provider']) }),
    ...(configs === null
      ? {}
      : { config: 'unknown' in configs ? configs : { value: configs.value.map(({ slug }) => slug) } }),
    ...(own === null ? {} : { api_key: texts(own, ['id']) }),
  };
}

function texts(rows: Known<readonly object[]>, members: readonly string[]): Known<readonly string[]> {
  if ('unknown' in rows) return rows;
  const found = rows.value.flatMap((row) => members.map((member) => (row as WireRow)[member]));
  return { value: [...new Set(found.filter((text) => typeof text === 'string'))].sort() };
}

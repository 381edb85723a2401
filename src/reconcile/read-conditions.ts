/** What the conditions of changed policies name, and whether a call met them. Reads only advise: a refusal is a value. */

import type { ConditionFacts, ConditionNames } from '../impact/condition-facts.ts';
import { trafficDays } from '../impact/traffic.ts';
import type { Known } from '../impact/usage.ts';
import { dayMilliseconds } from '../impact/windows.ts';
import type { Live, LiveWorkspace } from '../plan/types.ts';
import { isUuid } from '../plan/written-id.ts';
import type { Condition, Match } from '../resources/types.ts';
import { type AnalyticsFilter, filterOfMatch, readTotal } from './analytics.ts';
import type { Backend } from './backend.ts';
import { createGate, type Gate } from './gate.ts';

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
export async function readConditions(
  backend: Backend,
  { policies, live, now }: ConditionNeeds,
): Promise<ConditionFacts> {
  const gate = createGate();
  const asked = new Map<string, Set<Asked>>();
  for (const { workspaceId, match } of policies) {
    const keys = asked.get(workspaceId) ?? new Set<Asked>();
    for (const condition of match === 'all' ? [] : match) for (const key of askedBy(condition)) keys.add(key);
    asked.set(workspaceId, keys);
  }
  const counted = policies.filter(({ countsCalls }) => countsCalls);
  const [names, matched] = await Promise.all([
    Promise.all([...asked].map(async ([id, keys]) => [id, await readNames(backend, gate, live, id, keys)] as const)),
    readMatched(backend, gate, { policies: counted.slice(0, mostCounted), live, now }),
  ]);
  return { names: new Map(names), matched, uncounted: Math.max(0, counted.length - mostCounted) };
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
  backend: Backend,
  gate: Gate,
  live: Live,
  workspaceId: string,
  keys: ReadonlySet<Asked>,
): Promise<ConditionNames> {
  const rowsOf = async (
    kind: 'provider-limits' | 'key-limits',
    list: () => Promise<readonly object[]>,
  ): Promise<Known<readonly Readonly<Record<string, unknown>>[]>> => {
    if (live.read.has(`${workspaceId}/${kind}`)) {
      const own = live.objects.filter((object) => object.kind === kind && object.workspaceId === workspaceId);
      return { value: own.map(({ row }) => row) };
    }
    const answer = await gate(kind, list);
    return answer.known
      ? { value: answer.value as readonly Readonly<Record<string, unknown>>[] }
      : { unknown: answer.why };
  };
  const [providers, configs, own] = await Promise.all([
    keys.has('virtual_key') || keys.has('provider')
      ? rowsOf('provider-limits', () => backend.listProviders(workspaceId))
      : null,
    keys.has('config') ? gate('config', () => backend.listConfigs(workspaceId)) : null,
    keys.has('api_key') ? rowsOf('key-limits', () => backend.listKeys(workspaceId)) : null,
  ]);
  return {
    ...(providers === null ? {} : { virtual_key: texts(providers, ['slug']) }),
    ...(providers === null ? {} : { provider: texts(providers, ['ai_provider_name', 'provider']) }),
    ...(configs === null
      ? {}
      : { config: configs.known ? { value: configs.value.map(({ slug }) => slug) } : { unknown: configs.why } }),
    ...(own === null ? {} : { api_key: texts(own, ['id']) }),
  };
}

function texts(
  rows: Known<readonly Readonly<Record<string, unknown>>[]>,
  members: readonly string[],
): Known<readonly string[]> {
  if ('unknown' in rows) return rows;
  const found = rows.value.flatMap((row) => members.map((member) => row[member]));
  return { value: [...new Set(found.filter((text) => typeof text === 'string'))].sort() };
}

async function readMatched(
  backend: Backend,
  gate: Gate,
  { policies, live, now }: ConditionNeeds,
): Promise<ConditionFacts['matched']> {
  const range = {
    time_of_generation_min: new Date(now - trafficDays * dayMilliseconds).toISOString(),
    time_of_generation_max: new Date(now).toISOString(),
  };
  const wholes = new Map<string, Promise<Known<number>>>();
  const count = async (filter: AnalyticsFilter): Promise<Known<number>> => {
    const answer = await gate('analytics', () => readTotal(backend, 'requests', { ...filter, ...range }));
    return answer.known ? { value: answer.value } : { unknown: answer.why };
  };
  const wholeOf = ({ slug }: LiveWorkspace): Promise<Known<number>> => {
    const known = wholes.get(slug) ?? count({ workspace_slug: slug });
    wholes.set(slug, known);
    return known;
  };
  const read = policies.map(async ({ id, workspaceId, match }) => {
    const workspace = live.workspaces.find((one) => one.id === workspaceId);
    const filter = widestFilter(match);
    if (workspace === undefined || filter === null) return [];
    const atMost = await count({ workspace_slug: workspace.slug, ...filter });
    if ('unknown' in atMost) return [[id, atMost] as const];
    if (atMost.value > 0) return [[id, { value: { atMost: atMost.value, ofWorkspace: atMost.value } }] as const];
    const whole = await wholeOf(workspace);
    const both = 'unknown' in whole ? whole : { value: { atMost: 0, ofWorkspace: whole.value } };
    return [[id, both] as const];
  });
  return new Map((await Promise.all(read)).flat());
}

/**
 * All conditions have to hold, so that those which analytics can be asked for let in at least as many calls as all of them: none
 * by these is none at all. Null: analytics have words for none of them.
 */
export function widestFilter(match: Match): AnalyticsFilter | null {
  let filter: AnalyticsFilter | null = null;
  const kept: Condition[] = [];
  for (const condition of match === 'all' ? [] : match) {
    const wider = condition.any === '*' ? condition : { ...condition, except: [] };
    const asked = filterOfMatch([...kept, wider]);
    if ('unknown' in asked) continue;
    kept.push(wider);
    filter = asked.value;
  }
  return filter;
}

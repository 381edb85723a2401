/** What the conditions of changed policies name, and whether a call met them. Reads only advise: a refusal is a value. */

import { type AnalyticsFilter, filterOfMatch, readTotal } from '../consumption/analytics-old.ts';
import type { Known } from '../consumption/ask.ts';
import { createGate, type Gate } from '../consumption/ask.ts';
import { groupPageSize, readGroupPages } from '../consumption/group-pages.ts';
import { trafficDays } from '../consumption/traffic.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import type { ConditionFacts, ConditionNames } from '../impact/condition-facts.ts';
import type { Backend } from '../live/backend.ts';
import type { Live } from '../live/live.ts';
import { isUuid } from '../plan/written-id.ts';
import type { Condition, Match } from '../resources/types.ts';

type Row = Readonly<Record<string, unknown>>;

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
  /** Equal questions are asked once. */
  const asked = new Map<string, Promise<Known<unknown>>>();
  const ask = <T>(family: string, question: unknown, read: () => Promise<T>): Promise<Known<T>> => {
    const name = JSON.stringify([family, question]);
    const running =
      asked.get(name) ??
      gate(family, read).then((answer): Known<T> => (answer.known ? answer : { unknown: answer.why }));
    asked.set(name, running);
    return running as Promise<Known<T>>;
  };
  const count = (filter: AnalyticsFilter): Promise<Known<number>> =>
    ask('analytics', filter, () => readTotal(backend, 'requests', { ...filter, ...range }));
  /** Calls of groups which a condition lets in: all of them, or those of the first page that has some. */
  const countGroups = (condition: Condition, filter: AnalyticsFilter): Promise<Known<number>> => {
    const groups = groupsOf(condition);
    if (groups === null) return Promise.resolve({ unknown: noWords });
    const { path, member, admits, provesAbsence } = groups;
    return ask(path, [condition, filter], async () => {
      let calls = 0;
      const readPage = async (page: number): Promise<Row> => {
        if (calls > 0) return { data: [] };
        const query = { ...filter, ...range, page_size: groupPageSize, current_page: page };
        const answer = await backend.readAnalytics(path, query);
        for (const row of Array.isArray(answer.data) ? (answer.data as readonly (Row | null)[]) : []) {
          const value = row?.[member];
          if (typeof value === 'string' && admits(value)) calls += Math.max(1, Number(row?.requests) || 0);
        }
        return answer;
      };
      const total = (value: unknown): number | null => (typeof value === 'number' ? value : null);
      const pages = await readGroupPages(readPage, (row) => row[member], total);
      return { calls, isProven: calls > 0 || (provesAbsence && pages?.isWhole === true) };
    }).then((answer) => {
      if ('unknown' in answer) return answer;
      return answer.value.isProven ? { value: answer.value.calls } : { unknown: noWords };
    });
  };
  const countMatched = async (match: Match, slug: string): Promise<Known<number>> => {
    const { filter, left } = widestFilter(match);
    const base = { workspace_slug: slug, ...filter };
    const plain = filter === null ? { unknown: noWords } : await count(base);
    if (filter !== null && ('unknown' in plain || plain.value <= 0)) return plain;
    let least: Known<number> = plain;
    for (const condition of left) {
      if (filter !== null && !condition.key.startsWith('metadata.')) continue;
      const calls = await countGroups(condition, base);
      if ('unknown' in calls) least = 'unknown' in least ? calls : least;
      else if ('unknown' in least || calls.value < least.value) least = calls;
      if ('value' in least && least.value <= 0) return least;
    }
    return least;
  };
  const read = policies.map(async ({ id, workspaceId, match }) => {
    const workspace = live.workspaces.find((one) => one.id === workspaceId);
    if (workspace === undefined) return [];
    const atMost = await countMatched(match, workspace.slug);
    if ('unknown' in atMost) return [[id, atMost] as const];
    if (atMost.value > 0) return [[id, { value: { atMost: atMost.value, ofWorkspace: atMost.value } }] as const];
    const whole = await count({ workspace_slug: workspace.slug });
    const both = 'unknown' in whole ? whole : { value: { atMost: 0, ofWorkspace: whole.value } };
    return [[id, both] as const];
  });
  return new Map((await Promise.all(read)).flat());
}

const noWords = 'analytics have no words for its conditions';

interface Groups {
  readonly path: string;
  /** Of a row: which group it is. */
  readonly member: string;
  readonly admits: (value: string) => boolean;
  /** A group that is missing made no call. */
  readonly provesAbsence: boolean;
}

/** What no filter says may be told by groups: any value of metadata, several, exceptions; and vendors. */
function groupsOf({ key, any, except }: Condition): Groups | null {
  if (key.startsWith('metadata.')) {
    const path = `/groups/metadata/${encodeURIComponent(key.slice('metadata.'.length))}`;
    const isLetIn = (value: string): boolean => (any === '*' || any.includes(value)) && !except.includes(value);
    return { path, member: 'metadata_value', admits: isLetIn, provesAbsence: true };
  }
  const vendors = any === '*' || except.length > 0 ? [] : key === 'model' ? any.map(vendorOfAll) : any;
  if ((key !== 'provider' && key !== 'model') || vendors.length === 0 || vendors.includes('')) return null;
  // Whether analytics spell every vendor as conditions do is not known.
  return {
    path: '/groups/ai_service',
    member: 'ai_service',
    admits: (value) => vendors.includes(value),
    provesAbsence: false,
  };
}

/** `@openai/*` → `openai`; nothing for a single model. */
function vendorOfAll(model: string): string {
  return /^@([^/]+)\/\*$/.exec(model)?.[1] ?? '';
}

/**
 * All conditions have to hold, so that those which analytics can be asked for let in at least as many calls as all of them: none
 * by these is none at all.
 *
 * @returns `filter`: null where analytics have words for none of them; `left`: those that it leaves out, or says too widely
 */
export function widestFilter(match: Match): { readonly filter: AnalyticsFilter | null; readonly left: Condition[] } {
  let filter: AnalyticsFilter | null = null;
  const kept: Condition[] = [];
  const left: Condition[] = [];
  for (const condition of match === 'all' ? [] : match) {
    const wider = condition.any === '*' ? condition : { ...condition, except: [] };
    const asked = filterOfMatch([...kept, wider]);
    if ('unknown' in asked) left.push(condition);
    else {
      kept.push(wider);
      filter = asked.value;
      if (condition.except.length > 0) left.push(condition);
    }
  }
  return { filter, left };
}

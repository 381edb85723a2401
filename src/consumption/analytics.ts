/** Analytics as status wants them: sums and groups, exact, with a reason where they are refused. */

import { add, type Exact, exactOf, zero } from '../exact.ts';
import type { Backend } from '../live/backend.ts';
import { type Answer, createGate } from './ask.ts';
import { groupPageSize, readGroupPages } from './group-pages.ts';
import type { Day } from './trends.ts';
import { dayMilliseconds, startOfDay } from './windows.ts';

type Row = Readonly<Record<string, unknown>>;
type Query = Readonly<Record<string, string | number | undefined>>;

export interface Window {
  /** Milliseconds since the epoch; `to` itself is within. */
  readonly from: number;
  readonly to: number;
}

/** Consumption of one group: cents, tokens and requests. */
export interface GroupRow {
  readonly name: string;
  readonly cost: Exact | null;
  readonly tokens: Exact | null;
  readonly requests: number;
  readonly errors: number | null;
}

export interface Groups {
  readonly rows: readonly GroupRow[];
  /** Groups that there are; more than the rows where a list was cut. Null: cut, and it is not said where. */
  readonly total: number | null;
}

export type GroupBy = 'api_key' | 'provider' | 'model' | 'users';

export interface Analytics {
  /** `cost` in cents, or `tokens`; of some providers, or of the whole workspace. */
  readTotal(
    graph: 'cost' | 'tokens',
    workspace: string,
    window: Window,
    providers?: readonly string[],
  ): Promise<Answer<Exact>>;
  /** Cost by day of a workspace, every day of the window, in cents. */
  readDays(workspace: string, window: Window): Promise<Answer<readonly Day[]>>;
  readGroups(by: GroupBy, workspace: string, window: Window): Promise<Answer<Groups>>;
}

export function createAnalytics(backend: Backend): Analytics {
  const gate = createGate();
  const ask = (path: string, query: Query): Promise<Answer<Row>> =>
    gate(path, () => backend.readAnalytics(path, query));

  return {
    async readTotal(graph, workspace, window, providers) {
      const answer = await ask(`/graphs/${graph}`, {
        ...queryOf(workspace, window),
        virtual_keys: providers?.join(','),
      });
      if (!answer.known) return answer;
      const { summary } = answer.value;
      const total = numberOf((typeof summary === 'object' ? (summary as Row | null) : null)?.total);
      return total === null ? unreadable(`/graphs/${graph}`) : { known: true, value: exactOf(total) };
    },

    async readDays(workspace, window) {
      const answer = await ask('/graphs/cost', queryOf(workspace, window));
      if (!answer.known) return answer;
      return parseDays(answer.value.data_points, window);
    },

    async readGroups(by, workspace, window) {
      const path = `/groups/${by}`;
      const columns = groupColumns[by];
      let refused: Answer<Row> | undefined;
      const readPage = async (page: number): Promise<Row> => {
        const asked = { ...queryOf(workspace, window), columns, page_size: groupPageSize, current_page: page };
        const answer = await ask(path, asked);
        if (answer.known) return answer.value;
        refused = answer;
        return {};
      };
      const name = (row: Row): unknown =>
        nameMembers[by].map((member) => row[member]).find((value) => value !== undefined);
      const pages = await readGroupPages(readPage, name, numberOf);
      if (refused !== undefined && !refused.known) return refused;
      if (pages === null) return unreadable(path);
      const rows: GroupRow[] = [];
      for (const row of pages.rows) {
        const parsed = parseGroup(by, row);
        if (parsed === null) return unreadable(path);
        rows.push(parsed);
      }
      const { total, isWhole } = pages;
      return {
        known: true,
        value: { rows, total: isWhole ? rows.length : total !== null && total > rows.length ? total : null },
      };
    },
  };
}

function unreadable(path: string): { readonly known: false; readonly why: string } {
  return { known: false, why: `GET /analytics${path}: an answer that cannot be read` };
}

function queryOf(workspace: string, { from, to }: Window): Query {
  return {
    workspace_slug: workspace,
    time_of_generation_min: new Date(from).toISOString(),
    time_of_generation_max: new Date(to).toISOString(),
  };
}

/** Numbers and numeric texts alike (API reference 11); nothing is consumed below zero. */
function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}

/** Users have a route of their own, with fixed columns. */
const groupColumns: Readonly<Record<GroupBy, string | undefined>> = {
  api_key: 'cost,total_tokens',
  provider: 'cost,error_count,total_tokens',
  model: 'cost,error_count,total_tokens',
  users: undefined,
};

const nameMembers: Readonly<Record<GroupBy, readonly string[]>> = {
  api_key: ['api_key', 'api_key_id'],
  provider: ['provider', 'virtual_key'],
  model: ['model', 'ai_model'],
  users: ['user'],
};

function parseGroup(by: GroupBy, row: Row): GroupRow | null {
  const name = nameMembers[by].map((member) => row[member]).find((value) => typeof value === 'string');
  const requests = numberOf(row.requests);
  if (typeof name !== 'string' || requests === null) return null;
  const exact = (value: unknown): Exact | null => {
    const number = numberOf(value);
    return number === null ? null : exactOf(number);
  };
  return {
    name,
    cost: exact(row.cost),
    tokens: exact(row.total_tokens),
    requests: Math.round(requests),
    errors: numberOf(row.error_count) === null ? null : Math.round(numberOf(row.error_count) ?? 0),
  };
}

/** Points may be hours or days; of longer ones no day can be told. Days without a point had no spend. */
function parseDays(points: unknown, { from, to }: Window): Answer<readonly Day[]> {
  if (!Array.isArray(points)) return unreadable('/graphs/cost');
  const byDate = new Map<string, Exact>();
  for (let at = startOfDay(from); at <= to; at += dayMilliseconds) byDate.set(dateOf(at), zero);
  const times: number[] = [];
  for (const point of points as Row[]) {
    const at = Date.parse(String(point.timestamp));
    const cost = numberOf(point.total);
    if (Number.isNaN(at) || cost === null) return unreadable('/graphs/cost');
    times.push(at);
    byDate.set(dateOf(at), add(byDate.get(dateOf(at)) ?? zero, exactOf(cost)));
  }
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  if (steps.length > 0 && Math.min(...steps) > dayMilliseconds) {
    return { known: false, why: 'the graph has no single days over a window this long' };
  }
  return {
    known: true,
    value: [...byDate].sort(([a], [b]) => (a < b ? -1 : 1)).map(([date, cost]) => ({ date, cost })),
  };
}

function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/**
 * What limits do to calls, written down a second time from what is known of the gateway: call by call, with whole numbers of any size and
 * a list of what was used, and without a thought for speed. It shares no line with the replay.
 */

export interface NaiveCall {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** 10⁻¹⁰ cent. Null: not known. */
  readonly cost: bigint | null;
  readonly tokens: bigint | null;
  readonly outcome: 'served' | 'failed' | 'refused' | 'cached';
  /** By the words of conditions, and `workspace`. */
  readonly values: Readonly<Record<string, string>>;
}

export interface NaiveLimit {
  readonly kind: 'policy' | 'other';
  readonly stage: number;
  readonly workspace: string | null;
  readonly subject: readonly [key: string, value: string] | null;
  readonly conditions: readonly {
    readonly key: string;
    readonly any: '*' | readonly string[];
    readonly except: readonly string[];
  }[];
  readonly per: readonly string[];
  readonly what: 'cost' | 'tokens' | 'requests';
  /** 10⁻¹⁰ cent, or a count. */
  readonly amount: bigint;
  readonly alert: bigint | null;
  readonly period:
    | { readonly rate: 'second' | 'minute' | 'hour' | 'day' | 'week' }
    | { readonly budget: 'never' | 'weekly' | 'monthly' }
    | { readonly days: number; readonly from: number };
}

export interface NaiveOutcome {
  readonly refused: { readonly call: number; readonly at: number; readonly counter: string; readonly cost: bigint }[];
  readonly alerts: Map<string, number>;
}

export function replayNaively(calls: readonly NaiveCall[], limits: readonly NaiveLimit[]): NaiveOutcome[] {
  const outcomes = limits.map((): NaiveOutcome => ({ refused: [], alerts: new Map() }));
  const used = limits.map(() => new Map<string, bigint>());
  for (const [number, call] of calls.entries()) {
    if (call.outcome === 'cached') continue;
    const touched = limits.flatMap((limit, index) => {
      const counter = counterOf(limit, call);
      if (counter === null) return [];
      const key = `${periodOf(limit, call.at)} ${counter}`;
      return [{ limit, index, counter, key, full: (used[index]?.get(key) ?? 0n) >= limit.amount }];
    });
    const stops = touched.filter(({ full }) => full);
    for (const { index, counter } of stops)
      outcomes[index]?.refused.push({ call: number, at: call.at, counter, cost: call.cost ?? 0n });
    for (const { limit, index, counter, key } of touched) {
      const isRate = 'rate' in limit.period;
      const add = (amount: bigint) => {
        const now = (used[index]?.get(key) ?? 0n) + amount;
        used[index]?.set(key, now);
        const alerts = outcomes[index]?.alerts;
        if (!isRate && limit.alert !== null && now >= limit.alert && alerts?.has(counter) === false)
          alerts.set(counter, call.at);
      };
      if (isRate && limit.what === 'requests') {
        const stopped = stops.some(
          (stop) =>
            stop.limit.stage < limit.stage || (stop.limit.stage === limit.stage && !('rate' in stop.limit.period)),
        );
        if (!stopped) add(1n);
      } else if (stops.length === 0 && call.outcome === 'served') {
        add(limit.what === 'cost' ? (call.cost ?? 0n) : limit.what === 'tokens' ? (call.tokens ?? 0n) : 1n);
      }
    }
  }
  return outcomes;
}

/** Null: the limit has nothing to do with the call. */
function counterOf(limit: NaiveLimit, call: NaiveCall): string | null {
  const { values } = call;
  if (limit.workspace !== null && values.workspace !== limit.workspace) return null;
  if (limit.subject !== null && values[limit.subject[0]] !== limit.subject[1]) return null;
  for (const { key, any, except } of limit.conditions) {
    const value = values[key];
    if (value === undefined || value === '') return null;
    const same = (pattern: string) =>
      pattern === value ||
      (key === 'model' &&
        pattern.slice(-2) === '/*' &&
        value.split('/')[0] === pattern.slice(0, -2) &&
        value.includes('/'));
    if (except.some(same)) return null;
    if (any !== '*' && !any.some(same)) return null;
  }
  const names = limit.workspace === null ? [`workspace=${values.workspace ?? ''}`] : [];
  for (const key of limit.per) {
    if (key === 'workspace_id' || key === 'organisation_id') continue;
    const value = values[key];
    if (value === undefined) return null;
    names.push(`${key}=${value}`);
  }
  return names.join('|');
}

const lengths = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 };
const day = 86_400_000;

/** A name of the period that a moment lies in. */
function periodOf({ kind, period }: NaiveLimit, at: number): string {
  if ('rate' in period) return `#${Math.floor(at / lengths[period.rate])}`;
  if ('days' in period) return `#${Math.floor((at - period.from) / (period.days * day))}`;
  const date = new Date(at);
  if (period.budget === 'monthly') return `${date.getUTCFullYear()}-${date.getUTCMonth()}`;
  if (period.budget === 'never') return 'ever';
  // Back to the Monday, or the Sunday, day by day.
  let start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  while (new Date(start).getUTCDay() !== (kind === 'policy' ? 1 : 0)) start -= day;
  return `week of ${start}`;
}

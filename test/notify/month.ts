/**
 * A month of an organisation, hour by hour: limits of all kinds, their use, their resets; and what somebody who watches has to have
 * been told of it by then. The oracle knows the truth of the world, and nothing of how tellings are found.
 */

import type { LiveLimit } from '../../src/consumption/limit-status.ts';
import { exactOf } from '../../src/exact.ts';
import type { AppliedRecord, RecordedEntry } from '../../src/plan/applied-record.ts';
import type { AlertSettings } from '../../src/resources/alert-settings.ts';
import type { Fields, LimitKind as Kind, Reset } from '../../src/resources/types.ts';

export const hour = 3_600_000;
const day = 24 * hour;

export function createDice(seed: number) {
  let state = seed * 2_654_435_761 + 12_345;
  const next = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 1 | state) + 0x6d2b79f5) | 0;
    const mixed = state ^ (state + Math.imul(state ^ (state >>> 7), 61 | state));
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    chance: (share: number): boolean => next() < share,
    below: (most: number): number => Math.floor(next() * most),
  };
}
export type Dice = ReturnType<typeof createDice>;

interface Counted {
  readonly valueKey: string | null;
  used: number;
  /** How often it was reset by the clock, and by hand. */
  clock: number;
  hand: number;
}

export interface WorldLimit {
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
  readonly workspace: string;
  readonly amount: number;
  readonly reset: Reset;
  /** In cents; `all`: the whole budget. Ascending. What tollgate has to tell. */
  readonly thresholds: readonly (number | 'all')[];
  readonly fields: Fields;
  /** The row shows when it resets; else only the calendar says. */
  readonly shows: boolean;
  readonly isEstimate: boolean;
  readonly counters: Counted[];
  next: number | null;
  last: number | null;
  /** Hours that the service is behind with the next reset. */
  late: number;
}

/** The first of these moments after an instant, as the service has them. */
function resetAfter(kind: Kind, reset: Reset, at: number, last: number): number | null {
  const midnight = Math.floor(at / day) * day;
  if (reset === 'never') return null;
  if (reset === 'monthly') {
    const date = new Date(at);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  }
  if (reset === 'weekly') {
    const first = kind === 'usage-policy' ? 1 : 0;
    for (let on = midnight + day; ; on += day) if (new Date(on).getUTCDay() === first) return on;
  }
  const days = Number(/\d+/.exec(reset)?.[0]);
  return last + days * day;
}

const workspace = 'ws-a';
const amount = 100_000;
const start = Date.UTC(2026, 9, 20, 3);

interface Draft {
  readonly kind: Kind;
  readonly name: string;
  readonly reset: Reset;
  readonly alert?: number;
  /** Percent of the amount. */
  readonly list?: readonly number[];
  readonly told: readonly number[];
  readonly people?: number;
}

const drafts: readonly Draft[] = [
  { kind: 'usage-policy', name: 'month', reset: 'monthly', alert: 80, told: [80, 100] },
  { kind: 'usage-policy', name: 'week', reset: 'weekly', list: [25, 50, 75, 100], alert: 75, told: [25, 50, 75, 100] },
  {
    kind: 'usage-policy',
    name: 'people',
    reset: 'every 5 days',
    list: [50, 90],
    alert: 90,
    told: [50, 90, 100],
    people: 4,
  },
  { kind: 'usage-policy', name: 'ever', reset: 'never', alert: 60, told: [60, 100] },
  { kind: 'usage-policy', name: 'plain', reset: 'every 9 days', told: [100] },
  { kind: 'workspace-limits', name: 'limits', reset: 'weekly', alert: 70, told: [70, 100] },
  { kind: 'provider-limits', name: 'openai', reset: 'every 3 days', alert: 50, told: [50, 100] },
  { kind: 'integration-limits', name: 'shared', reset: 'monthly', list: [30, 60], alert: 60, told: [30, 60, 100] },
  // The service mails of keys: of 80 % and of all of it.
  { kind: 'key-limits', name: 'ci', reset: 'weekly', alert: 80, told: [] },
  { kind: 'key-limits', name: 'bot', reset: 'weekly', list: [20, 80], alert: 80, told: [20] },
  { kind: 'key-limits', name: 'asked', reset: 'monthly', alert: 80, told: [80, 100] },
];

const cents = (percent: number): number | 'all' => (percent === 100 ? 'all' : (amount * percent) / 100);

export interface Organisation {
  readonly limits: readonly WorldLimit[];
  readonly settings: AlertSettings;
  readonly record: Pick<AppliedRecord, 'workspaces'>;
  readonly start: number;
}

export function foundOrganisation(dice: Dice): Organisation {
  const limits = drafts.map((draft, index): WorldLimit => {
    const { kind, name, reset, people = 1 } = draft;
    const last = start - dice.below(48) * hour;
    const anchor = Math.floor(last / day) * day;
    const shows = reset.startsWith('every') || dice.chance(0.5);
    return {
      kind,
      id: `${kind}-${index}`,
      name,
      workspace,
      amount,
      reset,
      thresholds: draft.told.map(cents),
      fields:
        kind === 'workspace-limits'
          ? ({ [`alert[cost/${reset}]`]: alertOf(draft) } as Fields)
          : { amount, reset, alert: alertOf(draft) },
      shows,
      isEstimate: kind === 'workspace-limits',
      counters: Array.from({ length: people }, (_, one) => ({
        valueKey: kind === 'usage-policy' ? `who:${one}` : null,
        used: 0,
        clock: 0,
        hand: 0,
      })),
      next: resetAfter(kind, reset, start, anchor),
      last: shows ? anchor : null,
      late: 0,
    };
  });
  const listed = drafts.flatMap(({ kind, name, list, reset }) => {
    if (list === undefined) return [];
    const slot = kind === 'workspace-limits' ? `cost/${reset}` : '';
    const at = list.map((percent) => ({ at: percent === 100 ? ('budget' as const) : (amount * percent) / 100 }));
    return [[`${kind}/${workspace}/${name}`, { thresholds: { [slot]: at } }] as const];
  });
  return {
    limits,
    start,
    settings: {
      channels: {
        post: { type: 'mail', host: 'smtp.example.com', from: 'tollgate@example.com' },
        desk: { type: 'webhook', url: 'https://desk.example.com', secret_env: 'TOLLGATE_NOTIFY_DESK' },
      },
      places: {
        organisation: { recipients: ['finance@example.com'] },
        'key-limits/ws-a/asked': { channels: ['desk', 'post'] },
        ...Object.fromEntries(listed),
      },
    },
    record: {
      workspaces: [
        {
          id: 'id-of-ws-a',
          slug: workspace,
          entries: limits.map(
            ({ kind, id, name, fields }): RecordedEntry => ({ kind, id, name, fields, protect: false }),
          ),
        },
      ],
    },
  };
}

function alertOf({ alert }: Draft): number | null {
  return alert === undefined ? null : (amount * alert) / 100;
}

/** An hour of it: what is due resets, sometimes late; people spend; now and then somebody resets a counter. */
export function passHour({ limits }: Organisation, now: number, dice: Dice): void {
  for (const limit of limits) {
    const { next } = limit;
    if (next !== null && now >= next + limit.late * hour) {
      for (const counter of limit.counters) {
        counter.used = 0;
        counter.clock += 1;
      }
      if (limit.shows) limit.last = next;
      limit.next = resetAfter(limit.kind, limit.reset, next, next);
      limit.late = limit.shows && !limit.isEstimate && dice.chance(0.3) ? dice.below(4) : 0;
    }
    const pace = dice.chance(0.03) ? 60_000 : 2_500;
    for (const counter of limit.counters) {
      if (!limit.isEstimate && dice.chance(0.004)) {
        counter.used = 0;
        counter.hand += 1;
      }
      if (dice.chance(0.5)) counter.used += dice.below(pace);
    }
  }
}

/** The service is behind: what its row shows is of the window that is over. */
export function isLate({ next, shows }: WorldLimit, now: number): boolean {
  return shows && next !== null && next <= now;
}

/** As it is read. */
export function rowOf(limit: WorldLimit, now: number, isKnown: boolean): LiveLimit {
  const { kind, id, name, workspace: place, reset, shows, last, next, counters, isEstimate } = limit;
  const text = (at: number | null): string | null => (shows && at !== null ? new Date(at).toISOString() : null);
  return {
    kind,
    field: kind === 'usage-policy' ? 'amount' : 'budget',
    amount,
    match: 'all',
    per: ['workspace_id'],
    target: 'llm',
    unit: 'cost',
    reset,
    alert: (limit.fields.alert as number | null | undefined) ?? null,
    workspace: place,
    id: kind === 'workspace-limits' ? `${id}/0` : id,
    name,
    nextReset: text(next),
    lastReset: text(last),
    createdAt: new Date(start - 90 * day).toISOString(),
    updatedAt: null,
    verdict: null,
    usage: isKnown
      ? {
          known: true,
          counters: counters.map(({ valueKey, used }) => ({ valueKey, used: exactOf(used), verdict: null })),
          source: isEstimate ? 'estimated' : 'reported',
          asOf: now,
        }
      : { known: false, why: 'the service did not say' },
  };
}

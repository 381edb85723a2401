/**
 * A status as metrics, for those who have monitoring. What is unknown has no sample, and one that says so with its reason: a
 * series that is zero would be read as nothing used. Names, units and labels are a promise: docs/status.md.
 */

import type { LiveRate } from '../consumption/read-rates.ts';
import { compareText } from '../diagnostics.ts';
import { divide, type Exact, exactOf, fraction, toDrawn } from '../exact.ts';
import { groupBy } from '../live/place-index.ts';
import { isKnownUnit } from '../resources/limit.ts';
import { reachesNobody } from '../resources/told-by.ts';
import type { Unit } from '../resources/types.ts';
import { groupFamilies } from './group-facts.ts';
import { type MetricFamily, type MetricSample, renderOpenMetrics } from './openmetrics.ts';
import type { StatusFacts, StatusGap, StatusLimit } from './status-facts.ts';

/** Rates have no counter that can be read: their limits are all that there is. */
export interface StatusRates {
  readonly rates: readonly LiveRate[];
  readonly gaps: readonly StatusGap[];
}

type Labels = MetricSample['labels'];

/** As they stand in names: the base unit of money is the dollar. */
const unitWords = { cost: 'dollars', tokens: 'tokens', requests: 'requests' } as const;
const units = ['cost', 'tokens', 'requests'] as const;

export function renderStatusMetrics(status: StatusFacts, rates: StatusRates): string {
  const isNamed = ({ facts }: StatusLimit): boolean => !(status.counts && facts.kind === 'key-limits');
  const limits = [...status.limits].filter(isNamed).sort((a, b) => compareText(placeOf(a.facts), placeOf(b.facts)));
  return renderOpenMetrics([
    ...amountFamilies(limits),
    ...budgetFamilies(limits),
    ...countFamilies(status),
    ...rateFamilies(status.counts ? rates.rates.filter(({ kind }) => kind !== 'key-limits') : rates.rates),
    ...groupFamilies(status.groups),
    ...readFamilies(status, rates),
  ]);
}

interface Placed {
  readonly kind: string;
  readonly workspace: string | null;
  readonly id: string;
  readonly name: string;
}

/** An empty label is one that is not there: what belongs to the organisation has no workspace. */
function labelsOf({ workspace, kind, name, id }: Placed): Labels {
  return { workspace: workspace ?? '', kind, name, id };
}

function placeOf({ workspace, kind, name, id }: Placed): string {
  return [workspace ?? '', kind, name, id].join('\n');
}

/** To a millionth of the unit. */
function numberIn(unit: Unit, value: Exact): number {
  return toDrawn(unit === 'cost' ? divide(value, fraction(100n, 1n)) : value);
}

/** One family a unit, since no metric may mix them. */
function amountFamilies(limits: readonly StatusLimit[]): MetricFamily[] {
  const amounts: readonly [word: string, help: string, read: (limit: StatusLimit) => Exact | null][] = [
    ['limit', 'What may be used until the budget starts again.', ({ facts }) => exactOf(facts.amount)],
    ['used', 'What its fullest counter holds; of counters that are known.', ({ used }) => used],
    ['all_used', 'What all of its counters hold together.', ({ total }) => total],
    [
      'alert',
      'Where the service says that its alert is.',
      ({ facts }) => (facts.alert === null ? null : exactOf(facts.alert)),
    ],
  ];
  return amounts.flatMap(([word, help, read]) =>
    units.map(
      (unit): MetricFamily => ({
        name: `tollgate_budget_${word}_${unitWords[unit]}`,
        unit: unitWords[unit],
        help,
        samples: limits.flatMap((limit) => {
          const value = limit.facts.unit === unit ? read(limit) : null;
          return value === null ? [] : [{ labels: labelsOf(limit.facts), value: numberIn(unit, value) }];
        }),
      }),
    ),
  );
}

function budgetFamilies(limits: readonly StatusLimit[]): MetricFamily[] {
  /** @param read null: no sample */
  const family = (word: string, unit: string | null, help: string, read: (limit: StatusLimit) => number | null) => ({
    name: `tollgate_budget_${word}`,
    unit,
    help,
    samples: limits.flatMap((limit) => {
      const value = read(limit);
      return value === null ? [] : [{ labels: labelsOf(limit.facts), value }];
    }),
  });
  const marks = (word: string, help: string, read: (limit: StatusLimit) => readonly Labels[]): MetricFamily => ({
    name: `tollgate_budget_${word}`,
    unit: null,
    help,
    samples: limits.flatMap((limit) =>
      read(limit).map((more) => ({ labels: { ...labelsOf(limit.facts), ...more }, value: 1 })),
    ),
  });
  return [
    family('used_ratio', 'ratio', 'What its fullest counter holds, of its limit: 1 is used up.', ratioOf),
    family('counters', null, 'How many counters it has.', ({ facts, counters }) =>
      facts.usage.known ? counters : null,
    ),
    family('exhausted_counters', null, 'Counters of it that are used up.', ({ facts, exhausted }) =>
      facts.usage.known ? exhausted : null,
    ),
    marks('state', 'What it does now: ok, alert, exhausted or unknown.', ({ state }) => [{ state }]),
    marks('forecast', 'At the present pace until it starts again: exhausted, runs-out, lasts or unknown.', (limit) => [
      { forecast: forecastOf(limit) },
    ]),
    family('run_out_timestamp_seconds', 'seconds', 'When it runs out before it starts again.', ({ runOut }) =>
      runOut?.when === 'this-window' ? runOut.at / 1_000 : null,
    ),
    family(
      'next_reset_timestamp_seconds',
      'seconds',
      'When it starts again; one that never does has none.',
      ({ nextReset }) => (typeof nextReset === 'number' ? nextReset / 1_000 : null),
    ),
    family('as_of_timestamp_seconds', 'seconds', 'When its use was read.', ({ facts: { usage } }) =>
      usage.known ? usage.asOf / 1_000 : null,
    ),
    family('alert_told', null, 'Whether anybody is told of its alert.', ({ told }) =>
      told === null ? null : Number(!reachesNobody(told)),
    ),
    family('declared', null, 'Whether the policy files name it.', ({ declared }) =>
      declared === null ? null : Number(declared),
    ),
    family(
      'until_timestamp_seconds',
      'seconds',
      'From when on the policy files say another limit, or none.',
      ({ until }) => (until === undefined ? null : Date.parse(until.date) / 1_000),
    ),
    marks('unknown', 'What of it is not known, and why.', unknownsOf),
  ];
}

function ratioOf({ used, facts }: StatusLimit): number | null {
  return used === null || facts.amount <= 0 ? null : toDrawn(divide(used, exactOf(facts.amount)));
}

function forecastOf({ state, runOut }: StatusLimit): string {
  if (state === 'exhausted' || runOut?.when === 'now') return 'exhausted';
  if (runOut === null) return 'unknown';
  return runOut.when === 'this-window' ? 'runs-out' : 'lasts';
}

function unknownsOf(limit: StatusLimit): Labels[] {
  const { usage, unit } = limit.facts;
  const reasons: (readonly [of: string, reason: string | null | undefined])[] = [
    ['use', usage.known ? null : usage.why],
    ['counters', usage.known ? usage.doubted?.[0]?.why : null],
    ['forecast', forecastOf(limit) === 'unknown' ? (limit.noForecast ?? 'its use is unknown') : null],
    ['reset', limit.nextReset === 'unknown' ? 'the service does not show it' : null],
    ['unit', isKnownUnit(unit) ? null : `the service counts it in "${unit}"`],
  ];
  return reasons.flatMap(([of, reason]) => (reason == null ? [] : [{ of, reason }]));
}

const states = ['exhausted', 'alert', 'ok', 'unknown'] as const;

/** Zeros too, so that an alert on them has a series before the first is used up. */
function countFamilies({ limits, expiring, expiryDays, counts }: StatusFacts): MetricFamily[] {
  const places = groupBy(limits, ({ facts: { workspace, kind } }) => `${workspace ?? ''}\n${kind}`);
  return [
    {
      name: 'tollgate_budgets',
      unit: null,
      help: 'How many budgets of a workspace and kind are in a state.',
      samples: [...places.values()].flatMap((all) =>
        all.slice(0, 1).flatMap(({ facts: { workspace, kind } }) =>
          states.map((state) => ({
            labels: { workspace: workspace ?? '', kind, state },
            value: all.filter((limit) => limit.state === state).length,
          })),
        ),
      ),
    },
    {
      name: 'tollgate_expiring',
      unit: null,
      help: `Keys and providers that end within ${expiryDays} days.`,
      samples: [{ labels: {}, value: expiring.length }],
    },
    {
      name: 'tollgate_expiry_timestamp_seconds',
      unit: 'seconds',
      help: `When a key or provider ends, of those that do within ${expiryDays} days.`,
      samples: counts ? [] : expiring.map((thing) => ({ labels: labelsOf(thing), value: thing.at / 1_000 })),
    },
  ];
}

function rateFamilies(rates: readonly LiveRate[]): MetricFamily[] {
  return (['requests', 'tokens'] as const).map((unit) => ({
    name: `tollgate_rate_limit_${unit}`,
    unit,
    help: 'What may be used in each window; what is used cannot be read.',
    samples: rates
      .filter((rate) => rate.unit === unit)
      .map((rate) => ({ labels: { ...labelsOf(rate), window: rate.window }, value: rate.amount })),
  }));
}

function readFamilies(status: StatusFacts, rates: StatusRates): MetricFamily[] {
  const doubts: readonly (readonly [of: string, reason: string | null])[] = [
    ['usage-unit', status.unitMistake],
    ['key-limits', status.keyLimits],
    ...status.paceGaps.map((why) => ['pace', why] as const),
  ];
  return [
    {
      name: 'tollgate_unread',
      unit: null,
      help: 'What could not be read, and why: what it holds is in no number.',
      samples: [...status.gaps, ...rates.gaps].map(({ workspace, kind, why }) => ({
        labels: { workspace: workspace ?? '', kind, reason: why },
        value: 1,
      })),
    },
    {
      name: 'tollgate_doubt',
      unit: null,
      help: 'Why numbers of a whole kind are not believed, or are not there.',
      samples: doubts.flatMap(([of, reason]) => (reason === null ? [] : [{ labels: { of, reason }, value: 1 }])),
    },
    {
      name: 'tollgate_read_timestamp_seconds',
      unit: 'seconds',
      help: 'When this was read.',
      samples: [{ labels: {}, value: status.now / 1_000 }],
    },
  ];
}

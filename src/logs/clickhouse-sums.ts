/**
 * Counters added up call by call in a table of ClickHouse, in the array form that servers since 18.16 understand: the calls of a counter
 * and window as one sorted array, and running sums over it. Everything is a whole number of 64 bits; what might not fit is not asked.
 */

import { dayMilliseconds } from '../consumption/windows.ts';
import { type AskRows, askNumbers, changedRows, inTwo, joinParts, part, wholeIn } from './clickhouse-answers.ts';
import { quoteLiteral } from './clickhouse-columns.ts';
import { type SourceFacts, unitsPerCent } from './row-batch.ts';
import type {
  CounterKey,
  OutcomeCount,
  RefusedSums,
  RowSums,
  RunningSums,
  RunningSumsAsked,
  UseOfCounters,
} from './running-sums.ts';

/** Above this a sum of one counter might run over 64 bits. */
const mostOfCounter = 2n ** 62n;

/** Servers read so much of a question, unless told otherwise: half of 256 KiB. */
const longestQuestion = 131_072;

/** Each is compared with every row. */
const mostEnds = 200;

/** Seconds that old servers know: all else is looked at here. */
const lastInstant = 2 ** 32 * 1000;

export interface TableSums {
  /** The relation of rows that count (`OpenTable`). */
  readonly calls: string;
  readonly facts: SourceFacts;
  readonly rows: AskRows;
  readonly table: string;
  readonly dims: readonly string[];
  readonly dictionary: Readonly<Record<string, readonly string[]>>;
}

export function sumsOfTable(table: TableSums): RowSums {
  return {
    running: (asked) => readRunning(asked, table),
    outcomes: (apart) => readOutcomes(apart, table),
  };
}

async function readOutcomes(apart: string | null, table: TableSums): Promise<readonly OutcomeCount[]> {
  const group = apart === null ? '' : `, ${textIn(apart, table)} AS tg_a`;
  const by = apart === null ? '' : ', tg_a';
  const sums = ['count()', 'count(u)', inTwo('ifNull(u, 0)')].join(', ');
  const found = await table.rows(`SELECT fl, ${sums}${group} FROM (${table.calls}) GROUP BY fl${by}`);
  const counts = found.map(
    ([flags, calls, priced, high, low, of = null]): OutcomeCount => ({
      ...{ of, flags: wholeIn(flags), calls: wholeIn(calls), priced: wholeIn(priced), units: joinParts(high, low) },
    }),
  );
  if (counts.reduce((sum, { calls }) => sum + calls, 0) !== table.facts.rows) throw changedRows(table.table);
  return counts;
}

async function readRunning(asked: RunningSumsAsked, table: TableSums): Promise<RunningSums | null> {
  const questions = await buildQuestions(asked, table);
  if (questions === null) return null;
  const counted = (await table.rows(questions.counters)).map(
    ([counters, calls, highest, priced, high, low, of = null]) => ({
      ...{ of, counters: wholeIn(counters), checked: wholeIn(calls), highest: BigInt(wholeIn(highest)) },
      ...{ priced: wholeIn(priced), units: joinParts(high, low) },
    }),
  );
  if (counted.some(({ highest }) => (highest + 1n) * BigInt(part) >= mostOfCounter)) return null;
  const found = await table.rows(questions.usedBefore);
  const use = counted.map(({ of, counters, checked, priced, units }): UseOfCounters => {
    const usedBefore = found
      .filter(([, , other = null]) => other === of)
      .map(([used, calls]) => [wholeIn(used), wholeIn(calls)] as const);
    if (usedBefore.reduce((sum, [, calls]) => sum + calls, 0) !== checked) throw changedRows(table.table);
    return {
      of,
      checked,
      priced,
      units,
      counters: asked.by.length === 0 ? Math.min(1, checked) : counters,
      usedBefore,
    };
  });
  return { use, refused: await readRefused(asked, questions, table) };
}

async function readRefused(
  asked: RunningSumsAsked,
  questions: Questions,
  table: TableSums,
): Promise<RefusedSums | null> {
  if (questions.refused === null) return null;
  const { length } = asked.by;
  const keyOf = (row: readonly (string | null)[]): CounterKey => row.slice(0, length);
  const refused = (await table.rows(questions.refused)).map((row) => {
    const [day, calls, failed, high, low, priced, since, late, lateHigh, lateLow, latePriced] = row.slice(length);
    return {
      key: keyOf(row),
      ...{ day: wholeIn(day), calls: wholeIn(calls), failed: wholeIn(failed), units: joinParts(high, low) },
      ...{ priced: wholeIn(priced), since: wholeIn(since) },
      ...{ late: wholeIn(late), lateUnits: joinParts(lateHigh, lateLow), latePriced: wholeIn(latePriced) },
    };
  });
  const alerts = questions.alerts === null ? [] : await table.rows(questions.alerts);
  const [people = null] = questions.people === null ? [] : await askNumbers(table.rows, questions.people);
  return {
    byCounterAndDay: refused,
    alerts: alerts.map((row) => ({ key: keyOf(row), at: wholeIn(row[length]) })),
    people,
  };
}

interface Questions {
  readonly counters: string;
  readonly usedBefore: string;
  readonly refused: string | null;
  readonly alerts: string | null;
  readonly people: string | null;
}

/** Null: it is not asked there. */
export async function buildQuestions(asked: RunningSumsAsked, table: TableSums): Promise<Questions | null> {
  const { facts } = table;
  const { window, limit, by, counts } = asked;
  if (facts.oldest === null || facts.newest === null) return null;
  // Of whole numbers below zero engines divide in different ways.
  if (facts.oldest < 0 || facts.newest >= lastInstant) return null;
  if ('ends' in window && window.ends.length > mostEnds) return null;
  for (const bound of [limit?.amount ?? 1n, limit?.alert ?? 1n]) if (bound <= 0n || bound >= mostOfCounter) return null;
  const where = await buildScope(asked, table);
  const texts = [...by.map(({ text }) => text), ...(limit?.person == null ? [] : [limit.person])];
  if (where === null || texts.some((text) => !isReadable(text, table))) return null;
  const keys = by.map((_, at) => `tg_k${at}`);
  const listOf = (...names: readonly string[]): string => names.join(', ');
  const charge = { cost: 'ifNull(u, 0)', tokens: 'ifNull(tok, 0)', requests: '1' }[counts];
  const person = limit?.person == null ? null : textIn(limit.person, table);
  const read = [
    `${time} AS tg_t`,
    'id AS tg_id',
    `toInt64(if(fl IN (${asked.charged.join(', ')}), ${charge}, 0)) AS tg_charge`,
    'toInt64(ifNull(u, 0)) AS tg_cost',
    `toInt64(fl IN (${asked.failures.join(', ')})) AS tg_failed`,
    'toInt64(isNotNull(u)) AS tg_priced',
    `${'every' in window ? `intDiv(${time}, ${window.every})` : windowNumber(window.ends)} AS tg_w`,
    ...by.map(({ text }, at) => `${textIn(text, table)} AS ${keys[at]}`),
    ...(person === null ? [] : [`ifNull(${person}, '') AS tg_person`]),
  ];
  const calls = `SELECT ${read.join(', ')} FROM (${table.calls}) WHERE ${where}`;
  const grouped = (more: string, having: bigint | null, also: readonly string[] = []) =>
    `SELECT ${listOf(...keys, 'tg_w')}, arraySort(groupArray((tg_t, tg_id, tg_charge, tg_cost, tg_failed, tg_priced${also.map((name) => `, ${name}`).join('')}))) AS tg_s, arrayCumSum(arrayMap(x -> x.3, tg_s)) AS tg_c${more} FROM (${calls}) GROUP BY ${listOf(...keys, 'tg_w')}${having === null ? '' : ` HAVING sum(tg_charge) >= ${having}`}`;
  const byKeys = keys.length === 0 ? '' : ` GROUP BY ${listOf(...keys)}`;
  const perWindow = `SELECT ${listOf(...keys, 'tg_w')}, count() AS tg_n, sum(intDiv(tg_charge, ${part})) AS tg_high, sum(tg_priced) AS tg_p, sum(intDiv(tg_cost, ${part})) AS tg_ch, sum(tg_cost % ${part}) AS tg_cl FROM (${calls}) GROUP BY ${listOf(...keys, 'tg_w')}`;
  const spent = ['tg_p', 'tg_ch', 'tg_cl'];
  const perCounter = `SELECT ${listOf(...keys, 'sum(tg_n) AS tg_calls', 'max(tg_high) AS tg_highest', ...spent.map((name) => `sum(${name}) AS ${name}s`))} FROM (${perWindow})${byKeys}`;
  const apart = asked.apart === null ? null : keys[by.findIndex(({ text }) => text === asked.apart)];
  const [andApart, byApart] = apart == null ? ['', ''] : [`, ${apart}`, ` GROUP BY ${apart}`];
  const unit = counts === 'cost' ? unitsPerCent : 1;
  const used = `arrayJoin(arrayMap((x, y) -> intDiv(y - x.3, ${unit}), tg_s, tg_c)) AS tg_used`;
  const questions: Questions = {
    counters: `SELECT count(), sum(tg_calls), max(tg_highest), ${spent.map((name) => `sum(${name}s)`).join(', ')}${andApart} FROM (${perCounter})${byApart}`,
    usedBefore: `SELECT tg_used, count()${andApart} FROM (SELECT ${used}${andApart} FROM (${grouped('', null)})) GROUP BY tg_used${andApart} ORDER BY tg_used`,
    ...buildRefusals(limit, { keys, grouped, listOf }),
  };
  const longest = Object.values(questions).reduce((most, sql) => Math.max(most, Buffer.byteLength(sql ?? '')), 0);
  return longest > longestQuestion ? null : questions;
}

interface Parts {
  readonly keys: readonly string[];
  readonly grouped: (more: string, having: bigint | null, also?: readonly string[]) => string;
  readonly listOf: (...names: readonly string[]) => string;
}

/** The call that uses a counter up is the first whose running sum reaches the amount: it is served, and all that follow are refused. */
function buildRefusals(
  limit: RunningSumsAsked['limit'],
  { keys, grouped, listOf }: Parts,
): Pick<Questions, 'refused' | 'alerts' | 'people'> {
  if (limit === null) return { refused: null, alerts: null, people: null };
  const { amount, alert, lag } = limit;
  const reached = `, arrayFirstIndex(y -> y >= ${amount}, tg_c) AS tg_full`;
  const late = lag === null ? '0' : `tg_r.1 < tg_end + ${lag}`;
  const one = [...keys, 'tg_s[tg_full].1 AS tg_end', 'arrayJoin(arraySlice(tg_s, tg_full + 1)) AS tg_r'];
  const day = `intDiv(tg_r.1, ${dayMilliseconds})`;
  const cost = 'tg_r.4';
  const lateCost = `if(${late}, tg_r.4, 0)`;
  const sums = ['count()', 'sum(tg_r.5)', inTwo(cost), 'sum(tg_r.6)', 'min(tg_r.1)'];
  const ofLate = [`countIf(${late})`, inTwo(lateCost), `sum(if(${late}, tg_r.6, 0))`];
  const alerted = `${reached}, arrayFirstIndex(y -> y >= ${alert}, tg_c) AS tg_near`;
  const people = `SELECT tg_s, tg_full FROM (${grouped(reached, amount, ['tg_person'])})`;
  return {
    refused: `SELECT ${listOf(...keys, `${day} AS tg_day`, ...sums, ...ofLate)} FROM (SELECT ${one.join(', ')} FROM (${grouped(reached, amount)})) GROUP BY ${listOf(...keys, 'tg_day')}`,
    alerts:
      alert === null
        ? null
        : `SELECT ${listOf(...keys, 'min(tg_s[tg_near].1)')} FROM (${grouped(alerted, alert)}) WHERE tg_full = 0 OR tg_near <= tg_full${keys.length === 0 ? ' HAVING count() > 0' : ` GROUP BY ${listOf(...keys)}`}`,
    people:
      limit.person === null
        ? null
        : `SELECT uniqExact(tg_r.7) FROM (SELECT arrayJoin(arraySlice(tg_s, tg_full + 1)) AS tg_r FROM (${people})) WHERE tg_r.7 != ''`,
  };
}

async function buildScope(asked: RunningSumsAsked, table: TableSums): Promise<string | null> {
  const filters: string[] = [];
  for (const { text, letsIn } of asked.filters) {
    if (!isReadable(text, table)) return null;
    const sql = textIn(text, table);
    const all = text === 'model' ? await readModels(table) : (table.dictionary[text] ?? []);
    const values = all.filter((value) => value !== '' && letsIn(value));
    const others = all.filter((value) => value === '' || !letsIn(value));
    const [list, not] = values.length <= others.length ? [values, ''] : [others, 'NOT '];
    // A list of nothing is no SQL.
    if (list.length > 0) filters.push(`ifNull(${sql} ${not}IN (${list.map(quoteLiteral).join(', ')}), 0)`);
    else filters.push(not === '' ? '0' : `isNotNull(${sql})`);
  }
  const present = asked.by.flatMap(({ text, isOptional }) => (isOptional ? [] : [`isNotNull(${textIn(text, table)})`]));
  return [`fl IN (${asked.checked.join(', ')})`, ...filters, ...present].join(' AND ');
}

async function readModels(table: TableSums): Promise<readonly string[]> {
  const model = textIn('model', table);
  const found = await table.rows(`SELECT DISTINCT 1, ${model} AS tg_m FROM (${table.calls}) WHERE isNotNull(tg_m)`);
  return found.map(([, text]) => text ?? '');
}

/** Bytes that are not letters all become one letter on the way here: what they are, only the server can tell apart. */
function isReadable(text: string, { dictionary }: TableSums): boolean {
  const dims = text === 'model' ? ['model', 'provider'] : [text];
  return dims.every((dim) => dictionary[dim]?.every((value) => !value.includes('\ufffd')) === true);
}

function textIn(text: string, { dims }: TableSums): string {
  const columnOf = (dim: string): string => {
    const at = dims.indexOf(dim);
    if (at < 0) throw new Error(`the rows were opened without ${dim}`);
    return `d${at}`;
  };
  if (text !== 'model') return columnOf(text);
  const [model, vendor] = [columnOf('model'), columnOf('provider')];
  return `if(substring(ifNull(${model}, ''), 1, 1) = '@', ${model}, concat('@', ${vendor}, '/', ${model}))`;
}

/** Rows without one are left out already. */
const time = 'assumeNotNull(t)';

/** How many have passed. Old servers do not find a column that an expression of `->` alone names. */
function windowNumber(ends: readonly number[]): string {
  return ends.length === 0
    ? `intDiv(${time}, ${Number.MAX_SAFE_INTEGER})`
    : ends.map((end) => `(${time} >= ${end})`).join(' + ');
}

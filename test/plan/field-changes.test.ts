import { describe, expect, it } from 'vitest';
import { compareFields, strongestDirection } from '../../src/plan/field-changes.ts';
import type { Direction } from '../../src/plan/types.ts';
import { toFields } from '../../src/resources/fields.ts';
import type { RateWindow } from '../../src/resources/rate-windows.ts';
import type { Budget, Fields, FieldValue } from '../../src/resources/types.ts';

const money = (amount: number, reset = 'monthly', unit = 'cost') => ({ unit, amount, reset }) as Budget;

type Row = readonly [field: string, before: FieldValue | undefined, after: FieldValue | undefined, Direction];

const rows: readonly Row[] = [
  ['amount', 100, 200, 'loosen'],
  ['amount', 200, 100, 'tighten'],
  ['amount', 100, null, 'loosen'],
  ['amount', null, 100, 'tighten'],
  ['amount', 0, 1, 'loosen'],
  ['amount', 0, null, 'loosen'],
  ['value', 10, 11, 'loosen'],
  ['value', 11, 10, 'tighten'],
  ['reset', 'monthly', 'weekly', 'loosen'],
  ['reset', 'weekly', 'monthly', 'tighten'],
  ['reset', 'never', 'monthly', 'loosen'],
  ['reset', 'monthly', 'never', 'tighten'],
  ['reset', 'every 10 days', 'every 9 days', 'loosen'],
  ['reset', 'every 7 days', 'weekly', 'neutral'],
  ['reset', 'every 31 days', 'monthly', 'loosen'],
  ['reset', 'every 29 days', 'monthly', 'tighten'],
  ['reset', 'monthly', 'every 29 days', 'loosen'],
  ['unit', 'cost', 'tokens', 'loosen'],
  ['budget', money(100), money(200), 'loosen'],
  ['budget', money(200), money(100), 'tighten'],
  ['budget', money(200), money(100, 'weekly'), 'loosen'],
  ['budget', money(100, 'weekly'), money(100), 'tighten'],
  ['budget', money(100), money(100, 'monthly', 'tokens'), 'loosen'],
  ['budget', money(100), null, 'loosen'],
  ['budget', null, money(100), 'tighten'],
  ['budget', undefined, money(100), 'tighten'],
  ['budget[cost/weekly]', money(100), null, 'loosen'],
  ['budget[cost/weekly]', null, money(100), 'tighten'],
  ['rate[requests/minute]', 10, 20, 'loosen'],
  ['rate[requests/minute]', 20, 10, 'tighten'],
  ['rate[requests/minute]', 20, null, 'loosen'],
  ['rate[requests/minute]', null, 20, 'tighten'],
  ['expires', '2027-01-01T00:00:00.000Z', '2027-02-01T00:00:00.000Z', 'loosen'],
  ['expires', '2027-02-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z', 'tighten'],
  ['expires', '2027-02-01T00:00:00.000Z', null, 'loosen'],
  ['expires', null, '2027-02-01T00:00:00.000Z', 'tighten'],
  ['match', 'all', [{ key: 'metadata.a', any: ['x'], except: [] }], 'rescope'],
  ['per', ['workspace_id'], ['api_key'], 'rescope'],
  ['target', 'llm', 'mcp_tools', 'rescope'],
  ['api.some_member', 1, 2, 'rescope'],
  ['name', 'a', 'b', 'neutral'],
  ['description', null, 'b', 'neutral'],
  ['alert', 80, 90, 'neutral'],
  ['alert[cost/monthly]', null, 90, 'neutral'],
  ['recipients', [], ['a@example.com'], 'neutral'],
];

function fields(field: string, value: FieldValue | undefined): Fields {
  return value === undefined ? {} : toFields([[field, value]]);
}

describe('direction of every field', () => {
  it.each(rows)('%s: %j → %j is %s', (field, before, after, direction) => {
    expect(compareFields(fields(field, before), fields(field, after))).toEqual([{ field, before, after, direction }]);
  });

  it.each<readonly [number, RateWindow, number, RateWindow, Direction]>([
    [100, 'minute', 100, 'hour', 'tighten'],
    [100, 'hour', 100, 'minute', 'loosen'],
    [60, 'minute', 3600, 'hour', 'loosen'], // as much on average, but all of it in one go
    [3600, 'hour', 60, 'minute', 'tighten'],
    [10, 'minute', 5, 'hour', 'tighten'],
    [10, 'hour', 5, 'second', 'loosen'],
  ])('a rate of %i/%s → %i/%s is %s', (value, window, nextValue, nextWindow, direction) => {
    const changes = compareFields({ value, window }, { value: nextValue, window: nextWindow });
    expect(strongestDirection(changes.map((change) => change.direction))).toBe(direction);
  });
});

it('a window of as much on average lets more pass in one go', () => {
  const changes = compareFields({ value: 60, window: 'minute' }, { value: 3600, window: 'hour' });
  expect(changes.find(({ field }) => field === 'window')?.direction).toBe('loosen');
});

describe('compareFields', () => {
  it('finds nothing between equal fields', () => {
    const all: Fields = { amount: 1, per: ['a', 'b'], match: [{ key: 'k', any: ['v'], except: [] }], budget: money(1) };
    expect(compareFields(all, structuredClone(all))).toEqual([]);
  });

  it('reports a list once, however many of its members moved, and in the order in which people read', () => {
    const before: Fields = { recipients: ['a', 'b'], match: 'all', amount: 1, name: 'x' };
    const after: Fields = {
      recipients: ['c', 'd', 'e'],
      match: [{ key: 'k', any: '*', except: [] }],
      amount: 2,
      name: 'y',
    };
    expect(compareFields(before, after).map(({ field }) => field)).toEqual(['name', 'amount', 'match', 'recipients']);
  });

  it('tells 0, "", false, null and absent apart', () => {
    const values: (FieldValue | undefined)[] = [0, '', false, null, undefined];
    for (const a of values) {
      for (const b of values) {
        expect(compareFields(fields('api.x', a), fields('api.x', b))).toHaveLength(Object.is(a, b) ? 0 : 1);
      }
    }
  });

  it('marks what cannot be changed in place', () => {
    const changes = compareFields({ per: ['a'], amount: 1 }, { per: ['b'], amount: 2 }, ['per']);
    expect(changes.map(({ field, immutable }) => [field, immutable])).toEqual([
      ['amount', undefined],
      ['per', true],
    ]);
  });
});

describe('direction of a whole', () => {
  it.each<readonly [readonly Direction[], Direction]>([
    [[], 'neutral'],
    [['neutral'], 'neutral'],
    [['neutral', 'tighten'], 'tighten'],
    [['tighten', 'rescope'], 'rescope'],
    [['rescope', 'tighten', 'loosen'], 'loosen'],
  ])('%j is %s', (directions, whole) => {
    expect(strongestDirection(directions)).toBe(whole);
  });
});

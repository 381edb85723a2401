/**
 * `logs spend --format focus` against the FinOps Open Cost and Usage Specification, version 1.2: the columns whose feature level is
 * "Mandatory", with their data type and whether they may be null, as published (names and types only).
 */

import { describe, expect, it } from 'vitest';
import { buildFocusRows, focusColumns, focusVersion } from '../../src/logs/focus.ts';
import { exactDollars, type Spend, type SpendGroup } from '../../src/logs/spend.ts';

type FocusType = 'Decimal' | 'String' | 'Date/Time';

const mandatory: readonly [name: string, type: FocusType, allowsNulls: boolean][] = [
  ['BilledCost', 'Decimal', false],
  ['BillingAccountId', 'String', false],
  ['BillingAccountName', 'String', true],
  ['BillingCurrency', 'String', false],
  ['BillingPeriodEnd', 'Date/Time', false],
  ['BillingPeriodStart', 'Date/Time', false],
  ['ChargeCategory', 'String', false],
  ['ChargeClass', 'String', true],
  ['ChargeDescription', 'String', true],
  ['ChargePeriodEnd', 'Date/Time', false],
  ['ChargePeriodStart', 'Date/Time', false],
  ['ContractedCost', 'Decimal', false],
  ['EffectiveCost', 'Decimal', false],
  ['InvoiceIssuerName', 'String', false],
  ['ListCost', 'Decimal', false],
  ['PricingQuantity', 'Decimal', true],
  ['PricingUnit', 'String', true],
  ['ProviderName', 'String', false],
  ['PublisherName', 'String', false],
  ['ServiceCategory', 'String', false],
  ['ServiceName', 'String', false],
];

const forms: Readonly<Record<FocusType, RegExp>> = {
  Decimal: /^-?\d+(?:\.\d+)?$/,
  String: /^.+$/s,
  'Date/Time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
};

const group = (names: readonly (string | null)[], more: Partial<SpendGroup> = {}): SpendGroup => ({
  ...{ names, requests: 3, failed: 0, cost: { n: 12_345n, d: 1_000n }, costUnknown: 1, tokens: 400n },
  ...more,
});

const spend = (groups: readonly SpendGroup[]): Spend => ({ groups }) as unknown as Spend;

describe('FOCUS', () => {
  it('writes every mandatory column of version 1.2, in its type, and no null where none is allowed', () => {
    expect(focusVersion).toBe('1.2');
    expect(focusColumns).toEqual(expect.arrayContaining(mandatory.map(([name]) => name)));
    expect(new Set(focusColumns).size).toBe(focusColumns.length);
    const { rows } = buildFocusRows(
      spend([
        group(['2026-12-31', 'ws-a', 'openai', 'gpt-4o']),
        group(['2026-10-01', null, null, null], { tokens: null, cost: { n: 0n, d: 1n } }),
      ]),
    );
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      for (const [name, type, allowsNulls] of mandatory) {
        const value = row[focusColumns.indexOf(name as (typeof focusColumns)[number])];
        if (value === null) expect([name, allowsNulls]).toEqual([name, true]);
        else expect([name, value]).toEqual([name, expect.stringMatching(forms[type])]);
      }
    }
  });

  it('is a charge of a day in its month, and says which calls it leaves out', () => {
    const { rows, leftOut } = buildFocusRows(
      spend([
        group(['2026-12-31', 'ws-a', 'openai', 'gpt-4o']),
        group(['2026-12-31', 'ws-a', 'x', 'y'], { cost: null }),
      ]),
    );
    expect(leftOut).toBe(4);
    const charge = Object.fromEntries(focusColumns.map((name, at) => [name, rows[0]?.[at]]));
    expect(charge).toMatchObject({
      BilledCost: '0.12345',
      BillingPeriodStart: '2026-12-01T00:00:00Z',
      BillingPeriodEnd: '2027-01-01T00:00:00Z',
      ChargePeriodStart: '2026-12-31T00:00:00Z',
      ChargePeriodEnd: '2027-01-01T00:00:00Z',
      ChargeCategory: 'Usage',
      PricingQuantity: '400',
      PricingUnit: 'Tokens',
      ServiceCategory: 'AI and Machine Learning',
      ProviderName: 'openai',
      SubAccountId: 'ws-a',
    });
  });

  it('dollars have all of their digits', () => {
    const cents: [bigint, bigint, string][] = [
      [1n, 10n ** 10n, '0.000000000001'],
      [100n, 1n, '1'],
      [123_456n, 10n, '123.456'],
      [0n, 1n, '0'],
    ];
    for (const [n, d, text] of cents) expect(exactDollars({ n, d })).toBe(text);
  });
});

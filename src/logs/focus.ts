/**
 * Spend in the columns of FOCUS 1.2 (FinOps Open Cost and Usage Specification, FinOps Foundation): a charge for each day, workspace,
 * vendor and model, so that it joins the rest of the bill. Costs are what the gateway reckons at its prices: no discount or invoice is
 * known to it, so the four costs are one.
 */

import { dayMilliseconds } from '../consumption/windows.ts';
import { exactDollars, type Spend } from './spend.ts';
import { beginOfDay } from './store.ts';

export const focusVersion = '1.2';

/** What `readRowSpend` is asked by. */
export const focusGrouping = ['day', 'workspace', 'provider', 'model'] as const;

/** The mandatory ones, in the order of the alphabet, then those that say more. */
export const focusColumns = [
  ...['BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency', 'BillingPeriodEnd'],
  ...[
    'BillingPeriodStart',
    'ChargeCategory',
    'ChargeClass',
    'ChargeDescription',
    'ChargePeriodEnd',
    'ChargePeriodStart',
  ],
  ...['ContractedCost', 'EffectiveCost', 'InvoiceIssuerName', 'ListCost', 'PricingQuantity', 'PricingUnit'],
  ...['ProviderName', 'PublisherName', 'ServiceCategory', 'ServiceName'],
  ...['ConsumedQuantity', 'ConsumedUnit', 'ServiceSubcategory', 'SubAccountId', 'SubAccountName'],
] as const;

type FocusColumn = (typeof focusColumns)[number];

export interface FocusRows {
  /** A value for each of `focusColumns`; null: none. Decimals as texts, all of their digits. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Calls that are not in them, since no call of their group has a known cost. */
  readonly leftOut: number;
}

export function buildFocusRows({ groups }: Spend): FocusRows {
  let leftOut = 0;
  const charges: Readonly<Record<FocusColumn, string | null>>[] = [];
  for (const { names, cost, tokens, requests, costUnknown } of groups) {
    const [day = null, workspace = null, vendor = null, model = null] = names;
    if (cost === null || day === null) {
      leftOut += requests;
      continue;
    }
    const dollars = exactDollars(cost);
    // The specification asks for a quantity of every usage.
    const [quantity, unit] = tokens === null ? [String(requests), 'Requests'] : [String(tokens), 'Tokens'];
    const account = workspace ?? 'unknown';
    const provider = vendor ?? 'unknown';
    const month = new Date(beginOfDay(day));
    charges.push({
      BilledCost: dollars,
      BillingAccountId: account,
      BillingAccountName: workspace,
      BillingCurrency: 'USD',
      BillingPeriodEnd: dateOf(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1)),
      BillingPeriodStart: dateOf(Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), 1)),
      ChargeCategory: 'Usage',
      ChargeClass: null,
      ChargeDescription: `${requests - costUnknown} requests${model === null ? '' : ` of ${model}`}`,
      ChargePeriodEnd: dateOf(beginOfDay(day) + dayMilliseconds),
      ChargePeriodStart: dateOf(beginOfDay(day)),
      ContractedCost: dollars,
      EffectiveCost: dollars,
      InvoiceIssuerName: provider,
      ListCost: dollars,
      PricingQuantity: quantity,
      PricingUnit: unit,
      ProviderName: provider,
      PublisherName: provider,
      ServiceCategory: 'AI and Machine Learning',
      ServiceName: model ?? provider,
      ConsumedQuantity: quantity,
      ConsumedUnit: unit,
      ServiceSubcategory: 'Generative AI',
      SubAccountId: account,
      SubAccountName: workspace,
    });
    leftOut += costUnknown;
  }
  const rows = charges.map((charge) => focusColumns.map((column) => charge[column]));
  return { rows: rows.sort((a, b) => (JSON.stringify(keyOf(a)) < JSON.stringify(keyOf(b)) ? -1 : 1)), leftOut };
}

function keyOf(row: readonly (string | null)[]): readonly unknown[] {
  const at = (column: FocusColumn): string | null => row[focusColumns.indexOf(column)] ?? null;
  return [at('ChargePeriodStart'), at('BillingAccountId'), at('ProviderName'), at('ServiceName')];
}

/** As the specification writes it: `2026-10-01T00:00:00Z`. */
function dateOf(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

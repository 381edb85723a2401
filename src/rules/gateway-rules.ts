/**
 * Rules about what a gateway of the version in `gateway.version` does otherwise than the documentation says. Without a
 * version nothing is known, and nothing said. Versions up to `measured` were run; what later ones do is taken from the
 * documentation.
 */

import coerce from 'semver/functions/coerce.js';
import gte from 'semver/functions/gte.js';
import lte from 'semver/functions/lte.js';
import { rateNameOf } from '../resources/fields.ts';
import type { Desired, DesiredEntry } from '../resources/types.ts';
import { conditionsOf, perOf } from './limits.ts';
import { at, atSetting, type FileRule } from './types.ts';

const measured = '2.2.3';

/** `2.18` is 2.18.0. Null: not written. */
function versionOf(text: string | undefined): string | null {
  return text === undefined ? null : (coerce(text)?.version ?? null);
}

function isGatewayUpTo(version: string, { gateway }: Desired): boolean {
  const own = versionOf(gateway.version);
  return own !== null && lte(own, version);
}

function conditionKeys(entry: DesiredEntry): readonly string[] {
  return [...conditionsOf(entry).map(({ key }) => key), ...perOf(entry)];
}

function isPolicy({ kind }: DesiredEntry): boolean {
  return kind === 'usage-policy' || kind === 'rate-policy';
}

function isWeekly(field: string): boolean {
  return rateNameOf(field)?.endsWith('/week') === true;
}

/** What an entry uses, and the first version that has it: of the gateway, or of the backend (control plane). */
interface Need {
  readonly what: string;
  readonly of: 'version' | 'backend';
  readonly since: string;
  readonly field: string;
}

function needsOf(entry: DesiredEntry): Need[] {
  if (!isPolicy(entry)) return [];
  const keys = conditionKeys(entry);
  const newer = ['virtual_key', 'provider', 'config', 'prompt', 'model'].filter((key) => keys.includes(key));
  return [
    { what: 'policies', of: 'version', since: '1.17.0', field: '' },
    ...newer.map((key): Need => ({ what: `\`${key}\` in policies`, of: 'version', since: '2.0.0', field: 'match' })),
    ...(entry.fields.target === 'mcp_tools'
      ? [{ what: '`target: mcp_tools`', of: 'version', since: '2.18.0', field: 'target' } as const]
      : []),
    ...(keys.includes('endpoint_type')
      ? [{ what: '`endpoint_type`', of: 'backend', since: '1.13.0', field: 'match' } as const]
      : []),
  ];
}

export const gatewayTooOld: FileRule = {
  name: 'gateway-too-old',
  id: 'M6',
  severity: 'error',
  where: 'file',
  finds:
    'something that the gateway or backend of the versions under `gateway:` does not have: policies before gateway 1.17; `virtual_key`, `provider`, `config`, `prompt` and `model` in policies before gateway 2.0; `target: mcp_tools` before gateway 2.18; `endpoint_type` before backend 1.13',
  why: 'An older gateway does not refuse what it does not know. It leaves the policy out, so that it limits nobody, or leaves the condition out: a policy for MCP tools then limits model calls.',
  fix: 'Update the gateway (and its version in org.yaml), or take out what it cannot read.',
  check: ({ desired }, found) => {
    for (const entry of desired.entries) {
      if (entry.absent === true) continue;
      for (const { what, of, since, field } of needsOf(entry)) {
        const own = versionOf(desired.gateway[of]);
        if (own === null || gte(own, since)) continue;
        const which = of === 'version' ? 'gateway' : 'backend';
        found(
          at(entry, field, 'per'),
          `${what} need${what === 'policies' ? '' : 's'} ${which} ${since}, and this one is ${desired.gateway[of]}`,
        );
        break;
      }
    }
  },
};

const countsRequestsAsTokens: FileRule = {
  name: 'gateway-counts-requests-as-tokens',
  id: 'G5',
  severity: 'error',
  where: 'file',
  finds: `a budget of requests where \`gateway.version\` is ${measured} or lower`,
  why: `Gateways up to ${measured} add the tokens of each call to a budget of requests. Measured: a budget of 5 requests refused everything after one call of 1,500 tokens.`,
  fix: 'Use a rate (`10k requests/day`) or a budget of tokens until the gateway is newer.',
  check: ({ desired }, found) => {
    if (!isGatewayUpTo(measured, desired)) return;
    for (const entry of desired.entries) {
      if (entry.kind !== 'usage-policy' || entry.fields.unit !== 'requests') continue;
      found(at(entry, 'amount'), `gateway ${desired.gateway.version} counts tokens against this budget of requests`);
    }
  },
};

export const ignoresWeeklyRates: FileRule = {
  name: 'gateway-ignores-weekly-rates',
  id: 'G6',
  severity: 'error',
  where: 'file',
  finds: `a rate per week where \`gateway.version\` is ${measured} or lower`,
  why: `Gateways up to ${measured} do not know the window and let every call pass, without a word.`,
  fix: 'Write the rate per day, or use a weekly budget.',
  check: ({ desired }, found) => {
    if (!isGatewayUpTo(measured, desired)) return;
    for (const entry of desired.entries) {
      const weekly =
        entry.kind === 'rate-policy'
          ? entry.fields.window === 'week'
          : Object.entries(entry.fields).some(([name, value]) => isWeekly(name) && value !== null);
      if (!weekly) continue;
      const field = Object.keys(entry.fieldSources).find(isWeekly) ?? 'window';
      found(at(entry, field), `gateway ${desired.gateway.version} does not enforce rates per week`);
    }
  },
};

export const ignoresEndpointType: FileRule = {
  name: 'gateway-ignores-endpoint-type',
  id: 'G7',
  severity: 'error',
  where: 'file',
  finds: `\`endpoint_type\` in a policy where \`gateway.version\` is ${measured} or lower`,
  why: `Gateways up to ${measured} have no value for this condition, so the policy never applies.`,
  fix: 'Match on `model` instead (embeddings have models of their own).',
  check: ({ desired }, found) => {
    if (!isGatewayUpTo(measured, desired)) return;
    for (const entry of desired.entries) {
      if (!isPolicy(entry) || !conditionKeys(entry).includes('endpoint_type')) continue;
      found(
        at(entry, 'match', 'per'),
        `gateway ${desired.gateway.version} never applies a policy with \`endpoint_type\``,
      );
    }
  },
};

/** The first gateway that takes new prices by itself. */
const readsPrices = '1.12.0';

const pricesByHand: FileRule = {
  name: 'gateway-prices-by-hand',
  id: 'P5',
  severity: 'warning',
  where: 'file',
  finds: 'a `gateway.version` below 1.12',
  why: 'Gateways take new prices by themselves from 1.12 on. An older one counts by those it was installed with: models that came later cost nothing, and budgets in dollars do not count them.',
  fix: 'Update the gateway to 1.12 or later (and its version in org.yaml).',
  check: ({ desired }, found) => {
    const own = versionOf(desired.gateway.version);
    if (own === null || gte(own, readsPrices)) return;
    found(
      atSetting(desired, 'gateway.version'),
      `gateway ${desired.gateway.version} counts by the prices that it was installed with`,
    );
  },
};

export const gatewayRules: readonly FileRule[] = [
  gatewayTooOld,
  countsRequestsAsTokens,
  ignoresWeeklyRates,
  ignoresEndpointType,
  pricesByHand,
];

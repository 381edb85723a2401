/** Texts of a known form, as patterns. */

import { addressText } from '../resources/alert-settings.ts';
import type { LevelGrammar } from './levels.ts';

export const patterns = {
  every: /^\d{1,4} days?$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  dateTime: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/,
  email: addressText,
  uuid: /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/,
  slug: /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/,
  /** As a slug, with asterisks that stand for any characters; two of them in a row say nothing more. */
  workspaceGlob: /^(?:\*|[A-Za-z0-9]\*?)(?:[A-Za-z0-9_-]\*?)*$/,
  groupName: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  environment: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  version: /^\d+\.\d+(?:\.\d+)?$/,
  age: /^[1-9]\d{0,4}[hd]$/,
  // No part starts or ends with a dot.
  ref: /^refs(?:\/[A-Za-z0-9_-](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?)+$/,
  /** What Git keeps for itself, at the end of any part. */
  lockedRef: /\.lock(?:\/|$)/,
  domain: /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/,
  groupKey:
    /^(?:workspace_id|api_key|virtual_key|provider|model|config|prompt|endpoint_type|mcp_server|mcp_tool|metadata\.[\s\S]+)$/,
  conditionKey:
    /^(?:api_key|virtual_key|provider|model|config|prompt|endpoint_type|mcp_server|mcp_tool|metadata\.[\s\S]+)$/,
  /** `@provider/model` or `@provider/*`. */
  model: /^@[^/\s*]+\/(?:\*|[^\s*]+)$/,
  spendUp: /^\d{1,4} ?%$/,
  channelName: /^[a-z][a-z0-9-]{0,30}$/,
  /** No other secret of a run can be named. */
  channelVariable: /^TOLLGATE_NOTIFY_[A-Z0-9_]{1,100}$/,
  forecastDays: /^[1-9]\d{0,2} days?$/,
  host: /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
  /** Nothing in the clear but to this machine, and no user or password. */
  channelUrl: /^(?:https:\/\/[A-Za-z0-9.-]+|http:\/\/(?:127\.0\.0\.1|localhost))(?::\d{1,5})?(?:[/?][^\s#@]*)?$/,
} as const;

/**
 * A number as amounts are read, that comes out whole when it is taken times ten to the `places`: what is written beyond are zeros. Exactly
 * three decimals without a suffix are none.
 */
function number(places: 0 | 2): string {
  const bare = places === 0 ? String.raw`\.(?:00?|0{4,})` : String.raw`\.(?:\d{1,2}|\d{2}00+)`;
  const suffixed = [...'kMB'].map((suffix, index) => String.raw`(?:\.\d{1,${3 * (index + 1) + places}}0*)?${suffix}`);
  return String.raw`(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:${[bare, ...suffixed].join('|')})?`;
}

/** What editors take for a limit at a level. Sums are left to reading: only what is too small at a glance is refused. */
export function amountPatterns({ units, windows, wholeUnits }: LevelGrammar) {
  const counted = units.filter((unit) => unit !== 'cost').map((unit) => `${unit.slice(0, -1)}s?`);
  const cost = String.raw`\$${number(wholeUnits ? 0 : 2)}`;
  const count = `${number(0)} (?:${counted.join('|')})`;
  const isZero = String.raw`^\$?0+(?:\.0+)?[kMB]?(?: |$)|^\$0+(?:\.\d+)?$`;
  return {
    cost: `^${cost}$`,
    budget: `^(?:${cost}|${count})$`,
    tooSmall: String.raw`${isZero}|^0*\d{1,2}(?:\.0+)? tokens?$`,
    alert: `^(?:(?:0{0,2}[1-9]|0?[1-9]\\d) ?%|${cost}|${count})$`,
    /** Of several, all of the budget too. */
    threshold: `^(?:(?:0{0,2}[1-9]|0?[1-9]\\d|100) ?%|${cost}|${count})$`,
    rate: `^${number(0)} (?:tokens?|requests?)/(?:${windows.join('|')})$`,
    isZero,
  };
}

/** 1 to 365. */
const dayCount = String.raw`(?:0{0,3}[1-9]|0{0,2}[1-9]\d|0?[12]\d\d|0?3[0-5]\d|0?36[0-5])`;

export const resetPattern = `^(?:monthly|weekly|never|every ${dayCount} days?)$`;
/** A window that comes again: what is committed once is no rate of spending. */
export const groupResetPattern = `^(?:monthly|weekly|every ${dayCount} days?)$`;
export const everyPattern = `^${dayCount} days?$`;
/** A day of the calendar but for the length of its month. */
export const dayPattern = String.raw`^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$`;

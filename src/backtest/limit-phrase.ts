/**
 * A limit in one line: `per user $20 monthly`, `100 requests/minute per api_key in red`, `$5 weekly for model @openai/*`. Words are
 * laid into a policy, and the grammar of policy files reads it.
 */

import { UserError } from '../errors.ts';
import { keyMeantBy } from '../policy/match.ts';
import type { PrintedValue } from '../policy/yaml-text.ts';
import { readLonePolicy } from './lone-policy.ts';
import type { NamedLimit } from './replay-limit.ts';

/** @throws UserError where it cannot be read */
export function parseLimitPhrase(text: string): NamedLimit {
  const { workspace, policy } = readWords(text);
  const limit = readLonePolicy(policy, workspace);
  if (typeof limit === 'string') throw refuse(text, limit);
  return { ...limit, name: text };
}

function refuse(text: string, why: string): UserError {
  return new UserError(`--limit ${JSON.stringify(text)}: ${why}`, {
    hint: 'Write a limit such as `per user $20 monthly`, `100 requests/minute per api_key in WORKSPACE`, or `$5 weekly for model @openai/*`.',
  });
}

function readWords(text: string): { workspace: string | null; policy: ReadonlyMap<string, PrintedValue> } {
  // `budget: $20, reset: monthly` says the same as `$20 monthly`.
  const words = text
    .split(/,?\s+/)
    .map((word) => word.trim())
    .filter((word) => word !== '' && !['budget:', 'rate:', 'reset:'].includes(word));
  const policy = new Map<string, PrintedValue>();
  const match = new Map<string, PrintedValue>();
  const per: string[] = [];
  let workspace: string | null = null;
  const put = (key: string, value: string) => {
    if (policy.has(key)) throw refuse(text, `${JSON.stringify(value)} is a second ${key}: it takes one limit`);
    policy.set(key, value);
  };
  let period: string | null = null;
  const putPeriod = (next: string) => {
    if (period !== null) throw refuse(text, `${JSON.stringify(next)} is a second time: it takes one limit`);
    period = next;
  };
  const take = (after: string): string => {
    const next = words.shift();
    if (next === undefined) throw refuse(text, `nothing stands behind \`${after}\``);
    return next;
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (/^(?:per|an?|each|every)$/.test(word) && periods.has(words[0] ?? '')) putPeriod(take(word));
    else if (/^(?:per:?|an?|each)$/.test(word) || (word === 'and' && per.length > 0)) {
      per.push(keyMeantBy(take(word)));
    } else if (word === 'in') workspace = take(word);
    else if (word === 'alert' || word === 'alert:') put('alert', take(word));
    else if (word === 'for') {
      const key = keyMeantBy(take(word));
      const values = [take(key)];
      while (words[0] === 'or') {
        words.shift();
        values.push(take('or'));
      }
      match.set(key, values.length === 1 ? (values[0] ?? '') : values);
    } else if (word === 'every') put('reset', `every ${take(word)} ${take('every')}`);
    else if (/^(?:monthly|weekly|never|daily|yearly)$/.test(word)) put('reset', word);
    else if (/^[$\d]/.test(word)) {
      const isWhole = word.startsWith('$') || words[0] === undefined;
      const amount = isWhole ? word : `${word} ${take(word)}`;
      const [, money, period] = /^(\$.*)\/(day|week|month)$/.exec(amount) ?? [];
      if (money !== undefined && period !== undefined) {
        put('budget', money);
        putPeriod(period);
      } else put(amount.includes('/') ? 'rate' : 'budget', amount);
    } else throw refuse(text, `${JSON.stringify(word)} is not a word of a limit`);
  }
  if (period !== null) layPeriod(period, policy, put);
  if (match.size > 0) policy.set('match', match);
  policy.set('per', per.length === 0 ? 'workspace_id' : per);
  return { workspace, policy };
}

/** What people say of a time, and when a budget starts again then; null: a rate alone has it. */
const periods: ReadonlyMap<string, string | null> = new Map([
  ['second', null],
  ['minute', null],
  ['hour', null],
  ['day', 'every 1 day'],
  ['week', 'weekly'],
  ['month', 'monthly'],
]);

/** `$20 a month` is a budget, `5 requests a minute` and `1M tokens a day` are rates; there is no rate of a month. */
function layPeriod(period: string, policy: Map<string, PrintedValue>, put: (key: string, value: string) => void): void {
  const amount = String(policy.get('budget') ?? '');
  const reset = periods.get(period) ?? null;
  if (reset !== null && (amount.startsWith('$') || period === 'month' || amount === '')) put('reset', reset);
  else {
    policy.delete('budget');
    put('rate', `${amount}/${period}`);
  }
}

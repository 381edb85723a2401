/** Recommended limits as policy files say them. */

import { smallestAlert } from '../policy/advice.ts';
import { printWorkspaceFile } from '../policy/print.ts';
import type { Recommendation, RecommendFacts } from '../render/recommend-facts.ts';
import { alertFromPercent } from '../resources/amounts.ts';
import { isBudgetLimit, type Limit, timed } from '../resources/limit.ts';
import type { Unit } from '../resources/types.ts';

/** Whom a limit may stop in the rows that it is read off. */
export type MayStop = 'nobody' | 'percent';

const alertPercent = 80;

/** By workspace: a file that holds the policy; its entry of `policies:` fits into a file that is there. */
export function recommendedFiles(
  facts: RecommendFacts,
  mayStop: MayStop,
): readonly { readonly workspace: string; readonly text: string }[] {
  return facts.limits
    .filter(({ state }) => state === 'no limit' || state === 'too wide')
    .map((one) => ({ workspace: one.workspace, text: fileOf(one, facts, mayStop) }));
}

function fileOf(one: Recommendation, { limit }: RecommendFacts, mayStop: MayStop): string {
  return printRecommended({ workspace: one.workspace, name: one.current?.name, limit, amount: one[mayStop] });
}

export interface PrintedRecommendation {
  readonly workspace: string;
  /** Missing: made of what it counts. */
  readonly name?: string | undefined;
  readonly limit: Limit;
  /** In place of the limit's own. */
  readonly amount: number;
}

export function printRecommended({ workspace, name, limit, amount }: PrintedRecommendation): string {
  const { kind, unit, per } = limit;
  const period = isBudgetLimit(limit) ? timed(limit).reset.replaceAll(' ', '-') : limit.window;
  const fields = isBudgetLimit(limit)
    ? { amount, reset: timed(limit).reset, ...alertFor(amount, unit) }
    : { value: amount, window: limit.window };
  return printWorkspaceFile({
    slug: workspace,
    entries: [
      {
        kind,
        name: name ?? `${unit}-${per.map(wordOf).join('-')}-${period}`,
        fields: { unit, match: 'all', per, ...fields },
      },
    ],
  });
}

/** So that somebody hears of it first; of less than an alert may be there is none. */
function alertFor(amount: number, unit: Unit): { readonly alert?: number } {
  const alert = alertFromPercent(alertPercent, amount, unit, false);
  return alert < smallestAlert[unit] ? {} : { alert };
}

/** `metadata._user` → `user`. */
function wordOf(key: string): string {
  return key.replace(/^metadata\._?/, '').replace(/_id$/, '');
}

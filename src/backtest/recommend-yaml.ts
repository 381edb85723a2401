/** Recommended limits as policy files say them. */

import { smallestAlert } from '../policy/advice.ts';
import { printWorkspaceFile } from '../policy/print.ts';
import type { Recommendation, RecommendFacts } from '../render/recommend-facts.ts';
import { alertFromPercent } from '../resources/amounts.ts';

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

function fileOf(one: Recommendation, { per, unit, reset }: RecommendFacts, mayStop: MayStop): string {
  return printBudget({ workspace: one.workspace, name: one.current?.name, per, unit, reset, amount: one[mayStop] });
}

export interface PrintedRecommendation extends Pick<RecommendFacts, 'per' | 'unit' | 'reset'> {
  readonly workspace: string;
  /** Missing: made of what it counts. */
  readonly name?: string | undefined;
  readonly amount: number;
}

export function printBudget({ workspace, name, per, unit, reset, amount }: PrintedRecommendation): string {
  const alert = alertFromPercent(alertPercent, amount, unit, false);
  return printWorkspaceFile({
    slug: workspace,
    entries: [
      {
        kind: 'usage-policy',
        name: name ?? `${unit}-${per.map(wordOf).join('-')}-${reset.replaceAll(' ', '-')}`,
        fields: {
          ...{ unit, amount, reset, match: 'all', per },
          // So that somebody hears of it first; of less than an alert may be there is none.
          ...(alert < smallestAlert[unit] ? {} : { alert }),
        },
      },
    ],
  });
}

/** `metadata._user` → `user`. */
function wordOf(key: string): string {
  return key.replace(/^metadata\._?/, '').replace(/_id$/, '');
}

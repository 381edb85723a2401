/** What became of one pull request's entries in a run: the one value that comment, check, labels and summary are written from. */

import type { Diagnostic } from '../diagnostics.ts';
import { digestOf } from '../plan/digest.ts';
import type { Outcome, Plan } from '../plan/types.ts';

export type PullFate =
  /** An open pull request: what it would do, and which of the objections are lifted. */
  | {
      readonly state: 'planned';
      readonly plan: Plan;
      readonly diagnostics: readonly Diagnostic[];
      /** Said under the headline: what happens on merge. */
      readonly remark: string | null;
    }
  /** Its files have errors, so that there is no plan. */
  | { readonly state: 'invalid'; readonly diagnostics: readonly Diagnostic[] }
  /** There is no plan for its head for another reason; one for an older head does not count. */
  | { readonly state: 'unplanned'; readonly why: string }
  /** It changes no policy files: what is required of it is answered, and nothing else said where nothing stands. */
  | { readonly state: 'untouched' }
  /** A merged one, after a run that applies: all of it, a part, nothing for want of a word, by a failure, not tried, or others overtook it. */
  | {
      readonly state: 'applied' | 'partly-applied' | 'stale' | 'failed' | 'refused' | 'overtaken';
      /** Of its entries alone; null: none are left to do, or nobody came to plan them. */
      readonly plan: Plan | null;
      readonly diagnostics: readonly Diagnostic[];
      readonly outcomes: readonly Outcome[];
      /** Why, and the way on. */
      readonly remark: string | null;
    };

export type FateState = PullFate['state'];

/**
 * Equal: a reader learns nothing new. Of the values, not of their words, which a later version may choose otherwise; without
 * the times at which somebody looked.
 */
export function contentOf(fate: PullFate, head: string): string {
  return digestOf({ head, ...fate, ...('plan' in fate ? { plan: planContent(fate.plan) } : {}) });
}

function planContent(plan: Plan | null): unknown {
  return plan === null ? null : { ...plan, leftOut: [...plan.leftOut].sort(), impact: withoutTimes(plan.impact) };
}

/** A forecast is of a day: its seconds move with every look. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      if (name === 'as_of' || name === 'since') return [];
      if (name === 'at' && typeof member === 'string') return [[name, member.slice(0, 10)]];
      return [[name, withoutTimes(member)]];
    }),
  );
}

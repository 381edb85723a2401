/** What each place that can hold limits allows (docs/service-notes.md#limit-object, docs/service-notes.md#policies). */

import type { RateWindow } from '../resources/rate-windows.ts';
import type { Kind, Unit } from '../resources/types.ts';

export interface LevelGrammar {
  /** For messages: `an API key`. */
  readonly what: string;
  readonly units: readonly Unit[];
  readonly windows: readonly RateWindow[];
  /** Amounts are integers on the wire there, so cost is whole dollars. */
  readonly wholeUnits: boolean;
  /**
   * What stands around an amount: a policy, which holds one limit and no `none`; limits, whose fields are `none` one by one; an
   * entry of `budgets` or `rates`; nothing that resets.
   */
  readonly form: 'policy' | 'limits' | 'list' | 'alone';
  /** What its amount is called. Missing: budget. */
  readonly called?: string;
  /** A budget stands there already, so that no second one is advised. */
  readonly hasBudget?: boolean;
}

const policy: LevelGrammar = {
  what: 'a policy',
  units: ['cost', 'tokens', 'requests'],
  windows: ['minute', 'hour', 'day', 'week'],
  wholeUnits: false,
  form: 'policy',
};

const attachment = {
  units: ['cost', 'tokens'],
  windows: ['minute', 'hour', 'day'],
  wholeUnits: true,
  form: 'limits',
} as const;

export const levelGrammars: Readonly<Record<Kind, LevelGrammar>> = {
  'usage-policy': policy,
  'rate-policy': policy,
  'workspace-limits': { ...attachment, what: 'a workspace' },
  'key-limits': { ...attachment, what: 'an API key', windows: ['second', 'minute', 'hour', 'day', 'week'] },
  'provider-limits': { ...attachment, what: 'a provider' },
  'integration-limits': { ...attachment, what: 'an integration' },
  // They hold no limit; what these are counted in is theirs to say.
  'integration-prices': { ...attachment, what: 'prices of an integration', units: [], windows: [] },
};

/** Dollars alone: what all budgets may add up to. */
export const ceilingGrammar: LevelGrammar = {
  what: 'a ceiling',
  units: ['cost'],
  windows: [],
  wholeUnits: false,
  form: 'alone',
  called: 'ceiling',
};

/** What a percentage is of, for messages. */
export function calledAt({ called = 'budget' }: LevelGrammar): string {
  return called;
}

/** The same level, inside a list of budgets or rates. */
export function asListItem(level: LevelGrammar): LevelGrammar {
  return { ...level, form: 'list' };
}

/** The guards by name, and what an objection is before anything lifts it. */

import type { Guards, Review } from '../resources/review-settings.ts';

export const guardNames = [
  'deletes',
  'updates',
  'empties-scope',
  'protected',
  'rewind',
  'unmanaged',
  'blocks-now',
  'spend-up',
  'counter-reset',
  'impact-unknown',
  'rules',
  'api-member',
  'record-moved',
] as const;
export type GuardName = (typeof guardNames)[number];

export interface Objection {
  readonly guard: GuardName;
  /** A count; of `spend-up` percent of committed spend, rounded up, or `unbounded`. */
  readonly count: number | 'unbounded';
  readonly details: readonly string[];
  readonly liftable: boolean;
  /** Whatever the settings say: it stops nobody. */
  readonly warns?: true;
  /** Id of the first change it is about. */
  readonly first?: string | undefined;
}

/** What `review.guards` in force says of a guard; undefined: it has no setting there. */
export function guardSetting({ guards }: Review, guard: GuardName): Guards[keyof Guards] | undefined {
  const name = guard.replaceAll('-', '_');
  return name in guards ? guards[name as keyof Guards] : undefined;
}

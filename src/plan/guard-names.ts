/** The guards by name, and what an objection is before anything lifts it. */

import type { Json, Settings } from '../resources/types.ts';

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
  'record-moved',
] as const;
export type GuardName = (typeof guardNames)[number];

export interface Objection {
  readonly guard: GuardName;
  readonly count: number;
  readonly details: readonly string[];
  readonly liftable: boolean;
  /** Whatever the settings say: it stops nobody. */
  readonly warns?: true;
  /** Id of the first change it is about. */
  readonly first?: string | undefined;
}

/** What `review.guards` says of a guard; undefined: nothing. */
export function guardSetting(settings: Settings, guard: GuardName): Json | undefined {
  const guards = settings.guards as { readonly [name: string]: Json } | undefined;
  return guards?.[guard.replaceAll('-', '_')];
}

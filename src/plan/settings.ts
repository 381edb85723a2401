/** What judges a plan and how it is understood, from the files and from the record. */

import { isSame } from '../resources/canonical.ts';
import type { ReviewSettings } from '../resources/review-settings.ts';
import type { Desired } from '../resources/types.ts';
import { askedOwnersOf } from './owners.ts';
import type { RecordedSettings } from './settings-schema.ts';
import { silencesOf } from './silences.ts';

export const noSettings: RecordedSettings = { review: {}, gateway: {}, pricing: {} };

/** As the files say it. */
export function settingsOf(desired: Desired): RecordedSettings {
  const { settings, gateway, pricing = {}, alerting, groups } = desired;
  const silences = silencesOf(desired);
  const owners = askedOwnersOf(desired);
  return {
    review: { ...settings },
    gateway: { ...gateway },
    pricing: { ...pricing },
    ...(Object.keys(silences).length === 0 ? {} : { silences }),
    ...(Object.keys(owners).length === 0 ? {} : { owners }),
    ...(alerting === undefined ? {} : { alerts: alerting }),
    ...(groups === undefined ? {} : { groups }),
  };
}

/** What 0.1 filled in by itself where a file said nothing. */
const filledInByFormatOne = {
  require: [],
  max_monthly_budget: null,
  recipient_domains: [],
  unmanaged: 'report',
  drift: 'revert',
  require_reviewed_plan: false,
  rules: {},
} as const satisfies ReviewSettings;

const guardsFilledInByFormatOne = {
  deletes: { count: 2, percent: 30 },
  updates: { count: 10, percent: 30 },
  empties_scope: 'on',
  rewind: 'on',
  blocks_now: 'on',
  spend_up: { percent: 25 },
  counter_reset: 'on',
  impact_unknown: 'warn',
} as const satisfies ReviewSettings['guards'];

/**
 * Settings of a record of format 1, which wrote `review:` alone and with every default filled in: what its own files said is
 * in force, and of the rest the present defaults are. Where those files do not compile any more, what differs from the
 * defaults of then was said.
 *
 * @param applied compiled from the record's files; null where they do not compile
 */
export function settingsOfFormatOne(recorded: RecordedSettings, applied: Desired | null): RecordedSettings {
  if (applied !== null) return settingsOf(applied);
  const { guards = {}, ...review } = recorded.review;
  const said = without(guards, guardsFilledInByFormatOne);
  return {
    ...recorded,
    review: {
      ...without(review, filledInByFormatOne),
      ...(Object.keys(said).length === 0 ? {} : { guards: said }),
    },
  };
}

/** What of `all` is not as in `usual`. */
function without<T extends object>(all: T, usual: Readonly<Record<string, unknown>>): Partial<T> {
  const kept = Object.entries(all).filter(([name, value]) => !(name in usual && isSame(value, usual[name])));
  return Object.fromEntries(kept) as Partial<T>;
}

/** What judges a plan and how it is understood: from the files, from the record, in force. */

import { isSame } from '../resources/canonical.ts';
import type { Review, ReviewSettings } from '../resources/review-settings.ts';
import type { Desired } from '../resources/types.ts';
import { fillReview, type Surroundings, stricterOf } from './review.ts';
import type { RecordedSettings } from './settings-schema.ts';
import { commonSilences, layOutSilences, type Silences, silencesOf } from './silences.ts';

export const noSettings: RecordedSettings = { review: {}, gateway: {}, pricing: {} };

/** As the files say it. */
export function settingsOf(desired: Desired): RecordedSettings {
  const { settings, gateway, pricing = {} } = desired;
  const silences = silencesOf(desired);
  return {
    review: { ...settings },
    gateway: { ...gateway },
    pricing: { ...pricing },
    ...(Object.keys(silences).length === 0 ? {} : { silences }),
  };
}

/** What judges this run and how it understands what it reads. */
export interface SettingsInForce extends Pick<RecordedSettings, 'gateway' | 'pricing'> {
  readonly review: Review;
  readonly silences: Silences;
}

/**
 * Those of the record, so that a change never chooses what judges it. What the files say more strictly counts at once; what
 * they loosen, and what has no order of strictness, after the apply that was reviewed. A rule is silent where all agree.
 *
 * Without a record they are the defaults, and the files' where those are stricter: of several sets of files, those without
 * an order are of the oldest.
 *
 * @param written of the files of this run, then of older commits that count as well, each older than the one before
 */
export function settingsInForce(
  recorded: RecordedSettings | null,
  written: readonly RecordedSettings[],
  surroundings: Surroundings,
): SettingsInForce {
  const { gateway, pricing } = recorded ?? written.at(-1) ?? noSettings;
  const all = recorded === null ? written : [recorded, ...written];
  const reviews = all.map(({ review }) => fillReview(review, surroundings));
  const first = reviews[0] ?? fillReview({}, surroundings);
  const start = recorded === null ? stricterOf(fillReview({}, surroundings), first) : first;
  return {
    review: reviews.slice(1).reduce(stricterOf, start),
    gateway,
    pricing,
    silences: commonSilences(all.map(({ silences = {} }) => silences)),
  };
}

/** The files as this run understands them: with what is in force in the place of what they say. */
export function underSettings(desired: Desired, { gateway, pricing, silences }: SettingsInForce): Desired {
  const { pricing: _written, ...rest } = layOutSilences(desired, silences);
  return { ...rest, gateway, ...(Object.keys(pricing).length === 0 ? {} : { pricing }) };
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

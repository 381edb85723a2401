/** Which settings judge a plan, of those that the record and the files hold. */

import { type Ceiling, ceilingsOf } from '../impact/ceilings.ts';
import type { Owners } from '../plan/owners.ts';
import { noSettings } from '../plan/settings.ts';
import type { RecordedSettings } from '../plan/settings-schema.ts';
import { commonSilences, layOutSilences, type Silences } from '../plan/silences.ts';
import type { Review } from '../resources/review-settings.ts';
import type { Desired } from '../resources/types.ts';
import { fillReview, type ReviewDefaults, stricterOf } from './review.ts';

/** What judges this run and how it understands what it reads. */
export interface SettingsInForce extends Pick<RecordedSettings, 'gateway' | 'pricing' | 'alerts'> {
  readonly review: Review;
  readonly silences: Silences;
  /** Of groups of workspaces: of the last apply, and what the files say besides. */
  readonly ceilings: readonly Ceiling[];
  /** Those of the record, and those that the files say: whoever is an owner by any of them is asked. */
  readonly owners: readonly Owners[];
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
  surroundings: ReviewDefaults,
): SettingsInForce {
  const { gateway, pricing, alerts } = recorded ?? written.at(-1) ?? noSettings;
  const all = recorded === null ? written : [recorded, ...written];
  const reviews = all.map(({ review }) => fillReview(review, surroundings));
  const first = reviews[0] ?? fillReview({}, surroundings);
  const start = recorded === null ? stricterOf(fillReview({}, surroundings), first) : first;
  return {
    review: reviews.slice(1).reduce(stricterOf, start),
    gateway,
    pricing,
    ...(alerts === undefined ? {} : { alerts }),
    owners: all.flatMap(({ owners }) => (owners === undefined ? [] : [owners])),
    silences: commonSilences(all.map(({ silences = {} }) => silences)),
    ceilings: ceilingsOf(
      recorded === null ? null : (recorded.groups ?? {}),
      written.map(({ groups = {} }) => groups),
    ),
  };
}

/** The files as this run understands them: with what is in force in the place of what they say. */
export function applySettings(desired: Desired, { gateway, pricing, silences }: SettingsInForce): Desired {
  const { pricing: _written, ...rest } = layOutSilences(desired, silences);
  return { ...rest, gateway, ...(Object.keys(pricing).length === 0 ? {} : { pricing }) };
}

/** What judges a plan, of settings alone. */

import { settingsInForce } from '../../src/guards/in-force.ts';
import type { ReviewDefaults } from '../../src/guards/review.ts';
import { noSettings } from '../../src/plan/settings.ts';
import type { Review, ReviewSettings } from '../../src/resources/review-settings.ts';
import { usualSeverities } from '../../src/rules/find.ts';

export const onTerminal: ReviewDefaults = { rules: usualSeverities, isPublic: false, inAction: false };

/** @param recorded null: there is no record */
export function inForce(
  recorded: ReviewSettings | null,
  written: ReviewSettings,
  surroundings: ReviewDefaults = onTerminal,
): Review {
  const settings = (review: ReviewSettings) => ({ ...noSettings, review });
  return settingsInForce(recorded && settings(recorded), [settings(written)], surroundings).review;
}

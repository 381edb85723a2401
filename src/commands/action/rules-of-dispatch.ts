/** What `review.approvals` asks of a dispatched run: who started it approves as a reviewer would. */

import { isOneOf } from '../../approvals/teams.ts';
import { describeWait, findWaitsOfAll } from '../../approvals/waits.ts';
import type { Account, GitHub } from '../../github/port.ts';
import { groupBy } from '../../live/place-index.ts';
import type { Judged } from '../../run/judge.ts';
import type { ReviewOfFiles } from './read-review.ts';

/**
 * Why the word of those who started a run is not enough; null: it is, with the reviews that count.
 *
 * @param review null where no sealed record tells since when what was reviewed: then nothing has been
 */
export async function findUnnamed(
  github: GitHub,
  prepared: Judged,
  people: readonly (Account | null)[],
  review: ReviewOfFiles | null,
): Promise<string | null> {
  const { all, teams } = await waitsOf(github, prepared, review);
  const logins = people.flatMap((person) => person?.login ?? []);
  const unmet = all.filter(({ by }) => !isOneOf(by, logins, teams));
  if (unmet.length === 0) return null;
  const about = groupBy(unmet, (wait) => describeWait(wait, teams));
  const lines = [...about].map(([said, waits]) => `${[...new Set(waits.map(({ what }) => what))].join(', ')} ${said}`);
  return `\`review.approvals\` asks for somebody else than who started this run: ${lines.join('; ')}. One of those named starts it, or approves the pull request; or the holder of the key applies by hand`;
}

async function waitsOf(github: GitHub, prepared: Judged, review: ReviewOfFiles | null) {
  if (review !== null) {
    const { of, others, forgotten, teams } = review.waits;
    return { all: [...[...of.values()].flat(), ...others, ...forgotten], teams };
  }
  const { plan, settings, owners } = prepared;
  // What an unsealed record says that was there before is nobody's word.
  const steps = prepared.steps.map((step) => ({ ...step, previous: null }));
  return findWaitsOfAll(github, { rules: settings.approvals, owners, plan, steps, record: null });
}

/** Whom `review.approvals` asks about an open pull request, as CODEOWNERS would: who has approved, and who is still to. */

import type { MergedPull } from '../../approvals/read-windows.ts';
import type { Request } from '../../approvals/request.ts';
import { isOneOf, problemsOf, readTeams } from '../../approvals/teams.ts';
import { findAsked } from '../../approvals/waits-of-pull.ts';
import type { GitHub } from '../../github/port.ts';
import { groupBy } from '../../live/place-index.ts';
import type { Judged } from '../../run/judge.ts';

export async function describeAsked(
  github: GitHub,
  { plan, steps, settled, settings, owners }: Judged,
  { approval }: MergedPull,
  requests: readonly Request[],
): Promise<readonly string[]> {
  const asked = findAsked({ rules: settings.approvals, owners, plan, steps, record: settled }, requests);
  if (asked.length === 0) return [];
  const teams = await readTeams(
    github,
    asked.flatMap(({ by }) => by),
  );
  const logins = approval.approvals.flatMap(({ author }) => author?.login ?? []);
  const waiting = asked.filter(({ by }) => !isOneOf(by, logins, teams));
  if (waiting.length === 0) return ['All whom `review.approvals` names have approved.'];
  const byNames = groupBy(waiting, ({ by }) => by.join(' or '));
  const lines = [...byNames].map(
    ([names, asking]) => `${names} (${[...new Set(asking.map(({ because }) => because))].join('; ')})`,
  );
  const problems = [...new Set(waiting.flatMap(({ by }) => problemsOf(by, teams)))];
  return [
    `Waits for: ${lines.join(', ')}.`,
    ...problems.map((problem) => `${problem[0]?.toUpperCase()}${problem.slice(1)}.`),
  ];
}

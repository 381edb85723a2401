/** Whom `review.approvals` asks about an open pull request: who has approved, and who is still to. */

import { groupAsked } from '../../approvals/asked-of-plan.ts';
import type { MergedPull } from '../../approvals/read-windows.ts';
import type { Request } from '../../approvals/request.ts';
import { isOneOf, problemsOf, readTeams } from '../../approvals/teams.ts';
import { findAsked } from '../../approvals/waits-of-pull.ts';
import type { GitHub } from '../../github/port.ts';
import type { AskedOfPlan } from '../../plan/types.ts';
import type { Judged } from '../../run/judge.ts';

export async function readAsked(
  github: GitHub,
  { plan, steps, settled, settings, owners }: Judged,
  { approval }: MergedPull,
  requests: readonly Request[],
): Promise<readonly AskedOfPlan[]> {
  const asked = findAsked({ rules: settings.approvals, owners, plan, steps, record: settled }, requests);
  if (asked.length === 0) return [];
  const teams = await readTeams(
    github,
    asked.flatMap(({ by }) => by),
  );
  const logins = approval.approvals.flatMap(({ author }) => author?.login ?? []);
  return groupAsked(asked, (by) => ({ hasApproved: isOneOf(by, logins, teams), problems: problemsOf(by, teams) }));
}

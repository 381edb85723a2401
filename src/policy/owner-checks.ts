/** `owner:` where `review.approvals` asks owners: what is meant as a name of GitHub has to be one, or nobody would be asked. */

import { asksOwners, parseApprover } from '../resources/approval-rules.ts';
import { say } from './advice.ts';
import { listEntries } from './alerting.ts';
import type { Organisation } from './normalize.ts';
import { quote } from './quote.ts';
import { placeAt, type Report } from './report.ts';

/** Other signs that look the same are meant as one, wherever they stand; that of an address stands behind a name. */
const isMeantAsName = /(?:^|[^A-Za-z0-9._%+-])[@\uFE6B\uFF20]/u;

export function ownersAreNames({ org, workspaces }: Organisation, report: Report): void {
  if (!asksOwners(org.settings.approvals)) return;
  const { limits, policies } = listEntries(org, workspaces);
  const owners = [
    ...workspaces.map(({ owner, at }) => ({ owner, at })),
    ...limits.map(({ owner, at }) => ({ owner, at })),
    ...policies.map(({ owner, source }) => ({ owner, at: placeAt(source) })),
  ];
  for (const { owner, at } of owners) {
    if (owner === undefined || !isMeantAsName.test(owner) || parseApprover(owner) !== null) continue;
    report(
      'owner-names-nobody',
      at,
      say`\`owner\`: ${quote(owner)} is neither one login nor one team, and \`review.approvals\` asks owners: write such as \`"@octocat"\` or \`"@example/finance"\`, or a text without @name`,
    );
  }
}

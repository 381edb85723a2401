/** Groups of workspaces as lines of a plan: a group is one setting. */

import { formatAmount, formatReset } from '../resources/amounts.ts';
import type { WorkspaceGroup, WorkspaceGroups } from '../resources/workspace-groups.ts';
import { describeThreshold } from './alert-words.ts';

export function listGroups(groups: WorkspaceGroups): [string, { readonly text: string; readonly means: unknown }][] {
  return Object.entries(groups).map(([name, group]) => [
    `groups.${name}`,
    { text: describeGroup(group), means: { reset: 'monthly', ...group } },
  ]);
}

/** `$20,000 monthly over search-*, team-a, owner "finance", told at $16,000`. */
function describeGroup({ workspaces, ceiling, reset = 'monthly', owner, alert = [] }: WorkspaceGroup): string {
  const most = ceiling === undefined ? 'no ceiling' : `${formatAmount(ceiling, 'cost')} ${formatReset(reset)}`;
  const told = alert.map((one) => describeThreshold(one, `cost/${reset}`));
  return [
    `${most} over ${workspaces.join(', ')}`,
    ...(owner === undefined ? [] : [`owner ${JSON.stringify(owner)}`]),
    ...(told.length === 0 ? [] : [`told at ${told.join(', ')}`]),
  ].join(', ');
}

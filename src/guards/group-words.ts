/** Groups of workspaces as lines of a plan: a group is one setting. */

import { formatAmount, formatReset } from '../resources/amounts.ts';
import type { WorkspaceGroup, WorkspaceGroups } from '../resources/workspace-groups.ts';
import { describeThreshold } from './alert-words.ts';

interface GroupWords {
  readonly text: string;
  readonly means: unknown;
  /** Of two groups of one name those that differ are said. */
  readonly parts: readonly string[];
}

export function listGroups(groups: WorkspaceGroups): [string, GroupWords][] {
  return Object.entries(groups).map(([name, group]) => {
    const { ceiling, over, owner, told } = partsOf(group);
    const text = [`${ceiling ?? 'no ceiling'} ${over}`, owner, told].filter((part) => part !== null).join(', ');
    const parts = [
      ceiling ?? `no ceiling ${formatReset(group.reset ?? 'monthly')}`,
      over,
      owner ?? 'no owner',
      told ?? 'told at nothing',
    ];
    return [`groups.${name}`, { text, means: { reset: 'monthly', ...group }, parts }];
  });
}

/** `$20,000 monthly over search-*, team-a, owner "finance", told at $16,000`. */
function partsOf({ workspaces, ceiling, reset = 'monthly', owner, alert = [] }: WorkspaceGroup) {
  const told = alert.map((one) => describeThreshold(one, `cost/${reset}`));
  return {
    ceiling: ceiling === undefined ? null : `${formatAmount(ceiling, 'cost')} ${formatReset(reset)}`,
    over: `over ${workspaces.join(', ')}`,
    owner: owner === undefined ? null : `owner ${JSON.stringify(owner)}`,
    told: told.length === 0 ? null : `told at ${told.join(', ')}`,
  };
}

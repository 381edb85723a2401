/** What has to be read before rules may say that something is not there. */

import type { LiveIndex } from '../live/live-index.ts';
import type { Kind } from '../resources/types.ts';
import { createEntryLimits, isInescapable } from './limits.ts';
import type { FileFacts } from './types.ts';

/** Where money can be bounded besides the workspace's own row. */
export const budgetKinds = ['usage-policy', 'key-limits', 'provider-limits', 'integration-limits'] as const;

export interface AbsenceFacts extends Pick<FileFacts, 'desired' | 'settings' | 'byWorkspace'> {
  readonly index: LiveIndex;
}

export interface Absence {
  /** By workspace id; null: the organisation's own. */
  readonly places: readonly { readonly kind: Kind; readonly workspace: string | null }[];
  readonly shares: boolean;
  readonly gifts: boolean;
}

/** `review.unmanaged: fail` says that the files hold everything; a workspace without a budget, that there is none anywhere. */
export function findAbsence({ desired, settings, byWorkspace, index }: AbsenceFacts): Absence {
  const listed: readonly Kind[] = ['usage-policy', 'rate-policy', 'key-limits', 'provider-limits'];
  const placesOf = (workspace: string, kinds: readonly Kind[]) => kinds.map((kind) => ({ kind, workspace }));
  if (settings.unmanaged === 'fail') {
    const own = { kind: 'key-limits' as const, workspace: null };
    const all = index.live.workspaces.flatMap(({ id }) => placesOf(id, ['workspace-limits', ...listed]));
    return { places: [own, ...all], shares: true, gifts: true };
  }
  const { budgetsOf, ratesOf } = createEntryLimits();
  const unbounded = desired.workspaces.flatMap(({ ref }) => {
    const workspace = index.findWorkspace(ref);
    const declared = byWorkspace.get(ref) ?? [];
    if (workspace === undefined || workspace.budgets !== undefined) return [];
    const hasBudget = declared.some((entry) => budgetsOf(entry).length > 0);
    const limits = [...declared.flatMap(budgetsOf), ...declared.flatMap(ratesOf)];
    return [{ workspace, hasBudget, isHeld: limits.some(isInescapable) }];
  });
  const bare = settings.rules['workspace-without-budget'] === 'off' ? [] : unbounded.filter((one) => !one.hasBudget);
  const loose = settings.rules['key-without-limit'] === 'off' ? [] : unbounded.filter((one) => !one.isHeld);
  return {
    places: [
      ...bare.flatMap(({ workspace }) => placesOf(workspace.id, ['usage-policy', 'key-limits', 'provider-limits'])),
      ...loose
        .filter(({ workspace }) => index.isRead('key-limits', workspace.id))
        .flatMap(({ workspace }) => placesOf(workspace.id, ['usage-policy', 'rate-policy'])),
    ],
    shares: bare.length > 0,
    gifts: false,
  };
}

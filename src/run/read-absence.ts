/** Lists that neither files nor record use, read where something is concluded from what is not in them. */

import type { Question, Reads } from '../consumption/ask.ts';
import type { Live } from '../live/live.ts';
import { type LiveScopeNeeds, readLive } from '../live/read-live.ts';
import { listReadable } from '../live/set-aside.ts';
import type { Kind } from '../resources/types.ts';

export interface AbsenceNeeds {
  /** By workspace id; null: the organisation's own. */
  readonly places: readonly { readonly kind: Kind; readonly workspace: string | null }[];
  /** Shares of all integrations. */
  readonly shares: boolean;
  /** And what they give to workspaces created later. */
  readonly gifts: boolean;
}

/**
 * Live state with those lists besides. What is refused stays unread (`Live.read` tells): the plan does not need it.
 *
 * @throws CancelledError
 */
export async function readAbsence({ backend, attempt }: Reads, live: Live, needs: AbsenceNeeds): Promise<Live> {
  const read = async (family: Question, some: Partial<LiveScopeNeeds>): Promise<Live | null> => {
    const scope = { needs: [], integrations: [], globalAccess: [], prices: [], needsWhole: () => false, ...some };
    const answer = await attempt(family, () => readLive(backend, live.organisationId, scope));
    return 'value' in answer ? answer.value : null;
  };
  const readShares = async (): Promise<Live | null> => {
    const slugs = await attempt(
      'listIntegrationSlugs',
      async () => (await listReadable(backend.listIntegrationSlugs())).rows,
    );
    if ('unknown' in slugs) return null;
    return read('listIntegrationWorkspaces', {
      integrations: slugs.value,
      globalAccess: needs.gifts ? slugs.value : [],
    });
  };
  const missing = needs.places.filter(({ kind, workspace }) => !live.read.has(`${workspace ?? ''}/${kind}`));
  const parts = await Promise.all([
    ...missing.map((place) => read(listOf[place.kind], { needs: [place] })),
    ...(needs.shares ? [readShares()] : []),
  ]);
  const joined = parts.reduce<Live>((whole, part) => (part === null ? whole : join(whole, part)), live);
  const shares = needs.shares ? live.workspaces.map(({ id }) => `${id}/integration-limits`) : [];
  const asked = [...needs.places.map(({ kind, workspace }) => `${workspace ?? ''}/${kind}`), ...shares];
  return { ...joined, unseen: new Set(asked.filter((place) => !joined.read.has(place))) };
}

const listOf: Readonly<Record<Kind, Question>> = {
  'usage-policy': 'listUsagePolicies',
  'rate-policy': 'listRatePolicies',
  'workspace-limits': 'listWorkspaces',
  'key-limits': 'listKeys',
  'provider-limits': 'listProviders',
  'integration-limits': 'listIntegrationWorkspaces',
  'integration-prices': 'readIntegrationPrices',
};

/** Each sees what the other has seen; the first wins where both have. */
function join(live: Live, more: Live): Live {
  const idOf = ({ kind, id }: { readonly kind: Kind; readonly id: string | null }): string => `${kind}\n${id}`;
  const known = new Set(live.objects.map(idOf));
  const textOf = (row: object): string => JSON.stringify(row);
  const told = new Set(live.unreadable?.map(textOf));
  const unreadable = [...(live.unreadable ?? []), ...(more.unreadable ?? []).filter((row) => !told.has(textOf(row)))];
  return {
    ...live,
    objects: [...live.objects, ...more.objects.filter((object) => !known.has(idOf(object)))],
    ...(unreadable.length === 0 ? {} : { unreadable }),
    integrations: [...new Set([...live.integrations, ...more.integrations])],
    read: new Set([...live.read, ...more.read]),
  };
}

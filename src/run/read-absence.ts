/** Lists that neither files nor record use, read where something is concluded from what is not in them. */

import type { Question, Reads } from '../consumption/ask.ts';
import type { Live } from '../live/live.ts';
import { createLiveReader, type LiveScopeNeeds } from '../live/read-live.ts';
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
  // Places may be thousands, in as many workspaces: what is the same for each of them is done once.
  const readPart = createLiveReader(backend, live.organisationId);
  const read = async (family: Question, some: Partial<LiveScopeNeeds>): Promise<Live | null> => {
    const scope = { needs: [], integrations: [], globalAccess: [], prices: [], needsWhole: () => false, ...some };
    const answer = await attempt(family, () => readPart(scope));
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
  const joined = join(
    live,
    parts.filter((part) => part !== null),
  );
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

/** Each sees what the others have seen; the first wins where several have. */
function join(live: Live, parts: readonly Live[]): Live {
  if (parts.length === 0) return live;
  const objects = createUnion(live.objects, ({ kind, id }) => `${kind}\n${id}`);
  const unreadable = createUnion(live.unreadable ?? [], (row) => JSON.stringify(row));
  const integrations = new Set(live.integrations);
  const read = new Set(live.read);
  for (const part of parts) {
    objects.add(part.objects);
    unreadable.add(part.unreadable ?? []);
    for (const slug of part.integrations) integrations.add(slug);
    for (const place of part.read) read.add(place);
  }
  return {
    ...live,
    objects: objects.all,
    ...(unreadable.all.length === 0 ? {} : { unreadable: unreadable.all }),
    integrations: [...integrations],
    read,
  };
}

/** What one part itself holds twice stays twice. */
function createUnion<Item>(first: readonly Item[], keyOf: (item: Item) => string) {
  const all = [...first];
  const known = new Set(first.map(keyOf));
  return {
    all: all as readonly Item[],
    add(more: readonly Item[]): void {
      const added = more.filter((item) => !known.has(keyOf(item)));
      for (const item of added) {
        all.push(item);
        known.add(keyOf(item));
      }
    },
  };
}

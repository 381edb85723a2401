/** Every live rate limit of one workspace, or of the organisation's own keys. What cannot be read is said, not left out. */

import { byHandle } from '../live/named-workspaces.ts';
import { oddState } from '../live/row-state.ts';
import type { WireRow } from '../resources/kind.ts';
import { isRateLimit, limitsOf, type RateLimit } from '../resources/limit.ts';
import { specOf } from '../resources/registry.ts';
import type { Kind } from '../resources/types.ts';
import type { Question, Reads } from './ask.ts';
import type { Gap } from './read-limits.ts';

export interface LiveRate extends RateLimit {
  /** Slug. */
  readonly workspace: string | null;
  readonly id: string;
  readonly name: string;
}

export interface ReadRates {
  readonly rates: readonly LiveRate[];
  readonly gaps: readonly Gap[];
}

interface RatedPlace {
  readonly id: string;
  readonly slug: string;
}

/**
 * @param workspace null: what belongs to no workspace
 * @throws CancelledError
 */
export async function readLiveRates(reads: Reads, workspace: RatedPlace | null): Promise<ReadRates> {
  const rates: LiveRate[] = [];
  const gaps: Gap[] = [];
  const { backend } = reads;
  const slug = workspace?.slug ?? null;
  const add = (kind: Kind, rows: readonly object[]): void => {
    const spec = specOf(kind);
    const scope = { workspaceId: workspace?.id ?? null, workspaceSlug: slug, organisationId: '' };
    for (const row of rows as readonly (WireRow & { readonly id: string })[]) {
      if (oddState(row) !== null) continue;
      const limits = limitsOf(kind, spec.readFields(row, scope, [])).filter(isRateLimit);
      const name = spec.nameOf(row) ?? '(no name)';
      rates.push(...limits.map((limit) => ({ ...limit, workspace: slug, id: row.id, name })));
    }
  };
  const list = async (kind: Kind, family: Question, read: () => Promise<readonly object[]>): Promise<void> => {
    const answer = await reads.attempt(family, read);
    if ('value' in answer) add(kind, answer.value);
    else gaps.push({ kind, workspace: slug, why: answer.unknown });
  };
  if (workspace === null) {
    await list('key-limits', 'listKeys', () => backend.listKeys(null));
    return { rates, gaps };
  }
  await Promise.all([
    list('rate-policy', 'listRatePolicies', () => backend.listRatePolicies(workspace.id)),
    list('key-limits', 'listKeys', () => backend.listKeys(workspace.id)),
    list('provider-limits', 'listProviders', () => backend.listProviders(workspace.id)),
    list('workspace-limits', 'listWorkspaces', async () =>
      (await backend.listWorkspaces()).filter(({ id }) => id === workspace.id),
    ),
    list('integration-limits', 'listIntegrationSlugs', async () => {
      const slugs = await backend.listIntegrationSlugs();
      const own = byHandle([workspace]);
      const shares = slugs.map(async (slug) =>
        (await backend.listIntegrationWorkspaces(slug))
          .filter(({ id }) => own.has(id))
          .map((row) => ({ ...row, id: `${slug}/${workspace.id}` })),
      );
      return (await Promise.all(shares)).flat();
    }),
  ]);
  return { rates, gaps };
}

/** What of the control plane a run has to know, read through the port: a list per workspace and kind in use. */

import { compareText } from '../diagnostics.ts';
import { ServiceError, UserError } from '../errors.ts';
import { asRow, pricesId } from '../resources/integration-prices.ts';
import type { ListedRow, WireRow } from '../resources/kind.ts';
import { budgetFromWire } from '../resources/limits.ts';
import { specOf } from '../resources/registry.ts';
import type { Kind } from '../resources/types.ts';
import type { WireWorkspace } from '../resources/wire.ts';
import type { Backend } from './backend.ts';
import type { Live, LiveObject, LiveWorkspace, UnreadableObject } from './live.ts';
import { byHandle } from './named-workspaces.ts';
import { oddState } from './row-state.ts';
import { type Listed, listReadable, listWorkspaces, setTwinsAside } from './set-aside.ts';

/** Which lists to read. */
export interface LiveScopeNeeds {
  /** `kind` by workspace slug or UUID; null for the organisation's own. */
  readonly needs: readonly { readonly kind: Kind; readonly workspace: string | null }[];
  /** Integrations whose shares are in use. */
  readonly integrations: readonly string[];
  /** Integrations whose gift to new workspaces is in use. */
  readonly globalAccess: readonly string[];
  /** Integrations whose prices are in use. */
  readonly prices: readonly string[];
  /** Prices that the key may not read are set aside. Default: they end the run. */
  readonly mayLackPrices?: true;
  /**
   * Whether a row has to be complete, by kind, id and name: lists of older backends leave members out, and then the object
   * is read by id. Objects that nobody declares need not be.
   */
  needsWhole(kind: Kind, id: string, name: string | null): boolean;
}

/**
 * @throws UserError when the key belongs to another organisation than the files
 * @throws ServiceError, CancelledError as the backend
 */
export function readLive(backend: Backend, organisation: string, needs: LiveScopeNeeds): Promise<Live> {
  return createLiveReader(backend, organisation)(needs);
}

/** Of many parts, each by itself: the workspaces, which all of them have, are listed and understood once. */
export function createLiveReader(backend: Backend, organisation: string): (needs: LiveScopeNeeds) => Promise<Live> {
  let known: Promise<ListedWorkspaces> | undefined;
  return (needs) => {
    known ??= readWorkspaces(backend);
    return readPart(backend, organisation, known, needs);
  };
}

interface ListedWorkspaces {
  readonly listed: Listed<WireWorkspace>;
  /** By slug and id. */
  readonly of: ReadonlyMap<string, WireWorkspace>;
  readonly live: Live['workspaces'];
}

async function readWorkspaces(backend: Backend): Promise<ListedWorkspaces> {
  const listed = await listWorkspaces(backend);
  return { listed, of: byHandle(listed.rows), live: listed.rows.map(toLiveWorkspace) };
}

function toLiveWorkspace(row: WireWorkspace): LiveWorkspace {
  const { id, slug, name } = row;
  const isOdd = oddState(row) !== null;
  const budgets = isOdd ? [] : (row.usage_limits ?? []).flatMap((limit) => budgetFromWire(limit) ?? []);
  const metadata = metadataKeysOf(row.defaults);
  return {
    id,
    slug,
    name: name ?? slug,
    ...(budgets.length === 0 ? {} : { budgets }),
    ...(metadata.length === 0 ? {} : { metadata }),
  };
}

async function readPart(
  backend: Backend,
  organisation: string,
  known: Promise<ListedWorkspaces>,
  needs: LiveScopeNeeds,
): Promise<Live> {
  const unreadable: UnreadableObject[] = [];
  const setAside: SetAside = (kind, workspaceId, { rows, unreadable: odd }, name) => {
    for (const row of odd) {
      const place = kind === 'workspace-limits' ? row.id : workspaceId;
      unreadable.push({ kind, workspaceId: place, id: row.id, name: name ?? row.name, why: row.why });
    }
    return rows;
  };
  const { listed: all, of: workspaceOf, live } = await known;
  const workspaces = setAside('workspace-limits', null, all);
  const asked = new Set<string>();

  const lists = needs.needs.map(async ({ kind, workspace: ref }): Promise<LiveObject[]> => {
    const workspace = ref === null ? null : workspaceOf.get(ref);
    if (workspace === undefined) return [];
    const place = `${workspace?.id ?? ''}/${kind}`;
    if (asked.has(place)) return [];
    asked.add(place);
    return readList(backend, kind, workspace, needs, setAside);
  });
  const integrations = readIntegrations(backend, needs, workspaceOf, setAside);
  // Started before anything is awaited, so that one slow list does not hold up the others.
  const [listed, shared] = await Promise.all([Promise.all(lists), integrations]);
  const objects = [...listed.flat(), ...shared.objects];
  await checkOrganisation(backend, organisation, workspaces, objects);
  return {
    organisationId: organisation,
    baseUrl: backend.baseUrl,
    workspaces: live,
    objects,
    ...(unreadable.length === 0 ? {} : { unreadable: unreadable.sort(compareUnreadable) }),
    integrations: shared.slugs,
    read: readWhole(
      shared.isWhole ? [...asked, ...workspaces.map(({ id }) => `${id}/integration-limits`)] : [...asked],
      unreadable,
    ),
  };
}

/** What stands in a list that holds rows that make no sense is not all known. */
function readWhole(places: readonly string[], unreadable: readonly UnreadableObject[]): ReadonlySet<string> {
  const doubtful = ({ kind, workspaceId }: UnreadableObject): string[] =>
    kind === 'integration-limits' ? places.filter((place) => place.endsWith(kind)) : [`${workspaceId ?? ''}/${kind}`];
  const inDoubt = new Set(unreadable.flatMap(doubtful));
  return new Set(places.filter((place) => !inDoubt.has(place)));
}

/** Takes note of what cannot be read and goes on with the others; `name` is what the rows are part of. */
type SetAside = <Row>(kind: Kind, workspaceId: string | null, listed: Listed<Row>, name?: string) => readonly Row[];

/** Lists come in any order. */
function compareUnreadable(a: UnreadableObject, b: UnreadableObject): number {
  const textOf = ({ kind, workspaceId, id, name, why }: UnreadableObject): string =>
    [workspaceId ?? '', kind, name ?? '', id ?? '', why].join('\n');
  return compareText(textOf(a), textOf(b));
}

/** Of `defaults`, which is a map, null, or missing. */
function metadataKeysOf(defaults: unknown): string[] {
  const metadata = (defaults as { readonly metadata?: unknown } | null | undefined)?.metadata;
  return typeof metadata === 'object' && metadata !== null ? Object.keys(metadata).sort() : [];
}

async function readList(
  backend: Backend,
  kind: Kind,
  workspace: WireWorkspace | null,
  needs: LiveScopeNeeds,
  setAside: SetAside,
): Promise<LiveObject[]> {
  const { list, nameOf, lacksMembers, readWhole } = specOf(kind);
  const workspaceId = workspace?.id ?? null;
  const toObject = (row: ListedRow): LiveObject => ({ kind, id: row.id, name: nameOf(row), workspaceId, row });
  if (kind === 'workspace-limits') return workspace === null ? [] : [toObject(workspace)];
  if (list === undefined) return [];
  const rows = setAside(kind, workspaceId, await listReadable(list(backend, workspaceId)));
  const whole = rows.map((row) => {
    const isPart = lacksMembers?.(row) === true && needs.needsWhole(kind, row.id, nameOf(row));
    return isPart && readWhole !== undefined ? readWhole(backend, row) : row;
  });
  return (await Promise.all(whole)).map(toObject);
}

async function readIntegrations(
  backend: Backend,
  { integrations, globalAccess, prices, mayLackPrices }: LiveScopeNeeds,
  /** By slug, as all that is documented has it (docs/service-notes.md#share-slug); some rows hold the id. */
  workspaceOf: ReadonlyMap<string, WireWorkspace>,
  setAside: SetAside,
): Promise<{ slugs: readonly string[]; objects: readonly LiveObject[]; isWhole: boolean }> {
  if (integrations.length === 0 && globalAccess.length === 0 && prices.length === 0)
    return { slugs: [], objects: [], isWhole: false };
  const slugs = setAside('integration-limits', null, await listReadable(backend.listIntegrationSlugs()));
  const shares = integrations
    .filter((slug) => slugs.includes(slug))
    .map(async (slug): Promise<LiveObject[]> => {
      const listed = await listReadable(backend.listIntegrationWorkspaces(slug));
      const single = setTwinsAside(
        listed.rows,
        ({ id }) => workspaceOf.get(id)?.id ?? id,
        ({ id }) => ({
          id: `${slug}/${id}`,
          name: slug,
          workspaceId: workspaceOf.get(id)?.id ?? null,
          why: `member id: workspace ${id} stands in its list more than once: leave it in once`,
        }),
        listed.unreadable,
      );
      const rows = setAside('integration-limits', null, single, slug);
      return rows.flatMap((row) => {
        const workspace = workspaceOf.get(row.id);
        if (workspace === undefined) return [];
        return [integrationObject(slug, workspace.id, row as WireRow)];
      });
    });
  const gifts = globalAccess
    .filter((slug) => slugs.includes(slug))
    .map(async (slug): Promise<LiveObject[]> => {
      const access = await backend.readGlobalAccess(slug);
      return access?.enabled === true ? [integrationObject(slug, null, access as WireRow)] : [];
    });
  const priced = prices
    .filter((slug) => slugs.includes(slug))
    .map(async (slug): Promise<LiveObject[]> => {
      try {
        return [await readPricesOf(backend, slug)];
      } catch (error) {
        if (mayLackPrices !== true || !(error instanceof ServiceError)) throw error;
        const row = { id: pricesId(slug), name: slug, workspaceId: null, why: `its prices: ${error.message}` };
        setAside('integration-prices', null, { rows: [], unreadable: [row] }, slug);
        return [];
      }
    });
  const objects = (await Promise.all([...shares, ...gifts, ...priced])).flat();
  return { slugs, objects, isWhole: slugs.every((slug) => integrations.includes(slug)) };
}

function integrationObject(slug: string, workspaceId: string | null, row: WireRow): LiveObject {
  return { kind: 'integration-limits', id: `${slug}/${workspaceId ?? '*'}`, name: slug, workspaceId, row };
}

async function readPricesOf(backend: Backend, slug: string): Promise<LiveObject> {
  const row = asRow(await backend.readIntegrationPrices(slug));
  return { kind: 'integration-prices', id: pricesId(slug), name: slug, workspaceId: null, row };
}

/** A key of the wrong organisation would make everything look deleted. */
async function checkOrganisation(
  backend: Backend,
  organisation: string,
  workspaces: readonly WireWorkspace[],
  objects: readonly LiveObject[],
): Promise<void> {
  const shown = objects.map(({ row }) => row.organisation_id).find((id) => typeof id === 'string');
  const first = workspaces[0];
  const live = shown ?? (first === undefined ? undefined : (await backend.readWorkspace(first.id)).organisation_id);
  if (typeof live !== 'string' || live.toLowerCase() === organisation.toLowerCase()) return;
  throw new UserError(`the files are for organisation ${organisation}, but PORTKEY_API_KEY belongs to ${live}`, {
    hint: 'Use a key of that organisation, or correct `organisation:` in the organisation file.',
  });
}

import { UserError } from '../errors.ts';
import type { Kind } from '../resources/types.ts';
import type { Backend } from './backend.ts';
import type { Live } from './live.ts';
import { requireWorkspaces } from './named-workspaces.ts';
import { readLive } from './read-live.ts';
import { listReadable, listWorkspaces } from './set-aside.ts';

const workspaceKinds: readonly Kind[] = [
  'usage-policy',
  'rate-policy',
  'workspace-limits',
  'key-limits',
  'provider-limits',
];

/**
 * Every limit of an organisation, for `import`.
 *
 * @param workspaces slugs or UUIDs to confine it to; empty: all, and what belongs to the organisation itself
 * @throws UserError when a named workspace does not exist, or the organisation cannot be known
 */
export async function readEverything(backend: Backend, workspaces: readonly string[]): Promise<Live> {
  const listed = await listWorkspaces(backend);
  const { rows: live, unreadable } = listed;
  const chosen = live.filter(
    ({ id, slug }) => workspaces.length === 0 || workspaces.includes(slug) || workspaces.includes(id),
  );
  requireWorkspaces(workspaces, live, unreadable);
  const organisation = await readOrganisationId(backend, listed);
  const { rows: integrations } = await listReadable(backend.listIntegrationSlugs());
  const isWhole = workspaces.length === 0;
  return readLive(backend, organisation, {
    needs: [
      ...chosen.flatMap(({ id }) => workspaceKinds.map((kind) => ({ kind, workspace: id }))),
      ...(isWhole ? [{ kind: 'key-limits' as const, workspace: null }] : []),
    ],
    integrations,
    globalAccess: isWhole ? integrations : [],
    prices: isWhole ? integrations : [],
    mayLackPrices: true,
    needsWhole: () => true,
  });
}

/** @throws UserError when there is no workspace that would tell */
export async function readOrganisationId(
  backend: Backend,
  listed?: Awaited<ReturnType<typeof listWorkspaces>>,
): Promise<string> {
  const { rows, unreadable } = listed ?? (await listWorkspaces(backend));
  // One that is set aside belongs to the organisation as well.
  const first = rows[0]?.id ?? unreadable.find(({ id }) => id !== null)?.id;
  const organisation = typeof first === 'string' ? (await backend.readWorkspace(first)).organisation_id : undefined;
  if (typeof organisation === 'string') return organisation;
  throw new UserError('the control plane shows no workspace of this key, so its organisation cannot be known');
}

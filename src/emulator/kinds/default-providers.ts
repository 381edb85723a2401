/** Providers as they begin, and the one that a grant of an integration makes by itself. */

import { blankProvider } from '../blank-rows.ts';
import { type Body, has, takeText } from '../body.ts';
import { refuseMember } from '../errors.ts';
import type { RouteContext } from '../service.ts';
import type { IntegrationRow, ProviderRow, WorkspaceRow } from '../store.ts';

interface NewProvider {
  readonly name: string;
  readonly slug: string;
  readonly note: string | null;
  readonly workspace: WorkspaceRow;
  readonly integration: IntegrationRow;
}

export function buildProvider({ workspace, integration, ...parts }: NewProvider, context: RouteContext): ProviderRow {
  return {
    ...blankProvider(context.timestamp()),
    ...parts,
    id: context.newId(),
    workspace_id: workspace.id,
    integration_id: integration.slug,
    ai_provider_name: integration.ai_provider_id,
    masked_api_key: integration.masked_key,
  };
}

const defaultNote = 'Created automatically on integration access grant';

/** Whether the provider came with the integration of one workspace, and so goes with it. */
export function isMadeWith(integration: IntegrationRow, provider: ProviderRow): boolean {
  return integration.workspace_id === provider.workspace_id && provider.note === defaultNote;
}

/**
 * The provider that a grant makes by itself, unless the body says otherwise, or the body around it; undefined when the workspace
 * already has one of this integration.
 */
export function buildDefaultProvider(
  integration: IntegrationRow,
  workspace: WorkspaceRow,
  bodies: readonly Body[],
  context: RouteContext,
): ProviderRow | undefined {
  const { store } = context;
  if (bodies.map((body) => body.create_default_provider).find((sent) => (sent ?? undefined) !== undefined) === false)
    return;
  const asking = bodies.find((body) => has(body, 'default_provider_slug'));
  const asked = asking === undefined ? undefined : takeText(asking, 'default_provider_slug');
  if (store.list('providers', workspace.id).some((row) => row.integration_id === integration.slug)) return;
  const isTaken = (slug: string): boolean => store.find('providers', slug, workspace.id) !== undefined;
  if (asked !== undefined && isTaken(asked)) {
    throw refuseMember('default_provider_slug', `Provider slug ${asked} already exists`);
  }
  const { name, slug: own } = integration;
  const slug = asked ?? (isTaken(own) ? `${own}-${context.newSuffix(6)}` : own);
  return buildProvider({ name, slug, note: defaultNote, workspace, integration }, context);
}

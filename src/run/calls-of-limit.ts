/** Whose calls a limit of a change counts, in words that analytics can be asked with. */

import type { Known, Reads } from '../consumption/ask.ts';
import { type CountedCalls, callsOfIntegration } from '../consumption/counted-calls.ts';
import { ofNoWorkspace } from '../consumption/estimate-use.ts';
import type { ChangeFacts } from '../impact/moves.ts';
import type { LiveObject } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import type { Limit } from '../resources/limit.ts';
import type { WireProvider } from '../resources/wire.ts';

export interface WorkspaceCalls {
  /** Slug. */
  readonly workspace: string;
  readonly calls: CountedCalls;
}

export interface MovedLimit {
  readonly change: Pick<ChangeFacts, 'workspaceId'>;
  /** The live object; null for what is created. */
  readonly object: LiveObject | null;
  readonly limit: Pick<Limit, 'match'>;
}

export async function callsOfLimit(
  { change, object, limit }: MovedLimit,
  index: LiveIndex,
  reads: Reads,
): Promise<Known<WorkspaceCalls>> {
  const workspace = index.workspace(change.workspaceId);
  if (object !== null && isPattern(object)) return { unknown: 'it is for workspaces created later' };
  if (workspace === undefined) return ofNoWorkspace;
  const counts = (calls: CountedCalls): Known<WorkspaceCalls> => ({ value: { workspace: workspace.slug, calls } });
  if (object?.kind === 'key-limits') return counts({ of: 'key', id: object.id });
  if (object?.kind === 'provider-limits') return counts({ of: 'providers', slugs: [object.name ?? object.id] });
  if (object?.kind !== 'integration-limits') return counts({ of: 'matched', match: limit.match });
  const providers = await providersOf(workspace.id, index, reads);
  return 'unknown' in providers ? providers : counts(callsOfIntegration(object.name, providers.value));
}

async function providersOf(
  workspaceId: string,
  index: LiveIndex,
  reads: Reads,
): Promise<Known<readonly WireProvider[]>> {
  if (!index.isRead('provider-limits', workspaceId)) return reads.ask('listProviders', workspaceId);
  return { value: index.at('provider-limits', workspaceId).all.map(({ row }) => row as WireProvider) };
}

export function isPattern({ kind, workspaceId }: LiveObject): boolean {
  return kind === 'integration-limits' && workspaceId === null;
}

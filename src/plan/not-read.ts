/** Where nobody has looked: what is live there is neither declared nor counted as unmanaged. */

import { compareText } from '../diagnostics.ts';
import { isPolicyKind, kindOrder, specOf } from '../resources/registry.ts';
import type { Kind } from '../resources/types.ts';
import type { PlanContext } from './context.ts';
import type { NotRead } from './types.ts';

const kindsOfWorkspaces: readonly Kind[] = [
  'usage-policy',
  'rate-policy',
  'key-limits',
  'provider-limits',
  'integration-limits',
];

/** A workspace's own limits stand in its row, which is always read. */
export function findNotRead({ live, resolution }: Pick<PlanContext, 'live' | 'resolution'>): NotRead[] {
  const withFile = new Set([...resolution.workspaces.values()].map(({ id }) => id));
  const missing = (id: string, kinds: readonly Kind[]): Kind[] =>
    kinds.filter((kind) => !live.read.has(`${id}/${kind}`));
  const organisation = { workspace: null, hasFile: true, kinds: missing('', ['key-limits']) };
  const workspaces = [...live.workspaces]
    .sort((a, b) => compareText(a.slug, b.slug))
    .map(({ id, slug }) => ({ workspace: slug, hasFile: withFile.has(id), kinds: missing(id, kindsOfWorkspaces) }));
  return [organisation, ...workspaces].filter(({ kinds }) => kinds.length > 0);
}

/** `policies, keys`: of several places, each kind once. */
export function listKinds(places: readonly Pick<NotRead, 'kinds'>[]): string {
  const kinds = [...new Set(places.flatMap((place) => place.kinds))].sort((a, b) => kindOrder(a) - kindOrder(b));
  const policies = kinds.filter(isPolicyKind).length === 2 ? ['policies'] : [];
  const others = kinds.filter((kind) => policies.length === 0 || !isPolicyKind(kind));
  return [...policies, ...others.map((kind) => specOf(kind).plural)].join(', ');
}

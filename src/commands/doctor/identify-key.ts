/** Which key this is: by its own row in the key list, else by what it is seen to do. */

import type { ProbeRequest } from '../../client/client.ts';
import { readFeatures } from './features.ts';
import { type Probed, type ProbedRow, probedRowsOf, textOfMember } from './probed.ts';

export interface KeyRow {
  readonly type: string | null;
  readonly name: string | null;
  /** Of the person whose key it is. */
  readonly userId: string | null;
  readonly scopes: readonly string[] | null;
  readonly expiresAt: string | null;
}

/** Whether the key answers as one workspace's does, by what it was seen to do. */
export type KeyConduct = 'admin' | 'workspace' | 'unknown';

/** Pages of keys that are looked through for the calling key's own row, 100 rows each. */
const keyPages = 5;

/**
 * The key list shows every key with its first two and last three characters (docs/service-notes.md#key-rows): enough to find this one,
 * with its type and scopes, in most organisations. The first page is the proof that keys can be listed.
 */
export async function findOwnRow(
  apiKey: string,
  ask: (request: ProbeRequest) => Promise<Probed>,
  first: (probed: Probed) => void,
): Promise<{ readonly own: KeyRow | null; readonly rows: readonly ProbedRow[] }> {
  const rows: ProbedRow[] = [];
  for (let page = 0; page < keyPages; page++) {
    const probed = await ask({
      path: '/api-keys',
      query: { page_size: 100, current_page: page },
      scope: readFeatures['keys.list'].scopes[0],
    });
    if (page === 0) first(probed);
    const more = probedRowsOf(probed);
    rows.push(...more);
    const total = probed.state === 'answered' ? Number(probed.body.total) : 0;
    if (more.length === 0 || !(rows.length < total)) break;
  }
  const trimmed = apiKey.trim();
  const alike = rows.filter(({ key }) => typeof key === 'string' && isMaskOf(key, trimmed));
  const [row, second] = alike;
  return { own: row === undefined || second !== undefined ? null : toKeyRow(row), rows };
}

/** `ab*****xyz` */
function isMaskOf(mask: string, key: string): boolean {
  const match = /^([^*]{1,8})\*{3,}([^*]{1,8})$/.exec(mask);
  return match !== null && key.length >= 8 && key.startsWith(match[1] ?? '') && key.endsWith(match[2] ?? '');
}

function toKeyRow(row: ProbedRow): KeyRow {
  const scopes = Array.isArray(row.scopes) ? row.scopes.filter((scope) => typeof scope === 'string') : [];
  return {
    type: textOfMember(row, 'type'),
    name: textOfMember(row, 'name'),
    userId: textOfMember(row, 'user_id'),
    // A key without any scope cannot have listed keys: the list just does not show them.
    scopes: scopes.length === 0 ? null : scopes,
    expiresAt: textOfMember(row, 'expires_at'),
  };
}

export function conductOf(own: KeyRow | null, listed: Probed): KeyConduct {
  if (own?.type?.startsWith('workspace-') === true) return 'workspace';
  if (own?.type?.startsWith('organisation-') === true || listed.state === 'answered') return 'admin';
  return 'unknown';
}

export function seesOneWorkspace(rows: readonly ProbedRow[]): boolean {
  const ids = new Set(rows.map((row) => textOfMember(row, 'workspace_id')));
  return ids.size === 1 && !ids.has(null);
}

/**
 * The emulator as a store that holds any row: members laid over its answers as they are given, which a later write of the same
 * members replaces. For what years of clicking leave behind and the emulator would refuse.
 */

import type { Hono } from 'hono';

type Members = Readonly<Record<string, unknown>>;

export interface Museum {
  /** Members of objects, by the id that their rows show. */
  readonly overlays: Map<string, Members>;
  /** Bodies of the writes that met an overlaid object, in order. */
  readonly writes: { readonly path: string; readonly body: Members }[];
  /** To be asked in the place of the emulator. */
  wrap(app: Hono): Pick<Hono, 'request'>;
}

export function createMuseum(overlays: Readonly<Record<string, Members>> = {}): Museum {
  const held = new Map<string, Members>(Object.entries(overlays));
  const writes: { path: string; body: Members }[] = [];
  const show = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(show);
    if (typeof value !== 'object' || value === null) return value;
    const row = Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, show(inner)]));
    return typeof row.id === 'string' ? { ...row, ...held.get(row.id) } : row;
  };
  const request = async (app: Hono, path: string, init?: RequestInit): Promise<Response> => {
    if (init?.method === 'PUT') {
      const sent = JSON.parse(String(init.body)) as Members;
      // Shares are written in a list of one; all else by the path.
      const [lone] = (sent.workspaces ?? []) as readonly Members[];
      // Where a provider lies is not a member of it.
      const { workspace_id: _, ...body } = lone ?? sent;
      const segments = [...path.split(/[/?]/), lone?.id];
      const isMeant = ([key, { slug }]: [string, Members]): boolean =>
        segments.includes(key) || (segments.includes('providers') && segments.includes(String(slug)));
      const id = [...held].find(isMeant)?.[0];
      if (id !== undefined) {
        writes.push({ path, body });
        held.set(id, { ...held.get(id), ...body });
        return Response.json({});
      }
    }
    const answer = await app.request(path, init);
    if (init?.method !== undefined && init.method !== 'GET') return answer;
    const text = await answer.text();
    const { status, headers } = answer;
    return new Response(JSON.stringify(show(JSON.parse(text))), { status, headers });
  };
  return {
    overlays: held,
    writes,
    wrap: (app) => ({ request: (path, init) => request(app, String(path), init as RequestInit) }),
  };
}

/** How a request to GitHub travels: through the proxy, after a repository that has moved, and not for ever. */

import { Agent, fetch } from 'undici';
import { createProxyAgent, describeProxy, type Proxies } from '../proxies.ts';

export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** A repository that was renamed and then transferred leaves one behind the other. */
const mostMoves = 5;
const moved: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/** @param timeout milliseconds after which a request is given up */
export function createSend({ timeout, proxies }: { readonly timeout: number; readonly proxies: Proxies }): Send {
  const dispatcher = createProxyAgent({}, proxies) ?? new Agent();
  return async (url, init) => {
    // Without it, a GitHub that accepts and never answers would hold up an apply until the job is killed.
    const signal = AbortSignal.timeout(timeout);
    const { method, headers, body } = init;
    let target = new URL(url);
    for (let moves = 0; ; moves += 1) {
      const sent = { method, headers, body, signal, dispatcher, redirect: 'manual' } as Parameters<typeof fetch>[1];
      const answer = await fetch(target, sent).catch((error: unknown) => {
        const through = describeProxy(target.href, proxies);
        if (through === '') throw error;
        const why = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        throw new Error(`${why instanceof Error ? why.message : String(why)}${through}`);
      });
      const location = moved.has(answer.status) ? answer.headers.get('location') : null;
      if (location === null) return answer as unknown as Response;
      const next = new URL(location, target);
      // The token is for this host. And as browsers follow a 301, a comment to be written would become a list to be read.
      if (next.origin !== target.origin) throw new Error(`it sends on to ${next.host}, where the token does not go`);
      if (moves === mostMoves) throw new Error('it sends on and on');
      await answer.body?.cancel();
      target = next;
    }
  };
}

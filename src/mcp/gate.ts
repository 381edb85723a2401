/** Which requests reach the tools over HTTP. Pure. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { hostHeaderValidationResponse, originValidationResponse } from '@modelcontextprotocol/server';
import type { NamedToken } from './read-tokens.ts';

export interface GateRules {
  /** Names by which this server is called, without ports. */
  readonly hosts: readonly string[];
  /** Empty: whoever reaches it may ask, which is for loopback alone. */
  readonly tokens: readonly NamedToken[];
}

export const toolPath = '/mcp';

/** The caller's name, null where none is needed; or what is answered in the place of the tools. */
export function admitRequest(
  request: Request,
  { hosts, tokens }: GateRules,
): { readonly caller: string | null } | Response {
  const foreign = hostHeaderValidationResponse(request, [...hosts]) ?? originValidationResponse(request, [...hosts]);
  if (foreign !== undefined) return foreign;
  if (new URL(request.url).pathname !== toolPath) return refuse(404, 'there is nothing here');
  if (tokens.length === 0) return { caller: null };
  const [, sent = ''] = /^Bearer ([\x21-\x7e]{1,1000})$/.exec(request.headers.get('authorization') ?? '') ?? [];
  const found = tokens.filter(({ token }) => isSame(token, sent));
  const [caller] = found;
  if (caller !== undefined) return { caller: caller.name };
  return refuse(401, 'a bearer token is needed', { 'www-authenticate': 'Bearer' });
}

/** In a time that tells nothing of either. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function refuse(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } });
  return new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } });
}

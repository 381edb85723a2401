/** How GraphQL fails: with 200, and errors beside whatever it could read. That is not an answer. Pure. */

import { z } from 'zod';
import { GitHubError } from './port.ts';

const errorList = z.array(z.looseObject({ type: z.string().optional(), message: z.string() }));

/** What REST would have answered. */
const statuses: Readonly<Record<string, number>> = {
  NOT_FOUND: 404,
  FORBIDDEN: 403,
  INSUFFICIENT_SCOPES: 403,
  RATE_LIMITED: 403,
};

/** Null: it is another error. The client hands out the errors either by themselves or in the answer that they came with. */
export function readGraphError(cause: unknown): GitHubError | null {
  if (!(cause instanceof Error) || !('response' in cause)) return null;
  const { response } = cause as { readonly response?: { readonly errors?: unknown; readonly data?: unknown } };
  const answer = response?.errors ?? (response?.data as { readonly errors?: unknown } | undefined)?.errors;
  if (!Array.isArray(answer)) return null;
  const [first] = errorList.safeParse(answer).data ?? [];
  const { type, message } = first ?? { message: 'it does not say which' };
  const said = `${message.replace(/\s+/g, ' ').slice(0, 200)}${type === undefined ? '' : ` (${type})`}`;
  return new GitHubError(`GitHub answered with an error: ${said}`, statuses[type ?? ''] ?? 200, {
    cause,
    isLimited: type === 'RATE_LIMITED',
  });
}

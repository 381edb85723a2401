/** Whose calls a limit counts, in the words of analytics. Pure. */

import type { AnalyticsQuery } from '../live/backend.ts';
import type { Match } from '../resources/types.ts';
import type { Known } from './ask.ts';
import { filterOfMatch } from './filter-of-match.ts';

export type CountedCalls =
  /** Of a workspace, as far as a policy lets them in. */
  | { readonly of: 'matched'; readonly match: Match }
  | { readonly of: 'key'; readonly id: string }
  | { readonly of: 'providers'; readonly slugs: readonly string[] };

export function filterOfCalls(calls: CountedCalls): Known<AnalyticsQuery> {
  switch (calls.of) {
    case 'matched':
      return filterOfMatch(calls.match);
    case 'key':
      return { value: { api_key_ids: calls.id } };
    case 'providers':
      return calls.slugs.length === 0
        ? { unknown: 'no provider of this integration shows in the workspace' }
        : { value: { virtual_keys: calls.slugs.join(',') } };
  }
}

/** A share of an integration counts what goes through its providers. */
export function callsOfIntegration(
  integration: string | null,
  providers: readonly { readonly slug: string; readonly integration_id?: string | null | undefined }[],
): CountedCalls {
  const own = providers.filter(({ integration_id: id }) => id === integration);
  return { of: 'providers', slugs: own.map(({ slug }) => slug).sort() };
}

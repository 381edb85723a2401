/** Two questions to analytics a workspace: which models were called, and which keys called. */

import type { Backend } from '../live/backend.ts';
import { createAnalytics } from './analytics.ts';
import { type Traffic, trafficDays } from './traffic.ts';
import { dayMilliseconds } from './windows.ts';

export interface TrafficNeeds {
  readonly workspaces: readonly { readonly id: string; readonly slug: string }[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * By workspace id. What is refused is null: rules are silent where nothing is known.
 *
 * @throws CancelledError
 */
export async function readTraffic(
  backend: Backend,
  { workspaces, now }: TrafficNeeds,
): Promise<ReadonlyMap<string, Traffic>> {
  const analytics = createAnalytics(backend);
  const window = { from: now - trafficDays * dayMilliseconds, to: now };
  const read = workspaces.map(async ({ id, slug }): Promise<[string, Traffic]> => {
    const [models, keys] = await Promise.all([
      analytics.readGroups('model', slug, window),
      analytics.readGroups('api_key', slug, window),
    ]);
    return [
      id,
      {
        models: models.known ? models.value.rows.map(({ name, ...row }) => ({ model: name, ...row })) : null,
        // A list that was cut cannot tell who is missing from it.
        keys:
          keys.known && keys.value.total !== null && keys.value.rows.length >= keys.value.total
            ? new Set(keys.value.rows.map(({ name }) => name))
            : null,
      },
    ];
  });
  return new Map(await Promise.all(read));
}

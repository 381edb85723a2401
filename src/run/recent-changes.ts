/** What was applied of late, from the record's history. */

import { UserError } from '../errors.ts';
import type { RecentChanges } from '../render/page-facts.ts';
import type { Desired } from '../resources/types.ts';
import { findApplies } from './open-history.ts';
import { openRecord } from './open-record.ts';
import type { CommonOptions, Session } from './session.ts';

/** Of one page: beyond these nobody reads on. */
const mostApplies = 40;

/**
 * A record that cannot be read is a reason, and fails nothing.
 *
 * @param since milliseconds since the epoch
 * @throws CancelledError
 */
export async function readRecentChanges(
  options: CommonOptions,
  desired: Desired | null,
  since: number,
  session: Session,
): Promise<RecentChanges> {
  const isElsewhere = options.recordFile !== undefined || options.backend === 'emulator';
  if (desired === null && !isElsewhere) {
    return { known: false, why: 'there are no policy files, which say where the record is' };
  }
  try {
    const { store } = await openRecord(options, desired ?? { environment: '' }, session);
    const { applies, hasMore, keepsPast } = await findApplies(store, mostApplies, session);
    const recent = applies.filter(({ at }) => at === null || Date.parse(at) >= since);
    const found = await Promise.all(
      recent.map(async (apply) => ({
        apply,
        record: apply.state === 'ended' ? ((await store.readAt(apply.token))?.record ?? null) : null,
      })),
    );
    const cut = !keepsPast
      ? 'outside Git the record keeps the latest apply alone'
      : hasMore && recent.length === applies.length
        ? `only the latest ${applies.length} applies were read`
        : null;
    return { known: true, since, applies: found, cut };
  } catch (error) {
    if (error instanceof UserError) return { known: false, why: error.message };
    throw error;
  }
}

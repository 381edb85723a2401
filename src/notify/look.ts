/** One look at everything that somebody may have to be told of: the settings in force, and what `status` reads. */

import type { Reads } from '../consumption/ask.ts';
import { judgeReadLimits } from '../consumption/judged-limits.ts';
import type { LimitStatus } from '../consumption/limit-status.ts';
import { type ReadLimits, readLimits } from '../consumption/read-limits.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import type { AppliedRecord, RecordedSettings } from '../plan/applied-record.ts';
import type { AlertSettings } from '../resources/alert-settings.ts';
import type { Desired } from '../resources/types.ts';
import { judgeRecord, provenSettings } from '../run/judge-record.ts';
import type { CommonOptions, Session } from '../run/session.ts';
import type { Started } from '../run/start.ts';

export interface InForce {
  readonly desired: Desired;
  /** Null: nothing was applied yet. */
  readonly record: AppliedRecord | null;
  /** Null: nobody is told, as no apply has brought `channels:` into force. */
  readonly alerts: AlertSettings | null;
  readonly settings: RecordedSettings | null;
}

/**
 * What tells, and whom: the record's word, proven as that of every other setting in force.
 *
 * @throws UserError where the record cannot be believed
 */
export async function readInForce(
  { loading, record, found, checkout, stored }: Started,
  session: Session,
): Promise<InForce | { readonly diagnostics: readonly Diagnostic[] }> {
  const { desired, texts, diagnostics } = await loading.policies;
  if (desired === null) return { diagnostics };
  if (stored === null) return { desired, record: null, alerts: null, settings: null };
  const checksSeal = Boolean(session.env.TOLLGATE_SEAL_KEY);
  const inForce = await judgeRecord({ record, found, facts: { ...checkout, texts }, desired, checksSeal }, session);
  const proven = provenSettings(inForce, record.isShared);
  const settings = proven === undefined ? stored.record.settings : proven.settings;
  if (settings === null) {
    throw new UserError('the settings in the applied record cannot be proven to have been applied, so nobody is told', {
      hint: 'In CI fetch the whole history (`fetch-depth: 0`). `tollgate plan` says what else may mend it.',
    });
  }
  return { desired, record: stored.record, alerts: settings.alerts ?? null, settings };
}

export interface Seen {
  readonly read: ReadLimits;
  readonly limits: readonly LimitStatus[];
  /** Why use or pace is not known, each once. */
  readonly gaps: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What `status` reads, and nothing else. */
export async function readSeen(
  { gateway }: Pick<RecordedSettings, 'gateway'>,
  counts: boolean,
  options: Pick<CommonOptions, 'workspace'>,
  reads: Reads,
  now: () => number,
): Promise<Seen> {
  const usageUnit = gateway.usageUnit ?? 'cents';
  const read = await readLimits(reads, { workspaces: options.workspace, usageUnit, counts, now });
  const judged = await judgeReadLimits(read, reads, { desired: { gateway }, now });
  const mistake =
    judged.mistake === null ? [] : [`use may not be counted in ${usageUnit}: it contradicts the service's own verdict`];
  return { read, limits: judged.limits, gaps: [...judged.paceGaps, ...mistake], at: judged.at };
}

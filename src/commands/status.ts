import { createReads, type Reads } from '../consumption/ask.ts';
import { checkOver, type OverCheck } from '../consumption/check-over.ts';
import type { UsageUnit } from '../consumption/counters.ts';
import { expiryDays, listExpiring } from '../consumption/expiring.ts';
import { readGroupSpend } from '../consumption/group-spend.ts';
import { judgeReadLimits, usageUnitOf } from '../consumption/judged-limits.ts';
import {
  isOver,
  type LimitStatus,
  type LiveLimit,
  limitCountedSince,
  sortStatus,
} from '../consumption/limit-status.ts';
import { type ReadLimits, readLimits } from '../consumption/read-limits.ts';
import { readLiveRates } from '../consumption/read-rates.ts';
import { readTrends } from '../consumption/read-trends.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { sumCommitted } from '../impact/committed.ts';
import { committedLive } from '../impact/committed-live.ts';
import { renderPage, renderStatus, renderStatusHeadline } from '../render/status.ts';
import type { StatusFacts, StatusLimit } from '../render/status-facts.ts';
import { renderStatusMetrics, type StatusRates } from '../render/status-metrics.ts';
import { describeCheck } from '../render/status-words.ts';
import { hasAlert, type ToldBy, toldBy, toldByService } from '../resources/told-by.ts';
import type { Desired, DesiredEntry } from '../resources/types.ts';
import { createEntryFinder } from '../run/declared-limits.ts';
import { loadPoliciesIfAny } from '../run/load-policies.ts';
import { openBackend } from '../run/open-backend.ts';
import { refuseFor } from '../run/output.ts';
import { handOver, requirePlaceOfPage } from '../run/page-file.ts';
import { readNobody } from '../run/read-nobody.ts';
import { readUndeclaredBeside } from '../run/read-undeclared.ts';
import { readRecentChanges } from '../run/recent-changes.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session, type StatusFormat } from '../run/session.ts';
import { untilOfLimit } from '../run/until-of-limit.ts';
import { ownersOf } from '../run/workspace-owners.ts';

export interface StatusOptions extends Omit<CommonOptions, 'format'> {
  readonly format: StatusFormat;
  /** Where to write the page. */
  readonly out?: string | undefined;
  /** Whole percent; undefined: everything. */
  readonly over?: number | undefined;
  /** The exit code says whether anything is over that percent (without one: used up), or may be. */
  readonly detailedExitcode?: boolean | undefined;
  /** Days of the window of trends; 0: no trends; undefined: 30 where that takes few requests. */
  readonly since?: number | undefined;
}

/** Each workspace costs seven requests to analytics; nobody waits for a thousand of them without having asked. */
const mostUnasked = 25;

/** A page is looked at once a week. */
const changeDays = 7;

/**
 * Consumption against every limit, declared or not, and spend over a window. What cannot be read is said and fails nothing;
 * exit 6 only when the workspaces cannot be listed, or where the exit code is asked for.
 *
 * @throws UserError, ServiceError, CancelledError
 */
export async function runStatus(options: StatusOptions, session: Session): Promise<CommandResult> {
  const { format } = options;
  await requirePlaceOfPage(options, session);
  if (format === 'openmetrics') refuseTrends(options);
  const common: CommonOptions = {
    ...options,
    format: format === 'html' || format === 'openmetrics' ? 'text' : format,
  };
  const desired = await readDesired(common, session);
  if (desired !== null && 'exit' in desired) return desired;
  const open = await openBackend(common, session);
  const now = (): number => nowOf(session).getTime();
  try {
    const reads = createReads(open.backend);
    const usageUnit = usageUnitOf(desired);
    const counts = desired?.settings.show_people === 'counts';
    const query = { workspaces: options.workspace, usageUnit, counts, now };
    const read = await session.waiting('reading limits and counters', readLimits(reads, query));
    const count = read.workspaces.length;
    const isOfMetrics = format === 'openmetrics';
    const days = isOfMetrics ? 0 : (options.since ?? (count <= mostUnasked ? 30 : 0));
    if (options.since === undefined && days === 0 && !options.quiet && !isOfMetrics) {
      session.say(
        `Spend trends are left out for ${count} workspaces; --since 30d asks for them, --workspace for fewer.\n`,
      );
    }
    const isWhole = options.over === undefined && !isOfMetrics;
    const groups = options.over === undefined && options.workspace.length === 0 ? desired?.groups : undefined;
    const [judged, trends, nobody, rates, spend, undeclared] = await session.waiting(
      'reading analytics',
      Promise.all([
        judgeReadLimits(read, reads, { desired, now }),
        days === 0 ? null : readTrends(read.workspaces, reads, days, now()),
        isWhole ? readNobody(reads, { workspaces: read.workspaces, desired, now: now() }) : null,
        isOfMetrics ? readRates(read, reads, options.workspace.length === 0) : null,
        groups === undefined ? [] : readGroupSpend(reads, groups, read.workspaces, now()),
        isWhole ? readUndeclaredBeside(reads, read, { desired, now: now() }) : null,
      ]),
    );
    const { at, mistake, limits: found } = judged;
    const entryOf = desired === null ? null : createEntryFinder(desired, read);
    const all = sortStatus(found).map((limit): StatusLimit => {
      const entry = entryOf?.(limit.facts);
      const told = toldOf(limit, entry, desired?.alerting);
      const until = untilOfLimit(limit.facts, entry, at);
      const declared = entryOf === null ? null : entry !== undefined;
      return { ...limit, declared, told, ...(until === undefined ? {} : { until }) };
    });
    const { over = null } = options;
    const silent = countSilentKeys(found, at);
    const check = options.detailedExitcode
      ? checkOver(all, options.over, { unread: read.unread.length, doubted: silent })
      : null;
    const limits = over === null ? all : all.filter((limit) => isOver(limit, over));
    const unknown = (list: readonly StatusLimit[]): number => list.filter(({ state }) => state === 'unknown').length;
    const live = found.map(({ facts: limit }) => limit);
    const bounded = format === 'html' || spend.length > 0 ? read.workspaces : [];
    const committed = new Map(bounded.map(({ slug }) => [slug, committedLive(slug, live, read)] as const));
    const facts: StatusFacts = {
      now: at,
      workspaces: [...read.workspaces].sort((a, b) => (a.slug < b.slug ? -1 : 1)),
      nobody,
      undeclared,
      keyLimits: doubtKeyLimits(found, silent),
      limits,
      over,
      check,
      below: all.length - unknown(all) - (limits.length - unknown(limits)),
      belowUnknown: unknown(all) - unknown(limits),
      expiring: listExpiring(read.expiries, at),
      expiryDays,
      gaps: [...read.gaps, ...(nobody?.gaps ?? [])],
      unread: read.unread,
      paceGaps: judged.paceGaps,
      unitMistake: mistake === null ? null : describeMistake(mistake, usageUnit, counts),
      trends,
      groups: spend.map((group) => ({
        ...group,
        committed: sumCommitted(group.workspaces.flatMap((slug) => committed.get(slug) ?? [])),
      })),
      names: read.keyNames,
      hasChannels: Object.keys(desired?.alerting?.channels ?? {}).length > 0,
      counts,
    };
    const exit = exitOf(check);
    if (check !== null && !options.quiet) session.say(`${describeCheck(check, exit)}\n`);
    if (rates !== null) return { exit, output: renderStatusMetrics(facts, rates) };
    if (common.format === format) return { exit, output: renderStatus(facts, common.format, session.style) };
    const changes = await readRecentChanges(common, desired, at - changeDays * dayMilliseconds, session);
    const page = await renderPage({
      status: facts,
      environment: desired?.environment ?? null,
      owners: ownersOf(desired?.workspaces ?? [], read.workspaces),
      committed,
      changes,
    });
    return { ...(await handOver(page, renderStatusHeadline(facts), options, session)), exit };
  } finally {
    await open.close();
  }
}

/** Null: it has no alert. */
function toldOf({ facts }: LimitStatus, entry: DesiredEntry | undefined, settings: Desired['alerting']): ToldBy | null {
  const isWritten = entry !== undefined && hasAlert(entry, settings);
  if (facts.alert === null && !isWritten) return null;
  return entry === undefined ? toldByService(facts.kind) : toldBy(entry, settings);
}

/** @throws UserError */
function refuseTrends({ since = 0 }: StatusOptions): void {
  if (since === 0) return;
  throw new UserError(`--since ${since}d: metrics hold no trends, monitoring makes its own`, {
    hint: 'Leave --since out, or use another format.',
  });
}

async function readRates({ workspaces }: ReadLimits, reads: Reads, isOfAll: boolean): Promise<StatusRates> {
  const read = await Promise.all([...workspaces, ...(isOfAll ? [null] : [])].map((one) => readLiveRates(reads, one)));
  return {
    rates: read.flatMap(({ rates }) => rates),
    // The other lists are those of budgets, which say so themselves.
    gaps: read.flatMap(({ gaps }) => gaps).filter(({ kind }) => kind === 'rate-policy'),
  };
}

function exitOf(check: OverCheck | null): ExitCode {
  switch (check?.verdict) {
    case 'over':
      return exitCodes.changes;
    case 'unknown':
      return exitCodes.unreachable;
    case 'under':
    case undefined:
      return exitCodes.ok;
  }
}

/** For the unit, for who may be shown, and for what is declared. Null: there are no files; a result: they have errors. */
async function readDesired(options: CommonOptions, session: Session): Promise<Desired | null | CommandResult> {
  const loaded = await loadPoliciesIfAny(options, session);
  if (loaded === null) return null;
  // Files that cannot be read may say that nobody is to be named.
  return loaded.desired ?? refuseFor(loaded.diagnostics, options.format, session);
}

function describeMistake({ kind, workspace, name }: LiveLimit, unit: UsageUnit, counts: boolean): string {
  const what = counts && kind === 'key-limits' ? 'a key' : `"${name}"`;
  const other = unit === 'cents' ? 'dollars' : 'cents';
  return (
    `the use of ${what}${workspace === null ? '' : ` in ${workspace}`} contradicts the service's own verdict on it, ` +
    `so it may not be counted in ${unit}; if it is ${other}, write gateway.usage_unit: ${other} into the organisation file`
  );
}

/** Keys that made calls while their counter stands at nothing. */
function countSilentKeys(all: readonly LimitStatus[], now: number): number {
  const keys = all.filter(({ facts }) => facts.kind === 'key-limits');
  // A counter that has moved proves for all of them that they count.
  if (keys.some(({ used }) => used !== null && used.n > 0n)) return 0;
  return keys.filter(({ facts, used, pace }) => {
    const since = limitCountedSince(facts, now);
    const isOld = since !== null && since <= now - 7 * dayMilliseconds;
    return used !== null && isOld && pace?.basis === 'last-7-days' && pace.perDay.n > 0n;
  }).length;
}

/** The gateway counts limits of keys only where the organisation's setting is on, and no route shows it. */
function doubtKeyLimits(all: readonly LimitStatus[], silent: number): string | null {
  const keys = all.filter(({ facts }) => facts.kind === 'key-limits');
  if (keys.length === 0 || keys.some(({ used }) => used !== null && used.n > 0n)) return null;
  const setting = "the organisation's `is_api_key_limit_enabled` is on, which no route shows";
  return silent === 0
    ? `Limits of keys count only where ${setting}; no counter of a key shows any use.`
    : `Limits of keys may not count: ${silent} ${silent === 1 ? 'key made calls and its counter stands' : 'keys made calls and their counters stand'} at nothing. They count only where ${setting}.`;
}

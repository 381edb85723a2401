import { runId } from '../checkout/this-run.ts';
import type { LimitStatus } from '../consumption/limit-status.ts';
import type { ReadLimits } from '../consumption/read-limits.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { UserError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { channelTest } from '../notify/channel-test.ts';
import { findDueEvents } from '../notify/due-events.ts';
import { findDueLimits, type LimitNews } from '../notify/due-limits.ts';
import { lookAtPrices } from '../notify/due-prices.ts';
import { type InForce, readInForce, readSeen } from '../notify/look.ts';
import type { Delivery } from '../notify/message.ts';
import { openChannels } from '../notify/open-channels.ts';
import { openMemory } from '../notify/open-memory.ts';
import { readEvents } from '../notify/read-events.ts';
import { createServiceClock } from '../notify/service-clock.ts';
import { type DueNow, listDue, type Told, tellDue } from '../notify/tell.ts';
import { createWatcher } from '../notify/watched.ts';
import { writeNews } from '../notify/write-news.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { type NotifyLine, type NotifyView, renderNotify } from '../render/notify.ts';
import type { AlertSettings } from '../resources/alert-settings.ts';
import { refuseFor } from '../run/output.ts';
import type { CommandResult, CommonOptions, Session } from '../run/session.ts';
import { type Started, startRun } from '../run/start.ts';
import { ownersOf } from '../run/workspace-owners.ts';

export interface NotifyOptions extends CommonOptions {
  /** Say what would be told; send and remember nothing. */
  readonly dryRun: boolean;
  /** Send a test message on this channel, and nothing else. */
  readonly test?: string | undefined;
}

/** What a run told, and how it ends. */
export interface NotifyFound {
  readonly exit: ExitCode;
  readonly view: NotifyView;
}

/**
 * Tells whoever is to be told of what holds now and was not told yet. Reads what `status` reads and writes nothing but what was told.
 * Exit 5 where some could not be told, 6 where nobody could.
 *
 * @throws UserError, ServiceError, CancelledError
 */
export async function runNotify(options: NotifyOptions, session: Session): Promise<CommandResult> {
  const found = await gatherNotify(options, session);
  if ('diagnostics' in found) return refuseFor(found.diagnostics, options.format, session);
  return { exit: found.exit, output: renderNotify(found.view, options.format) };
}

/** @throws UserError, ServiceError, CancelledError */
export async function gatherNotify(
  options: NotifyOptions,
  session: Session,
): Promise<NotifyFound | { readonly diagnostics: readonly Diagnostic[] }> {
  if (options.test !== undefined && options.dryRun) {
    throw new UserError(`--test ${options.test} sends a message, and --dry-run sends nothing`, {
      hint: 'Leave one of them out; `tollgate doctor` tries a channel without sending.',
    });
  }
  const planning = { ...options, mode: 'sync' as const, only: [], allow: [], impact: false, mayRecall: true };
  const started = await startRun(planning, session);
  if ('plan' in started) return { diagnostics: started.diagnostics };
  try {
    const inForce = await readInForce(started, session);
    if ('diagnostics' in inForce) return inForce;
    const { alerts, record, settings } = inForce;
    if (alerts === null || record === null || settings === null) return tellNobody(inForce, options);
    return await tellIn({ started, inForce: { ...inForce, record, settings }, alerts }, options, session);
  } finally {
    await started.open.close();
  }
}

/** Files that name channels count after the apply that brings them into force. */
function tellNobody({ desired, record }: InForce, options: NotifyOptions): NotifyFound {
  const isWritten = Object.keys(desired.alerting?.channels ?? {}).length > 0;
  const nobody =
    record === null
      ? 'Nothing was applied yet: nobody is told before the first apply.'
      : isWritten
        ? 'The channels in the files are not in force yet: they tell after the apply that brings them.'
        : 'No channel is in force: write `channels:` in org.yaml and apply it (docs/notify.md).';
  if (options.test !== undefined) throw new UserError(`--test ${options.test}: ${nobody}`);
  const view = { lines: [], taken: 0, gaps: [], nobody, counts: false, ok: record !== null };
  return { exit: record === null ? exitCodes.stale : exitCodes.ok, view };
}

interface Beginning {
  readonly started: Started;
  readonly inForce: InForce & {
    readonly record: NonNullable<InForce['record']>;
    readonly settings: NonNullable<InForce['settings']>;
  };
  readonly alerts: AlertSettings;
}

async function tellIn({ started, inForce, alerts }: Beginning, options: NotifyOptions, session: Session) {
  const { open, reads, record: place } = started;
  const { record, settings } = inForce;
  // What the settings say, wherever it runs: a message goes to those who are named in the files, not to the public.
  const counts = settings.review.show_people === 'counts';
  const now = createServiceClock(session.clock, () => open.backend.serviceNow());
  const channels = openChannels(alerts, session, async () => (await place.checkout?.readRemoteUrl()) ?? null);
  try {
    if (options.test !== undefined) {
      const told = await channelTest(options.test, alerts, channels.senders, record.environment, now());
      return resultOf({ told: [told], taken: 0 }, [], counts);
    }
    const reading = readSeen(settings, counts, options, reads, now);
    const seen = await session.waiting('reading limits, counters and analytics', reading);
    const watcher = createWatcher(alerts, record);
    const owners = ownersOf(inForce.desired.workspaces, seen.read.workspaces);
    const words = { environment: record.environment, names: seen.read.keyNames, counts, owners, now: seen.at };
    const events = await readEvents({ inForce, open, alerts, seen, watcher, counts, owners, reads }, options, session);
    const watched = seen.limits.filter(({ facts }) => watcher.watch(facts) !== null);
    const find: Parameters<typeof tellDue>[0]['find'] = (memory): DueNow => {
      // Another organisation may have an environment of the same name, and tell the same people.
      const common = { channels: alerts.channels, memory, environment: `${record.organisation}/${record.environment}` };
      const write = (news: LimitNews) => writeNews(news, words);
      const limits = findDueLimits({ ...common, limits: seen.limits, watcher, now: seen.at, write });
      const moved = events.priceOf === null ? null : lookAtPrices(watched, events.priceOf, watcher, memory, words);
      const groups = [...events.groups, ...(moved?.groups ?? [])];
      const other = findDueEvents({ ...common, groups, complete: events.complete });
      return {
        tellings: [...limits.tellings, ...other.tellings],
        forgotten: [...limits.forgotten, ...other.forgotten],
        holding: [...limits.holding, ...other.holding],
        prices: moved?.prices,
      };
    };
    const run = `${runId(session)}/${session.randomId().slice(0, 12)}`;
    const telling = { store: openMemory(options, record.environment, place, session), run, now, find };
    const report = options.dryRun
      ? await listDue(telling)
      : await session.waiting('telling', tellDue({ ...telling, senders: channels.senders }));
    const gaps = [
      ...describeUnknown(watched),
      ...seen.read.gaps.map(({ kind, workspace, why }) => `${kind} of ${workspace ?? 'the organisation'}: ${why}`),
      ...seen.gaps,
      ...events.gaps,
    ];
    return resultOf(report, gaps, counts, unseenOf(seen.read.gaps, record, watched.length));
  } finally {
    await channels.close();
  }
}

/** Nobody can be told of these, each reason once. */
function describeUnknown(limits: readonly LimitStatus[]): string[] {
  const reasons = new Map<string, number>();
  for (const { facts } of limits) {
    if (!facts.usage.known) reasons.set(facts.usage.why, (reasons.get(facts.usage.why) ?? 0) + 1);
  }
  return [...reasons].map(([why, count]) => `the use of ${count} ${count === 1 ? 'limit' : 'limits'}: ${why}`);
}

/** Recorded limits that could not be looked at: nobody can be told of them, which must not look like nothing to tell. */
function unseenOf(
  gaps: ReadLimits['gaps'],
  { workspaces }: Pick<AppliedRecord, 'workspaces'>,
  watched: number,
): 'none' | 'some' | 'all' {
  const isRecorded = ({ kind, workspace }: ReadLimits['gaps'][number]): boolean =>
    workspaces.some(({ slug, entries }) => slug === workspace && entries.some((entry) => entry.kind === kind));
  return gaps.some(isRecorded) ? (watched === 0 ? 'all' : 'some') : 'none';
}

function resultOf(
  { told, taken }: { readonly told: readonly Told[]; readonly taken: number },
  gaps: readonly string[],
  counts: boolean,
  unseen: ReturnType<typeof unseenOf> = 'none',
): NotifyFound {
  const lines = told.map(({ message, channel, recipients, delivery }): NotifyLine => {
    const { state, why } = stateOf(delivery);
    return { kind: message.kind, title: message.title, channel, recipients, state, why };
  });
  const exit = exitOf(lines, unseen);
  const view = { lines, taken, gaps, nobody: null, counts, ok: exit === exitCodes.ok };
  return { exit, view };
}

function stateOf(delivery: Delivery | null): Pick<NotifyLine, 'state' | 'why'> {
  if (delivery === null) return { state: 'due', why: null };
  if (!delivery.sent) return { state: 'failed', why: delivery.why };
  return { state: delivery.refused.length === 0 ? 'told' : 'in-part', why: delivery.why };
}

function exitOf(lines: readonly NotifyLine[], unseen: ReturnType<typeof unseenOf>): ExitCode {
  const bad = lines.filter(({ state }) => state === 'failed' || state === 'in-part');
  if (bad.length === 0 && unseen !== 'none') return unseen === 'all' ? exitCodes.unreachable : exitCodes.partial;
  if (bad.length === 0) return exitCodes.ok;
  return bad.length === lines.length && bad.every(({ state }) => state === 'failed')
    ? exitCodes.unreachable
    : exitCodes.partial;
}

/** What is told beside budgets, as far as somebody asked for it: nothing is read that nobody is told of. */

import type { Reads } from '../consumption/ask.ts';
import { type GroupSpend, readGroupSpend } from '../consumption/group-spend.ts';
import { type LimitStatus, objectIdOf } from '../consumption/limit-status.ts';
import { CancelledError, ServiceError, UserError } from '../errors.ts';
import type { AppliedRecord, RecordedSettings } from '../plan/applied-record.ts';
import type { Unmanaged } from '../plan/types.ts';
import { PriceIndex } from '../prices/price-index.ts';
import type { ModelPrice } from '../prices/types.ts';
import { loadPage } from '../render/status.ts';
import type { AlertSettings, AlsoTold } from '../resources/alert-settings.ts';
import { usualSeverities } from '../rules/find.ts';
import { gatherDrift } from '../run/gather-drift.ts';
import type { OpenBackend } from '../run/open-backend.ts';
import { readRulePrices } from '../run/read-for-rules.ts';
import type { CommonOptions, Session } from '../run/session.ts';
import { digestsOf } from './due-digests.ts';
import { driftOf } from './due-drift.ts';
import { expiriesOf, failedApplyOf, type HappeningGroup } from './due-events.ts';
import { ceilingsReached } from './due-groups.ts';
import { returnsOf } from './due-returns.ts';
import type { InForce, Seen } from './look.ts';
import type { Message } from './message.ts';
import type { Watcher } from './watched.ts';
import { writeDigest } from './write-digest.ts';

export interface EventsRead {
  readonly groups: readonly HappeningGroup[];
  readonly complete: ReadonlySet<Message['kind']>;
  /** Null: nobody asked for prices, or no budget names a model. */
  readonly priceOf: ((model: string) => ModelPrice) | null;
  /** What could not be read. */
  readonly gaps: readonly string[];
}

export interface EventSources {
  readonly inForce: Pick<InForce, 'desired'> & { readonly record: AppliedRecord; readonly settings: RecordedSettings };
  readonly open: OpenBackend;
  readonly alerts: AlertSettings;
  readonly seen: Seen;
  readonly watcher: Watcher;
  readonly counts: boolean;
  readonly owners: ReadonlyMap<string, string>;
  readonly reads: Reads;
}

/** @throws CancelledError */
export async function readEvents(sources: EventSources, options: CommonOptions, session: Session): Promise<EventsRead> {
  const { inForce, open, alerts, seen, watcher, counts, owners, reads } = sources;
  const { record } = inForce;
  const asked = new Set(Object.values(alerts.places).flatMap(({ also = [] }) => also));
  const words = { environment: record.environment, counts, now: seen.at };
  const drift = await readDrift(asked, options, session);
  const isDeclared = createDeclared(record);
  const prices = asked.has('prices') ? await readPricesInForce(inForce, open, session) : null;
  const renderPage = asked.has('digest') ? await loadPage() : null;
  const { groups } = inForce.settings;
  // Of some workspaces alone no group can be told of.
  const hasGroups =
    groups !== undefined && options.workspace.length === 0 && watcher.routeOfPlace(null).channels.length > 0;
  const spend = hasGroups ? await readGroupSpend(reads, groups, seen.read.workspaces, seen.at, 'ceilings') : [];
  const slugs = seen.read.workspaces.map(({ slug }) => slug).sort();
  // Of a part nobody can make a summary of everything.
  const places = options.workspace.length > 0 ? slugs : [null, ...slugs];
  return {
    groups: [
      ...expiriesOf(seen.read.expiries, watcher, words),
      ...returnsOf(record, watcher, words),
      ...failedApplyOf(record, watcher, words),
      ...ceilingsReached(spend, watcher, words),
      ...(drift === null || 'gap' in drift ? [] : driftOf(drift.view, undeclaredIn(seen, isDeclared), watcher, words)),
      ...(renderPage === null
        ? []
        : digestsOf(places, watcher, alerts.channels, seen.at, (workspace) =>
            writeDigest({ seen, environment: record.environment, counts, owners, isDeclared, renderPage }, workspace),
          )),
    ],
    // Of a part of the workspaces, or without drift, what is not there may hold all the same.
    complete: new Set(
      drift === null || 'gap' in drift || options.workspace.length > 0 ? [] : (['loosened', 'undeclared'] as const),
    ),
    priceOf: prices?.priceOf ?? null,
    gaps: [...gapsOf(spend), ...(drift !== null && 'gap' in drift ? [drift.gap] : []), ...(prices?.gaps ?? [])],
  };
}

function gapsOf(spend: readonly GroupSpend[]): string[] {
  return spend.flatMap(({ group, spent }) => ('unknown' in spent ? [`spend of group ${group}: ${spent.unknown}`] : []));
}

/** From the source in force: that of a pull request is nobody's word yet. */
async function readPricesInForce({ desired, settings }: EventSources['inForce'], open: OpenBackend, session: Session) {
  const { pricing: _written, ...rest } = desired;
  const { pricing, gateway } = settings;
  const words = { ...rest, gateway, ...(Object.keys(pricing).length === 0 ? {} : { pricing }), isInForce: true };
  const read = await readRulePrices(words, usualSeverities, open, session);
  if (read === null) return null;
  const index = new PriceIndex({ providers: read.providers, integrations: new Map() });
  const gaps = [...read.providers.values()].flatMap((one) => (one.status === 'unread' ? [one.why] : []));
  return { priceOf: (model: string) => index.priceOf(model), gaps: [...new Set(gaps)] };
}

/** Null: nobody asked for it. It reads what `drift` reads, beside what `status` does. */
async function readDrift(asked: ReadonlySet<AlsoTold>, options: CommonOptions, session: Session) {
  if (!asked.has('loosened') && !asked.has('undeclared')) return null;
  try {
    const found = await gatherDrift({ ...options, format: 'text' }, session);
    if ('diagnostics' in found) return { gap: 'drift: the policy files, or names in them, have errors' };
    if ('meanwhile' in found) return { gap: 'drift: an apply is under way' };
    if (found.record !== 'read') return { gap: 'drift: there is no applied record' };
    return { view: found };
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    if (error instanceof UserError || error instanceof ServiceError) return { gap: `drift: ${error.message}` };
    throw error;
  }
}

/** One for each object, which may carry several limits. */
function undeclaredIn({ limits }: Seen, isDeclared: (limit: LimitStatus) => boolean): readonly Unmanaged[] {
  const found = limits
    .filter((limit) => !isDeclared(limit))
    .map(({ facts }): Unmanaged => {
      const { kind, workspace, name } = facts;
      return { kind, workspace, id: objectIdOf(facts), name };
    });
  return [...new Map(found.map((one) => [`${one.kind} ${one.id}`, one])).values()];
}

/** By the record, which is what tells. */
function createDeclared({ workspaces }: AppliedRecord): Parameters<typeof writeDigest>[0]['isDeclared'] {
  const known = new Set(workspaces.flatMap(({ entries }) => entries.map(({ kind, id }) => `${kind}\n${id}`)));
  return ({ facts }) => known.has(`${facts.kind}\n${objectIdOf(facts)}`);
}

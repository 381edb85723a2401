/** What is told beside budgets, each once for as long as it holds. Pure. */

import type { ExpiringThing } from '../consumption/read-limits.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { digestOf } from '../plan/digest.ts';
import type { Change, Unmanaged } from '../plan/types.ts';
import { describeKey, describePlaced } from '../render/describe-change.ts';
import { describeDrift } from '../render/describe-drift.ts';
import type { DriftView } from '../render/drift.ts';
import { describeDays, formatDay, formatInstant } from '../render/status-words.ts';
import type { AlertRoute, AlsoTold } from '../resources/alert-settings.ts';
import { hashOf, type Mark, type Memory, markIn } from './memory.ts';
import type { Message } from './message.ts';
import { type ChannelKinds, channelsOf, leftOf, messageIdOf, type Telling } from './telling.ts';
import type { Watcher } from './watched.ts';

/** Something that holds, and is told once while it does. */
export interface Happening {
  readonly kind: Message['kind'];
  /** Names it among all of its kind; not shown to anybody. */
  readonly key: string;
  /** Another one is told anew: a date, what it moved to. */
  readonly version: string;
  /** When it is over at the latest, milliseconds since the epoch; null: nobody knows. */
  readonly end: number | null;
  readonly route: Pick<AlertRoute, 'channels' | 'recipients'>;
  /** One line of a message that tells of several; null: it is a message of its own. */
  readonly line: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Happenings that are told in one message. */
export interface HappeningGroup {
  readonly all: readonly Happening[];
  readonly write: (due: readonly Happening[]) => Omit<Message, 'id'>;
}

export interface EventFacts {
  readonly groups: readonly HappeningGroup[];
  /** Kinds of which all that holds was read: what is not among it is over, and told anew when it comes back. */
  readonly complete: ReadonlySet<Message['kind']>;
  readonly channels: ChannelKinds;
  readonly memory: Pick<Memory, 'marks'>;
  readonly environment: string;
}

export function keyOf({ kind, key }: Pick<Happening, 'kind' | 'key'>): string {
  return `${kind}:${hashOf(key)}`;
}

export function findDueEvents({ groups, complete, channels, memory, environment }: EventFacts) {
  const holding = new Set(groups.flatMap(({ all }) => all.map(keyOf)));
  const forgotten = Object.entries(memory.marks).flatMap(([key, { gone }]) => {
    const [kind = ''] = key.split(':');
    return gone === undefined && complete.has(kind as Message['kind']) && !holding.has(key) ? [key] : [];
  });
  const tellings = groups.flatMap(({ all, write }): Telling[] => {
    const known = all.map((one) => ({ one, told: toldOf(one, memory) }));
    const fresh = known.filter(({ told }) => told === null).map(({ one }) => one);
    const again = new Map<string, Happening[]>();
    for (const { one, told } of known) {
      if (told?.left !== undefined) again.set(told.m, [...(again.get(told.m) ?? []), one]);
    }
    return [tell(fresh, null), ...[...again].map(([id, due]) => tell(due, id))].flat();

    function tell(due: readonly Happening[], id: string | null): Telling[] {
      const [first] = due;
      if (first === undefined) return [];
      const all = channelsOf(first.route, channels);
      const told = id === null ? null : toldOf(first, memory);
      const to = told?.left === undefined ? all : leftOf(all, told);
      if (to.length === 0) return [];
      const marks = due.map((one) => ({ key: keyOf(one), mark: { w: one.version, e: one.end } }));
      return [{ message: { ...write(due), id: id ?? messageIdOf(environment, marks, memory) }, marks, to }];
    }
  });
  return { tellings, forgotten, holding: [...holding] };
}

function toldOf(one: Happening, memory: Pick<Memory, 'marks'>): Mark | null {
  return markIn(memory, keyOf(one), one.version);
}

const mostLines = 30;

/** A list of what is due, in one message. */
export function writeList(
  words: {
    readonly kind: Message['kind'];
    readonly title: string;
    readonly why: string;
    readonly environment: string;
    readonly now: number;
  },
  due: readonly Happening[],
): Omit<Message, 'id'> {
  const lines = due.flatMap(({ line }) => line ?? []);
  const shown = lines.slice(0, mostLines);
  const more = lines.length > mostLines ? [`And ${lines.length - mostLines} more.`] : [];
  return {
    kind: words.kind,
    title: words.title,
    facts: [
      { label: 'Environment', value: words.environment },
      { label: 'As of', value: formatInstant(words.now) },
    ],
    paragraphs: [...shown, ...more, words.why],
    link: null,
    at: words.now,
    data: { environment: words.environment, items: due.slice(0, 100).map(({ data }) => data) },
  };
}

const expiryDays = 14;

export interface EventWords {
  readonly environment: string;
  readonly counts: boolean;
  readonly now: number;
}

function isAsked({ also }: AlertRoute, what: AlsoTold): boolean {
  return also.has(what);
}

/** Keys and providers that stop working soon: where the entry's or the workspace's people asked. */
export function expiriesOf(expiries: readonly ExpiringThing[], watcher: Watcher, words: EventWords): HappeningGroup[] {
  return expiries.flatMap(({ kind, workspace, id, name, expiresAt }): HappeningGroup[] => {
    const at = Date.parse(expiresAt);
    if (!(at > words.now && at <= words.now + expiryDays * dayMilliseconds)) return [];
    const route = watcher.routeOfEntry(kind, id) ?? watcher.routeOfPlace(workspace);
    if (!isAsked(route, 'expiring')) return [];
    const hidden = words.counts && kind === 'key-limits';
    const what = hidden ? 'an API key' : describeKey({ kind, workspace, name });
    const data = { kind, workspace, name: hidden ? null : name, expiresAt };
    const all = [
      { kind: 'key-expires' as const, key: `${kind} ${id}`, version: expiresAt, end: at, route, line: null, data },
    ];
    const place = workspace ?? 'the organisation';
    const write = (): Omit<Message, 'id'> => ({
      kind: 'key-expires',
      title: `${what} expires ${describeDays(at, words.now)} (${place})`,
      facts: [
        { label: kind === 'key-limits' ? 'API key' : 'Provider', value: what },
        { label: 'Workspace', value: place },
        { label: 'Expires', value: formatInstant(at) },
        { label: 'Environment', value: words.environment },
      ],
      paragraphs: ['After that its requests are refused. A later date is written as `expires:` in the policy files.'],
      link: null,
      at: words.now,
      data: { environment: words.environment, items: [data] },
    });
    return [{ all, write }];
  });
}

/** A condition may name keys and users. */
function namesSomebody({ before, after }: Change): boolean {
  return [before, after].some((fields) => fields?.match !== undefined && fields.match !== 'all');
}

/** What became of the last apply, where not everything was carried out. */
export function failedApplyOf(record: AppliedRecord, watcher: Watcher, words: EventWords): HappeningGroup[] {
  const route = watcher.routeOfPlace(null);
  const failed = record.outcomes.filter(({ status }) => status === 'failed' || status === 'not-attempted');
  const { claim } = record;
  const isDead = claim !== undefined && Date.parse(claim.leaseUntil) <= words.now;
  if (!isAsked(route, 'failed-apply') || (failed.length === 0 && !isDead)) return [];
  const run = isDead ? claim.run : record.run;
  const lines = isDead
    ? [`The run ${run} by ${claim.by} began ${claim.startedAt} and never said how it ended.`]
    : failed.map(({ kind, workspace, name, status, detail }) => {
        const shown = words.counts && kind === 'key-limits' ? 'a key' : describePlaced({ kind, workspace, name });
        return `${shown}: ${status === 'failed' ? 'failed' : 'not attempted'}${detail === undefined || (words.counts && kind === 'key-limits') ? '' : `: ${detail}`}`;
      });
  const all = lines.map(
    (line): Happening => ({
      kind: 'apply-failed',
      key: `${run} ${line}`,
      version: '',
      end: null,
      route,
      line,
      data: { text: line },
    }),
  );
  const title = isDead
    ? 'An apply never ended'
    : `${failed.length} ${failed.length === 1 ? 'change' : 'changes'} of the last apply ${failed.length === 1 ? 'was' : 'were'} not carried out`;
  const why = 'They are still owed: the next apply tries them again. `tollgate show` says more.';
  return [{ all, write: (due) => writeList({ kind: 'apply-failed', title, why, ...words }, due) }];
}

/**
 * What somebody loosened by hand, and limits that nobody declared; by workspace.
 *
 * @param seen limits that no entry of the record is about: a plan looks only where files and record are about something
 */
export function driftOf(
  { plan, report }: DriftView,
  seen: readonly Unmanaged[],
  watcher: Watcher,
  words: EventWords,
): HappeningGroup[] {
  const loosened = report.drifts
    .filter(({ direction }) => direction === 'loosen')
    .map((drift): Happening & { readonly workspace: string | null } => {
      const { key } = drift.change;
      const hidden = words.counts && key.kind === 'key-limits';
      const line = hidden
        ? 'the limits of a key were loosened'
        : `${describePlaced(key)}${words.counts && namesSomebody(drift.change) ? ' was loosened' : `: ${describeDrift(drift, plan.names)}`}`;
      const version = digestOf(drift.fieldChanges.map(({ field, after }) => [field, after ?? null])).slice(0, 12);
      const route = watcher.routeOfPlace(key.workspace);
      const data = { kind: key.kind, workspace: key.workspace, name: hidden ? null : key.name, summary: line };
      return {
        kind: 'loosened',
        key: drift.change.id,
        version,
        end: null,
        route,
        line,
        data,
        workspace: key.workspace,
      };
    })
    .filter(({ workspace }) => isAsked(watcher.routeOfPlace(workspace), 'loosened'));
  const planned = new Set(plan.unmanaged.map(({ kind, id }) => `${kind} ${id}`));
  const undeclared = [...plan.unmanaged, ...seen.filter(({ kind, id }) => !planned.has(`${kind} ${id}`))]
    .filter(({ workspace }) => isAsked(watcher.routeOfPlace(workspace), 'undeclared'))
    .map(({ kind, workspace, id, name, fields = [] }): Happening & { readonly workspace: string | null } => {
      const hidden = words.counts && kind === 'key-limits';
      const what = hidden ? 'a key' : describePlaced({ kind, workspace, name: name ?? id });
      const line = fields.length === 0 ? what : `${what}: ${fields.join(', ')}`;
      const data = { kind, workspace, name: hidden ? null : name, fields };
      const route = watcher.routeOfPlace(workspace);
      return {
        kind: 'undeclared',
        key: `${kind} ${id}`,
        version: [...fields].sort().join(' '),
        end: null,
        route,
        line,
        data,
        workspace,
      };
    });
  return [
    ...groupByPlace(loosened).map(([place, all]) => ({
      all,
      write: (due: readonly Happening[]) =>
        writeList(
          {
            kind: 'loosened',
            title: `${due.length} ${due.length === 1 ? 'limit was' : 'limits were'} loosened by hand (${place})`,
            why: 'The next apply puts it back, as `review.drift` says. `tollgate drift` shows it, and who did it where that can be read.',
            ...words,
          },
          due,
        ),
    })),
    ...groupByPlace(undeclared).map(([place, all]) => ({
      all,
      write: (due: readonly Happening[]) =>
        writeList(
          {
            kind: 'undeclared',
            title: `${due.length} ${due.length === 1 ? 'limit is' : 'limits are'} in no file (${place})`,
            why: '`tollgate import` writes what is in no file into the policy files.',
            ...words,
          },
          due,
        ),
    })),
  ];
}

function groupByPlace<T extends { readonly workspace: string | null }>(all: readonly T[]): (readonly [string, T[]])[] {
  const places = new Map<string, T[]>();
  for (const one of all) {
    const place = one.workspace ?? 'the organisation';
    places.set(place, [...(places.get(place) ?? []), one]);
  }
  return [...places].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Monday, 00:00 UTC, at or before an instant. */
function weekOf(now: number): number {
  const midnight = Math.floor(now / dayMilliseconds) * dayMilliseconds;
  return midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * dayMilliseconds;
}

/**
 * A summary a week. Who gets that of everything gets none of a part.
 *
 * @param write the page and its summary; of a workspace by its slug, or null for all of them
 */
export function digestsOf(
  places: readonly (string | null)[],
  watcher: Watcher,
  channels: ChannelKinds,
  now: number,
  write: (workspace: string | null) => Omit<Message, 'id'>,
): HappeningGroup[] {
  const monday = weekOf(now);
  const whole = watcher.routeOfPlace(null);
  const isWhole = isAsked(whole, 'digest');
  return places.flatMap((workspace): HappeningGroup[] => {
    const asked = watcher.routeOfPlace(workspace);
    if (!isAsked(asked, 'digest')) return [];
    const route = workspace !== null && isWhole ? partOf(asked, whole, channels) : asked;
    if (channelsOf(route, channels).length === 0) return [];
    const all = [
      {
        kind: 'digest' as const,
        key: workspace ?? '-',
        version: formatDay(monday),
        end: monday + 7 * dayMilliseconds,
        route,
        line: null,
        data: {},
      },
    ];
    return [{ all, write: () => write(workspace) }];
  });
}

function partOf(asked: AlertRoute, whole: AlertRoute, channels: ChannelKinds): Happening['route'] {
  return {
    recipients: asked.recipients.filter((address) => !whole.recipients.includes(address)),
    channels: asked.channels.filter((name) => channels[name]?.type === 'mail' || !whole.channels.includes(name)),
  };
}

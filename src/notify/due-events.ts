/** What is told beside budgets, each once for as long as it holds. Pure. */

import { isExpiring } from '../consumption/expiring.ts';
import type { ExpiringThing } from '../consumption/read-limits.ts';
import { groupBy } from '../live/place-index.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { describeKey, describePlaced } from '../render/describe-change.ts';
import { describeDays, formatInstant } from '../render/status-words.ts';
import type { AlertRoute } from '../resources/alert-settings.ts';
import type { Kind } from '../resources/types.ts';
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

/** One of a workspace, or of the organisation itself (null). */
export interface PlacedHappening extends Happening {
  readonly workspace: string | null;
}

/** Happenings that are told in one message. */
export interface HappeningGroup {
  readonly all: readonly Happening[];
  /** Each holds because the one before it does: what was told of one counts for those below it, which come after it. */
  readonly isLadder?: true;
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
  const tellings = groups.flatMap(({ all, isLadder, write }): Telling[] => {
    const known = all.map((one) => ({ one, told: toldOf(one, memory) }));
    const highestTold = isLadder === true ? known.findIndex(({ told }) => told !== null) : -1;
    const open = highestTold < 0 ? known : known.slice(0, highestTold);
    const fresh = open.filter(({ told }) => told === null).map(({ one }) => one);
    const again = groupBy(known, ({ told }) => (told?.left === undefined ? null : told.m));
    return [
      tell(fresh, null),
      ...[...again].map(([id, due]) =>
        tell(
          due.map(({ one }) => one),
          id,
        ),
      ),
    ].flat();

    function tell(due: readonly Happening[], id: string | null): Telling[] {
      const [first] = due;
      if (first === undefined) return [];
      const all = channelsOf(joinRoutes(due), channels);
      const told = id === null ? null : toldOf(first, memory);
      const to = told?.left === undefined ? all : leftOf(all, told);
      if (to.length === 0) return [];
      const marks = due.map((one) => ({ key: keyOf(one), mark: { w: one.version, e: one.end } }));
      return [{ message: { ...write(due), id: id ?? messageIdOf(environment, marks, memory) }, marks, to }];
    }
  });
  return { tellings, forgotten, holding: [...holding] };
}

function joinRoutes(due: readonly Happening[]): Happening['route'] {
  const join = (member: 'channels' | 'recipients') => [...new Set(due.flatMap(({ route }) => route[member]))].sort();
  return { channels: join('channels'), recipients: join('recipients') };
}

function toldOf(one: Happening, memory: Pick<Memory, 'marks'>): Mark | null {
  return markIn(memory, keyOf(one), one.version);
}

const mostLines = 30;

/** A list of what is due, in one message. */
function writeList(
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

export interface EventWords {
  readonly environment: string;
  /** Nobody is to be named (`review.show_people`). */
  readonly counts: boolean;
  readonly now: number;
}

/** The name of a key may be that of a person. */
export function isHidden(kind: Kind, { counts }: Pick<EventWords, 'counts'>): boolean {
  return counts && kind === 'key-limits';
}

/** As messages call it. */
export function placeOf({ workspace }: { readonly workspace: string | null }): string {
  return workspace ?? 'the organisation';
}

/** One message for each place, in the order in which places come. */
export function groupByPlace(
  all: readonly PlacedHappening[],
  words: EventWords,
  say: { readonly kind: Message['kind']; readonly title: (count: number) => string; readonly why: string },
): HappeningGroup[] {
  return [...groupBy(all, placeOf)].map(([place, placed]) => ({
    all: placed,
    write: (due) => writeList({ ...say, ...words, title: `${say.title(due.length)} (${place})` }, due),
  }));
}

/** Keys and providers that stop working soon: where the entry's or the workspace's people asked. */
export function expiriesOf(expiries: readonly ExpiringThing[], watcher: Watcher, words: EventWords): HappeningGroup[] {
  return expiries.flatMap(({ kind, workspace, id, name, expiresAt }): HappeningGroup[] => {
    const at = Date.parse(expiresAt);
    if (!isExpiring(at, words.now)) return [];
    const route = watcher.routeOfEntry(kind, id) ?? watcher.routeOfPlace(workspace);
    if (!route.also.has('expiring')) return [];
    const hidden = isHidden(kind, words);
    const what = hidden ? 'an API key' : describeKey({ kind, workspace, name });
    const data = { kind, workspace, name: hidden ? null : name, expiresAt };
    const all = [
      { kind: 'key-expires' as const, key: `${kind} ${id}`, version: expiresAt, end: at, route, line: null, data },
    ];
    const place = placeOf({ workspace });
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

/** What became of the last apply, where not everything was carried out. */
export function failedApplyOf(record: AppliedRecord, watcher: Watcher, words: EventWords): HappeningGroup[] {
  const route = watcher.routeOfPlace(null);
  const failed = record.outcomes.filter(({ status }) => status === 'failed' || status === 'not-attempted');
  const { claim } = record;
  const isDead = claim !== undefined && Date.parse(claim.leaseUntil) <= words.now;
  if (!route.also.has('failed-apply') || (failed.length === 0 && !isDead)) return [];
  const run = isDead ? claim.run : record.run;
  const lines = isDead
    ? [`The run ${run} by ${claim.by} began ${claim.startedAt} and never said how it ended.`]
    : failed.map(({ kind, workspace, name, status, detail }) => {
        const hidden = isHidden(kind, words);
        const shown = hidden ? 'a key' : describePlaced({ kind, workspace, name });
        return `${shown}: ${status === 'failed' ? 'failed' : 'not attempted'}${detail === undefined || hidden ? '' : `: ${detail}`}`;
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

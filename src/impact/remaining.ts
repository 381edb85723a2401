/** What goes on limiting tokens, requests and rates where a limit of them is taken away. Of money committed spend tells. Pure. */

import { compare, exactOf, fraction, multiply, toText } from '../exact.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { oddState } from '../live/row-state.ts';
import { isSame } from '../resources/canonical.ts';
import { isRateLimit, type Limit, limitsOf, timed } from '../resources/limit.ts';
import { secondsOfWindow } from '../resources/rate-windows.ts';
import type { Fields, Kind } from '../resources/types.ts';
import type { RemovedImpact } from './document.ts';
import { per30Days } from './money.ts';
import { type ChangeFacts, fieldsAfter } from './moves.ts';

/** One for each limit that goes, and has no heir of its unit in what carries it. */
export function removedOf(changes: readonly ChangeFacts[], index: LiveIndex): RemovedImpact[] {
  const places = new Map<string, readonly Placed[]>();
  const limitsAt = (kind: Kind, workspaceId: string): readonly Placed[] => {
    const place = `${kind}/${workspaceId}`;
    const found = places.get(place) ?? limitsAfter(kind, workspaceId, changes, index);
    places.set(place, found);
    return found;
  };
  return changes.flatMap((change) => {
    const { workspaceId } = change;
    const { kind } = change.key;
    const object = change.liveId === null ? undefined : index.at(kind, workspaceId).byId(change.liveId);
    if (object === undefined || workspaceId === null) return [];
    const before = index.fieldsOf(object);
    const left = limitsOf(kind, fieldsAfter(before, change) ?? {});
    const gone = limitsOf(kind, before).filter(
      (limit) => isCounted(limit) && !left.some((other) => isAlike(limit, other)),
    );
    // One of each sort: what remains is the same for all of them.
    const sorts = gone.filter((limit) => gone.find((other) => isAlike(limit, other)) === limit);
    return sorts.map((limit) => {
      const kinds: readonly Kind[] = [isRateLimit(limit) ? 'rate-policy' : 'usage-policy', 'workspace-limits'];
      const isRead = kinds.every((one) => index.isRead(one, workspaceId));
      return {
        id: change.id,
        ...(isRead
          ? remainsOf(
              limit,
              kinds.flatMap((one) => limitsAt(one, workspaceId)),
            )
          : unread(limit)),
      };
    });
  });
}

/** Money is bounded by more than limits of its own unit, and 0 limits nobody. */
function isCounted(limit: Limit): boolean {
  return limit.amount > 0 && (isRateLimit(limit) || limit.unit !== 'cost');
}

function isAlike(one: Limit, other: Limit): boolean {
  return one.unit === other.unit && isRateLimit(one) === isRateLimit(other);
}

type Remains = Omit<RemovedImpact, 'id'>;

function sortOf(gone: Limit): Pick<Remains, 'unit' | 'of'> {
  return { unit: gone.unit as Remains['unit'], of: isRateLimit(gone) ? 'rate' : 'budget' };
}

function unread(gone: Limit): Remains {
  return { ...sortOf(gone), holds: 'unknown' };
}

function remainsOf(gone: Limit, all: readonly Placed[]): Remains {
  const [holding] = all
    .filter(({ limit }) => isAlike(gone, limit) && isCounted(limit) && reaches(limit, gone))
    .sort((a, b) => compare(weight(a.limit), weight(b.limit)));
  if (holding === undefined) return { ...sortOf(gone), holds: null };
  const { name, limit } = holding;
  return {
    ...sortOf(gone),
    holds: {
      limit: limit.kind === 'workspace-limits' ? 'the workspace itself' : name,
      amount: toText(exactOf(limit.amount)),
      period: isRateLimit(limit) ? limit.window : timed(limit).reset,
      per: [...limit.per],
    },
  };
}

/** It applies to all calls that the other applied to, as far as can be told. */
function reaches(limit: Limit, gone: Limit): boolean {
  return limit.target === gone.target && (limit.match === 'all' || isSame(limit.match, gone.match));
}

/** What comes to least in equal time. */
function weight(limit: Limit): ReturnType<typeof exactOf> {
  if (isRateLimit(limit)) return multiply(exactOf(limit.amount), fraction(1n, BigInt(secondsOfWindow[limit.window])));
  return per30Days(limit.amount, timed(limit).reset);
}

interface Placed {
  readonly name: string;
  readonly limit: Limit;
}

function limitsAfter(
  kind: Kind,
  workspaceId: string,
  changes: readonly ChangeFacts[],
  index: LiveIndex,
): readonly Placed[] {
  const own = changes.filter((change) => change.key.kind === kind && change.workspaceId === workspaceId);
  const place = (name: string, fields: Fields): Placed[] => limitsOf(kind, fields).map((limit) => ({ name, limit }));
  const byTarget = new Map(own.map((change) => [change.liveId, change]));
  const live = index.at(kind, workspaceId).all.flatMap((object) => {
    if (oddState(object.row) !== null) return [];
    const change = byTarget.get(object.id);
    const fields = index.fieldsOf(object);
    return place(object.name ?? object.id, change === undefined ? fields : (fieldsAfter(fields, change) ?? {}));
  });
  const made = own.filter(({ liveId }) => liveId === null).flatMap(({ key, after }) => place(key.name, after ?? {}));
  return [...live, ...made];
}

/**
 * Never a moment without a limit, as a law over what is live after every write: before a limit goes or loosens, whatever of the
 * same workspace was to bind in its place is in force. Changes are told apart here by hand, without the stages of the planner.
 *
 * | has happened | must be in force |
 * |---|---|
 * | anything that gives | every create and every update that only takes |
 * | an old policy of a replacement is gone | the successors of all replacements |
 * | an update that gives and takes, by clearing a limit | every other update that takes, every replacement |
 * | a loosening that takes nothing | every change that takes anything |
 * | a delete, a clearing that takes nothing | every other change |
 *
 * And over traffic, whatever the order was: what a policy binds before and one binds after is bound by one at every moment.
 */

import type { Live } from '../../src/live/live.ts';
import type { Change } from '../../src/plan/types.ts';
import { isPolicyKind, specOf } from '../../src/resources/registry.ts';
import type { Budget, Fields, FieldValue, Kind, Match } from '../../src/resources/types.ts';

export interface LawMoment {
  readonly live: Live;
  readonly after: string;
}

type InForce = (change: Change, live: Live) => boolean;

interface Effect {
  readonly change: Change;
  readonly takes: boolean;
  readonly gives: boolean;
  /** A limit that bound is gone. */
  readonly clears: boolean;
}

/** One line a violation. */
export function findGivenEarly(
  moments: readonly LawMoment[],
  changes: readonly Change[],
  isInForce: InForce,
): string[] {
  const places = new Map<string, Effect[]>();
  for (const change of changes) {
    const place = change.workspaceId ?? '';
    places.set(place, [...(places.get(place) ?? []), effectOf(change)]);
  }
  return [...places.values()].flatMap((effects) =>
    moments.slice(1).flatMap(({ live, after }) => {
      const has = (effect: Effect): boolean => isInForce(effect.change, live);
      return effects
        .filter((effect) => effect.gives && hasGiven(effect, live, isInForce))
        .flatMap((given) => {
          const missing = effects.filter((other) => other !== given && mustPrecede(other, given) && !has(other));
          // Its own old policy is still to go; the new one is what binds.
          const open = missing.filter(
            (other) =>
              !(other.change.action === 'replace' && hasSuccessor(other.change, live, isInForce)) || isLast(given),
          );
          return open.map(
            (other) => `${given.change.id} has given before ${other.change.id} was in force, after ${after}`,
          );
        });
    }),
  );
}

function isLast({ clears, takes, change }: Effect): boolean {
  return change.action === 'delete' || (clears && !takes && change.action !== 'replace');
}

function mustPrecede(other: Effect, given: Effect): boolean {
  const isReplace = (effect: Effect): boolean => effect.change.action === 'replace';
  if (isLast(given)) return !isLast(other);
  if (!given.takes) return other.takes || isReplace(other);
  if (other.takes && !other.gives) return true;
  if (isReplace(given)) return isReplace(other);
  if (given.clears) return isReplace(other) || (other.takes && !other.clears);
  return false;
}

function hasGiven({ change }: Effect, live: Live, isInForce: InForce): boolean {
  if (change.action !== 'replace') return isInForce(change, live);
  return !live.objects.some(({ id, kind }) => id === change.liveId && kind === change.key.kind);
}

function hasSuccessor(change: Change, live: Live, isInForce: InForce): boolean {
  const objects = live.objects.filter(({ id }) => id !== change.liveId);
  return isInForce(change, { ...live, objects });
}

function effectOf(change: Change): Effect {
  const { action, before, after, fieldChanges } = change;
  if (action === 'create') return { change, takes: true, gives: false, clears: false };
  if (action === 'replace') return { change, takes: true, gives: true, clears: true };
  if (action === 'delete' || before === null || after === null)
    return { change, takes: false, gives: true, clears: true };
  const moves = fieldChanges.map(({ field }) => moveOf(field, before, after));
  const takes = moves.some((move) => move.takes);
  return { change, takes, gives: moves.some(({ gives }) => gives), clears: moves.some(({ clears }) => clears) };
}

interface Move {
  readonly takes: boolean;
  readonly gives: boolean;
  readonly clears: boolean;
}

const nothing: Move = { takes: false, gives: false, clears: false };

function moveOf(field: string, before: Fields, after: Fields): Move {
  const [from, to] = [before[field] ?? null, after[field] ?? null];
  if (/^(amount|value)$|^rate\[/.test(field)) return moveOfSize(from, to);
  if (field === 'expires') {
    const time = (value: FieldValue): number | null => (typeof value === 'string' ? Date.parse(value) : null);
    return moveOfSize(time(from), time(to));
  }
  if (field === 'reset') return moveOfReset(String(from), String(to));
  if (field === 'match') return moveOfMatch(from as Match, to as Match);
  if (field === 'window') return nothing;
  if (!/^budget(\[|$)/.test(field)) return nothing;
  const [old, next] = [from as Budget | null, to as Budget | null];
  if (old === null || next === null) return moveOfSize(old?.amount ?? null, next?.amount ?? null);
  if (old.unit !== next.unit) return { takes: true, gives: true, clears: true };
  const [size, reset] = [moveOfSize(old.amount, next.amount), moveOfReset(old.reset, next.reset)];
  return { ...nothing, takes: size.takes, gives: size.gives || reset.gives };
}

function moveOfSize(from: unknown, to: unknown): Move {
  const size = (value: unknown): number => (typeof value === 'number' ? value : Number.POSITIVE_INFINITY);
  const gives = size(to) > size(from);
  return { takes: size(to) < size(from), gives, clears: gives && to === null };
}

function moveOfReset(from: string, to: string): Move {
  const days = (reset: string): number =>
    ({ weekly: 7, monthly: 30, never: Number.POSITIVE_INFINITY })[reset] ?? Number(/\d+/.exec(reset)?.[0]);
  return { ...nothing, takes: days(to) > days(from), gives: days(to) < days(from) };
}

/** A call by what conditions may look at. */
type Call = ReadonlyMap<string, string>;

interface Binding {
  readonly id: string;
  /** What is counted: dollars are no help to tokens. */
  readonly counts: string;
  readonly match: Match;
}

/** Calls that a policy binds before and one binds in the end, and that none binds in between. One line a violation. */
export function findUnbound(moments: readonly LawMoment[], changes: readonly Change[]): string[] {
  const [first] = moments;
  if (first === undefined) return [];
  const policies = changes.filter(({ key }) => isPolicyKind(key.kind));
  return [...new Set(policies.map(({ workspaceId }) => workspaceId))].flatMap((workspaceId) => {
    const ours = policies.filter((change) => change.workspaceId === workspaceId);
    const before = bindingsOf(first.live, workspaceId);
    const changed = new Set(ours.map(({ liveId }) => liveId));
    const after = [
      ...before.filter(({ id }) => !changed.has(id)),
      ...ours.flatMap((change) => (change.after === null ? [] : bindingOf(change.key.kind, change.id, change.after))),
    ];
    const calls = callsOf([...before, ...after]);
    const isBound = (call: Call, counts: string, bindings: readonly Binding[]): boolean =>
      bindings.some((binding) => binding.counts === counts && holds(binding.match, call));
    return [...new Set(before.map(({ counts }) => counts))].flatMap((counts) => {
      const kept = calls.filter((call) => isBound(call, counts, before) && isBound(call, counts, after));
      return moments.slice(1).flatMap(({ live, after: request }) => {
        const now = bindingsOf(live, workspaceId);
        const open = kept.find((call) => !isBound(call, counts, now) && !isHandedOn(call, counts, ours));
        return open === undefined ? [] : [`no policy on ${counts} binds ${say(open)}, after ${request}`];
      });
    });
  });
}

/** Where two matches move past each other, neither can be first; a policy that is made or replaced can. */
function isHandedOn(call: Call, counts: string, changes: readonly Change[]): boolean {
  const moving = changes.filter(({ action, before, after }) => action === 'update' && isMoving(before, after));
  const does = (side: 'before' | 'after', change: Change): boolean =>
    bindingOf(change.key.kind, change.id, change[side] ?? {}).some(
      (binding) => binding.counts === counts && holds(binding.match, call),
    );
  const takes = moving.some((change) => does('after', change) && !does('before', change));
  return takes && moving.some((change) => does('before', change) && !does('after', change));
}

function isMoving(before: Fields | null, after: Fields | null): boolean {
  const [from, to] = [before?.match as Match | undefined, after?.match as Match | undefined];
  if (from === undefined || to === undefined) return false;
  const { takes, gives } = moveOfMatch(from, to);
  return takes && gives;
}

function moveOfMatch(from: Match, to: Match): Move {
  const calls = callsOf([from, to].map((match) => ({ id: '', counts: '', match })));
  const takes = calls.some((call) => holds(to, call) && !holds(from, call));
  return { ...nothing, takes, gives: calls.some((call) => holds(from, call) && !holds(to, call)) };
}

function bindingsOf(live: Live, workspaceId: string | null): readonly Binding[] {
  return live.objects
    .filter((object) => isPolicyKind(object.kind) && object.workspaceId === workspaceId)
    .flatMap(({ kind, id, row }) => {
      const scope = { workspaceId, workspaceSlug: null, organisationId: live.organisationId };
      return bindingOf(kind, id, specOf(kind).readFields(row, scope, []));
    });
}

function bindingOf(kind: Kind, id: string, { unit, target, match }: Fields): readonly Binding[] {
  if (match === undefined) return [];
  return [{ id, counts: [kind, unit, target ?? 'llm'].join(' '), match: match as Match }];
}

/** Every value that a condition names, another, and none. */
function callsOf(bindings: readonly Binding[]): readonly Call[] {
  const values = new Map<string, Set<string>>();
  for (const { match } of bindings) {
    for (const { key, any, except } of match === 'all' ? [] : match) {
      const known = values.get(key) ?? new Set(['another']);
      for (const value of [...(any === '*' ? [] : any), ...except]) known.add(value);
      values.set(key, known);
    }
  }
  return [...values].reduce<readonly Call[]>(
    (calls, [key, known]) =>
      calls.flatMap((call) => [call, ...[...known].map((value): Call => new Map([...call, [key, value]]))]),
    [new Map()],
  );
}

function holds(match: Match, call: Call): boolean {
  if (match === 'all') return true;
  return match.every(({ key, any, except }) => {
    const value = call.get(key);
    return value !== undefined && (any === '*' || any.includes(value)) && !except.includes(value);
  });
}

function say(call: Call): string {
  return call.size === 0 ? 'any call' : [...call].map(([key, value]) => `${key}=${value}`).join(', ');
}

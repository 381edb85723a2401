/**
 * Never a moment without a limit, as a law over what is live after every write: before a limit goes or loosens, whatever of the
 * same workspace was to bind in its place is in force. Changes are told apart here by hand, without the stages of the planner.
 *
 * | has happened | must be in force |
 * |---|---|
 * | anything that gives | every create and every update that only takes |
 * | an old policy of a replacement is gone | the successors of all replacements |
 * | an update that gives and takes, by clearing a limit | every other update that takes, every replacement |
 * | a match that moves, where nothing else gives | every create and every update that takes and clears nothing |
 * | a loosening that takes nothing | every change that takes anything |
 * | a delete, a clearing that takes nothing | every other change |
 */

import type { Change, Live } from '../../src/plan/types.ts';
import type { Budget, Fields, FieldValue } from '../../src/resources/types.ts';

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
  /** It gives by its match alone. */
  readonly rescopes: boolean;
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
  if (given.rescopes) return other.takes && !other.clears;
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
  if (action === 'create') return { change, takes: true, gives: false, clears: false, rescopes: false };
  if (action === 'replace') return { change, takes: true, gives: true, clears: true, rescopes: false };
  if (action === 'delete' || before === null || after === null)
    return { change, takes: false, gives: true, clears: true, rescopes: false };
  const moves = fieldChanges.map(({ field }) => ({ field, ...moveOf(field, before, after) }));
  const takes = moves.some((move) => move.takes);
  const giving = moves.filter(({ gives }) => gives);
  const gives = giving.length > 0;
  return {
    change,
    takes,
    gives,
    clears: moves.some(({ clears }) => clears),
    rescopes: gives && !takes && giving.every(({ field }) => field === 'match'),
  };
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
  // A match that moves gives to some and takes from others; who is whom is not known here, so nothing has to wait for it.
  if (field === 'match') return { ...nothing, gives: true };
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

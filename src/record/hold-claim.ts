/**
 * A claim is held, not only taken. Its run renews it, looks whether it is still there, and stops before its next write at the
 * first sign of another. A process may stand still for hours between any two lines of this file, and go on as if nothing was.
 */

import { ClaimLostError, UserError } from '../errors.ts';
import type { AppliedRecord, Claim } from '../plan/applied-record.ts';
import { leaseMilliseconds } from '../plan/claim-lease.ts';
import { escapeInvisible } from '../printable.ts';
import { isSame } from '../resources/canonical.ts';
import type { RecordStore } from './store.ts';

/** After a third of the lease: time enough to try again. */
const renewAfter = leaseMilliseconds / 3;

/** No write begins in the last ten minutes, so that none is under way when others may take over. */
const safeMilliseconds = leaseMilliseconds - 10 * 60 * 1000;

/** Looking takes a tenth of the time at most … */
const restPerLook = 10;
/** … and is done once a minute at least. */
const longestRest = 60 * 1000;

export interface HoldOptions {
  readonly store: RecordStore;
  /** `monotonic` may stand still while the machine sleeps, `now` may be set: whichever says that more time has passed is right. */
  readonly clock: { now(): number; readonly monotonic?: () => number };
  /** Of the control plane, see `Backend`; null: it tells no time. */
  readonly serviceNow: () => number | null;
}

export interface HeldClaim {
  /** Asked right before each write. @throws ClaimLostError when nothing more may be written */
  mayWrite(): Promise<void>;
  /** Why nothing more may be written; null while the claim is held. */
  readonly lost: string | null;
  /** Puts a record without a claim in its place: the outcomes. @throws UserError as `RecordStore.write` does */
  release(next: AppliedRecord, message: string): Promise<void>;
}

export type ClaimFacts = Omit<Claim, 'startedAt' | 'renewedAt' | 'leaseUntil'>;

/**
 * Writes the claim into the record, in place of what `token` names. No claim, no write: whoever loses the compare-and-swap has
 * touched nothing.
 *
 * @throws UserError as `RecordStore.write` does
 */
export async function takeClaim(
  record: AppliedRecord,
  facts: ClaimFacts,
  token: string | null,
  options: HoldOptions,
): Promise<HeldClaim> {
  const { store } = options;
  const begun = readTime(options);
  const started = dateOf(begun);
  let claim: Claim = { ...facts, startedAt: started, leaseUntil: leaseFrom(begun) };
  const count = `${claim.changes.length} ${claim.changes.length === 1 ? 'change' : 'changes'}`;
  let held = await store.write({ ...record, claim }, token, `claim: ${count} by ${claim.by}`);
  /** When the lease that is certainly stored began. */
  let leased = begun;
  let looked = readTime(options);
  let rest = restAfter(begun, looked);
  /** A renewal failed in such a way that it may have arrived. */
  let mayHaveMoved = false;
  let lost: string | null = null;
  let checking: Promise<void> | null = null;

  const isLeaseUnsafe = (): boolean => elapsed(leased, readTime(options)) >= safeMilliseconds;

  async function renew(): Promise<void> {
    const from = readTime(options);
    const renewed: Claim = { ...claim, renewedAt: dateOf(from), leaseUntil: leaseFrom(from) };
    try {
      held = await store.write({ ...record, claim: renewed }, held, `renew the claim of ${claim.run}`);
      claim = renewed;
      leased = from;
      mayHaveMoved = false;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.exit === 'stale') return look();
      // The remote is away. The lease still runs, so nobody may take over: that is enough until it is nearly over.
      mayHaveMoved = true;
    }
  }

  async function look(): Promise<void> {
    let found: string | null;
    try {
      found = await store.readToken();
      if (found === held) return;
      const now = await store.read();
      if (mayHaveMoved && now?.record.claim !== undefined && isOwn(now.record.claim, claim)) {
        held = now.token;
        return;
      }
      lost = describeOther(now?.record ?? null);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // As above; but a record that is there and cannot be read is not ours any more.
      if (error.exit !== 'unreachable') lost = 'the record was replaced while this apply was under way';
    }
  }

  async function check(): Promise<void> {
    const from = readTime(options);
    if (elapsed(looked, from) < rest || isLeaseUnsafe()) return;
    if (elapsed(leased, from) >= renewAfter) await renew();
    else await look();
    looked = readTime(options);
    rest = restAfter(from, looked);
  }

  return {
    get lost() {
      return lost;
    },

    async mayWrite() {
      if (lost === null) {
        // Writes side by side wait for one look.
        checking ??= check().finally(() => {
          checking = null;
        });
        await checking;
      }
      // Only now: the look itself may have taken long.
      if (isLeaseUnsafe()) lost ??= 'the lease of its claim has run out: this apply stood still, or could not renew it';
      if (lost !== null) throw new ClaimLostError(lost);
    },

    async release(next, message) {
      held = await store.write(next, held, message);
    },
  };
}

interface Time {
  readonly service: number | null;
  readonly wall: number;
  readonly monotonic: number;
}

function readTime({ clock, serviceNow }: HoldOptions): Time {
  const wall = clock.now();
  return { service: serviceNow(), wall, monotonic: clock.monotonic?.() ?? wall };
}

/** A sleeping machine, a clock that is set back, a service that is not asked meanwhile: each hides time from one of them. */
function elapsed(from: Time, to: Time): number {
  const service = from.service === null || to.service === null ? 0 : to.service - from.service;
  return Math.max(service, to.wall - from.wall, to.monotonic - from.monotonic);
}

function restAfter(from: Time, to: Time): number {
  return Math.min(longestRest, restPerLook * Math.max(0, to.monotonic - from.monotonic));
}

/** By the service's clock: it is the one that all machines see. This one's own where the service tells no time. */
function dateOf({ service, wall }: Time): string {
  return new Date(service ?? wall).toISOString();
}

function leaseFrom({ service, wall }: Time): string {
  return new Date((service ?? wall) + leaseMilliseconds).toISOString();
}

function isOwn(found: Claim, own: Claim): boolean {
  const identity = ({ run, startedAt, digest, changes }: Claim): unknown => ({ run, startedAt, digest, changes });
  return isSame(identity(found), identity(own));
}

function describeOther(record: AppliedRecord | null): string {
  if (record === null) return 'the record was removed while this apply was under way';
  const { by, run } = record.claim ?? { by: record.appliedBy, run: record.run };
  return `an apply by ${escapeInvisible(by)} (run ${escapeInvisible(run)}) has taken over its claim`;
}

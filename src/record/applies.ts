/** Versions of the record → applies: a claim, its renewals and the outcomes that ended it are one. Pure. */

import { type Claim, outcomeStatuses, type RecordedApply } from '../plan/applied-record.ts';
import { leaseEndOf } from '../plan/claim-lease.ts';
import type { RecordVersion } from './store.ts';

/** @param versions newest first */
export function listApplies(versions: readonly RecordVersion[]): readonly RecordedApply[] {
  const applies: RecordedApply[] = [];
  for (const [index, { token, summary, problem }] of versions.entries()) {
    const isLatest = index === 0;
    if (summary === null) {
      applies.push({ ...unreadable, token, tokens: [token], isLatest, problem });
      continue;
    }
    const { claim } = summary;
    if (claim === undefined) {
      const { appliedAt: at, appliedBy: by, run, commit, dirty, way, digest, outcomes } = summary;
      const word = { way, unreviewed: summary.unreviewed === true, lifts: summary.lifts ?? [] };
      const counts = outcomeStatuses.flatMap((status) => {
        const number = outcomes.filter((outcome) => outcome.status === status).length;
        return number === 0 ? [] : [[status, number] as const];
      });
      const facts = { at, by, run, commit, dirty, ...word, digest, counts, leaseUntil: null, problem: null };
      applies.push({ token, tokens: [token], state: 'ended', isLatest, ...facts });
      continue;
    }
    // The version that came next has its outcomes, unless it ended without: killed, or taken over by another run.
    const next = applies.at(-1);
    const isEnded = next?.state === 'ended' && next.run === claim.run && next.tokens.length === 1;
    if (next !== undefined && (isEnded || isRenewal(versions[index - 1]?.summary?.claim, claim))) {
      applies[applies.length - 1] = { ...next, tokens: [...next.tokens, token] };
      continue;
    }
    applies.push({
      token,
      tokens: [token],
      state: 'claim',
      at: claim.startedAt,
      by: claim.by,
      run: claim.run,
      commit: null,
      dirty: false,
      ...noWord,
      digest: claim.digest,
      counts: [['claimed', claim.changes.length]],
      isLatest,
      leaseUntil: readLeaseEnd(claim),
      problem: null,
    });
  }
  return applies;
}

const noWord = { way: null, unreviewed: false, lifts: [] } as const;

function isRenewal(later: Claim | undefined, claim: Claim): boolean {
  return later?.renewedAt !== undefined && later.run === claim.run && later.startedAt === claim.startedAt;
}

/** Null where its dates are none. */
function readLeaseEnd(claim: Claim): string | null {
  const end = leaseEndOf(claim);
  return Number.isNaN(end) ? null : new Date(end).toISOString();
}

const unreadable = {
  state: 'unreadable',
  at: null,
  by: null,
  run: null,
  commit: null,
  dirty: false,
  ...noWord,
  digest: null,
  counts: [],
  leaseUntil: null,
} as const;

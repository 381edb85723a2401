/** What moved live since the last apply, and what is owed: what `drift` and whoever else asks for it have in common. */

import { findDrift } from '../plan/find-drift.ts';
import type { StoredRecord } from '../record/store.ts';
import { type ApplyMeanwhile, type DriftView, hasDrift } from '../render/drift.ts';
import { findActors } from './find-actors.ts';
import { findReturned } from './find-returned.ts';
import type { Judged } from './judge.ts';
import { looksLost } from './judge-record.ts';
import type { OpenBackend } from './open-backend.ts';
import { isUnderWay } from './open-record.ts';
import { goOn } from './prepare.ts';
import { type CommonOptions, nowOf, type Session } from './session.ts';
import { closingOnFailure, type NoPlan, type PlanOptions, type Started, startRun } from './start.ts';

/**
 * Neither is reported while an apply is under way: what it has not written yet is not owed, and what it has is not drift.
 *
 * @param opened a control plane that is there already; default: a new one
 * @throws UserError, ServiceError, CancelledError
 */
export async function gatherDrift(
  options: CommonOptions & Pick<PlanOptions, 'mayRecall'>,
  session: Session,
  opened?: OpenBackend,
): Promise<DriftView | NoPlan | ApplyMeanwhile> {
  const planning = {
    mayRecall: true,
    ...options,
    mode: 'sync' as const,
    only: [],
    allow: [],
    impact: false,
    spend: true,
    isWhole: true,
  };
  const started = await startRun(planning, session, opened);
  if ('plan' in started) return started;
  const underWay = await closingOnFailure(started.open, () => findUnderWay(started, session));
  if (underWay !== null) {
    await started.open.close();
    return underWay;
  }
  const prepared = await goOn(started, session);
  if (prepared.plan === null) return prepared;
  const { plan, steps, settled, filter, open, reads, live, record } = prepared;
  try {
    const sources = { store: record.store, reads };
    const returned = settled === null ? [] : await findReturned(plan, live, sources, session);
    const report = findDrift({ ...plan, notes: [...plan.notes, ...returned] }, steps, filter.workspaces);
    // Live is read after the record: an apply that came in between looks like drift.
    if (hasDrift(report)) {
      const ended = await findMeanwhile(prepared);
      if (ended !== null) return ended;
    }
    const since = settled?.appliedAt ?? nowOf(session).toISOString();
    const changes = report.drifts.map(({ change }) => change);
    const reading = findActors(reads, changes, since, nowOf(session).toISOString(), plan.organisation);
    const authors = await session.waiting('reading the audit log', reading);
    return { plan, report, authors, record: settled !== null ? 'read' : looksLost(plan) ? 'lost' : 'none' };
  } finally {
    await open.close();
  }
}

async function findUnderWay({ stored, reads }: Started, session: Session): Promise<ApplyMeanwhile | null> {
  const claim = stored?.record.claim;
  if (stored === null || claim === undefined || !(await isUnderWay(claim, reads.backend, session))) return null;
  return meanwhileOf(stored, 'under-way');
}

/** An apply that has moved the record since it was read. */
async function findMeanwhile({ record: { store }, stored }: Judged): Promise<ApplyMeanwhile | null> {
  if ((await store.readToken()) === (stored?.token ?? null)) return null;
  const found = await store.read();
  return found === null ? null : meanwhileOf(found, 'meanwhile');
}

function meanwhileOf({ record }: StoredRecord, meanwhile: ApplyMeanwhile['meanwhile']): ApplyMeanwhile {
  const { claim, environment } = record;
  const facts = claim ?? { by: record.appliedBy, run: record.run, startedAt: record.appliedAt };
  return { meanwhile, environment, by: facts.by, run: facts.run, since: facts.startedAt };
}

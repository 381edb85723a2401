import { isSaidThroughout } from '../../approvals/licence.ts';
import { findOvertaken, type Overtaken, readStarts } from '../../approvals/overtaken.ts';
import { readWindows, type Windows } from '../../approvals/read-windows.ts';
import { type ReviewedChanges, reviewChanges } from '../../approvals/review-changes.ts';
import { findWaits, type Held, holdUnmet, type Waits } from '../../approvals/waits.ts';
import { UserError } from '../../errors.ts';
import { GitHubError } from '../../github/port.ts';
import { startsOf } from '../../plan/next-record.ts';
import type { Judged } from '../../run/judge.ts';
import type { Tip } from './tip.ts';
import type { ActionRun } from './types.ts';

export interface ReviewOfFiles {
  readonly windows: Windows;
  readonly reviewed: ReviewedChanges;
  /** What of a pull request has never been applied, as others overtook it. @param onlyBack see `findOvertaken` */
  readonly overtakenOf: (pull: number, more?: { readonly onlyBack?: boolean }) => Overtaken | null;
  /** Whom `review.approvals` still waits for. */
  readonly waits: Waits;
  /** What is not applied on merge. */
  readonly held: Held;
  /** `review.alone` in force: merging is enough. */
  readonly isAlone: boolean;
  /** Only what was reviewed is applied. */
  readonly isCompulsory: boolean;
}

/** Null where no record, or none that is sealed, says where a window begins. */
export async function readReview(run: ActionRun, tip: Tip, prepared: Judged): Promise<ReviewOfFiles | null> {
  const { settled, plan, steps, desired, inForce, settings } = prepared;
  // What a version says that this key did not seal, anybody who may push can have written: also from where on it was applied.
  const record = settled === null || inForce.unsealed === null ? settled : inForce.unsealed.ancestor;
  if (record === null) return null;
  if (run.github === null) {
    throw new UserError('without a token nobody can tell what was reviewed', {
      hint: 'Leave the input `github-token` at its default.',
    });
  }
  const { branch, branchName } = tip;
  const place = placeOfRecord(prepared);
  try {
    const sources = { github: run.github, branch, branchName, formerName: record.branch, place };
    const windows = await readWindows(sources, startsOf(record));
    const reviewed = reviewChanges({ plan, steps, desired, record, windows });
    const window = windows.from(record.commit);
    const isAlone = settings.alone && isSaidThroughout(window, 'alone', true);
    const isOff = !settings.require_reviewed_plan && isSaidThroughout(window, 'require_reviewed_plan', false);
    const isCompulsory = !isOff && !isAlone;
    const rules = { rules: settings.approvals, owners: prepared.owners };
    const waits = await findWaits(run.github, { ...rules, plan, steps, record, windows, reviewed });
    const held = holdUnmet(reviewed, waits, isCompulsory);
    const startOf = readStarts(record);
    const overtakenOf: ReviewOfFiles['overtakenOf'] = (pull, more) => {
      const stretch = windows.stretchOf(pull);
      const windowOf = (group: string) => windows.from(startOf(group))?.stretches ?? [];
      return stretch === undefined ? null : findOvertaken(stretch, windowOf, more);
    };
    return { windows, reviewed, overtakenOf, waits, held, isAlone, isCompulsory };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    throw new UserError(`what was reviewed could not be read: ${error.message}`, {
      exit: 'unreachable',
      hint: 'Nothing was applied. The job needs `contents: read` and `pull-requests: read`; run it again.',
    });
  }
}

export function placeOfRecord({ plan, desired }: Pick<Judged, 'plan' | 'desired'>): {
  readonly environment: string;
  readonly baseUrl: string;
  readonly record: string;
} {
  return {
    environment: plan.environment,
    baseUrl: plan.baseUrl,
    record: desired.recordRef ?? `refs/tollgate/${plan.environment}`,
  };
}

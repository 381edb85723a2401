/** On merge: what was reviewed is applied, what was not stays owed. */

import { judgeWithWords } from '../../approvals/lifted.ts';
import type { Stretch } from '../../approvals/reviewed.ts';
import { describeItem } from '../../approvals/reviewed-item.ts';
import { describeWait, type Wait } from '../../approvals/waits.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { Approval } from '../../plan/approve.ts';
import { narrowPlan } from '../../plan/mode.ts';
import type { RecordStep } from '../../plan/types.ts';
import { wordDigest } from '../../plan/words.ts';
import { guardInputOf, type Judged } from '../../run/judge.ts';
import type { ReviewOfFiles } from './read-review.ts';
import { describeOwed, describeWays, type Ruling } from './ruling.ts';
import type { ActionRun } from './types.ts';

export function judgeMerge(_run: ActionRun, prepared: Judged, review: ReviewOfFiles | null): Ruling {
  if (review === null) return refuseFirstApply(prepared);
  const { isCompulsory } = review;
  const { alone, require_reviewed_plan } = prepared.settings;
  // Applied in part, the record would be of the tip, and nothing would tell any more that the setting had been taken away.
  if (isCompulsory && (alone || !require_reviewed_plan)) return refuseLicence(prepared);
  const { forgotten } = review.waits;
  if (forgotten.length > 0) return refuseForgotten(prepared, review);
  const { owed, heldLines, heldSteps, isHeldBack } = review.held;
  const { others, of, teams } = review.waits;
  // Merging is enough, but for what a rule asks somebody about.
  const isPartial = isCompulsory || isHeldBack;
  const approval = isPartial ? approvalOf(prepared, review) : null;
  const { plan, lifts, lines } = judgePlanOf(prepared, review, approval);
  const { lacking, pullsOf, pullsOfLine } = review.reviewed;
  const waiting = [...[...of.values()].flat(), ...others];
  const unapproved = [...(isCompulsory ? lacking : []), ...waiting.map(({ stretch }) => stretch)];
  const told = [
    ...owed.map(({ item, reasons }) => {
      return { text: describeOwed(item.id, reasons), pulls: pullsOf.get(item.id) ?? [] };
    }),
    ...heldLines.map(({ item, reasons }) => {
      return { text: describeOwed(describeItem(item), reasons), pulls: pullsOfLine.get(item) ?? [] };
    }),
    ...others.map((wait) => {
      return { text: describeOwed(wait.what, [describeWait(wait, teams)]), pulls: pullsIn([wait.stretch]) };
    }),
  ];
  const pulls = review.windows.pulls.filter(({ pull }) => pullsIn(unapproved).includes(pull.number));
  return {
    verdict: {
      plan,
      approval,
      steps: holdSteps(prepared.steps, heldSteps),
      way: 'merge',
      isUnreviewed: !isCompulsory,
      lifts,
    },
    refusal: null,
    owed: told,
    lines,
    ways: told.length === 0 ? null : describeWays(pulls, prepared.plan.digest, namesOf(waiting)),
  };
}

function pullsIn(stretches: readonly (Stretch | null)[]): readonly number[] {
  return stretches.flatMap((stretch) => stretch?.pull ?? []);
}

function namesOf(waits: readonly Wait[]): readonly string[] {
  return [...new Set(waits.map(({ by }) => by.join(' or ')))];
}

function refuseForgotten({ plan }: Judged, { waits: { forgotten, teams } }: ReviewOfFiles): Ruling {
  const reasons = [...new Set(forgotten.map((wait) => describeWait(wait, teams)))].join('; ');
  const message = `not applied: commits since the last apply had a rule of \`review.approvals\`, or an owner, that the record does not know and the files no longer say; somebody may have put an older record back. It ${reasons}. They approve it there, or run the workflow by hand with approve: ${wordDigest(plan.digest)}`;
  return { verdict: null, refusal: { exit: exitCodes.refused, message }, owed: [], lines: [], ways: null };
}

function refuseLicence({ plan }: Judged): Ruling {
  const message = `not applied: the record lets changes through without a review, and commits since it was applied do not; somebody may have put an older record back. Somebody without a part in it runs the workflow by hand with approve: ${wordDigest(plan.digest)}`;
  return { verdict: null, refusal: { exit: exitCodes.refused, message }, owed: [], lines: [], ways: null };
}

function refuseFirstApply({ plan, settled }: Judged): Ruling {
  const byHand = `an administrator of the repository runs the workflow by hand with approve: ${wordDigest(plan.digest)}`;
  const message =
    settled === null
      ? `not applied: there is no applied record, and a push never makes the first apply. If there was a record, \`tollgate record rebuild --from COMMIT\` makes it again; else ${byHand}`
      : `not applied: no version of the applied record is sealed with the key of this run, so that nobody can tell since when what was reviewed. The holder of the key runs \`tollgate apply\`, or ${byHand}: either seals it anew`;
  return { verdict: null, refusal: { exit: exitCodes.refused, message }, owed: [], lines: [], ways: null };
}

function approvalOf({ plan }: Judged, { held }: ReviewOfFiles): Approval {
  return {
    changes: held.changes,
    stale: held.owed.map(({ item, reasons }) => {
      return { change: item, approved: null, detail: `not reviewed: ${reasons.join('; ')}` };
    }),
    past: [],
    isHeldBack: held.isHeldBack,
    heldLines: plan.recordLines.filter((line) => held.heldLines.some(({ item }) => item === line)),
  };
}

/** The plan that is carried out: of what was reviewed alone, with the words of reviews. */
export function judgePlanOf(prepared: Judged, { reviewed, windows }: ReviewOfFiles, approval: Approval | null) {
  const { plan, assess } = prepared;
  const held = new Set(approval?.heldLines ?? []);
  const narrowed =
    approval === null
      ? plan
      : {
          ...narrowPlan(
            plan,
            approval.changes,
            plan.recordLines.filter((line) => !held.has(line)),
          ),
          impact: assess(approval.changes),
        };
  const { violations, lifts, lines } = judgeWithWords({
    ...guardInputOf(prepared),
    plan: narrowed,
    assess,
    pulls: windows.pulls,
    pullsOf: reviewed.pullsOf,
    pullsOfSettings: plan.recordLines.flatMap((line) =>
      line.key === null ? (reviewed.pullsOfLine.get(line) ?? []) : [],
    ),
  });
  return { plan: { ...narrowed, violations }, lifts, lines };
}

/** What nobody said yes to keeps what it has, with the commit of that. */
function holdSteps(steps: readonly RecordStep[], held: ReadonlySet<RecordStep>): readonly RecordStep[] {
  return held.size === 0 ? steps : steps.map((step) => (held.has(step) ? { ...step, kept: true as const } : step));
}

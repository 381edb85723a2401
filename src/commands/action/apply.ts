/** Applies what was reviewed: the tip of the default branch, whatever the event, or what a person dispatches. */

import type { Diagnostic } from '../../diagnostics.ts';
import { UserError } from '../../errors.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { Desired } from '../../resources/types.ts';
import { type ApplyCommandOptions, type ApplyReport, carryOut, prepareApply, type ToApply } from '../../run/apply.ts';
import { loadPolicies } from '../../run/load-policies.ts';
import { openRecord } from '../../run/open-record.ts';
import { findEndedRun } from './ended-run.ts';
import { isKnownFailure, reasonOfFailure, resultOfFailure } from './failed-run.ts';
import { fateAsWhole, fatesOfApply, renderFates } from './fates-of-apply.ts';
import { describeFirstApply } from './first-apply.ts';
import { checkTakeOver, digestOfDispatch, judgeDispatch } from './judge-dispatch.ts';
import { judgeMerge } from './judge-merge.ts';
import { moveForDispatch } from './move.ts';
import { invalidFiles } from './plan.ts';
import { type ReviewOfFiles, readReview } from './read-review.ts';
import { remarkOf, resultOfApply } from './result-of-apply.ts';
import type { Ruling } from './ruling.ts';
import { announce, conclude, type ToldAll, tellAll, tellEarlier } from './tell-pulls.ts';
import { type Tip, withTip } from './tip.ts';
import { type ActionResult, type ActionRun, commonOptions, impactOptions } from './types.ts';

export async function applyForEvent(run: ActionRun): Promise<ActionResult> {
  const { context } = run.event;
  if (context.kind === 'pull-request' || context.kind === 'merge-group') {
    throw new UserError('apply runs on the default branch after the merge, not for a pull request', {
      hint: 'Run `command: apply` on push to the default branch, or on workflow_dispatch.',
    });
  }
  if (context.kind === 'push' && !context.isDefaultBranch) {
    throw new UserError('apply runs for the default branch alone, and this push is to another one');
  }
  if (run.inputs.allow.length > 0 && digestOfDispatch(run) === null) {
    throw new UserError('the input allow lifts guards of a plan that is approved with it', {
      hint: 'Write the digest of the plan as `approve`.',
    });
  }
  const { move } = run.inputs;
  if (move !== null && (digestOfDispatch(run) !== null || run.inputs.takeOver !== null)) {
    throw new UserError('the input move is a run of its own: nothing is applied beside it', {
      hint: 'Leave approve, allow, revert-drift and take-over empty, and run the workflow again after the move.',
    });
  }
  return withTip(run, (tip) => (move === null ? applyTip(run, tip) : moveForDispatch(run, tip, move)));
}

/** Whatever a run comes to, those whom it is about are told. */
async function applyTip(run: ActionRun, tip: Tip): Promise<ActionResult> {
  try {
    const result = await applyFiles(run, tip);
    if (!('diagnostics' in result)) return result;
    const { diagnostics, warnings } = result;
    const invalid = invalidFiles(diagnostics);
    const why = `Nothing was applied: ${invalid.failure} of the default branch.`;
    const all = await tellAll(run, tip, fateAsWhole('failed', why, diagnostics));
    const summary = `${invalid.summary}\n\n${renderFates(all.told, run.repositoryUrl)}`;
    return { ...invalid, summary, warnings: [...warnings, ...all.warnings] };
  } catch (error) {
    if (!isKnownFailure(error)) throw error;
    const fate = fateAsWhole('failed', `Nothing was applied: ${reasonOfFailure(error)}`);
    const { told, warnings } = await tellAll(run, tip, fate);
    return resultOfFailure(error, warnings, renderFates(told, run.repositoryUrl));
  }
}

interface NoFiles {
  readonly diagnostics: readonly Diagnostic[];
  readonly warnings: readonly string[];
}

async function applyFiles(run: ActionRun, tip: Tip): Promise<ActionResult | NoFiles> {
  const { session, inputs } = run;
  const common = { ...commonOptions(run), source: tip.source };
  const { desired, diagnostics } = await loadPolicies(common, session);
  if (desired === null) return { diagnostics, warnings: [] };
  const { store } = await openRecord(common, desired, session);
  const warnings: string[] = [];
  const options: ApplyCommandOptions = {
    ...common,
    mode: 'sync',
    only: [],
    allow: digestOfDispatch(run) === null ? [] : inputs.allow,
    revertDrift: inputs.revertDrift !== null,
    yes: true,
    takeOver: (await checkTakeOver(run)) ?? (await findEndedRun(run, await store.read(), warnings)),
    plan: [],
    ...impactOptions(run),
  };
  const prepared = await prepareApply(options, session);
  if (prepared.plan === null) return { diagnostics: prepared.diagnostics, warnings };
  try {
    return await applyPrepared(run, tip, prepared, desired, options, warnings);
  } finally {
    await prepared.open.close();
  }
}

async function applyPrepared(
  run: ActionRun,
  tip: Tip,
  prepared: ToApply,
  desired: Desired,
  options: ApplyCommandOptions,
  warnings: string[],
): Promise<ActionResult> {
  const review = await readReview(run, tip, prepared);
  const ruling =
    digestOfDispatch(run) !== null ? await judgeDispatch(run, prepared, review) : judgeMerge(run, prepared, review);
  const ground = { environment: prepared.plan.environment, record: prepared.settled?.appliedAt ?? null };
  const earlier = review === null ? null : await tellEarlier(run, tip, prepared, review);
  warnings.push(...(earlier?.warnings ?? []));
  const merged = review?.windows.pulls.map(({ pull }) => pull) ?? [];
  const moved = new Set(ruling.verdict?.plan.changes.flatMap(({ id }) => review?.reviewed.pullsOf.get(id) ?? []));
  const numbers = merged.map(({ number }) => number);
  const applied = numbers.filter((number) => review?.overtakenOf(number) === null);
  const told =
    earlier === null
      ? undefined
      : {
          pulls: [...applied, ...earlier.untold],
          isAll: applied.length === numbers.length && !earlier.hasOthers,
        };
  const telling = {
    telling: told,
    onClaimed: async () => {
      const pulls = merged.filter(({ number }) => moved.has(number));
      warnings.push(...(await announce(run, pulls, ground)));
    },
  };
  const report = await carryOutRuling(ruling, prepared, { ...options, ...telling }, run);
  const outcome = await tellOutcome(run, tip, prepared, { report, ruling, review });
  warnings.push(...outcome.warnings);
  const first = review === null ? await describeFirstApply(run, tip, prepared) : null;
  return resultOfApply(report, ruling, {
    desired,
    warnings,
    first,
    fates: renderFates(outcome.told, run.repositoryUrl),
  });
}

interface Done {
  readonly report: ApplyReport;
  readonly ruling: Ruling;
  readonly review: ReviewOfFiles | null;
}

async function tellOutcome(
  run: ActionRun,
  tip: Tip,
  { plan, settled, stored, assess }: ToApply,
  { report, ruling, review }: Done,
): Promise<ToldAll> {
  // Who started it without a right to is told so; it says nothing of what was merged.
  const isIdle = ruling.verdict === null && digestOfDispatch(run) !== null;
  if (review === null) {
    const state = report.refusal !== null ? 'refused' : report.exit === exitCodes.ok ? 'applied' : 'failed';
    const fate = fateAsWhole(state, remarkOf(report, ruling) ?? 'Applied with all that the default branch asks for.');
    const known = { record: stored?.record, recordedAt: report.recordedAt };
    return isIdle ? { told: [], warnings: [] } : tellAll(run, tip, fate, known);
  }
  const told = fatesOfApply(report, ruling, review, assess);
  if (isIdle) return { told, warnings: [] };
  const record = report.recordedAt ?? settled?.appliedAt ?? null;
  return { told, warnings: await conclude(run, told, { environment: plan.environment, record }) };
}

async function carryOutRuling(
  { verdict, refusal }: Ruling,
  prepared: ToApply,
  options: ApplyCommandOptions,
  { session }: ActionRun,
): Promise<ApplyReport> {
  if (verdict !== null) return carryOut(prepared, verdict, options, session);
  const { plan, diagnostics } = prepared;
  return {
    exit: refusal?.exit ?? exitCodes.refused,
    plan,
    planned: plan,
    diagnostics,
    outcomes: [],
    refusal: refusal?.message ?? 'not applied',
    refusalReason: 'unreviewed',
    recordedIn: null,
    recordedAt: null,
    recordProblem: null,
  };
}

import { UserError } from '../../errors.ts';
import { type ExitCode, exitCodes } from '../../exit-codes.ts';
import type { GitHub } from '../../github/port.ts';
import type { AppliedRecord } from '../../plan/applied-record.ts';
import { shortDigest } from '../../plan/digest.ts';
import { settingsInForce } from '../../plan/guards.ts';
import type { Plan } from '../../plan/types.ts';
import { type CommentState, restateComment } from '../../render/comment.ts';
import { renderDiagnosticsMarkdown, renderOutcomesMarkdown, renderPlanMarkdown } from '../../render/markdown.ts';
import { summarizeOutcomes } from '../../render/text.ts';
import type { Desired, Settings } from '../../resources/types.ts';
import { type ApplyCommandOptions, type ApplyReport, executeApply } from '../execute-apply.ts';
import { loadPolicies } from '../load-policies.ts';
import { type OpenRecord, openRecord } from '../open-record.ts';
import { preparePlan } from '../prepare-plan.ts';
import { annotatePlan } from './annotate.ts';
import { type Approvals, readApprovals } from './approvals.ts';
import { invalidFiles, planOutputs } from './plan.ts';
import { postComment, saying } from './post-plan.ts';
import { type ActionResult, type ActionRun, commonOptions, impactOptions } from './types.ts';

/** Applies on merge what was reviewed: the tip of the default branch, or by hand with `approve`. */
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
  const { desired, diagnostics } = await loadPolicies({ dir: run.inputs.directory }, run.session);
  if (desired === null) return invalidFiles(diagnostics);
  const record = await openRecord(commonOptions(run), desired, run.session);
  const stored = (await record.store.read())?.record ?? null;
  const warnings: string[] = [];
  const { approvals, takeOver } = await askGitHub(run, desired, record, stored, warnings);
  warnings.push(...(await announce(run, approvals)));
  const report = await executeApply(chooseOptions(run, desired, stored, approvals, takeOver), run.session);
  if (report.plan === null) return { ...invalidFiles(report.diagnostics), warnings };
  const left = await planWhatIsLeft(run, report);
  warnings.push(...(await conclude(run, approvals, report, left)));
  return resultOf(report, left, desired, warnings);
}

/** The plan that somebody would have to approve now: another one than before, once a part was applied. */
async function planWhatIsLeft(run: ActionRun, { planned, outcomes }: ApplyReport): Promise<Plan> {
  if (!outcomes.some(({ status }) => status === 'stale')) return planned;
  const prepared = await preparePlan(
    { ...commonOptions(run), mode: 'sync', only: [], allow: [], ...impactOptions(run) },
    run.session,
  );
  if (prepared.plan === null) return planned;
  await prepared.open.close();
  return prepared.plan;
}

interface GitHubFacts {
  readonly approvals: Approvals;
  /** The run whose claim was left behind. */
  readonly takeOver: string | undefined;
}

async function askGitHub(
  run: ActionRun,
  desired: Desired,
  { checkout }: OpenRecord,
  stored: AppliedRecord | null,
  warnings: string[],
): Promise<GitHubFacts> {
  const { github, event, inputs } = run;
  let approvals: Approvals = { pulls: [], allow: event.context.kind === 'dispatch' ? inputs.allow : [] };
  let takeOver: string | undefined;
  if (github === null) return { approvals, takeOver };
  warnings.push(
    ...(await saying('approvals were not read; the state of reviews', async () => {
      const head = (await checkout?.headCommit()) ?? null;
      if (head === null || event.context.kind === 'dispatch') return;
      approvals = await readApprovals(run, github, desired.environment, stored, head);
    })),
    ...(await saying('the earlier run was not looked up; its claim', async () => {
      takeOver = await findEndedRun(github, stored);
    })),
  );
  return { approvals, takeOver };
}

/** A cancelled or failed run is finished by the next one: GitHub knows whether the one that claims has ended. */
async function findEndedRun(github: GitHub, stored: AppliedRecord | null): Promise<string | undefined> {
  const run = stored?.claim?.run;
  const id = /^github:(\d+)\./.exec(run ?? '')?.[1];
  if (run === undefined || id === undefined) return undefined;
  return (await github.hasRunEnded(Number(id))) === true ? run : undefined;
}

function chooseOptions(
  run: ActionRun,
  desired: Desired,
  stored: AppliedRecord | null,
  { pulls, allow }: Approvals,
  takeOver: string | undefined,
): ApplyCommandOptions {
  const settings = settingsInForce((stored?.settings as Settings | undefined) ?? null, desired.settings);
  const approve = run.event.context.kind === 'dispatch' ? run.inputs.approve : null;
  const base = {
    ...commonOptions(run),
    mode: 'sync' as const,
    only: [],
    allow,
    yes: true,
    takeOver,
    plan: [],
    ...impactOptions(run),
  };
  if (approve !== null) return { ...base, approve };
  if (settings.require_reviewed_plan !== true) return base;
  const files = pulls.flatMap(({ planFile }) => planFile ?? []);
  if (files.length > 0) return { ...base, plan: files };
  // Without its file a plan is approved by its digest: all of it, or nothing.
  const digest = pulls.findLast((pull) => pull.digest !== null)?.digest;
  return digest === null || digest === undefined ? base : { ...base, approve: digest };
}

/** The comment says what is under way before anything is written. */
async function announce(run: ActionRun, { pulls }: Approvals): Promise<string[]> {
  const { github, inputs, runNumber, runAttempt } = run;
  if (github === null || inputs.comment === 'never') return [];
  const warnings: string[] = [];
  for (const { comment } of pulls) {
    if (comment === null) continue;
    const header = { ...comment.header, run: runNumber, attempt: runAttempt, state: 'applying' as const };
    warnings.push(
      ...(await saying('the comment', () => github.updateComment(comment.id, restateComment(comment.body, header)))),
    );
  }
  return warnings;
}

/** Each merged pull request learns what became of it, in the comment that held its plan. */
async function conclude(run: ActionRun, { pulls }: Approvals, report: ApplyReport, left: Plan): Promise<string[]> {
  const { github, inputs } = run;
  if (github === null || inputs.comment === 'never') return [];
  const warnings: string[] = [];
  for (const { pull, digest } of pulls) {
    if (digest === null) continue;
    const isUnapplied = report.refusal !== null || report.outcomes.some(({ status }) => status === 'stale');
    warnings.push(
      ...(await postComment(run, github, {
        number: pull.number,
        head: pull.head,
        plan: isUnapplied ? left : report.plan,
        state: stateOf(report),
        diagnostics: report.diagnostics,
        outcomes: report.outcomes,
        remark: remarkOf(report, left),
      })),
    );
  }
  return warnings;
}

function stateOf({ exit, refusal }: ApplyReport): CommentState {
  const states: Partial<Record<ExitCode, CommentState>> = {
    [exitCodes.ok]: 'applied',
    [exitCodes.stale]: 'stale',
    [exitCodes.refused]: 'refused',
  };
  return states[exit] ?? (refusal === null ? 'partly-applied' : 'refused');
}

function remarkOf({ refusal, recordProblem, outcomes }: ApplyReport, left: Plan): string | null {
  const isStale = outcomes.some(({ status }) => status === 'stale');
  if (refusal === null && recordProblem === null && !isStale) return null;
  const way = `To apply the plan as it stands now, run the workflow by hand with approve: ${shortDigest(left.digest)}`;
  return [
    refusal ?? recordProblem ?? 'Some changes are not as they were approved.',
    ...(refusal !== null || isStale ? [way] : []),
  ].join(' ');
}

function resultOf(report: ApplyReport, left: Plan, desired: Desired, warnings: readonly string[]): ActionResult {
  const { exit, plan, diagnostics, outcomes, refusal, recordProblem } = report;
  const said = outcomes.length > 0 ? summarizeOutcomes(outcomes) : 'Nothing to change.';
  const problem = refusal ?? recordProblem;
  const sections = [
    problem === null ? `### ${said}` : `### ${problem}`,
    ...(outcomes.length > 0 ? [renderOutcomesMarkdown(outcomes)] : []),
    renderPlanMarkdown(left),
    ...(diagnostics.length > 0 ? [renderDiagnosticsMarkdown(diagnostics)] : []),
  ];
  return {
    exit,
    outputs: { ...planOutputs(plan), digest: left.digest, summary: problem ?? said },
    summary: sections.join('\n\n'),
    annotations: annotatePlan(refusal === null ? null : plan, diagnostics, desired.orgFile.file),
    failure: exit === exitCodes.ok ? null : (problem ?? said),
    warnings,
  };
}

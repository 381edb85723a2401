import { UserError } from '../../errors.ts';
import { type ExitCode, exitCodes } from '../../exit-codes.ts';
import type { GitHub } from '../../github/port.ts';
import { shortDigest } from '../../plan/digest.ts';
import { objecting, settingsInForce } from '../../plan/guards.ts';
import type { OutcomeStatus, Plan } from '../../plan/types.ts';
import type { StoredRecord } from '../../record/store.ts';
import { type CommentState, restateComment } from '../../render/comment.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
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
import { notWritten, postComment, saying } from './post-plan.ts';
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
  await checkBranch(run, record);
  const stored = await record.store.read();
  const settings = settingsInForce((stored?.record.settings as Settings | undefined) ?? null, desired.settings);
  const isCompulsory = settings.require_reviewed_plan === true;
  const warnings: string[] = [];
  const facts = await askGitHub(run, desired, record, stored, isCompulsory, warnings);
  const { approvals } = facts;
  if (isCompulsory && !isByHand(run)) warnings.push(...missingFiles(approvals));
  warnings.push(...(await announce(run, approvals)));
  const options = chooseOptions(run, facts, isCompulsory);
  let report: Awaited<ReturnType<typeof executeApply>>;
  try {
    report = await executeApply(options, run.session);
  } catch (error) {
    // Nothing was written to the control plane: "applying" would stand there for ever.
    await restate(run, approvals, 'refused');
    throw error;
  }
  if (report.plan === null) {
    warnings.push(...(await restate(run, approvals, 'refused')));
    return { ...invalidFiles(report.diagnostics), warnings };
  }
  const left = await planWhatIsLeft(run, report);
  warnings.push(...(await conclude(run, approvals, report, left)));
  return resultOf(report, left, desired, warnings);
}

function isByHand({ event, inputs }: ActionRun): boolean {
  return event.context.kind === 'dispatch' && inputs.approve !== null;
}

/** A run by hand may be started on any branch; what nobody has merged is not applied from there. */
async function checkBranch({ event }: ActionRun, { checkout }: OpenRecord): Promise<void> {
  const { context, defaultBranch } = event;
  if (context.kind !== 'dispatch' || defaultBranch === null || checkout === null) return;
  const head = await checkout.headCommit();
  if (head === null) return;
  const tip = await checkout.resolveCommit(`refs/remotes/origin/${defaultBranch}`);
  const answer = await checkout.isAncestor(head, tip);
  if (answer === 'yes' || (answer === 'unknown' && context.isDefaultBranch)) return;
  throw new UserError(
    `apply takes the default branch, and the commit checked out, ${head.slice(0, 12)}, is not on it`,
    {
      hint: 'Start it on the default branch, or give actions/checkout that branch as `ref` and `fetch-depth: 0`.',
    },
  );
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
  { environment }: Desired,
  { checkout, store }: OpenRecord,
  stored: StoredRecord | null,
  isCompulsory: boolean,
  warnings: string[],
): Promise<GitHubFacts> {
  const { github, event, inputs } = run;
  const given = event.context.kind === 'dispatch' ? inputs.allow : [];
  let approvals: Approvals = { pulls: [], allow: given };
  let takeOver: string | undefined;
  if (github === null) return { approvals, takeOver };
  warnings.push(
    ...(await saying('what was approved on the merged pull requests could not be read', async () => {
      const head = (await checkout?.headCommit()) ?? null;
      if (head === null) return;
      const wantsFiles = isCompulsory && !isByHand(run);
      const wanted = { environment, store, stored, head, wantsFiles, isByHand: isByHand(run) };
      const { pulls, allow } = await readApprovals(run, github, wanted);
      approvals = { pulls, allow: [...new Set([...given, ...allow])] };
    })),
    ...(await saying('whether the run that holds the claim has ended could not be read', async () => {
      takeOver = await findEndedRun(github, stored);
    })),
  );
  return { approvals, takeOver };
}

/** Of plans that count by their digest alone: all of the plan, or nothing. */
function missingFiles({ pulls }: Approvals): string[] {
  return pulls
    .filter(({ digest, planFile }) => digest !== null && planFile === null)
    .map(
      ({ pull, digest }) =>
        `the plan file of pull request #${pull.number} (digest ${shortDigest(digest ?? '')}) is not among the artifacts: it has expired, or was never uploaded`,
    );
}

/** A cancelled or failed run is finished by the next one: GitHub knows whether the one that claims has ended. */
async function findEndedRun(github: GitHub, stored: StoredRecord | null): Promise<string | undefined> {
  const run = stored?.record.claim?.run;
  const [, id, attempt] = /^github:(\d+)\.(\d+)$/.exec(run ?? '') ?? [];
  if (run === undefined || id === undefined) return undefined;
  return (await github.hasRunEnded(Number(id), Number(attempt))) === true ? run : undefined;
}

function chooseOptions(
  run: ActionRun,
  { approvals: { pulls, allow }, takeOver }: GitHubFacts,
  isCompulsory: boolean,
): ApplyCommandOptions {
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
  const { approve } = run.inputs;
  if (isByHand(run) && approve !== null) return { ...base, approve };
  if (!isCompulsory) return base;
  const files = pulls.flatMap(({ planFile }) => planFile ?? []);
  if (files.length > 0) return { ...base, plan: files };
  // Without its file a plan is approved by its digest: all of it, or nothing.
  const digest = pulls.findLast((pull) => pull.digest !== null)?.digest;
  return digest === null || digest === undefined ? base : { ...base, approve: digest };
}

/** The comment says what is under way before anything is written. */
function announce(run: ActionRun, approvals: Approvals): Promise<string[]> {
  return restate(run, approvals, 'applying');
}

async function restate(run: ActionRun, { pulls }: Approvals, state: 'applying' | 'refused'): Promise<string[]> {
  const { github, inputs, runNumber, runAttempt } = run;
  if (github === null || inputs.comment === 'never') return [];
  const warnings: string[] = [];
  for (const { comment, digest } of pulls) {
    if (comment === null) continue;
    const header = { ...comment.header, reviewed: digest, run: runNumber, attempt: runAttempt, state };
    warnings.push(
      ...(await saying(notWritten('the comment'), () =>
        github.updateComment(comment.id, restateComment(comment.body, header)),
      )),
    );
  }
  return warnings;
}

/** Each merged pull request learns what became of it, in the comment that held its plan. */
async function conclude(run: ActionRun, { pulls }: Approvals, report: ApplyReport, left: Plan): Promise<string[]> {
  const { github, inputs } = run;
  if (github === null || inputs.comment === 'never') return [];
  const warnings: string[] = [];
  for (const { pull, comment, digest } of pulls) {
    if (comment === null) continue;
    const isUnapplied = report.refusal !== null || report.outcomes.some(({ status }) => status === 'stale');
    warnings.push(
      ...(
        await postComment(run, github, {
          number: pull.number,
          reviewed: digest,
          head: pull.head,
          plan: isUnapplied ? left : report.plan,
          state: stateOf(report),
          diagnostics: report.diagnostics,
          outcomes: report.outcomes,
          remark: remarkOf(report, left),
        })
      ).warnings,
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

/** What is wrong and the way on, in one place: comment, summary and log say the same. Null when nothing is. */
function remarkOf({ refusal, refusalReason, recordProblem, outcomes, plan }: ApplyReport, left: Plan): string | null {
  const byHand = 'To apply the plan as it stands now, run the workflow by hand with';
  const approve = `approve: ${shortDigest(left.digest)}`;
  switch (refusalReason) {
    case 'rewind':
      return refusal;
    case 'guards': {
      const words = objecting(plan.violations).flatMap(({ allow }) => allow ?? []);
      return words.length === 0 ? refusal : `${refusal}. ${byHand} ${approve} and allow: ${words.join(' ')}`;
    }
    case 'other-digest':
      return `${refusal}. ${byHand} ${approve}`;
    case 'unreviewed':
      return `not applied: review.require_reviewed_plan asks for a reviewed plan, and no pull request merged since the last apply has one for its last head. ${byHand} ${approve}`;
    case null:
      break;
  }
  const hasStatus = (...wanted: readonly OutcomeStatus[]): boolean =>
    outcomes.some(({ status }) => wanted.includes(status));
  const sentences = [
    ...(recordProblem === null ? [] : [`${recordProblem}.`]),
    ...(hasStatus('failed', 'not-attempted') ? ['Run the workflow again to apply what is left.'] : []),
    ...(hasStatus('stale') ? [`Some changes are not as they were approved. ${byHand} ${approve}`] : []),
  ];
  return sentences.length === 0 ? null : sentences.join(' ');
}

function resultOf(report: ApplyReport, left: Plan, desired: Desired, warnings: readonly string[]): ActionResult {
  const { exit, plan, diagnostics, outcomes, refusal } = report;
  const done = outcomes.length > 0 ? summarizeOutcomes(outcomes) : 'Nothing to change.';
  const remark = remarkOf(report, left);
  const sections = [
    `### ${refusal === null ? escapeMarkdown(done) : 'Not applied'}`,
    // A first run has no comment to say it in.
    ...(remark === null ? [] : [escapeMarkdown(remark)]),
    ...(outcomes.length > 0 ? [renderOutcomesMarkdown(outcomes)] : []),
    renderPlanMarkdown(left),
    ...(diagnostics.length > 0 ? [renderDiagnosticsMarkdown(diagnostics)] : []),
  ];
  return {
    exit,
    outputs: { ...planOutputs(plan), digest: left.digest, summary: refusal === null ? done : (remark ?? refusal) },
    summary: sections.join('\n\n'),
    annotations: annotatePlan(refusal === null ? null : plan, diagnostics, desired),
    failure: exit === exitCodes.ok ? null : (remark ?? done),
    warnings,
  };
}

import { join } from 'node:path';
import { isInHistory } from '../../checkout/branch.ts';
import type { Diagnostic } from '../../diagnostics.ts';
import { UserError } from '../../errors.ts';
import { exitCodes } from '../../exit-codes.ts';
import { findObjections } from '../../guards/judge.ts';
import { shortDigest } from '../../plan/digest.ts';
import { buildPlanFile, renderPlanFile } from '../../plan/plan-file.ts';
import type { Plan } from '../../plan/types.ts';
import { readPolicyFiles } from '../../policy/files.ts';
import { countPlan, summarizePlan } from '../../render/count-plan.ts';
import { describeSettings } from '../../render/describe-settings.ts';
import { renderDiagnosticsMarkdown } from '../../render/diagnostics.ts';
import { renderPlanMarkdown } from '../../render/plan.ts';
import type { PullFate } from '../../render/pull-fate.ts';
import type { Desired } from '../../resources/types.ts';
import type { Judged } from '../../run/judge.ts';
import type { PolicySource } from '../../run/policy-source.ts';
import { preparePlan } from '../../run/prepare.ts';
import { describeClaim } from '../plan.ts';
import { annotateDiagnostics, annotatePlan } from './annotate.ts';
import { readEnvironment } from './environment-of-files.ts';
import { isKnownFailure, reasonOfFailure, resultOfFailure } from './failed-run.ts';
import { emptiedFile, findIdentity } from './identity.ts';
import { describeMovedOn, type OpenReview, reviewOpenPulls } from './review-open-pull.ts';
import { type ComparedBranch, findGroup, type RunSubject, readTouched, subjectOf } from './subject.ts';
import { type CommentTarget, findTarget, resultOfGone } from './target.ts';
import { type PullAnswer, tellOpen } from './tell-pull.ts';
import type { DefaultBranch } from './tip.ts';
import { type ActionResult, type ActionRun, commonOptions, impactOptions } from './types.ts';

/**
 * Plans, and tells the pull request that the event is about; of a group in a merge queue, the check alone.
 *
 * @param found null: the default branch could not be had
 */
export async function planForEvent(run: ActionRun, found: ComparedBranch | null): Promise<ActionResult> {
  const { event, inputs } = run;
  const subject = subjectOf(run);
  const allow = event.context.kind === 'dispatch' ? inputs.allow : [];
  const source = found === null || subject === null ? undefined : await findEmptied(run, found, subject);
  const planning = { source, mode: 'sync' as const, only: [], allow, isWhole: true };
  const options = { ...commonOptions(run), ...planning, ...impactOptions(run) };
  const prepared = await preparePlan(options, run.session).catch((error: unknown) => {
    if (!isKnownFailure(error)) throw error;
    return error;
  });
  const isPlanned = !(prepared instanceof Error) && prepared.plan !== null;
  if (isPlanned) await prepared.open.close();
  const target = await findTarget(run, subject);
  if (target !== null && !target.isOpen) return resultOfGone(target);
  if (isPlanned) return tellPlan(run, prepared, subject, target, found);
  const environment = target === null ? null : await readEnvironment(run, found?.branch ?? null);
  const about = environment === null || target === null ? null : { ...target, environment, record: null };
  const fate: PullFate =
    prepared instanceof Error
      ? { state: 'unplanned', why: `${reasonOfFailure(prepared)} — run the workflow again once that is mended.` }
      : { state: 'invalid', diagnostics: prepared.diagnostics };
  const annotations = fate.state === 'invalid' ? annotateDiagnostics(fate.diagnostics) : [];
  const said = about === null ? nobody : await tellOpen(run, about, fate, annotations);
  const warnings = [...(target?.warnings ?? []), ...said.warnings];
  if (prepared instanceof Error) return resultOfFailure(prepared, warnings);
  return { ...invalidFiles(prepared.diagnostics), ...(said.isChecked && { annotations: [] }), warnings };
}

const nobody: PullAnswer = { warnings: [], isChecked: false };

async function tellPlan(
  run: ActionRun,
  prepared: Judged,
  subject: RunSubject | null,
  target: CommentTarget | null,
  found: ComparedBranch | null,
): Promise<ActionResult> {
  const { inputs, session } = run;
  const { diagnostics, checkout, desired, settled, stored } = prepared;
  const { environment } = prepared.plan;
  const warnings = [...(target?.warnings ?? [])];
  const claim = stored?.record.claim;
  if (claim !== undefined) warnings.push(describeClaim(claim));
  const about = target === null ? null : { ...target, environment, record: settled?.appliedAt ?? null };
  // A group is made of the branch as it is.
  const movedOn = about === null || about.number === null ? null : await describeMovedOn(prepared, found);
  if (about !== null && movedOn !== null) {
    const told = await tellOpen(run, about, { state: 'unplanned', why: movedOn }, []);
    const error = new UserError(movedOn, { exit: 'stale' });
    return resultOfFailure(error, [...warnings, ...told.warnings]);
  }
  const reviewed = await review(run, prepared, subject, target, found);
  warnings.push(...(reviewed?.warnings ?? []));
  const plan = await replay(reviewed?.plan ?? prepared.plan, prepared.desired, run, warnings);
  const changes = reviewed?.own ?? null;
  const own =
    changes === null || subject === null || found === null
      ? null
      : { changes, files: await readTouched(found, inputs.directory) };

  const file = join(run.tempDirectory, `tollgate-plan-${environment}.json`);
  const planFile = buildPlanFile(plan, { tool: session.version, commit: checkout.commit });
  await run.writeFile(file, renderPlanFile(planFile));
  const annotations = annotatePlan(plan, diagnostics, desired, own);
  const fate = { state: 'planned', plan, diagnostics, remark: reviewed?.remark ?? null } as const;
  const said = about === null ? nobody : await tellOpen(run, about, fate, annotations);
  warnings.push(...said.warnings);

  const objections = findObjections(plan.violations);
  const hasChanges = changesAnything(plan);
  const exit =
    objections.length > 0 ? exitCodes.refused : inputs.failOnChanges && hasChanges ? exitCodes.changes : exitCodes.ok;
  return {
    exit,
    outputs: { ...planOutputs(plan), 'plan-file': file, 'artifact-name': artifactName(environment, plan.digest) },
    summary: renderPlanMarkdown(plan) + (diagnostics.length > 0 ? `\n${renderDiagnosticsMarkdown(diagnostics)}` : ''),
    // The check has them on their lines already.
    annotations: said.isChecked ? [] : annotations,
    failure:
      objections.length > 0
        ? `${objections.map(({ guard }) => guard).join(', ')}: a guard objects`
        : exit === exitCodes.changes
          ? 'there are changes'
          : null,
    warnings,
  };
}

/** What the lines tell is more than a plan has to: where logs cannot be read it is said, and nothing fails. */
async function replay(plan: Plan, desired: Desired, { inputs, session }: ActionRun, warnings: string[]): Promise<Plan> {
  const { logs = [], rowsFrom } = inputs;
  if (logs.length === 0 && rowsFrom !== 'clickhouse') return plan;
  const [{ replayPlan }, { openRowsOf }] = await Promise.all([
    import('../../run/replay-plan.ts'),
    import('../rows-source.ts'),
  ]);
  try {
    return await replayPlan(plan, desired, logs, openRowsOf(session, { rowsFrom }), session);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warnings.push(`no limit was replayed over logs: ${error.message}`);
    return plan;
  }
}

async function review(
  { github }: ActionRun,
  prepared: Judged,
  subject: RunSubject | null,
  target: CommentTarget | null,
  found: DefaultBranch | null,
): Promise<OpenReview | null> {
  if (github === null || subject === null || target === null || found === null) return null;
  if (target.number === null) return reviewOpenPulls(github, await findGroup(found, subject), found, prepared);
  return target.pull === null ? null : reviewOpenPulls(github, [target.pull], found, prepared);
}

/** Where a pull request takes away every file, whose they were is read from the default branch. */
async function findEmptied(
  { inputs, session }: ActionRun,
  { branch, branchName }: DefaultBranch,
  { head }: RunSubject,
): Promise<PolicySource | undefined> {
  const isEmpty = await readPolicyFiles(inputs.directory, session.cwd).then(
    () => false,
    (error: unknown) => error instanceof UserError,
  );
  const identity = isEmpty ? await findIdentity(branch) : null;
  const file = identity === null ? null : emptiedFile(identity, inputs.directory);
  if (file === null) return undefined;
  return {
    commit: head,
    files: [file],
    branchName,
    hasInHistory: (commit) => isInHistory(branch, commit, head),
  };
}

/** Name under which a workflow may keep the plan file of a digest, for people: it permits nothing. */
function artifactName(environment: string, digest: string): string {
  return `tollgate-plan-${environment}-${shortDigest(digest)}`;
}

export function invalidFiles(diagnostics: readonly Diagnostic[]): ActionResult {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  return {
    exit: exitCodes.invalid,
    outputs: { 'has-changes': 'false', summary: `${errors} errors in the files` },
    summary: renderDiagnosticsMarkdown(diagnostics),
    annotations: annotateDiagnostics(diagnostics),
    failure: `${errors} ${errors === 1 ? 'error' : 'errors'} in the files`,
    warnings: [],
  };
}

/** Settings that judge are changes too: of what comes later. */
function changesAnything(plan: Plan): boolean {
  return plan.changes.length > 0 || describeSettings(plan).length > 0;
}

export function planOutputs(plan: Plan): Record<string, string> {
  const { create, update, replace, unchanged, unmanaged, adopts, ...counts } = countPlan(plan);
  const numbers = { create, update, replace, delete: counts.delete, unchanged, unmanaged, adopts };
  return {
    ...Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, String(number)])),
    'has-changes': String(changesAnything(plan)),
    digest: plan.digest,
    summary: summarizePlan(plan),
  };
}

import { join } from 'node:path';
import type { Diagnostic } from '../../diagnostics.ts';
import { UserError } from '../../errors.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { PullRequestFacts } from '../../github/event.ts';
import type { GitHub, PullRequest } from '../../github/port.ts';
import { shortDigest } from '../../plan/digest.ts';
import { objecting } from '../../plan/guards.ts';
import { buildPlanFile, renderPlanFile } from '../../plan/plan-file.ts';
import type { Plan } from '../../plan/types.ts';
import { countPlan, summarizePlan } from '../../render/count-plan.ts';
import { renderDiagnosticsMarkdown, renderPlanMarkdown } from '../../render/markdown.ts';
import type { PullFate } from '../../render/pull-fate.ts';
import { describeClaim } from '../plan.ts';
import { type PreparedPlan, preparePlan } from '../prepare-plan.ts';
import { nowOf } from '../session.ts';
import { annotateDiagnostics, annotatePlan } from './annotate.ts';
import { readEnvironment } from './environment-of-files.ts';
import { isKnownFailure, reasonOf, resultOfFailure } from './failed-run.ts';
import { describeMovedOn, reviewOpenPull } from './review-open-pull.ts';
import { saying } from './saying.ts';
import { tellOpen } from './tell-pull.ts';
import { type ActionResult, type ActionRun, commonOptions, impactOptions, resultOfNothing } from './types.ts';

/** Plans, and tells the pull request that the event is about. */
export async function planForEvent(run: ActionRun): Promise<ActionResult> {
  const { event, inputs } = run;
  // A merge group is about several pull requests, and so about none; what is closed already has its last word.
  const pull = event.context.kind === 'pull-request' && event.context.pull.isOpen ? event.context.pull : null;
  const allow = event.context.kind === 'dispatch' ? inputs.allow : [];
  const planning = { mode: 'sync' as const, only: [], allow, isWhole: true };
  const options = { ...commonOptions(run), ...planning, ...impactOptions(run) };
  const prepared = await preparePlan(options, run.session).catch((error: unknown) => {
    if (!isKnownFailure(error)) throw error;
    return error;
  });
  const isPlanned = !(prepared instanceof Error) && prepared.plan !== null;
  if (isPlanned) await prepared.open.close();
  // Planning takes its time: what was merged meanwhile gets no plan, and a later push has a run of its own.
  const target = pull === null || run.github === null ? null : await findTarget(run, run.github, pull);
  if (target !== null && !target.isOpen) return resultOfGone(target);
  if (isPlanned) return tellPlan(run, prepared, target);
  const environment = target === null ? null : await readEnvironment(run);
  const about = environment === null || target === null ? null : { ...target, environment, record: null };
  const fate: PullFate =
    prepared instanceof Error
      ? { state: 'unplanned', why: `${reasonOf(prepared)} — run the workflow again once that is mended.` }
      : { state: 'invalid', diagnostics: prepared.diagnostics };
  const annotations = fate.state === 'invalid' ? annotateDiagnostics(fate.diagnostics) : [];
  const warnings = [
    ...(target?.warnings ?? []),
    ...(about === null ? [] : await tellOpen(run, about, fate, annotations)),
  ];
  if (prepared instanceof Error) return resultOfFailure(prepared, warnings);
  return { ...invalidFiles(prepared.diagnostics), warnings };
}

/** The pull request of the event, as it is by now. */
interface Target {
  readonly number: number;
  /** That was planned. */
  readonly head: string;
  readonly at: string;
  /** Null: it could not be read again. */
  readonly pull: PullRequest | null;
  readonly isOpen: boolean;
  readonly isLastHead: boolean;
  readonly warnings: readonly string[];
}

async function findTarget(run: ActionRun, github: GitHub, { number, head }: PullRequestFacts): Promise<Target> {
  let found: Awaited<ReturnType<GitHub['readPull']>> | null = null;
  const at = nowOf(run.session).toISOString();
  const warnings = await saying('reviews could not be read, so that nothing is allowed', async () => {
    found = await github.readPull(number);
  });
  const pull = found as Awaited<ReturnType<GitHub['readPull']>> | null;
  const isLastHead = pull === null || pull.head === head;
  return { number, head, at, pull, isOpen: pull?.isOpen ?? true, isLastHead, warnings };
}

function resultOfGone({ number, pull }: Target): ActionResult {
  const sentence = `#${number} is ${pull?.merged === true ? 'merged' : 'closed'} by now: it gets no plan any more.`;
  return resultOfNothing(sentence);
}

async function tellPlan(run: ActionRun, prepared: PreparedPlan, target: Target | null): Promise<ActionResult> {
  const { inputs, session } = run;
  const { diagnostics, checkout, desired, settled, stored } = prepared;
  const { environment } = prepared.plan;
  const warnings = [...(target?.warnings ?? [])];
  const claim = stored?.record.claim;
  if (claim !== undefined) warnings.push(describeClaim(claim));
  const about = target === null ? null : { ...target, environment, record: settled?.appliedAt ?? null };
  const movedOn = target === null ? null : await describeMovedOn(run, prepared);
  if (about !== null && movedOn !== null) {
    const told = await tellOpen(run, about, { state: 'unplanned', why: movedOn }, []);
    const error = new UserError(movedOn, { exit: 'stale' });
    return resultOfFailure(error, [...warnings, ...told]);
  }
  const { pull = null } = target ?? {};
  const reviewed = pull === null ? null : await reviewOpenPull(run, pull, prepared);
  const plan = reviewed?.plan ?? prepared.plan;
  warnings.push(...(reviewed?.warnings ?? []));

  const file = join(run.tempDirectory, `tollgate-plan-${environment}.json`);
  const planFile = buildPlanFile(plan, { tool: session.version, commit: checkout.commit });
  await run.writeFile(file, renderPlanFile(planFile));
  const annotations = annotatePlan(plan, diagnostics, desired);
  if (about !== null) {
    const fate = { state: 'planned', plan, diagnostics, remark: reviewed?.remark ?? null } as const;
    warnings.push(...(await tellOpen(run, about, fate, annotations)));
  }

  const objections = objecting(plan.violations);
  const hasChanges = plan.changes.length > 0;
  const exit =
    objections.length > 0 ? exitCodes.refused : inputs.failOnChanges && hasChanges ? exitCodes.changes : exitCodes.ok;
  return {
    exit,
    outputs: { ...planOutputs(plan), 'plan-file': file, 'artifact-name': artifactName(environment, plan.digest) },
    summary: renderPlanMarkdown(plan) + (diagnostics.length > 0 ? `\n${renderDiagnosticsMarkdown(diagnostics)}` : ''),
    annotations,
    failure:
      objections.length > 0
        ? `${objections.map(({ guard }) => guard).join(', ')}: a guard objects`
        : exit === exitCodes.changes
          ? 'there are changes'
          : null,
    warnings,
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

export function planOutputs(plan: Plan): Record<string, string> {
  const { create, update, replace, unchanged, unmanaged, adopts, ...counts } = countPlan(plan);
  const numbers = { create, update, replace, delete: counts.delete, unchanged, unmanaged, adopts };
  return {
    ...Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, String(number)])),
    'has-changes': String(plan.changes.length > 0),
    digest: plan.digest,
    summary: summarizePlan(plan),
  };
}

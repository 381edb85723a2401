import { join } from 'node:path';
import type { Diagnostic } from '../../diagnostics.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { PullRequestFacts } from '../../github/event.ts';
import type { GitHub } from '../../github/port.ts';
import { shortDigest } from '../../plan/digest.ts';
import { objecting } from '../../plan/guards.ts';
import { buildPlanFile, renderPlanFile } from '../../plan/plan-file.ts';
import type { Plan } from '../../plan/types.ts';
import { countPlan, summarizePlan } from '../../render/count-plan.ts';
import { renderDiagnosticsMarkdown, renderPlanMarkdown } from '../../render/markdown.ts';
import type { Desired } from '../../resources/types.ts';
import { describeClaim } from '../plan.ts';
import { preparePlan } from '../prepare-plan.ts';
import { annotateDiagnostics, annotatePlan } from './annotate.ts';
import { postInvalid } from './post-invalid.ts';
import { postCheck, postComment, postLabels } from './post-plan.ts';
import { reviewOpenPull } from './review-open-pull.ts';
import { type ActionResult, type ActionRun, commonOptions, impactOptions } from './types.ts';

/** Plans, and posts the plan where the event is about a pull request. */
export async function planForEvent(run: ActionRun): Promise<ActionResult> {
  const { event, github, inputs } = run;
  // A merge group is about several pull requests, and so about none; what is closed already has its last word.
  const pull = event.context.kind === 'pull-request' && event.context.pull.isOpen ? event.context.pull : null;
  const warnings: string[] = [];
  const allow = event.context.kind === 'dispatch' ? inputs.allow : [];
  const prepared = await preparePlan(
    { ...commonOptions(run), mode: 'sync', only: [], allow, ...impactOptions(run), isWhole: true },
    run.session,
  );
  if (prepared.plan === null) {
    if (pull !== null && github !== null)
      warnings.push(...(await postInvalid(run, github, pull, prepared.diagnostics)));
    return { ...invalidFiles(prepared.diagnostics), warnings };
  }
  await prepared.open.close();
  const { diagnostics, checkout, desired } = prepared;
  const reviewed = pull === null || github === null ? null : await reviewOpenPull(run, github, pull.number, prepared);
  const plan = reviewed?.plan ?? prepared.plan;
  warnings.push(...(reviewed?.warnings ?? []));
  const claim = prepared.stored?.record.claim;
  if (claim !== undefined) warnings.push(describeClaim(claim));

  const file = join(run.tempDirectory, `tollgate-plan-${plan.environment}.json`);
  await run.writeFile(
    file,
    renderPlanFile(buildPlanFile(plan, { tool: run.session.version, commit: checkout.commit })),
  );
  if (pull !== null && github !== null) {
    warnings.push(...(await post(run, github, pull, { plan, diagnostics, remark: reviewed?.remark ?? null }, desired)));
  }

  const objections = objecting(plan.violations);
  const hasChanges = plan.changes.length > 0;
  const exit =
    objections.length > 0 ? exitCodes.refused : inputs.failOnChanges && hasChanges ? exitCodes.changes : exitCodes.ok;
  return {
    exit,
    outputs: {
      ...planOutputs(plan),
      'plan-file': file,
      'artifact-name': artifactName(plan.environment, plan.digest),
    },
    summary: renderPlanMarkdown(plan) + (diagnostics.length > 0 ? `\n${renderDiagnosticsMarkdown(diagnostics)}` : ''),
    annotations: annotatePlan(plan, diagnostics, desired),
    failure:
      objections.length > 0
        ? `${objections.map(({ guard }) => guard).join(', ')}: a guard objects`
        : exit === exitCodes.changes
          ? 'there are changes'
          : null,
    warnings,
  };
}

async function post(
  run: ActionRun,
  github: GitHub,
  pull: PullRequestFacts,
  told: { readonly plan: Plan; readonly diagnostics: readonly Diagnostic[]; readonly remark: string | null },
  desired: Desired,
): Promise<string[]> {
  const facts = {
    number: pull.number,
    head: pull.head,
    ...told,
    outcomes: [],
    state: 'planned' as const,
  };
  const silent = { warnings: [], isSuperseded: false };
  const { warnings, isSuperseded } = run.inputs.comment === 'never' ? silent : await postComment(run, github, facts);
  return [
    ...warnings,
    ...(await postCheck(run, github, facts, desired)),
    // Like the comment, labels are about the last head.
    ...(isSuperseded ? [] : await postLabels(github, pull.number, told.plan)),
  ];
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

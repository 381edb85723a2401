import { join } from 'node:path';
import { exitCodes } from '../../exit-codes.ts';
import { readAllowances } from '../../github/allow-lines.ts';
import type { PullRequestFacts } from '../../github/event.ts';
import { objecting } from '../../plan/guards.ts';
import { buildPlanFile, renderPlanFile } from '../../plan/plan-file.ts';
import type { Plan } from '../../plan/types.ts';
import { countPlan, summarizePlan } from '../../render/count-plan.ts';
import { renderDiagnosticsMarkdown, renderPlanMarkdown } from '../../render/markdown.ts';
import { preparePlan } from '../prepare-plan.ts';
import { annotateDiagnostics, annotatePlan } from './annotate.ts';
import { artifactName } from './approvals.ts';
import { postCheck, postComment, postLabels, saying } from './post-plan.ts';
import { type ActionResult, type ActionRun, commonOptions, impactOptions } from './types.ts';

/** Plans, and posts the plan where the event is about a pull request. */
export async function planForEvent(run: ActionRun): Promise<ActionResult> {
  const { event, github, inputs } = run;
  const pull = event.context.kind === 'pull-request' ? event.context.pull : null;
  const warnings: string[] = [];
  let allow: readonly string[] = event.context.kind === 'dispatch' ? inputs.allow : [];
  if (pull !== null && github !== null) {
    warnings.push(
      ...(await saying('reviews were not read; allowances', async () => {
        allow = await readAllowances(github, pull.number, pull.author);
      })),
    );
  }
  const prepared = await preparePlan(
    { ...commonOptions(run), mode: 'sync', only: [], allow, ...impactOptions(run) },
    run.session,
  );
  if (prepared.plan === null) return invalidFiles(prepared.diagnostics);
  await prepared.open.close();
  const { plan, diagnostics, checkout, desired } = prepared;

  const file = join(run.tempDirectory, `tollgate-plan-${plan.environment}.json`);
  await run.writeFile(
    file,
    renderPlanFile(buildPlanFile(plan, { tool: run.session.version, commit: checkout.commit })),
  );
  if (pull !== null && github !== null)
    warnings.push(...(await post(run, pull, plan, diagnostics, desired.orgFile.file)));

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
    annotations: annotatePlan(plan, diagnostics, desired.orgFile.file),
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
  pull: PullRequestFacts,
  plan: Plan,
  diagnostics: Parameters<typeof annotatePlan>[1],
  orgFile: string,
): Promise<string[]> {
  const { github, inputs } = run;
  // A merge group is about several pull requests, and so about none.
  if (github === null) return [];
  const facts = {
    number: pull.number,
    head: pull.head,
    plan,
    diagnostics,
    outcomes: [],
    remark: null,
    state: 'planned' as const,
  };
  return [
    ...(inputs.comment === 'never' ? [] : await postComment(run, github, facts)),
    ...(await postCheck(run, github, facts, orgFile)),
    ...(await postLabels(github, pull.number, plan)),
  ];
}

export function invalidFiles(diagnostics: Parameters<typeof annotateDiagnostics>[0]): ActionResult {
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

import { exitCodes } from '../../exit-codes.ts';
import { writeDriftIssue } from '../../github/drift-issue.ts';
import { commentBytes, fitLines } from '../../render/comment.ts';
import { describeMeanwhile, hasDrift, renderDriftMarkdown, summarizeDrift } from '../../render/drift.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import { gatherDrift } from '../drift.ts';
import { invalidFiles } from './plan.ts';
import { notWritten, saying } from './post-plan.ts';
import { type ActionResult, type ActionRun, commonOptions } from './types.ts';

/** One issue per environment. An unreachable service is never drift: that throws, and the job fails without an issue. */
export async function watchDrift(run: ActionRun): Promise<ActionResult> {
  const found = await gatherDrift(commonOptions(run), run.session);
  if ('diagnostics' in found) return invalidFiles(found.diagnostics);
  if ('meanwhile' in found) return sayMeanwhile(describeMeanwhile(found));
  const { environment } = found.plan;
  const isClean = !hasDrift(found.report);
  const text = renderDriftMarkdown(found);
  const ways = isClean
    ? 'Live is as it was applied.'
    : 'Two ways out: **revert** by running the apply workflow, or **accept** with `tollgate import --accept-drift` and a pull request.';
  const marker = `<!-- tollgate-drift:${encodeURIComponent(environment)} -->`;
  const warnings =
    run.github === null
      ? []
      : await saying(notWritten('the drift issue'), async () => {
          const { github } = run;
          if (github === null) return;
          const title = `Drift in ${environment}: limits moved by hand or are owed to Git`;
          const shown = fitLines(text, commentBytes - 1_000, run.runUrl);
          await writeDriftIssue(github, { title, marker, isClean, body: `${marker}\n${shown}\n${ways}\n` });
        });
  return {
    exit: isClean ? exitCodes.ok : exitCodes.changes,
    outputs: { 'has-changes': String(!isClean), summary: summarizeDrift(found.report), digest: found.plan.digest },
    summary: text,
    annotations: [],
    failure: !isClean && run.inputs.failOnChanges ? summarizeDrift(found.report) : null,
    warnings,
  };
}

/** The issue stays as it is: whether there is drift will be seen by the next run. */
function sayMeanwhile(sentence: string): ActionResult {
  return {
    exit: exitCodes.ok,
    outputs: { 'has-changes': 'false', summary: sentence },
    summary: `### ${escapeMarkdown(sentence)}`,
    annotations: [],
    failure: null,
    warnings: [],
  };
}

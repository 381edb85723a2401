/** On a schedule: what `until:` says is due, and nothing else. */

import { UserError } from '../../errors.ts';
import { exitCodes } from '../../exit-codes.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import { isUndone, renderOutcomesMarkdown, summarizeOutcomes } from '../../render/outcomes.ts';
import { applyReturns } from '../../run/apply-returns.ts';
import { takenOver } from './ended-run.ts';
import { invalidFiles } from './plan.ts';
import { withTip } from './tip.ts';
import { type ActionResult, type ActionRun, commonOptions, impactOptions, resultOfNothing } from './types.ts';

const nothingDue = 'No limit returns today: nothing that `until:` says is due.';

export async function applyDueReturns(run: ActionRun): Promise<ActionResult> {
  const { kind } = run.event.context;
  if (kind === 'pull-request' || kind === 'merge-group') {
    throw new UserError('returns are applied from the default branch, not for a pull request', {
      hint: 'Run `command: returns` on schedule.',
    });
  }
  return withTip(run, async ({ source }) => {
    const common = { ...commonOptions(run), source };
    const warnings: string[] = [];
    const takeOver = await takenOver(run, common, warnings);
    const report = await applyReturns(
      { ...common, mode: 'sync', only: [], allow: [], plan: [], yes: true, takeOver, ...impactOptions(run) },
      run.session,
    );
    if (!('outcomes' in report)) return invalidFiles(report.diagnostics);
    const { exit, outcomes, refusal, recordProblem } = report;
    const isBroken = exit !== exitCodes.ok || outcomes.some(isUndone);
    if (outcomes.length === 0 && refusal === null) return { ...resultOfNothing(nothingDue), warnings };
    const said = [refusal, recordProblem].flatMap((text) => (text === null ? [] : [text]));
    const summary = [outcomes.length === 0 ? null : summarizeOutcomes(outcomes), ...said].filter(
      (text) => text !== null,
    );
    return {
      exit,
      outputs: { 'has-changes': String(outcomes.length > 0), summary: summary.join(' ') },
      summary: [
        '### Limits that returned by their date',
        ...said.map(escapeMarkdown),
        renderOutcomesMarkdown(outcomes),
      ].join('\n\n'),
      annotations: [],
      failure: isBroken ? summary.join(' ') : null,
      warnings,
    };
  });
}

/** On a schedule: what `until:` says is due, and nothing else. */

import { UserError } from '../../errors.ts';
import { exitCodes } from '../../exit-codes.ts';
import { compilePolicies } from '../../policy/compile.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import { isUndone, renderOutcomesMarkdown, summarizeOutcomes } from '../../render/outcomes.ts';
import { applyReturns } from '../../run/apply-returns.ts';
import { readFilesOfCommit } from '../../run/branch-files.ts';
import type { PolicySource } from '../../run/policy-source.ts';
import { takenOver } from './ended-run.ts';
import { invalidFiles } from './plan.ts';
import { type Tip, withTip } from './tip.ts';
import { type ActionResult, type ActionRun, commonOptions, impactOptions, resultOfNothing } from './types.ts';

const nothingDue = 'No return is to be applied: no date has come, or what it moves was set by hand.';

export async function applyDueReturns(run: ActionRun): Promise<ActionResult> {
  const { kind } = run.event.context;
  if (kind === 'pull-request' || kind === 'merge-group') {
    throw new UserError('returns are applied from the default branch, not for a pull request', {
      hint: 'Run `command: returns` on schedule.',
    });
  }
  return withTip(run, async (tip) => {
    const warnings: string[] = [];
    const source = await findSound(tip, warnings);
    const common = { ...commonOptions(run), source };
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

/** Of the policies' line: as many as somebody may push in an hour. */
const mostBroken = 50;

/**
 * The files of the tip; where they have errors, of the last commit whose files have none. Returns are of what was applied, so that whoever
 * pushes a mistake, or what only looks like one, does not keep a raise in force beyond its date. What gives more waits: the files with errors
 * may be those that take it back.
 */
async function findSound(tip: Tip, warnings: string[]): Promise<PolicySource> {
  const { source, branch } = tip;
  if (compilePolicies(source.files).desired !== null) return source;
  for (const { sha } of await branch.readRecent(mostBroken)) {
    const files = sha === branch.tip ? null : await readIfAny(tip, sha);
    if (files === null || compilePolicies(files).desired === null) continue;
    warnings.push(
      `the policy files of ${branch.tip.slice(0, 8)} have errors: returns are those of ${sha.slice(0, 8)}, the last commit without`,
    );
    return { ...source, commit: sha, files, isOvertaken: true };
  }
  return source;
}

async function readIfAny(tip: Tip, commit: string) {
  try {
    return await readFilesOfCommit(tip, commit);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return null;
  }
}

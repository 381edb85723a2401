import { exitCodes } from '../../exit-codes.ts';
import { renderDigests, writeDriftIssue } from '../../github/drift-issue.ts';
import { digestOf } from '../../plan/digest.ts';
import { wordDigest } from '../../plan/words.ts';
import { type DriftView, describeMeanwhile, renderDriftMarkdown, summarizeDrift } from '../../render/drift.ts';
import { commentBytes, fitLines } from '../../render/fit-sections.ts';
import { gatherDrift } from '../../run/gather-drift.ts';
import { exitOfDrift } from '../drift.ts';
import { invalidFiles } from './plan.ts';
import { proposeUndeclared } from './propose-undeclared.ts';
import { type ActionResult, type ActionRun, commonOptions, resultOfNothing } from './types.ts';
import { describeUnwritten, warnOnFailure } from './warn-on-failure.ts';

/** One issue per environment. An unreachable service is never drift: that throws, and the job fails without an issue. */
export async function watchDrift(run: ActionRun): Promise<ActionResult> {
  const found = await gatherDrift(commonOptions(run), run.session);
  if ('diagnostics' in found) return invalidFiles(found.diagnostics);
  // The issue stays as it is: whether there is drift will be seen by the next run.
  if ('meanwhile' in found) return resultOfNothing(describeMeanwhile(found));
  const { environment } = found.plan;
  const exit = exitOfDrift(found);
  const isClean = exit === exitCodes.ok;
  const text = renderDriftMarkdown(found);
  const ways = isClean ? 'Live is as it was applied.' : waysOut(found);
  const marker = `<!-- tollgate-drift:${encodeURIComponent(environment)} -->`;
  const { github } = run;
  const title = `Drift in ${environment}: limits moved by hand or are owed to Git`;
  const shown = fitLines(text, commentBytes - 2_000, run.runUrl);
  const body = `${marker}\n${renderDigests(digestsOf(found))}\n${shown}\n${ways}\n`;
  const warnings =
    github === null
      ? []
      : await warnOnFailure(describeUnwritten('the drift issue'), async () => {
          await writeDriftIssue(github, { title, body, marker, isClean });
        });
  const summary = summarizeDrift(found);
  const proposed = run.inputs.propose === true ? await proposeUndeclared(run, found.plan) : { lines: [], warnings: [] };
  // Green, with nobody told, is how a limit that was raised by hand stays so.
  const [untold] = isClean ? [] : warnings;
  return {
    exit,
    outputs: { 'has-changes': String(!isClean), summary, digest: found.plan.digest },
    summary: proposed.lines.length === 0 ? text : `${text}\n**files proposed**\n\n${proposed.lines.join('\n')}\n`,
    annotations: [],
    // Nobody is told that all is well by a green job over a lost record.
    failure:
      untold !== undefined
        ? `${summary} Nobody is told: ${untold}`
        : exit === exitCodes.stale || (!isClean && run.inputs.failOnChanges)
          ? summary
          : null,
    warnings: [...warnings, ...proposed.warnings],
  };
}

/**
 * What the issue is about, without its words: who moved it and when is known on one day and not on another, and a line of a
 * file moves with those above it. It is the same drift, and stays accepted.
 */
function digestsOf({ report: { drifts, owed, gone, beside }, record, plan }: DriftView): {
  readonly drift: string;
  readonly shown: string;
} {
  const moved = drifts.map(({ change, fieldChanges, deleted, left }) => [change.id, fieldChanges, deleted, left]);
  const asked = owed.map(({ id, action, fingerprint }) => [id, action, fingerprint]);
  const noted = [...gone, ...beside].map(({ code, workspace, message }) => [code, workspace, message]);
  return {
    drift: digestOf([record, moved, asked, noted]),
    shown: digestOf([plan.digest, plan.notes.map(({ code }) => code)]),
  };
}

/** What a run of the apply workflow puts back depends on what moved and on `review.drift`. */
function waysOut({ report: { drifts, owed, gone }, plan }: DriftView): string {
  const left = drifts.filter((drift) => drift.left).length;
  const isMoved = drifts.length > left;
  const run = `running the apply workflow again, or dispatching it with \`approve: ${wordDigest(plan.digest)}\``;
  const leftWay =
    '`tollgate apply --revert-drift` by the holder of the key, or the apply workflow with the input `revert-drift` and the digest that `tollgate plan --revert-drift` shows';
  const ways = [
    ...(isMoved ? [`**revert** by ${run}`] : []),
    ...(left > 0 ? [`**revert** ${isMoved ? 'also what is left' : 'what is left'} by ${leftWay}`] : []),
    ...(!isMoved && owed.length > 0 ? [`**apply** what is owed by ${run}`] : []),
    ...(drifts.length > 0 ? ['**accept** with `tollgate import --accept-drift` and a pull request'] : []),
  ];
  if (ways.length > 0) return `Ways out: ${ways.join('; ')}.`;
  return gone.length > 0 ? 'Take what is gone out of the files.' : '';
}

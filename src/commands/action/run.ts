import { UserError } from '../../errors.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { PullRequestFacts } from '../../github/event.ts';
import { findOtherWriter } from '../../github/own.ts';
import { countDiagnostics, renderDiagnosticsMarkdown } from '../../render/diagnostics.ts';
import { loadPolicies } from '../../run/load-policies.ts';
import { annotateDiagnostics } from './annotate.ts';
import { applyForEvent } from './apply.ts';
import { watchDrift } from './drift.ts';
import { readAsMeant } from './inputs.ts';
import { notifyPeople } from './notify.ts';
import { invalidFiles, planForEvent } from './plan.ts';
import { previewEdit } from './preview.ts';
import { applyDueReturns } from './returns.ts';
import { type ComparedBranch, compareWith, isUntouched, subjectOf } from './subject.ts';
import { withDefaultBranchIfAny } from './tip.ts';
import type { ActionResult, ActionRun } from './types.ts';
import { tellUntouched } from './untouched.ts';

/** @throws UserError, ServiceError, CancelledError before anything was written */
export async function runAction(given: ActionRun): Promise<ActionResult> {
  const session = { ...given.session, checkouts: new Map() };
  const run = { ...given, session, inputs: readAsMeant(given.inputs) };
  const { inputs, event } = run;
  await checkWriter(run);
  const pull = event.context.kind === 'pull-request' ? event.context.pull : null;
  const hasKey = inputs.backend === 'emulator' || (session.env.PORTKEY_API_KEY ?? '').trim() !== '';
  switch (inputs.command) {
    case 'validate':
      return validate(run);
    case 'plan':
      return planOrPreview(run, pull, hasKey);
    case 'apply':
      return applyForEvent(run);
    case 'returns':
      return applyDueReturns(run);
    case 'drift':
      return watchDrift(run);
    case 'notify':
      return notifyPeople(run);
  }
}

async function planOrPreview(run: ActionRun, pull: PullRequestFacts | null, hasKey: boolean): Promise<ActionResult> {
  const subject = subjectOf(run);
  // A run for somebody else's code gets no secret, and is not asked to have one.
  const plan = (found: ComparedBranch | null): Promise<ActionResult> =>
    pull?.isForeign === true || !hasKey ? previewEdit(run, pull) : planForEvent(run, found);
  if (subject === null) return plan(null);
  return withDefaultBranchIfAny(run, async (found) => {
    const compared = found === null ? null : await compareWith(found, subject);
    return compared !== null && isUntouched(compared) ? tellUntouched(run, compared, subject) : plan(compared);
  });
}

/** With another writer than somebody counts on, every run would make a comment of its own. */
async function checkWriter({ github, inputs: { commentAuthor } }: ActionRun): Promise<void> {
  if (github === null || !commentAuthor) return;
  const other = await findOtherWriter(github, commentAuthor);
  if (other === null) return;
  throw new UserError(`input comment-author: "${commentAuthor}" is not who the token writes as, that is ${other}`, {
    hint: 'Leave comment-author out: GitHub is asked who the token writes as.',
  });
}

async function validate(run: ActionRun): Promise<ActionResult> {
  const { desired, diagnostics } = await loadPolicies({ dir: run.inputs.directory }, run.session);
  if (desired === null) return invalidFiles(diagnostics);
  return {
    exit: exitCodes.ok,
    outputs: { summary: countDiagnostics(diagnostics) },
    summary: renderDiagnosticsMarkdown(diagnostics),
    annotations: annotateDiagnostics(diagnostics),
    failure: null,
    warnings: [],
  };
}

import { exitCodes } from '../../exit-codes.ts';
import { countDiagnostics } from '../../render/diagnostics.ts';
import { renderDiagnosticsMarkdown } from '../../render/markdown.ts';
import { loadPolicies } from '../load-policies.ts';
import { annotateDiagnostics } from './annotate.ts';
import { applyForEvent } from './apply.ts';
import { watchDrift } from './drift.ts';
import { invalidFiles, planForEvent } from './plan.ts';
import { previewEdit } from './preview.ts';
import type { ActionResult, ActionRun } from './types.ts';

/** @throws UserError, ServiceError, CancelledError before anything was written */
export async function runAction(run: ActionRun): Promise<ActionResult> {
  const { inputs, event, session } = run;
  const pull = event.context.kind === 'pull-request' ? event.context.pull : null;
  const hasKey = inputs.backend === 'emulator' || (session.env.PORTKEY_API_KEY ?? '').trim() !== '';
  switch (inputs.command) {
    case 'validate':
      return validate(run);
    case 'plan':
      // A run for somebody else's code gets no secret, and is not asked to have one.
      return pull?.isForeign === true || !hasKey ? previewEdit(run, pull) : planForEvent(run);
    case 'apply':
      return applyForEvent(run);
    case 'drift':
      return watchDrift(run);
  }
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

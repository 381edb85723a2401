import { exitCodes } from '../exit-codes.ts';
import { renderEstimate } from '../render/estimate.ts';
import { type EstimateOptions, readEstimate } from '../run/estimate.ts';
import { refuseFor } from '../run/output.ts';
import type { CommandResult, Session } from '../run/session.ts';

export type { EstimateOptions } from '../run/estimate.ts';

/** Dollars of a token budget or tokens of a dollar budget. */
export async function runEstimate(options: EstimateOptions, session: Session): Promise<CommandResult> {
  const estimated = await readEstimate(options, session);
  if ('diagnostics' in estimated) return refuseFor(estimated.diagnostics, options.format, session);
  const { view, pricesFrom } = estimated;
  const unread = pricesFrom === 'folder' ? exitCodes.invalid : exitCodes.unreachable;
  return { exit: view.ok ? exitCodes.ok : unread, output: renderEstimate(view, options.format, session.style) };
}

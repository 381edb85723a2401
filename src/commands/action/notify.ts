import { exitCodes } from '../../exit-codes.ts';
import { renderNotifyMarkdown, summarizeNotify } from '../../render/notify.ts';
import { gatherNotify } from '../notify.ts';
import { invalidFiles } from './plan.ts';
import { type ActionResult, type ActionRun, commonOptions } from './types.ts';

/** Tells people from the scheduled job. Whoever could not be told fails it: a channel that is down is somebody's to mend. */
export async function notifyPeople(run: ActionRun): Promise<ActionResult> {
  const found = await gatherNotify({ ...commonOptions(run), dryRun: false }, run.session);
  if ('diagnostics' in found) return invalidFiles(found.diagnostics);
  const { exit, view } = found;
  const summary = summarizeNotify(view);
  const isPublic = run.event.isPublic !== false;
  return {
    exit,
    outputs: { 'has-changes': 'false', summary },
    summary: renderNotifyMarkdown(view, isPublic),
    annotations: [],
    failure: exit === exitCodes.ok ? null : summary,
    // Why a server refused somebody names them; what is wrong with a channel names nobody.
    warnings: [
      ...new Set(
        view.lines.flatMap(({ channel, why, recipients }) =>
          why === null || (isPublic && recipients.some((address) => why.includes(address)))
            ? []
            : [`${channel}: ${why}`],
        ),
      ),
    ],
  };
}

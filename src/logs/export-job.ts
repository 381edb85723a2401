/** A job of the service that makes a file of logs: found, made, started and waited for. It cannot be deleted, so none is made twice. */

import type { Clock } from '../clock.ts';
import { ServiceError, UserError } from '../errors.ts';
import type { LogExport, LogJob, LogPort, LogQuestion } from '../live/log-port.ts';
import { canonicalJson } from '../stable-json.ts';

export interface JobNeeds {
  readonly logs: LogPort;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** The service's own time, for the age of what it made. */
  readonly serviceNow: () => number | null;
  /** Milliseconds to wait for one job. */
  readonly patience: number;
}

/** Rows of one file at most (docs/service-notes.md#log-exports). */
export const mostExportRows = 50_000;

/** An equal export is used again for so long. */
const reuseMilliseconds = 15 * 60_000;

const pauses = [500, 1_000, 2_000] as const;

/** `pending`: it goes on without us, and the same question finds it. */
export type JobEnd = { readonly state: 'done' | 'pending' } & LogJob;

/** @throws ServiceError, UserError for a job that came to nothing, CancelledError */
export async function runExport(question: LogQuestion, needs: JobNeeds): Promise<JobEnd> {
  const found = await findEqualExport(question, needs);
  if (found === null) return finishExport(await makeExport(question, needs), needs);
  const job = { id: found.id, rows: found.rows };
  if (found.state === 'success') return { state: 'done', ...job };
  return finishExport(job, needs, found.state !== 'draft');
}

/** Of those that may be used again, the newest. */
export async function findEqualExport(
  question: LogQuestion,
  { logs, clock, serviceNow }: Pick<JobNeeds, 'logs' | 'clock' | 'serviceNow'>,
): Promise<LogExport | null> {
  const rows = await logs.listExports(question.workspaceId);
  const now = serviceNow() ?? clock.now();
  const wanted = identify(question);
  const fit = rows
    .filter(({ state }) => state === 'success' || state === 'in_progress' || state === 'draft')
    .map((row) => ({ row, at: Date.parse(row.createdAt ?? '') }))
    .filter(({ at }) => Math.abs(now - at) <= reuseMilliseconds)
    .filter(({ row }) => identify(row) === wanted)
    .sort((a, b) => b.at - a.at);
  return fit[0]?.row ?? null;
}

/** One that was lost on the way may have been made all the same: the list tells. */
export async function makeExport(question: LogQuestion, needs: JobNeeds): Promise<LogJob> {
  try {
    return await needs.logs.createExport(question);
  } catch (error) {
    if (!(error instanceof ServiceError) || !error.maybeApplied) throw error;
    const made = await findEqualExport(question, needs);
    if (made === null) throw error;
    return { id: made.id, rows: made.rows };
  }
}

/** Started, if it is not, and waited for. */
export async function finishExport(
  job: LogJob,
  { logs, clock, patience }: JobNeeds,
  isStarted = false,
): Promise<JobEnd> {
  const until = clock.now() + patience;
  if (!isStarted) await startOnce(job.id, logs);
  for (let look = 0; ; look += 1) {
    const { state } = await logs.readExport(job.id);
    if (state === 'success') return { state: 'done', ...job };
    if (state === 'failed' || state === 'stopped') {
      const word = state === 'failed' ? 'came to nothing' : 'was stopped';
      throw new UserError(`the log export ${job.id} ${word} at the service`, {
        exit: 'unreachable',
        hint: 'Ask again: another one is made. A shorter window is less work for the service.',
      });
    }
    if (state === 'draft') await startOnce(job.id, logs);
    const pause = pauses[Math.min(look, pauses.length - 1)] ?? 0;
    if (clock.now() + pause > until) return { state: 'pending', ...job };
    await clock.sleep(pause);
  }
}

/** Whether a start that was lost has arrived is seen in the state. */
async function startOnce(id: string, logs: LogPort): Promise<void> {
  try {
    await logs.startExport(id);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { state } = await logs.readExport(id);
    if (state === 'draft' || state === null) throw error;
  }
}

/** Equal for equal rows and columns, however the service writes them back. */
function identify({ filters, fields }: Pick<LogQuestion, 'filters' | 'fields'>): string {
  const entries = Object.entries(filters).flatMap(([name, value]): [string, unknown][] => {
    const isUsual =
      (name === 'page_size' && Number(value) === mostExportRows) || (name === 'current_page' && Number(value) === 0);
    if (value === null || value === undefined || value === '' || isUsual) return [];
    if (/^time_of_generation_/.test(name)) return [[name, Date.parse(String(value))]];
    return [[name, typeof value === 'object' ? value : String(value)]];
  });
  return canonicalJson([Object.fromEntries(entries), [...fields].sort()]);
}

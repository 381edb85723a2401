/** How much of a window fits into one file of the service. A draft is given shorter windows until it does; none is made for nothing. */

import { UserError } from '../errors.ts';
import type { LogJob, LogQuestion } from '../live/log-port.ts';
import { type JobNeeds, makeExport, mostExportRows } from './export-job.ts';

export interface AimedJob extends LogJob {
  /** Milliseconds since the epoch. */
  readonly to: number;
}

/** Below the most by what may be added meanwhile. */
const aimedRows = 48_000;
/** A file with fewer is not worth stopping at while the window has more. */
const leastRows = 24_000;
const mostAims = 16;
const shortest = 1_000;

export function windowOfQuestion(question: LogQuestion, from: number, to: number): LogQuestion {
  const times = {
    time_of_generation_min: new Date(from).toISOString(),
    time_of_generation_max: new Date(to).toISOString(),
  };
  return { ...question, filters: { ...question.filters, ...times } };
}

/**
 * @param beyond an end up to which it was too much
 * @throws ServiceError, UserError where no window is short enough
 */
export async function aimWindow(
  question: LogQuestion,
  from: number,
  end: number,
  needs: JobNeeds,
  beyond: number | null,
): Promise<AimedJob> {
  let to = beyond === null ? end : middleOf(from, beyond);
  let job = await makeExport(windowOfQuestion(question, from, to), needs);
  /** The latest end that fits, and the earliest that does not. */
  let fits: number | null = null;
  let tooMuch = beyond;
  for (let aims = 1; ; aims += 1) {
    // The count may be that of a page: at the most it says nothing of what is beyond.
    const isTooMuch = job.rows !== null && job.rows >= mostExportRows;
    if (!isTooMuch && (job.rows === null || job.rows >= leastRows || to >= (tooMuch ?? end) || aims >= mostAims)) {
      return { ...job, to };
    }
    if (isTooMuch) tooMuch = to;
    else fits = to;
    if (isTooMuch && aims >= 2 * mostAims) throw tooDense(from, to);
    to = isTooMuch ? shorten(from, to, job.rows ?? 0, fits) : middleOf(to, tooMuch ?? end);
    if (aims >= mostAims && fits !== null) to = fits;
    if (to - from < shortest) throw tooDense(from, to);
    job = await needs.logs.aimExport(job.id, windowOfQuestion(question, from, to));
  }
}

/** By what was counted, as if calls were spread evenly; where the count is not a count, half. */
function shorten(from: number, to: number, rows: number, fits: number | null): number {
  if (fits !== null) return middleOf(fits, to);
  return rows === mostExportRows ? middleOf(from, to) : from + Math.floor(((to - from) * aimedRows) / rows);
}

function middleOf(from: number, to: number): number {
  return from + Math.floor((to - from) / 2);
}

function tooDense(from: number, to: number): UserError {
  return new UserError(
    `within ${Math.max(to - from, 1)} ms of ${new Date(from).toISOString()} are more calls than one export holds (${mostExportRows})`,
    { hint: 'Ask with filters that let fewer in: by model, status or metadata.' },
  );
}

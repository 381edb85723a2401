/** A page of HTML as a file, or on stdout. */

import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { requireWritable, writeNamedFile } from '../policy/named-files.ts';
import { isStdout } from '../stdout-name.ts';
import { requireFreePlace } from './free-place.ts';
import type { CheckFormat, CommandResult, CommonOptions, Session, StatusFormat } from './session.ts';

interface PageOptions extends Pick<CommonOptions, 'dir' | 'recordFile' | 'state' | 'quiet'> {
  readonly format: StatusFormat | CheckFormat;
  readonly out?: string | undefined;
  readonly over?: number | undefined;
}

/**
 * Before anything is read: what is asked for makes a page, and there is a place for it.
 *
 * @throws UserError
 */
export async function requirePlaceOfPage(options: PageOptions, session: Session): Promise<void> {
  const { format, out, over } = options;
  if (out !== undefined && format !== 'html') {
    throw new UserError(`--out ${out}: only a page is written to a file, and this is --format ${format}`, {
      hint: 'Add --format html, or send the output there: `> FILE`.',
    });
  }
  if ((format === 'html' || format === 'openmetrics') && over !== undefined) {
    const what =
      format === 'html' ? 'a page shows every budget, what is near its limit first' : 'metrics are of every budget';
    throw new UserError(`--over ${over}%: ${what}`, {
      hint: 'Leave --over out, or use another format.',
    });
  }
  if (out === undefined || isStdout(out)) return;
  await requireWritable(resolve(session.cwd, out), out);
  await requireFreePlace('--out', out, options, session);
}

/**
 * The whole page or nothing: a file that is there is replaced once the new one is on disk.
 *
 * @param headline what the page says first
 */
export async function handOver(
  page: string,
  headline: string,
  { out, quiet }: PageOptions,
  session: Session,
): Promise<CommandResult> {
  if (out === undefined || isStdout(out)) return { exit: exitCodes.ok, output: page };
  await writeNamedFile(resolve(session.cwd, out), page, out);
  if (!quiet) session.say(`${headline}\nThe page is in ${out}.\n`);
  return { exit: exitCodes.ok, output: '' };
}

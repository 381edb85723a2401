import { exitCodes } from '../exit-codes.ts';
import { countDiagnostics } from '../render/diagnostics.ts';
import { loadPolicies } from './load-policies.ts';
import { renderDiagnostics } from './output.ts';
import type { CommandResult, CommonOptions, Session } from './session.ts';

/** Files only, no network: every problem of every file. */
export async function runValidate(
  options: Pick<CommonOptions, 'dir' | 'format' | 'quiet'>,
  session: Session,
): Promise<CommandResult> {
  const { desired, files, diagnostics } = await loadPolicies(options, session);
  if (!options.quiet) {
    const count = `${files.length} file${files.length === 1 ? '' : 's'}`;
    session.say(`${count} in ${options.dir}: ${countDiagnostics(diagnostics)}.\n`);
  }
  const exit = desired === null ? exitCodes.invalid : exitCodes.ok;
  return { exit, output: renderDiagnostics(diagnostics, options.format, session) };
}

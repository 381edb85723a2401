import { resolve, sep } from 'node:path';
import { UserError } from '../errors.ts';
import { isPolicyFileOf } from '../policy/files.ts';
import { findRealPath } from '../real-path.ts';
import type { CommonOptions, Session } from './session.ts';

/**
 * That a file which a flag names, and which is to be written, takes the place of nothing else that the run reads: by whatever name
 * and through whatever link, a policy file would be gone, or a plan read as one.
 *
 * @throws UserError
 */
export async function requireFreePlace(
  flag: '--out' | '--record-file',
  file: string,
  { dir, recordFile, state }: Pick<CommonOptions, 'dir' | 'recordFile' | 'state'>,
  { cwd }: Pick<Session, 'cwd'>,
): Promise<void> {
  const refuse = (why: string): never => {
    throw new UserError(`${flag} ${file}: ${why}`, { hint: 'Name another file, such as plan.json.' });
  };
  if (await isPolicyFileOf(resolve(cwd, dir), resolve(cwd, file))) {
    throw new UserError(`${flag} ${file}: that is where policy files are, so it would be read as one`, {
      hint: `Name a file outside of ${dir}, such as ${flag === '--out' ? 'plan.json' : 'record.json'}.`,
    });
  }
  if (flag === '--record-file') return;
  const target = await findRealPath(resolve(cwd, file));
  if (recordFile !== undefined && target === (await findRealPath(resolve(cwd, recordFile)))) {
    refuse('that is the applied record');
  }
  if (state !== undefined && target.startsWith((await findRealPath(resolve(cwd, state))) + sep)) {
    refuse(`the emulator keeps its state in ${state}`);
  }
}

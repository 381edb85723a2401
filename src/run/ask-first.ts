/** The question before anything live is written. */

import { UserError } from '../errors.ts';
import type { Session } from './session.ts';

export interface FirstQuestion {
  readonly question: string;
  /** Why it has to be asked, for where nobody can answer. */
  readonly nobody: string;
  /** What `--yes` does: `apply`. */
  readonly verb: string;
  /** `applied`, for who does not say yes. */
  readonly done: string;
}

/**
 * False when there was nothing to ask.
 *
 * @throws UserError where nobody can answer, and where the answer is not yes
 */
export async function askFirst(
  { question, nobody, verb, done }: FirstQuestion,
  { yes }: { readonly yes: boolean },
  session: Pick<Session, 'isInteractive' | 'confirm'>,
): Promise<boolean> {
  if (yes) return false;
  if (!session.isInteractive) throw new UserError(nobody, { hint: `Add --yes to ${verb} without asking.` });
  if (await session.confirm(question)) return true;
  throw new UserError(`not ${done}: the question was not answered with yes`);
}

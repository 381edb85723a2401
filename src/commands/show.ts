import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeIntoEmpty } from '../policy/named-files.ts';
import { isSafePath } from '../record/record-tree.ts';
import { renderApply } from '../render/history.ts';
import { findApply, isStore, openStore } from '../run/open-history.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';

export interface ShowOptions extends CommonOptions {
  /** `latest`, `~1`, a token or its first digits. */
  readonly record: string;
  /** Directory to write the policy files as applied into. */
  readonly files?: string | undefined;
}

/** One apply with its outcomes; with `files`, its policy files too, for a revert. */
export async function runShow(options: ShowOptions, session: Session): Promise<CommandResult> {
  const store = await openStore(options, session);
  if (!isStore(store)) return store;
  const apply = await findApply(store, options.record, session);
  if (apply.problem !== null) throw new UserError(apply.problem);
  const stored = await session.waiting(`reading ${store.description}`, store.readAt(apply.token));
  if (stored === null) throw new UserError(`${store.description} has moved while it was read`, { hint: 'Try again.' });
  const { record, seal } = stored;
  if (options.files !== undefined) {
    // What is recorded was pushed by somebody: no path of it is trusted.
    const odd = Object.keys(record.files).find((path) => !isSafePath(path));
    if (odd !== undefined) {
      throw new UserError(
        `the record names a file ${JSON.stringify(odd)}, which is not a path for a policy file: nothing was written`,
      );
    }
    if (Object.keys(record.files).length === 0) throw new UserError('this record holds no policy files');
    await writeIntoEmpty(resolve(session.cwd, options.files), record.files, options.files);
  }
  const view = { apply, record, seal, now: nowOf(session), writtenInto: options.files ?? null };
  return { exit: exitCodes.ok, output: renderApply(view, options.format, session.style) };
}

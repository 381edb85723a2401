import { exitCodes } from '../exit-codes.ts';
import { renderHistory } from '../render/history.ts';
import { findApplies, isStore, openStore } from '../run/open-history.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';

export interface HistoryOptions extends CommonOptions {
  /** How many applies to show at most. */
  readonly limit: number;
}

/** The audit trail: who applied what, when, and what became of it. */
export async function runHistory(options: HistoryOptions, session: Session): Promise<CommandResult> {
  const store = await openStore(options, session);
  if (!isStore(store)) return store;
  const found = await findApplies(store, options.limit, session);
  const output = renderHistory(
    { ...found, where: store.description, now: nowOf(session) },
    options.format,
    session.style,
  );
  return { exit: exitCodes.ok, output };
}

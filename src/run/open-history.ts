/** The record's store for commands that only look back, and the applies in it. */

import { UserError } from '../errors.ts';
import type { RecordedApply } from '../plan/applied-record.ts';
import { listApplies } from '../record/applies.ts';
import type { RecordStore } from '../record/store.ts';
import { loadPolicies } from './load-policies.ts';
import { openRecord } from './open-record.ts';
import { refuseFor } from './output.ts';
import type { CommandResult, CommonOptions, Session } from './session.ts';

/** The policy files say where the record is; a result instead of a store where they cannot be read. */
export async function openStore(options: CommonOptions, session: Session): Promise<RecordStore | CommandResult> {
  // Neither a file nor the emulator's record depends on what the policies say.
  if (options.recordFile !== undefined || options.backend === 'emulator') {
    return (await openRecord(options, { environment: '' }, session)).store;
  }
  const { desired, diagnostics } = await loadPolicies(options, session);
  if (desired === null) return refuseFor(diagnostics, options.format, session);
  return (await openRecord(options, desired, session)).store;
}

export function isStore(opened: RecordStore | CommandResult): opened is RecordStore {
  return 'history' in opened;
}

export interface FoundApplies {
  /** Newest first, at most as many as asked for. */
  readonly applies: readonly RecordedApply[];
  /** There are older ones. */
  readonly hasMore: boolean;
  readonly keepsPast: boolean;
}

/** The latest applies, at most `count` (Infinity: all); as much of the past is read as it takes. */
export async function findApplies(store: RecordStore, count: number, session: Session): Promise<FoundApplies> {
  // An apply is two versions, and one more tells whether the last is whole.
  for (let limit = 2 * count + 1; ; limit *= 2) {
    const history = await session.waiting(`reading ${store.description}`, store.history(limit));
    const all = listApplies(history.versions);
    // The oldest of an incomplete history may lack its claim.
    if (history.isComplete || all.length > count) {
      return {
        applies: all.slice(0, count),
        hasMore: all.length > count || !history.isComplete,
        keepsPast: history.keepsPast,
      };
    }
  }
}

/** @param name `latest`, `~1` (one before), a token or the first four or more digits of one */
export async function findApply(store: RecordStore, name: string, session: Session): Promise<RecordedApply> {
  const back = /^(?:latest|(?:latest)?~(\d{1,5}))$/.exec(name);
  if (back !== null) {
    const steps = Number(back[1] ?? 0);
    const { applies, keepsPast } = await findApplies(store, steps + 1, session);
    const found = applies[steps];
    if (found !== undefined) return found;
    if (applies.length === 0) throw new UserError(`there is no record yet: ${store.description}`);
    const why = keepsPast ? `there are only ${applies.length} applies` : 'only the latest apply is kept';
    throw new UserError(`${name}: ${why} in ${store.description}`);
  }
  if (!/^[0-9a-f]+$/.test(name)) {
    throw new UserError(`${name} names no record`, {
      hint: 'Write `latest`, `~1` for the one before, or the first digits of a record that `tollgate history` lists.',
    });
  }
  const { applies, keepsPast } = await findApplies(store, Number.POSITIVE_INFINITY, session);
  const exact = applies.find(({ tokens }) => tokens.includes(name));
  const matching = applies.filter(({ tokens }) => tokens.some((token) => token.startsWith(name)));
  const [found, second] = matching;
  if (exact !== undefined) return exact;
  if (found === undefined) {
    const hint = keepsPast ? '`tollgate history` lists them.' : 'Outside Git only the latest apply is kept.';
    throw new UserError(`no record ${name} in ${store.description}`, { hint });
  }
  if (second === undefined && name.length >= 4) return found;
  throw new UserError(`${name} is too short: ${matching.length} records start with it`, { hint: 'Write more digits.' });
}

/**
 * The latest apply before another one that came to its end: its files are those that the other one changed.
 *
 * @throws UserError where there is none, or the record does not keep it
 */
export async function findApplyBefore(
  store: RecordStore,
  { token }: RecordedApply,
  session: Session,
): Promise<RecordedApply> {
  const { applies, keepsPast } = await findApplies(store, Number.POSITIVE_INFINITY, session);
  const older = applies.slice(applies.findIndex((apply) => apply.token === token) + 1);
  const found = older.find(({ state }) => state !== 'claim');
  if (found?.problem != null) throw new UserError(`the apply before that one cannot be read: ${found.problem}`);
  if (found !== undefined) return found;
  if (!keepsPast) {
    throw new UserError(`${store.description} keeps the latest apply alone, so nobody knows what was before it`, {
      hint: 'The record on a Git ref keeps all of them. `git log` of the policy files may show what to take back by hand.',
    });
  }
  throw new UserError('that is the first apply: there is nothing before it to go back to', {
    hint: 'To stop managing an entry without a change to what is live, name it below `forget:`.',
  });
}

/**
 * The three families of failure, told apart in one place (the entry file), which picks the exit code.
 *
 * - the user's: files, flags, environment, record. A message and what to do about it; never a stack.
 * - the service's: an answer or a broken connection. Status, method, path and code; the key is blanked when the error is made.
 * - ours: anything else that is thrown. A stack and a request to report it.
 */

/** Something the user can put right: a file, a flag, a variable, the record. Exit 1 unless `exit` says otherwise. */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** What to do next, printed on a line of its own. */
  readonly hint: string | undefined;
  readonly exit: UserErrorExit;

  constructor(message: string, options: { hint?: string; exit?: UserErrorExit; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.hint = options.hint;
    this.exit = options.exit ?? 'invalid';
  }
}

/**
 * `invalid`: files, usage or record (1) · `refused`: a guard (3) · `stale`: claimed, moved or rewound (4) ·
 * `unreachable`: the record's remote or the service cannot be asked (6).
 */
export type UserErrorExit = 'invalid' | 'refused' | 'stale' | 'unreachable';

export interface ServiceErrorFacts {
  /** HTTP status; undefined when no answer arrived. */
  readonly status?: number | undefined;
  readonly method: string;
  /** Path with query, without the base URL. */
  readonly path: string;
  /** The service's own code, such as `AB01` (docs/service-notes.md#errors). */
  readonly code?: string | undefined;
  /** The service's message, shortened and with secrets blanked. */
  readonly detail?: string | undefined;
  /**
   * False only when the request certainly had no effect (never sent, or answered with a refusal). A write whose error is
   * `maybeApplied` has to be settled by reading.
   */
  readonly maybeApplied: boolean;
}

/** The control plane answered with an error, answered nonsense, or did not answer. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly maybeApplied: boolean;

  constructor(message: string, facts: ServiceErrorFacts, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.status = facts.status;
    this.method = facts.method;
    this.path = facts.path;
    this.code = facts.code;
    this.detail = facts.detail;
    this.maybeApplied = facts.maybeApplied;
  }
}

/** A row of a list that makes no sense, as far as it says what it is. */
export interface UnreadableRow {
  readonly id: string | null;
  /** Name or slug. */
  readonly name: string | null;
  /** Of the row itself; null where it shows none. */
  readonly workspaceId: string | null;
  /** The member and what is wrong with it, never its value. */
  readonly why: string;
}

/**
 * A list that was read to its end and holds rows that make no sense. Left out in silence they would look like rows that were
 * removed: so that whoever can go on without them takes the others from here, and everybody else fails.
 */
export class UnreadableRowsError extends ServiceError {
  readonly readable: readonly unknown[];
  readonly unreadable: readonly UnreadableRow[];

  constructor(
    message: string,
    facts: ServiceErrorFacts,
    { readable, unreadable }: { readonly readable: readonly unknown[]; readonly unreadable: readonly UnreadableRow[] },
  ) {
    super(message, facts);
    this.readable = readable;
    this.unreadable = unreadable;
  }
}

/** Another run holds the record's claim, or it cannot be shown that this one still does: nothing more is written. */
export class ClaimLostError extends Error {
  override readonly name = 'ClaimLostError';
}

/** The run was cancelled (SIGINT, SIGTERM). What was under way is reported as such. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

const fullDisk = ['ENOSPC', 'EDQUOT'];

/** What the system says of a disk with no room, wherever something was written; null: it is something else. */
export function refusedByDisk(error: unknown): UserError | null {
  if (!(error instanceof Error && 'code' in error && fullDisk.includes(String(error.code)))) return null;
  return new NoRoomError(error.message, error);
}

export class NoRoomError extends UserError {
  /** @param said what could not be written, as the system or the database tells it */
  constructor(said: string, cause: unknown) {
    super(`no room is left on the disk: ${said}`, {
      hint: 'Make room there and ask again. Temporary files are in the folder that TMPDIR names.',
      cause,
    });
  }
}

import type { AppliedRecord } from '../plan/applied-record.ts';

/** A record as read, with the token that a later write must name. */
export interface StoredRecord {
  readonly record: AppliedRecord;
  /** Opaque version: the commit on the ref, or the digest of the file. */
  readonly token: string;
}

/**
 * Where the applied record lives. Nothing is cached: `read` asks the remote every time.
 *
 * Rejects with UserError: `unreachable` when the remote cannot be asked or refuses access (never read as "there is none"),
 * `invalid` when what is stored is corrupt or of an unknown version, `stale` when a compare-and-swap lost.
 */
export interface RecordStore {
  /** For messages: `refs/tollgate/production on origin`, `state/record.json`. */
  readonly description: string;

  /** Null when there is none yet: a first run. */
  read(): Promise<StoredRecord | null>;

  /** The token alone, also of a record that cannot be read; null when there is none. For replacing what is corrupt. */
  readToken(): Promise<string | null>;

  /**
   * Writes `next` if the store still holds `expected` (null: still holds nothing) and returns the new token.
   * `message` is the one-line summary for the audit trail.
   */
  write(next: AppliedRecord, expected: string | null, message: string): Promise<string>;
}

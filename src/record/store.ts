import type { AppliedRecord } from '../plan/applied-record.ts';
import type { SealState } from './seal.ts';
import { type RecordSummary, summarizeRecord } from './summary.ts';

/** A record as read, with the token that a later write must name. */
export interface StoredRecord {
  readonly record: AppliedRecord;
  /** Opaque version: the commit on the ref, or the digest of the file. */
  readonly token: string;
  readonly seal: SealState;
}

/** One version of the record, as the history has it. */
export interface RecordVersion {
  readonly token: string;
  /** Null where it cannot be read: corrupt, or written by a newer tollgate. */
  readonly summary: RecordSummary | null;
  /** Why it cannot be read. */
  readonly problem: string | null;
}

export interface RecordHistory {
  /** Newest first. */
  readonly versions: readonly RecordVersion[];
  /** False when there are older versions than these. */
  readonly isComplete: boolean;
  /** The store keeps what it replaces; otherwise it can only show what it holds now. */
  readonly keepsPast: boolean;
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

  /**
   * The latest versions, at most `limit` (Infinity: all). An apply writes two: its claim, then its outcomes. One version that
   * cannot be read does not hide the others.
   */
  history(limit: number): Promise<RecordHistory>;

  /** The newest version that the key of this run sealed, however many of others came after it; null when there is none. */
  lastSealed(): Promise<StoredRecord | null>;

  /** A version by its whole token; null when the store does not have it. */
  readAt(token: string): Promise<StoredRecord | null>;
}

/** One text beside the record that is replaced whole and keeps no past. Rejects as a record store does. */
export interface TextStore {
  /** For messages. */
  readonly description: string;
  /** Null when there is none yet. */
  read(): Promise<{ readonly text: string; readonly token: string } | null>;
  /** Writes if the store still holds `expected` (null: still nothing), and returns the new token. */
  write(text: string, expected: string | null): Promise<string>;
}

/** The history of a store that holds nothing but the latest record. */
export function historyOf(stored: StoredRecord | null): RecordHistory {
  const versions =
    stored === null ? [] : [{ token: stored.token, summary: summarizeRecord(stored.record), problem: null }];
  return { versions, isComplete: true, keepsPast: false };
}

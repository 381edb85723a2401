import { UserError } from '../errors.ts';
import type { AppliedRecord } from '../plan/applied-record.ts';
import { historyOf, type RecordStore, type StoredRecord, type TextStore } from './store.ts';

/** A record that lives as long as the process: for tests, and for the emulator without a state directory. */
export function createMemoryStore(initial?: AppliedRecord): RecordStore {
  let record = initial === undefined ? null : structuredClone(initial);
  let version = initial === undefined ? 0 : 1;
  const token = (): string | null => (version === 0 ? null : String(version));

  const read = async (): Promise<StoredRecord | null> => {
    const current = token();
    return record === null || current === null
      ? null
      : { record: structuredClone(record), token: current, seal: 'own' };
  };

  return {
    description: 'memory, for this run only',

    read,

    readToken: async () => token(),

    async write(next, expected) {
      if (expected !== token()) {
        throw new UserError('the record in memory was changed by another apply', {
          exit: 'stale',
          hint: 'Plan again.',
        });
      }
      record = structuredClone(next);
      version++;
      return String(version);
    },

    lastSealed: read,

    history: async () => historyOf(await read()),

    readAt: async (wanted) => (wanted === token() ? read() : null),
  };
}

/** A text that lives as long as the process. */
export function createMemoryText(): TextStore {
  let held: { readonly text: string; readonly token: string } | null = null;
  let version = 0;
  return {
    description: 'memory, for this run only',
    read: async () => held,
    async write(text, expected) {
      if ((held?.token ?? null) !== expected) {
        throw new UserError('what is held in memory was changed by another run', {
          exit: 'stale',
          hint: 'Run it again.',
        });
      }
      version++;
      held = { text, token: String(version) };
      return held.token;
    },
  };
}

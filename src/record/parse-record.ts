import type { z } from 'zod';
import { parseBoundedJson } from '../bounded-json.ts';
import { UserError } from '../errors.ts';
import { type AppliedRecord, appliedRecordSchema, newestRecordVersion, recordVersion } from '../plan/applied-record.ts';

const hint =
  'Nothing was changed. Restore an earlier version of the record, or make a new one with `tollgate record rebuild`.';

/** JSON out of a stored document; `where` names it in messages. */
export function parseStoredJson(text: string, where: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch (cause) {
    throw new UserError(`the record is corrupt: ${where} is not JSON`, { hint, cause });
  }
}

/**
 * Before anything else of a record is looked at: what a newer tollgate writes may mean something else, and what an older one
 * wrote is brought to the present form.
 */
export function upgradeDocument(document: unknown, where: string): unknown {
  const version =
    typeof document === 'object' && document !== null && 'version' in document ? document.version : undefined;
  if (version === recordVersion || version === newestRecordVersion) return document;
  if (version === 1) return upgradeFormatOne(document as Readonly<Record<string, unknown>>);
  if (typeof version === 'number' && version > newestRecordVersion) {
    throw new UserError(
      `the record (${where}) has version ${version}; this tollgate reads up to ${newestRecordVersion}`,
      {
        hint: 'A newer tollgate wrote it: update tollgate.',
      },
    );
  }
  throw corrupt(where, `version is ${version === undefined ? 'missing' : JSON.stringify(version)}`);
}

export function parseStored<T>(schema: z.ZodType<T>, document: unknown, where: string): T {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const member = issue?.path.join('.') ?? '';
  throw corrupt(where, `${member === '' ? '' : `${member}: `}${issue?.message ?? 'not as expected'}`);
}

/** Format 1 knew no directory and wrote `review:` alone, with every default filled in. */
function upgradeFormatOne({ settings, ...rest }: Readonly<Record<string, unknown>>): unknown {
  return {
    ...rest,
    version: recordVersion,
    directory: null,
    way: 'by-hand',
    settings: { review: settings, gateway: {}, pricing: {} },
    wasFormatOne: true,
  };
}

/** A whole record in one document. */
export function parseRecord(text: string, where: string): AppliedRecord {
  return upgradeEntries(parseStored(appliedRecordSchema, upgradeDocument(parseStoredJson(text, where), where), where));
}

/** Format 1 did not say from which commit an entry is that was owed; not from the record's own. */
export function upgradeEntries(record: AppliedRecord): AppliedRecord {
  if (record.wasFormatOne !== true) return record;
  const workspaces = record.workspaces.map((workspace) => ({
    ...workspace,
    entries: workspace.entries.map((entry) =>
      entry.owed === true && entry.commit === undefined ? { ...entry, commit: null } : entry,
    ),
  }));
  return { ...record, workspaces };
}

export function corrupt(where: string, problem: string): UserError {
  return new UserError(`the record is corrupt: ${where}: ${problem}`, { hint });
}

/** What `import` prints, of each of its three ways. */

import { z } from 'zod';
import { type DocumentOf, done, fieldValue, kind, ok, unreadable, version, whole, workspace } from './parts.ts';

const files = z.array(z.string()).describe('that were written');
const entries = whole.describe('that were written');
const leftOut = z.object({
  kind,
  workspace,
  id: z.string(),
  name: z.string().nullable(),
  field: z.string().exactOptional().describe('alone left out of an entry that was written'),
  why: z.string(),
});
const lost = z.object({ workspace_id: z.string().nullable(), ...unreadable });
const key = { kind, workspace, name: z.string() };

const imported = z
  .object({
    version,
    ok: done,
    files,
    entries,
    renamed: z.array(z.object({ kind, workspace, id: z.string(), name: z.string().nullable(), written: z.string() })),
    left_out: z.array(leftOut).describe('live, and no file can say it'),
    unreadable: z.array(lost),
    notes: z.array(z.string()),
  })
  .describe('Into a directory without policy files.');

const added = z
  .object({
    version,
    ok: done,
    files,
    entries,
    declared: z
      .array(z.object({ file: z.string(), workspace: z.string() }))
      .describe('workspaces without a file in which nothing more can be declared: a file without entries'),
    undeclared: z
      .array(z.object({ workspace: z.string(), why: z.string() }))
      .describe('of those that no file could be made for'),
    added: z.array(z.object({ file: z.string(), new_file: z.boolean(), ...key, id: z.string() })),
    left_out: z.array(leftOut),
    unreadable: z.array(lost),
    further: z
      .array(z.object({ ...key, id: z.string(), fields: z.array(z.string()) }))
      .describe('of declared entries: what is live beside what they say'),
  })
  .describe('Beside the policy files that are there.');

const acceptance = z
  .object({
    version,
    ok,
    files,
    accepted: z.array(
      z.object({
        id: z.string(),
        ...key,
        file: z.string(),
        how: z.enum(['rewritten', 'added', 'removed', 'default-skipped']),
        fields: z.array(z.object({ field: z.string(), before: fieldValue, after: fieldValue })),
      }),
    ),
    refused: z.array(z.object({ id: z.string(), ...key, why: z.string() })).describe('stays drift'),
  })
  .describe('With `--accept-drift`.');

export const importSchema = z.union([imported, added, acceptance]);

export type ImportedDocument = DocumentOf<typeof imported>;
export type AddedDocument = DocumentOf<typeof added>;
export type AcceptanceDocument = DocumentOf<typeof acceptance>;
export type LeftOutDocument = DocumentOf<typeof leftOut>;
export type UnreadableDocument = DocumentOf<typeof lost>;

/** What `init`, `fmt` and `revert` print: commands that write policy files. */

import { z } from 'zod';
import { type DocumentOf, diagnostic, done, ok, version, whole } from './parts.ts';

const written = z.boolean().describe('false: a dry run, or nothing to write');
const commands = z.array(z.string()).describe('to go on with, for a shell');

export const initSchema = z
  .object({
    version,
    ok: done,
    written,
    files: z.array(z.string()).describe('relative to the working directory'),
    organisation: z.string().nullable().describe('id; null: it could not be asked for'),
    problem: z.string().nullable().describe('why the organisation is not known'),
    to_do: z.array(z.string()).describe('by hand'),
    commands,
  })
  .describe('The first files.');

export const formatSchema = z
  .object({
    version,
    ok,
    check: z.boolean().describe('nothing was written'),
    files: z.array(z.object({ path: z.string(), changed: z.boolean().describe('or would, with `check`') })),
    diagnostics: z.array(diagnostic).describe('files with errors stay as they are'),
    text: z.string().optional().describe('what came on stdin, formatted'),
  })
  .describe('The layout of policy files.');

export const revertSchema = z
  .object({
    version,
    ok,
    record: z.string().describe('token of the apply'),
    written,
    files: z.array(z.object({ file: z.string(), change: z.enum(['edited', 'created', 'deleted']) })),
    conflicts: z
      .array(z.object({ file: z.string(), line: whole.describe('from 1'), message: z.string() }))
      .describe('values that changed again since; with one of them nothing is written'),
    commands,
  })
  .describe('One apply taken back in the files.');

export type InitDocument = DocumentOf<typeof initSchema>;
export type FormatDocument = DocumentOf<typeof formatSchema>;
export type RevertDocument = DocumentOf<typeof revertSchema>;

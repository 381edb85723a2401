/** What `record rebuild`, `record move` and `reset` print. */

import { z } from 'zod';
import { type DocumentOf, done, kind, version, whole, workspace } from './parts.ts';

export const rebuildSchema = z
  .object({ version, ok: done, commit: z.string(), entries: whole.describe('that were recorded') })
  .describe('A record made of a commit.');

export const moveSchema = z
  .object({
    version,
    ok: done,
    from: z.string().nullable().describe('null: it is where the files name it'),
    to: z.string().nullable().describe('null: the record is in a file'),
    moved: z
      .array(z.object({ what: z.string(), was: z.string(), now: z.string() }))
      .describe('what the files name otherwise than the record'),
  })
  .describe('A record carried over.');

export const resetSchema = z
  .object({
    version,
    ok: z.boolean().describe('false: the service still shows it used up'),
    limit: z.object({
      kind,
      workspace,
      id: z.string(),
      name: z.string(),
      unit: z.string().describe('`cost`: US cents; `tokens`, `requests`'),
    }),
    reset: z
      .array(
        z.object({
          counter: z.string(),
          value_key: z.string().nullable().describe('as the service names it; null: the limit has one'),
          used: whole.nullable().describe('US cents or a count, before; null: used up, and no more is known'),
        }),
      )
      .describe('empty: none was used up'),
  })
  .describe('Counters that were freed.');

export type RebuildDocument = DocumentOf<typeof rebuildSchema>;
export type MoveDocument = DocumentOf<typeof moveSchema>;
export type ResetDocument = DocumentOf<typeof resetSchema>;

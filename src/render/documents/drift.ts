/** What `drift` prints. */

import { z } from 'zod';
import {
  action,
  type DocumentOf,
  direction,
  fieldValue,
  instant,
  kind,
  ok,
  source,
  version,
  workspace,
} from './parts.ts';
import { undeclared } from './undeclared.ts';

const note = z.object({ message: z.string(), workspace });

const drift = z
  .object({
    version,
    ok,
    record: z.enum(['read', 'lost', 'none']).describe('`lost`: all that is declared is live, and nobody recorded it'),
    environment: z.string(),
    apply: z.null().describe('no apply is at work'),
    drifted: z
      .array(
        z.object({
          id: z.string().describe('of the change that would put it back'),
          kind,
          workspace,
          name: z.string(),
          direction,
          deleted: z.boolean(),
          left: z.boolean().describe('the next apply leaves it as it is'),
          summary: z.string().describe('one line for people'),
          field_changes: z.array(z.object({ field: z.string(), recorded: fieldValue, live: fieldValue, direction })),
          author: z
            .object({ who: z.string().nullable().describe('null: somebody whom the log does not name'), when: instant })
            .nullable()
            .describe('null: nobody can tell, see `audit_log`'),
          source: source.nullable(),
        }),
      )
      .describe('moved live since the last apply'),
    owed: z
      .array(
        z.object({
          id: z.string(),
          action,
          summary: z.string(),
          source: source.nullable(),
          due: z
            .string()
            .exactOptional()
            .describe('the day of `until` since which it is due, as it was reviewed; absent: no date makes it so'),
        }),
      )
      .describe('what Git asks for and no apply has done'),
    gone: z.array(note).describe('recorded, and no longer there'),
    beside: z.array(note.extend({ code: z.string() })).describe('limits that the last apply would not have left there'),
    undeclared,
    audit_log: z.enum(['read', 'unavailable']),
  })
  .describe('What moved live since the last apply.');

const none = z.array(z.never()).describe('empty: nothing was compared');

const meanwhile = z
  .object({
    version,
    ok: z.literal(true),
    environment: z.string(),
    apply: z.object({
      state: z.enum(['under-way', 'meanwhile']).describe('`meanwhile`: it moved the record while live was read'),
      by: z.string(),
      run: z.string(),
      since: instant,
    }),
    drifted: none,
    owed: none,
    gone: none,
  })
  .describe('An apply is at work: what is live is not compared.');

export const driftSchema = z.union([drift, meanwhile]);

export type DriftDocument = DocumentOf<typeof drift>;
export type MeanwhileDocument = DocumentOf<typeof meanwhile>;

/** What `history` and `show` print. */

import { z } from 'zod';
import { claimSchema, liftSchema, outcomeStatuses, ways } from '../../plan/applied-record.ts';
import { action, type DocumentOf, dated, done, fields, instant, kind, version, whole, workspace } from './parts.ts';

const lift = z.object({
  ...liftSchema.shape,
  number: z.union([whole, z.literal('unbounded')]).describe('at most; of `spend-up` percent'),
  at: instant,
  where: z.string().nullable().describe('link to the review or the run; null: a terminal'),
});

const apply = z.object({
  record: z.string().describe('names this version, for `tollgate show`'),
  records: z.array(z.string()).describe('all versions that belong to this apply'),
  state: z.enum(['ended', 'under-way', 'never-ended', 'unreadable']).describe('`unreadable`: see `problem`'),
  at: z.string().nullable().describe('ISO date-time, UTC; null: unreadable'),
  by: z.string().nullable(),
  run: z.string().nullable(),
  commit: z.string().nullable().describe('of the policy files; null: none, or a claim'),
  dirty: z.boolean().describe('the files had uncommitted changes'),
  way: z.enum(ways).nullable().describe('on whose word; `return`: of a date that was applied before; null: a claim'),
  unreviewed: z.boolean().describe('nobody else has said yes'),
  lifts: z.array(lift),
  digest: z.string().nullable(),
  counts: z.record(z.string(), whole).describe('changes by what became of them; of a claim how many were planned'),
  problem: z.string().nullable().describe('why it cannot be read'),
});

const claimed = claimSchema.shape.changes.element;
const entry = claimed.shape.entry.unwrap();

export const historySchema = z
  .object({
    version,
    ok: done,
    record: z.string().describe('where it is kept'),
    keeps_past: z.boolean().describe('false: only the latest apply is there'),
    has_more: z.boolean().describe('there are more than `--limit`'),
    applies: z.array(apply).describe('the latest first'),
  })
  .describe('Who applied what, and what became of it.');

export const showSchema = z
  .object({
    version,
    ok: done,
    ...apply.shape,
    environment: z.string(),
    organisation: z.string(),
    base_url: z.string(),
    tool: z.string().describe('version of tollgate that wrote it'),
    settings: z.record(z.string(), z.unknown()).describe('`review:` in force then, by the keys of the files'),
    outcomes: z.array(
      z.object({
        kind,
        workspace,
        name: z.string(),
        action,
        fingerprint: z.string(),
        status: z.enum(outcomeStatuses),
        detail: z.string().nullable().describe('why; null: it was applied'),
        before: fields.nullable(),
        after: fields.nullable(),
        ...dated,
        summary: z.string().describe('one line for people'),
      }),
    ),
    claim: claimSchema
      .extend({
        changes: z.array(claimed.extend({ after: fields.nullable(), entry: entry.extend({ fields }).nullable() })),
      })
      .nullable()
      .describe('null: no apply was under way'),
    seal: z.enum(['own', 'foreign', 'none']).describe('`foreign`: of another key, or broken'),
    moved_to: z.string().nullable().describe('where `record move` carried the record'),
    files: z.array(z.string()).describe('paths of the policy files as applied'),
    written_into: z.string().nullable().describe('null: `--files` was not given'),
  })
  .describe('One apply, with its outcomes.');

export type AppliesDocument = DocumentOf<typeof historySchema>;
export type AppliedDocument = DocumentOf<typeof apply>;
export type ShowDocument = DocumentOf<typeof showSchema>;

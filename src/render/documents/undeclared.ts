/** Live workspaces that no file is about, in `plan`, `drift` and `status`. */

import { z } from 'zod';
import { type DocumentOf, instant, whole } from './parts.ts';

export const undeclared = z
  .object({
    as_of: instant.nullable().describe('the 30 days end here; null: nobody asked for them'),
    workspaces: z
      .array(
        z.object({
          id: z.string(),
          slug: z.string(),
          name: z.string(),
          spent_cents_30_days: whole.nullable().describe('US cents; null: see `unknown_because`'),
          unknown_because: z.string().nullable(),
          committed: z.enum(['bounded', 'unbounded', 'unknown']).describe('whether anything bounds what it spends'),
          committed_cents_30_days: whole.nullable().describe('US cents per 30 days; null unless `bounded` and known'),
          at_most_cents_30_days: whole.nullable().describe('by what was read, where not all was; null: too little was'),
          limits: whole.describe('that are live in it'),
        }),
      )
      .describe('the largest spend first, unknown spend last'),
    excepted: z.array(z.string()).describe('slugs in `review.undeclared.except`: nothing was asked about them'),
  })
  .nullable()
  .describe('live workspaces without a file; null: nobody has looked');

export type UndeclaredDocument = DocumentOf<typeof undeclared>;

/** Budgets in dollars beside changed prices. */

import { z } from 'zod';
import { kinds } from '../../resources/types.ts';
import { type DocumentOf, whole } from './parts.ts';

const runOut = z.object({
  when: z.enum(['now', 'this-window', 'later-window', 'never']),
  at: z.string().nullable().describe('ISO; null: now, or never at this pace'),
});

export const priceEffect = z.object({
  since: z.string().describe('the pace is that of the calls from then to `as_of`'),
  as_of: z.string(),
  budgets: z
    .array(
      z.object({
        kind: z.enum(kinds),
        workspace: z.string().nullable(),
        name: z.string().nullable().describe('null: `review.show_people: counts`'),
        amount: z.number().describe('US cents'),
        reset: z.string().nullable(),
        before: runOut.nullable().describe('at the prices as they are; null: not known'),
        after: z
          .object({ earliest: runOut, latest: runOut })
          .nullable()
          .describe('once the prices change; null: `unknown` says why it is not known'),
        unknown: z.string().nullable(),
      }),
    )
    .describe('budgets in dollars that run out another day, or may'),
  same: whole.describe('budgets in dollars that were looked at and run out when they did'),
  same_in: z.array(z.string()).describe('slugs of the workspaces that those are of'),
  gaps: z.array(z.string()).describe('what was not looked at'),
});

export type PriceEffectDocument = DocumentOf<typeof priceEffect>;
export type RunOutDocument = DocumentOf<typeof runOut>;

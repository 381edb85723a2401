/** Changed rates held against the calls of the last days. */

import { z } from 'zod';
import { type DocumentOf, whole } from './parts.ts';

const between = z.object({
  at_least: whole,
  at_most: whole.nullable().describe('null: nothing bounds it; equal to `at_least`: exact'),
});

const refused = between.extend({
  of: whole.nullable().describe('of so many calls; null: not known, as the rate counts tokens'),
});

export const judgedRate = z.object({
  unit: z.enum(['requests', 'tokens']),
  window: z.enum(['second', 'minute', 'hour', 'day', 'week']),
  per: z.array(z.string()),
  before: z.number().nullable().describe('null: no such rate'),
  after: z.number().nullable().describe('null: no such rate'),
  source: z.literal('analytics'),
  unknown: z.string().nullable().describe('why nothing is known; null: see `demand`'),
  demand: z
    .object({
      since: z.string().describe('whole days and whole windows before now, seven days at least'),
      point_seconds: whole
        .nullable()
        .describe('how finely analytics count: of longer points than windows there are bounds alone'),
      busiest: z
        .string()
        .nullable()
        .describe('value of the counter used most; null: one counter, not known, or `review.show_people: counts`'),
      peak: between.describe('of one window, of the counter used most'),
      refused_before: refused
        .nullable()
        .describe('calls that the old rate would have refused by itself; null: not known, or no such rate'),
      refused_after: refused
        .nullable()
        .describe('calls that the new rate would have refused by itself; null: not known, or no such rate'),
    })
    .nullable(),
});

export type RateDocument = DocumentOf<typeof judgedRate>;
export type CallsBetween = DocumentOf<typeof between>;
export type RefusedBetween = DocumentOf<typeof refused>;

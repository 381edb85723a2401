/** Money in documents and answers of tools; named, so that a list of tools says it once a tool. */

import { z } from 'zod';

/** Of any size: what a budget of the largest amount comes to in 30 days, over many workspaces, is past 2^53 and to the nearest. */
export const wholeNumber = z.number().refine(Number.isInteger).meta({ type: 'integer', multipleOf: 1 });

export const moneySchema = z
  .object({
    cents: wholeNumber.describe('US cents, to the nearest'),
    exact_cents: z
      .string()
      .regex(/^-?\d+(\.\d+)?$/)
      .describe('US cents with up to ten decimals: what is summed and compared'),
    usd: z.string().describe('as a person reads it: `$18.95`'),
  })
  .meta({ id: 'money' });

export type Money = z.infer<typeof moneySchema>;

/** What `estimate` prints. */

import { z } from 'zod';
import { type DocumentOf, instant, version, whole } from './parts.ts';

const exact = z
  .string()
  .regex(/^-?\d+(\/\d+)?$/)
  .describe('exact: digits, or a fraction such as `11/40000`');
const figure = z.object({
  bound: z.enum(['exact', 'at_least', 'at_most', 'unknown', 'unlimited']),
  value: exact.nullable().describe('in `unit`; null: unknown or unlimited'),
  text: z.string(),
});
const figures = z.object({ unit: z.enum(['tokens', 'cents']), lowest: figure, expected: figure, highest: figure });

export const estimateSchema = z
  .object({
    version,
    ok: z.boolean().describe('false: a price file could not be read'),
    budget: z.object({ unit: z.enum(['cents', 'tokens', 'requests']), amount: whole, text: z.string() }),
    mix: z.object({
      input: z.number(),
      output: z.number(),
      input_share: exact.describe('of the tokens'),
      assumed: z.boolean().describe('nobody said so'),
    }),
    models: z.array(
      z.object({
        model: z.string(),
        kind: z.enum(['priced', 'priced_by_unit', 'fallback', 'zero_by_design', 'unpriced', 'unknown']),
        why: z.string().nullable().describe('null: it is simply priced'),
        cents_per_token: z.array(
          z.object({
            input: exact.nullable().describe('null: not listed'),
            output: exact.nullable().describe('null: not listed'),
            where: z.string().nullable().describe('null: always'),
          }),
        ),
        notes: z.array(z.string()),
        suggestion: z.string().nullable().describe('another name that is listed'),
        source: z
          .object({
            kind: z.enum(['address', 'folder', 'integration']),
            from: z.string(),
            as_of: instant,
            age_seconds: whole,
            cached: z.boolean(),
          })
          .nullable()
          .describe('null: there is none'),
        estimate: figures,
      }),
    ),
    all: figures.nullable().describe('all models in equal shares; null: there is one'),
    notes: z.array(z.string()),
    left_out: z.string(),
  })
  .describe('What a token budget costs, or a dollar budget buys.');

export type FiguresDocument = DocumentOf<typeof figures>;
export type EstimateDocument = DocumentOf<typeof estimateSchema>;

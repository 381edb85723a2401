/** What `rules` prints. */

import { z } from 'zod';
import { guardNames } from '../../guard-names.ts';
import { type DocumentOf, done, severity, version } from './parts.ts';

export const rulesSchema = z
  .object({
    version,
    ok: done,
    rules: z.array(
      z.object({
        name: z.string(),
        id: z.string().describe('its number, such as `O1`'),
        severity: severity.describe('unless `review.rules` says another'),
        where: z.enum(['file', 'live', 'price']).describe('`file`: `validate` and `plan`; else `plan` alone'),
        finds: z.string(),
        why: z.string(),
        fix: z.string(),
      }),
    ),
    guards: z.array(
      z.object({
        name: z.enum(guardNames),
        objects_to: z.string(),
        default: z.string(),
        liftable: z.boolean().describe('a word lifts it, for one plan'),
      }),
    ),
  })
  .describe('Rules and guards: all, or those of one name.');

export type RulesDocument = DocumentOf<typeof rulesSchema>;

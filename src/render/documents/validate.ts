/** What `validate` and `rules` print. */

import { z } from 'zod';
import { fileFinding } from './finding.ts';
import { problems, type Written } from './parts.ts';

export const validateSchema = problems
  .extend({ findings: z.array(fileFinding) })
  .describe('What is wrong with the files, and what rules find in them.');

export type ProblemsDocument = Written<typeof problems>;
export type ValidateDocument = Written<typeof validateSchema>;

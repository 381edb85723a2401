/** What `validate` prints. */

import { z } from 'zod';
import { fileFinding } from './finding.ts';
import { type DocumentOf, problems } from './parts.ts';

export const validateSchema = problems
  .extend({ findings: z.array(fileFinding) })
  .describe('What is wrong with the files, and what rules find in them.');

export type ProblemsDocument = DocumentOf<typeof problems>;
export type ValidateDocument = DocumentOf<typeof validateSchema>;

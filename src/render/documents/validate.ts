/** What `validate` prints. */

import { z } from 'zod';
import { fileFinding } from './finding.ts';
import { type DocumentOf, problems, whole } from './parts.ts';

export const validateSchema = problems
  .extend({
    findings: z.array(fileFinding),
    elsewhere: whole.optional().describe('problems that the named files have no part in; where files were named'),
  })
  .describe('What is wrong with the files, and what rules find in them.');

export type ProblemsDocument = DocumentOf<typeof problems>;
export type ValidateDocument = DocumentOf<typeof validateSchema>;

/** What a rule says. */

import { z } from 'zod';
import { type DocumentOf, kind, severity, source, workspace } from './parts.ts';

export const fileFinding = z.object({
  rule: z.string().describe('its name, as in docs/rules.md'),
  id: z.string().describe('its number, such as `O1`'),
  severity,
  message: z.string(),
  fix: z.string(),
  ...source.shape,
  entry: z.object({ kind, workspace, name: z.string() }).nullable().describe('null: of a workspace, or of a line'),
  silenced: z.string().nullable().describe('the reason of `silence:`; null: not silenced'),
});

export const finding = fileFinding.extend({
  change: z.string().nullable().describe('id of the change that it is about; null: of none'),
});

export type FindingDocument = DocumentOf<typeof finding>;
export type FileFindingDocument = DocumentOf<typeof fileFinding>;

/** What `notify` prints. */

import { z } from 'zod';
import { type DocumentOf, ok, version, whole } from './parts.ts';

export const notifySchema = z
  .object({
    version,
    ok: ok.describe('everybody who was to be told was'),
    tellings: z.array(
      z.object({
        kind: z.string(),
        title: z.string(),
        channel: z.string(),
        state: z.enum(['told', 'in-part', 'failed', 'due']).describe('`due`: a dry run'),
        why: z.string().nullable().describe('null: nothing to say'),
        recipients: z
          .union([z.array(z.string()), whole])
          .describe('addresses; how many where `review.show_people` is `counts`'),
      }),
    ),
    taken: whole.describe('messages that another run is sending'),
    gaps: z.array(z.string()).describe('what could not be read'),
    nobody: z.string().nullable().describe('why nobody can be told of anything'),
  })
  .describe('Who was told of what.');

export type NotifyDocument = DocumentOf<typeof notifySchema>;

/** Who is told of an alert. */

import { z } from 'zod';
import { type DocumentOf, peopleOr } from './parts.ts';

export const told = z
  .object({
    nobody: z.boolean(),
    by_service: z.enum(['yes', 'presumed', 'no']).describe('`presumed`: no document of the service says so'),
    service_recipients: peopleOr(z.array(z.string())),
    channels: z.array(z.string()).describe('of `tollgate notify`'),
    recipients: peopleOr(z.array(z.string())),
  })
  .describe('who is told of the alert');

export type ToldDocument = DocumentOf<typeof told>;

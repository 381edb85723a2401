/** The JSON Schema of a saved plan, for programs that read or archive it; generated, so that it cannot differ from the file. */

import { z } from 'zod';
import { planFileSchema } from './plan-file.ts';

export function renderPlanSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(planFileSchema, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify({ $schema, title: 'tollgate plan', ...schema }, null, 2)}\n`;
}

/** What commands print with `--format json`, as zod schemas: of those that ask a tool, and of all others. */

import { z } from 'zod';
import { failure, version } from '../render/documents/parts.ts';
import { documentNames, failedForms, ownForms } from '../render/documents/registry.ts';
import { errorCodes } from './refusal.ts';
import { findTool } from './registry.ts';
import { suggestBudgetTool } from './suggest-budget.ts';
import type { Tool } from './tool.ts';
import { twins } from './twins.ts';

/** All commands that print a document, by their words. */
export const documentCommands: readonly string[] = [...documentNames, ...twins.map(({ command }) => command)];

/** Of a run that does not fail; undefined: the command prints none. */
export function ownDocuments(command: string): readonly z.ZodType[] | undefined {
  const tool = toolOf(command);
  if (tool !== undefined) return [answerOf(tool)];
  const forms = ownForms(command);
  // Without logs it asks what agents ask.
  return command === 'recommend' && forms !== undefined ? [...forms, answerOf(suggestBudgetTool)] : forms;
}

/** All that a command may print, its own document first; undefined: it prints none. */
export function documentForms(command: string): readonly z.ZodType[] | undefined {
  const own = ownDocuments(command);
  if (own === undefined) return undefined;
  return [...own, ...(toolOf(command) === undefined ? failedForms(command) : [refusal, failure])];
}

function toolOf(command: string): Tool | undefined {
  const twin = twins.find((one) => one.command === command);
  return twin === undefined ? undefined : findTool(twin.tool);
}

function answerOf(tool: Tool): z.ZodType {
  return z
    .object({ version, ok: z.literal(true).describe('there is an answer'), data: tool.output() })
    .describe(`${tool.purpose} The same data as agents get of \`${tool.name}\`.`);
}

const refusal = z
  .object({
    version,
    ok: z.literal(false),
    error: z.object({
      code: z.enum(errorCodes),
      message: z.string(),
      hint: z.string().nullable().describe('what to do; null: nothing more to say'),
      details: z.record(z.string(), z.unknown()).describe('by `code`; empty: none'),
    }),
  })
  .describe('The question was refused, or nobody could answer it.');

/** A tool called: arguments checked, the answer made, cleaned and cut to a page. The one way for the command line and for agents. */

import { createValueBlanker, secretsOf } from '../blank-secrets.ts';
import { escapeInvisible } from '../printable.ts';
import { jsonVersion } from '../render/json.ts';
import { checkInput } from './check-input.ts';
import { cutToPage } from './pages.ts';
import { describeToolError, type ToolError } from './refusal.ts';
import type { Tool, ToolContext, ToolData } from './tool.ts';
import { cleanStrange } from './values.ts';

interface Answered {
  readonly version: typeof jsonVersion;
  readonly ok: true;
  readonly data: ToolData;
}

interface Refused {
  readonly version: typeof jsonVersion;
  readonly ok: false;
  readonly error: ToolError;
}

/** The document of a call, the same for the command line and for agents. */
export type Envelope = Answered | Refused;

export interface CallOptions {
  /** All rows of a list, as long as they are: for people, and for files. Default: a page. */
  readonly isWhole?: boolean;
}

/** @throws whatever keeps it from an answer */
export async function answerTool(
  tool: Tool,
  raw: unknown,
  context: ToolContext,
  { isWhole = false }: CallOptions = {},
): Promise<ToolData> {
  const input = checkInput(tool, raw);
  const data = await tool.run(input, context);
  const clean = createAnswerCleaner(context.session.env);
  const given = typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : {};
  return cutToPage(tool, clean(data) as ToolData, given, isWhole);
}

/** The same where a failure is an answer as well. `log` is told what only whoever runs the tool may see. */
export async function callTool(
  tool: Tool,
  raw: unknown,
  context: ToolContext,
  log: (error: unknown) => void = () => {},
): Promise<Envelope> {
  try {
    return answeredCall(await answerTool(tool, raw, context));
  } catch (error) {
    log(error);
    return failedCall(error, context.session.env);
  }
}

export function answeredCall(data: ToolData): Answered {
  return { ok: true, version: jsonVersion, data };
}

export function failedCall(error: unknown, env: Readonly<Record<string, string | undefined>>): Refused {
  return { ok: false, version: jsonVersion, error: createAnswerCleaner(env)(describeToolError(error)) as ToolError };
}

/** No key of this run anywhere, nothing invisible; and what stands under `untrusted` is what others wrote. */
function createAnswerCleaner(env: Readonly<Record<string, string | undefined>>): (value: unknown) => unknown {
  const blank = createValueBlanker(...secretsOf(env));
  const visit = (value: unknown, isStrange: boolean): unknown => {
    if (typeof value === 'string') return isStrange ? cleanStrange(value) : escapeInvisible(value);
    if (Array.isArray(value)) return value.map((item) => visit(item, isStrange));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        const inside = isStrange || name === 'untrusted';
        return [inside ? cleanStrange(name) : name, visit(item, inside)];
      }),
    );
  };
  return (value) => visit(blank(value), false);
}

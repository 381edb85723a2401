/** Arguments against a tool's schema: an unknown name is refused with the nearest one, never dropped. */

import { z } from 'zod';
import { didYouMean } from '../nearest-name.ts';
import { escapeInvisible } from '../printable.ts';
import { quoteUnlessSecret } from '../secret-shape.ts';
import { ToolRefusal } from './refusal.ts';
import type { Tool } from './tool.ts';

interface InputProblem {
  readonly path: string;
  readonly problem: string;
}

/** @throws ToolRefusal with all that is wrong, in one line */
export function checkInput<Input>(tool: Tool<Input>, raw: unknown): Input {
  const schema = tool.input();
  const parsed = schema.safeParse(raw ?? {});
  if (parsed.success) return parsed.data;
  const known = knownNames(schema);
  const problems = parsed.error.issues.flatMap((issue) => describeInputIssue(issue, known, raw)).slice(0, 20);
  const said = problems.map(({ path, problem }) => (path === '' ? problem : `${path}: ${problem}`)).join('; ');
  throw new ToolRefusal('invalid_input', `Invalid arguments for ${tool.name}: ${said}`, {
    hint: `It takes: ${known.join(', ')}.`,
    details: { problems },
  });
}

function knownNames(schema: z.ZodType): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape as Record<string, unknown>) : [];
}

function describeInputIssue(issue: z.core.$ZodIssue, known: readonly string[], raw: unknown): InputProblem[] {
  const path = issue.path.map((part) => shorten(String(part))).join('.');
  if (issue.code === 'unrecognized_keys') {
    const names = issue.path.length === 0 ? known : [];
    return issue.keys.map((key) => ({
      path: shorten(key),
      problem: `no such name${didYouMean(key, names)}`,
    }));
  }
  if (valueAt(raw, issue.path) === undefined) return [{ path, problem: 'is required' }];
  if (issue.code === 'invalid_union') {
    // Of several forms the ways in which each does not fit say less than what fits.
    const custom = issue.errors.flat().find(({ code }) => code === 'custom');
    return [{ path, problem: custom?.message ?? 'none of the forms that it may have' }];
  }
  return [{ path, problem: lowerFirst(issue.message) }];
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    raw ?? {},
  );
}

function shorten(name: string): string {
  const quoted = quoteUnlessSecret(name).replace(/^"|"$/g, '');
  return escapeInvisible(quoted.length > 60 ? `${quoted.slice(0, 59)}…` : quoted);
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

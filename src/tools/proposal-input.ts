/** A wish in the words of the files, as the tools that propose take it. What is missing is refused with what could be said. */

import { z } from 'zod';
import { namesBeside } from '../importing/declared-entries.ts';
import {
  missing,
  ProposalRefusal,
  type ProposedField,
  type ProposedValues,
  proposedFields,
  type Target,
  targetKinds,
} from '../importing/proposal.ts';
import type { PrintedValue } from '../policy/yaml-text.ts';
import { type WorkspaceHandle, workspaceNamed } from './names.ts';
import { ToolRefusal } from './refusal.ts';
import type { ToolContext } from './tool.ts';

const kinds = Object.keys(targetKinds) as Target['kind'][];
const text = (max: number) => z.string().min(1).max(max).optional();
const values = z.union([z.string().max(2000), z.array(z.string().max(2000))]);
const recordOf = <T extends z.ZodType>(value: T) => z.record(z.string().max(200), value);

/** Of all that propose. Nothing of it is required by the schema: a refusal names what could be written. */
export const proposalInput = {
  workspace: text(200),
  // What kinds there are is said once, in the server's instructions: every byte of the list of tools is read before anything is asked.
  target: z
    .union([z.string().max(300), recordOf(z.string().min(1).max(255))])
    .optional()
    .describe('KIND/NAME'),
  reason: text(500),
  dry_run: z.boolean().optional(),
};

export const urgentInput = { urgent: z.boolean().optional() };

export const limitInput = {
  budget: text(60),
  reset: text(40),
  alert: text(60),
  rate: text(60),
  description: text(500),
  match: recordOf(z.union([values, z.strictObject({ any: values.optional(), except: values.optional() })])).optional(),
  per: values.optional(),
};

export interface WishInput {
  readonly workspace?: string | undefined;
  /** `policy/monthly-spend`, or `{kind, name}`. */
  readonly target?: string | Readonly<Record<string, string>> | undefined;
  readonly reason?: string | undefined;
  readonly urgent?: boolean | undefined;
  readonly dry_run?: boolean | undefined;
}

/** @throws ToolRefusal with all workspaces where none is said */
export async function wishedWorkspace({ workspace }: WishInput, context: ToolContext): Promise<WorkspaceHandle> {
  const all = await context.workspaces();
  if (workspace !== undefined) return workspaceNamed(workspace, all);
  throw missing(
    'workspace',
    'whose limits',
    all.map(({ slug }) => slug),
  );
}

/** @param isNew its name need not be in the files yet */
export async function wishedTarget(
  { target }: WishInput,
  workspace: WorkspaceHandle,
  context: ToolContext,
  isNew = false,
): Promise<Target> {
  const { kind: said, name, ...others } = typeof target === 'string' ? splitTarget(target) : (target ?? {});
  const kind = kinds.find((one) => one === said);
  if ((said !== undefined && kind === undefined) || Object.keys(others).length > 0) {
    throw new ProposalRefusal('invalid_input', 'target: write KIND/NAME, such as policy/monthly-spend', {
      hint: `Its kind is one of: ${kinds.join(', ')}.`,
      details: { choices: kinds },
    });
  }
  if (kind === 'workspace') {
    // A name that is dropped would cap another workspace than the one that was meant.
    const called = [workspace.slug, workspace.id, workspace.name];
    if (name === undefined || called.includes(name)) return { kind, name: '' };
    throw new ProposalRefusal(
      'invalid_input',
      `target: ${JSON.stringify(name.slice(0, 80))} is another workspace than ${workspace.slug}`,
      {
        hint: 'Its own limits are the target workspace, without a name.',
      },
    );
  }
  if (kind !== undefined && name !== undefined) return { kind, name };
  const desired = isNew ? null : await context.desired().catch(whereNoFiles);
  const some = kind === undefined ? kinds : [kind];
  const choices = some.flatMap((one) =>
    one === 'workspace'
      ? ['workspace']
      : (desired === null ? [] : namesBeside(desired, workspace, one)).map((each) => `${one}/${each}`),
  );
  throw missing(
    'target',
    'which entry',
    isNew ? kinds.map((one) => (one === 'workspace' ? one : `${one}/NAME`)) : choices,
  );
}

function splitTarget(text: string): Readonly<Record<string, string>> {
  const [kind = '', ...name] = text.split('/');
  return name.length === 0 ? { kind } : { kind, ...(name.join('/') === '' ? {} : { name: name.join('/') }) };
}

/** What lies in the work tree is a help to choose from, and no more. */
function whereNoFiles(error: unknown): null {
  if (error instanceof ToolRefusal) return null;
  throw error;
}

export function wishedFields(input: Readonly<Record<string, unknown>>): ProposedValues {
  const given = proposedFields.filter((field) => input[field] !== undefined);
  return new Map(given.map((field): [ProposedField, PrintedValue] => [field, printedOf(input[field])]));
}

function printedOf(value: unknown): PrintedValue {
  if (Array.isArray(value)) return value.length === 1 ? String(value[0]) : value.map(String);
  if (typeof value !== 'object' || value === null) return String(value);
  return new Map(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => [name, printedOf(item)]),
  );
}

/** In the codes of tools. */
export async function asTool<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProposalRefusal)) throw error;
    throw new ToolRefusal(error.code, error.message, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      details: error.details,
    });
  }
}

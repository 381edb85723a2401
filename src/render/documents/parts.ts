/** What documents of commands have in common. Loaded for `tollgate schema` and tests alone: writers take the types. */

import { z } from 'zod';
import { type Fields, type FieldValue, kinds } from '../../resources/types.ts';
import { jsonVersion } from '../json.ts';
import { wholeNumber } from '../money-schema.ts';

/** A document as its writer makes it: plans and facts are read-only. */
export type DocumentOf<Schema extends z.ZodType> = ReadonlyDeep<z.infer<Schema>>;

type ReadonlyDeep<T> = T extends readonly (infer Item)[]
  ? readonly ReadonlyDeep<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: ReadonlyDeep<T[Name]> }
    : T;

export const version = z.literal(jsonVersion).describe('of this form; a member that is added does not change it');
export const ok = z.boolean().describe('false: the exit code is not 0, or that something is missing is said below');
export const done = z.literal(true).describe('a failure is another document, with `error`');

/** Counts, and whole cents. */
export const whole = wholeNumber;
export const instant = z.iso.datetime().describe('ISO date-time, UTC');
export const isoDay = z.iso.date().describe('UTC');
/** Of a change with `until:`. */
export const dated = {
  until: z
    .object({
      date: isoDay.describe('the first day on which `later` holds, UTC'),
      later: z
        .union([z.literal('none'), z.record(z.string(), z.json())])
        .describe('fields that move then, null for none; `none`: the policy goes'),
    })
    .exactOptional()
    .describe('absent: without a date that is still to come'),
  due: isoDay.exactOptional().describe('the date whose reviewed return this is, UTC'),
};
export const kind = z.enum(kinds);
export const workspace = z.string().nullable().describe('slug; null: of the organisation');
export const action = z.enum(['create', 'update', 'replace', 'delete']);
export const direction = z
  .enum(['loosen', 'rescope', 'tighten', 'neutral'])
  .describe('what it does to those whom the limit binds');
export const severity = z.enum(['error', 'warning', 'info']);

export const source = z.object({
  file: z.string().describe('relative to the working directory'),
  line: whole.describe('from 1'),
  column: whole.describe('from 1'),
});

/** @param people what stands where people are named: addresses, or only how many there are (`review.show_people: counts`) */
export const peopleOr = <Names extends z.ZodType>(names: Names) =>
  z.union([names, z.object({ count: whole })]).describe('`{count}` where `review.show_people` is `counts`');

const json = z.json().describe('as the service has it');
const budget = z.object({
  unit: z.enum(['cost', 'tokens', 'requests']).describe('`cost`: US cents'),
  amount: z.number(),
  reset: z.string().describe('`never`, `weekly`, `monthly` or `every N days`'),
});
const condition = z.object({
  key: z.string(),
  any: z.union([z.literal('*'), z.array(z.string())]),
  except: z.array(z.string()),
  others: z.record(z.string(), json).optional().describe('live only: members that no file can say'),
});

/** `budget[cost/monthly]`, `alert[…]`, `rate[requests/minute]` and `api.MEMBER` are names as well. */
const named = z
  .object({
    name: z.string().nullable(),
    description: z.string().nullable(),
    unit: z.string().describe('of a policy: `cost` (US cents), `tokens` or `requests`'),
    amount: z
      .number()
      .nullable()
      .describe(
        'of a usage policy: US cents or a count; whole, unless somebody else set a live one to a part of a cent',
      ),
    reset: z.string().describe('of a usage policy: `never`, `weekly`, `monthly` or `every N days`'),
    value: z.number().nullable().describe('of a rate policy: a count'),
    window: z.string().describe('of a rate policy: `minute`, `hour`, `day` …'),
    match: z.union([z.literal('all'), z.array(condition)]).describe('which calls'),
    per: z.array(z.string()).describe('whom a counter is kept for'),
    target: z.string().describe('`llm` or `mcp_tools`'),
    recipients: z.array(z.string()),
    expires: z.string().nullable().describe('ISO date-time, UTC'),
    budgets: z.null().describe('no budget at all'),
    rates: z.null().describe('no rate at all'),
    budget: budget.nullable().describe('of a key, provider, integration or workspace'),
    alert: z.number().nullable().describe('US cents or a count, as the budget'),
  })
  .partial()
  .catchall(json)
  .describe(
    'managed fields by name; also `budget[UNIT/RESET]`, `alert[UNIT/RESET]`, `rate[UNIT/WINDOW]`, `api.MEMBER`',
  );
// Each by its name has the values that Fields says.
export const fields = named as unknown as z.ZodType<Fields>;
export const fieldValue = json.describe(
  'as in the fields; null: none, or not said',
) as unknown as z.ZodType<FieldValue | null>;

export const note = z.object({
  code: z.string().describe('stable'),
  severity: z.enum(['warning', 'info']),
  workspace,
  message: z.string(),
  source: source.nullable(),
});

/** Somebody else's object that makes no sense. */
export const unreadable = { kind, id: z.string().nullable(), name: z.string().nullable(), why: z.string() };

/** Of files that keep a command from its work. */
export const diagnostic = z.object({
  code: z.string().describe('stable; also the name of a rule'),
  severity,
  message: z.string(),
  ...source.shape,
  end: z.object({ line: whole, column: whole }).nullable().describe('null: a place without length'),
});

/** For commands that read policy files. */
export const problems = z
  .object({ version, ok: z.boolean(), diagnostics: z.array(diagnostic) })
  .describe('The policy files have errors, and nothing else was looked at.');

export const error = z.object({
  kind: z
    .enum(['user', 'service', 'cancelled', 'internal', 'refused'])
    .describe('`user`: files, flags or record; `service`: the control plane; `internal`: a fault of tollgate'),
  message: z.string(),
  hint: z.string().nullable().describe('what to do; null: nothing more to say'),
});

export const failure = z
  .object({ version, ok: z.literal(false), error })
  .describe('The command failed: exit codes say how.');

export type FailureDocument = DocumentOf<typeof failure>;
export type DiagnosticDocument = DocumentOf<typeof diagnostic>;

import { z } from 'zod';
import { parseBoundedJson } from '../bounded-json.ts';
import {
  budgetMembers,
  globalAccessMembers,
  integrationMembers,
  keyMembers,
  type MemberKind,
  type Members,
  type ParsedMember,
  providerMembers,
  type RowOf,
  rateMembers,
  ratePolicyMembers,
  shareMembers,
  usagePolicyMembers,
  valueKeyMembers,
  type WireCondition,
  workspaceMembers,
} from '../resources/wire.ts';

/**
 * Answers of the control plane. Unknown members stay; what the service is known to write in several ways is brought to the
 * one way of resources/wire.ts. `0`, `""`, `false`, null and absent stay different where the wire type can tell them apart.
 */

/**
 * Floats where integers are documented (docs/service-notes.md#numbers), numeric strings; `""` is null
 * (docs/service-notes.md#stale-reads).
 */
const number = z
  .union([z.number(), z.string().transform(parseNumber)])
  .nullable()
  .optional();

function parseNumber(text: string, context: z.RefinementCtx): number | null {
  if (text.trim() === '') return null;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  context.addIssue({ code: 'custom', message: 'not a number' });
  return z.NEVER;
}

/**
 * What a limit can be: not below zero, exact as a count of cents, and no denormal. A row that says otherwise cannot be read and
 * is named; taken as a number it would end in an error of arithmetic far from here.
 */
const amount = number.refine(
  (value) => value == null || value === 0 || (value >= 1e-9 && value <= Number.MAX_SAFE_INTEGER),
  'not an amount that a limit can have',
);

/** What was used can be a correction below zero. */
const used = number.refine(
  (value) => value == null || Math.abs(value) <= Number.MAX_SAFE_INTEGER,
  'not an amount that can be used',
);

/** What a counter holds: nonsense is not a reason to refuse the row that it stands in, and not zero either. */
const usage = used.catch(null);

/** `true`, `1`, `"false"`, `0`, null (docs/service-notes.md#numbers). */
const flag = z
  .union([z.boolean(), z.union([z.number(), z.string()]).transform(parseFlag)])
  .nullable()
  .optional();

function parseFlag(value: number | string, context: z.RefinementCtx): boolean {
  const text = String(value).trim().toLowerCase();
  if (text === '1' || text === 'true') return true;
  if (text === '0' || text === 'false' || text === '') return false;
  context.addIssue({ code: 'custom', message: 'not a boolean' });
  return z.NEVER;
}

const text = z.string().nullable().optional();

/**
 * A time without a zone is UTC, as all that the service counts in is (docs/service-notes.md#resets); read as it stands, it is local
 * time.
 */
const time = z
  .string()
  .transform((said) =>
    /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?$/.test(said) ? `${said.replace(' ', 'T')}Z` : said,
  )
  .nullable()
  .optional();

type Parsers = {
  readonly [Kind in MemberKind]: z.ZodType<Kind extends 'id' ? string : ParsedMember[Kind] | null | undefined>;
};

/** Of members that hold one value, or texts. */
const plain = {
  id: z.string(),
  text,
  texts: z.array(z.string()).nullable().optional(),
  time,
  flag,
  number,
  amount,
  used: usage,
} satisfies Partial<Parsers>;

const budget = rowSchema(budgetMembers, plain);
const rate = rowSchema(rateMembers, plain);

/** One budget where the service may send a list of it (docs/service-notes.md#limit-object). */
const oneBudget = z
  .union([
    budget,
    z
      .array(budget)
      .max(1, 'holds several budgets where one is expected')
      .transform((list) => list[0] ?? null),
  ])
  .nullable()
  .optional();

const budgets = z
  .union([z.array(budget), budget.transform((lone) => [lone])])
  .nullable()
  .optional();

/** A list of one at most: of two nobody can tell which binds, and a write would take one away. */
const loneBudget = budgets.refine((list) => (list?.length ?? 0) <= 1, 'holds several budgets where one is expected');

/** A list; on providers the specification says an object, and an empty one is not a rate (docs/service-notes.md#provider-rows). */
const rates = z
  .union([z.array(rate), rate.transform((lone) => (Object.keys(lone).length === 0 ? [] : [lone]))])
  .nullable()
  .optional();

/** Metadata values may come back as the number or boolean that somebody sent. */
const scalar = z.union([z.string(), z.union([z.number(), z.boolean()]).transform(String)]);
const scalars = z
  .union([scalar, z.array(scalar)])
  .nullable()
  .optional();

const condition: z.ZodType<WireCondition> = z.looseObject({ key: z.string(), value: scalars, excludes: scalars });

/** Of every kind of member that a row can have. */
const parsers: Parsers = {
  ...plain,
  budget: oneBudget,
  budgets,
  loneBudget,
  rates,
  conditions: z.array(condition).nullable().optional(),
  grouping: z
    .array(z.looseObject({ key: z.string() }))
    .nullable()
    .optional(),
  counters: z.record(z.string(), rowSchema(valueKeyMembers, plain)).nullable().optional(),
  globalAccess: rowSchema(globalAccessMembers, { ...plain, loneBudget, rates })
    .nullable()
    .optional(),
};

export const usagePolicySchema = rowSchema(usagePolicyMembers);
export const ratePolicySchema = rowSchema(ratePolicyMembers);
export const keySchema = rowSchema(keyMembers);
export const workspaceSchema = rowSchema(workspaceMembers);
export const providerSchema = rowSchema(providerMembers);
export const integrationSchema = rowSchema(integrationMembers);
export const integrationWorkspaceSchema = rowSchema(shareMembers);

/** Each member by the parser of its kind; others stay as they are. */
function rowSchema<const M extends Members>(members: M, by: Pick<Parsers, M[keyof M]> = parsers): z.ZodType<RowOf<M>> {
  const shape = Object.fromEntries(Object.entries(members).map(([name, kind]) => [name, by[kind as M[keyof M]]]));
  // Its type is that of the table: each parser gives what `ParsedMember` says of its kind.
  return z.looseObject(shape) as unknown as z.ZodType<RowOf<M>>;
}

/** One counter of a usage policy (docs/service-notes.md#policies). */
const entityMembers = { id: 'id', value_key: 'text', current_usage: 'used' } as const satisfies Members;
export interface WireEntity extends RowOf<typeof entityMembers> {}
export const entitySchema = rowSchema(entityMembers);

/** A change in the audit log, without the members that may hold headers and bodies (docs/service-notes.md#audit-log). */
const auditMembers = {
  timestamp: 'time',
  method: 'text',
  uri: 'text',
  request_id: 'text',
  user_id: 'text',
  user_type: 'text',
  workspace_id: 'text',
  response_status_code: 'number',
  resource_type: 'text',
  action: 'text',
} as const satisfies Members;
export interface WireAuditRecord extends RowOf<typeof auditMembers> {}
export const auditRecordSchema = rowSchema(auditMembers);

/** 7.3; prices are checked by who reads them, one model at a time. */
export const integrationModelsSchema = z.looseObject({
  models: z.array(z.looseObject({ slug: z.string(), pricing_config: z.unknown().optional() })),
});

/** A person of the organisation (docs/service-notes.md#people). */
const memberMembers = { id: 'id', email: 'text', role: 'text' } as const satisfies Members;
export interface WireMember extends RowOf<typeof memberMembers> {}
export const memberSchema = rowSchema(memberMembers);

/** A config of the gateway (docs/service-notes.md#configs); lists do not show what it says. */
const configMembers = {
  id: 'id',
  slug: 'id',
  name: 'text',
  status: 'text',
  workspace_id: 'text',
} as const satisfies Members;
export interface WireConfig extends RowOf<typeof configMembers> {}
export const configSchema = rowSchema(configMembers);

/**
 * One config: flat with `config` as JSON text, as the service was seen to answer, or `{success, data: {config}}` with an object, as
 * its specification says (docs/service-notes.md#configs). What it holds is not looked at.
 */
export const configContentSchema: z.ZodType<unknown> = z
  .looseObject({ config: z.unknown().optional(), data: z.unknown().optional() })
  .transform(({ config, data }, context) => {
    const inner = typeof data === 'object' && data !== null && 'config' in data ? data.config : undefined;
    const content = config ?? inner;
    if (typeof content === 'string') return parseText(content);
    if (content !== undefined && content !== null) return content;
    context.addIssue({ code: 'custom', message: 'there is none', path: ['config'] });
    return z.NEVER;
  });

/** Text that is no JSON stays text: it is somebody's broken config, and no broken answer. */
function parseText(content: string): unknown {
  try {
    return parseBoundedJson(content);
  } catch {
    return content;
  }
}

export const createdSchema = z.looseObject({ id: z.string().min(1) });

export const anyObjectSchema = z.looseObject({});

const listed = z.array(z.unknown()).nullable().optional();

/** `{data}`, `{workspaces}` or `{records}` beside a `total` (docs/service-notes.md#envelopes); rows are parsed one by one. */
export const envelopeSchema = z
  .looseObject({
    // Only a check (paging.ts): one that is not a number is none.
    total: number.catch(undefined),
    data: listed,
    workspaces: listed,
    records: listed,
  })
  .transform(({ total, data, workspaces, records }) => {
    const found = records ?? data ?? workspaces;
    // An empty list may be written as null; without the count that says so it is not a list, or all of it would look removed.
    const isEmpty = found === undefined || found === null;
    const isNull = records === null || data === null || workspaces === null;
    return { total, rows: isEmpty ? (isNull && total === 0 ? [] : undefined) : found };
  });

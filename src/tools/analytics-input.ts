/** The input that every question to analytics takes, and the calls that it asks about. */

import { z } from 'zod';
import type { Calls } from '../consumption/analytics.ts';
import { parseInstant } from '../instant.ts';
import type { AnalyticsQuery } from '../live/backend.ts';
import { didYouMean } from '../nearest-name.ts';
import { findNamed, listOfTexts, workspaceNamed } from './names.ts';
import { ToolRefusal } from './refusal.ts';
import type { ToolContext } from './tool.ts';
import { isoOf } from './values.ts';

/** Numbers, and texts of numbers. */
function numeric(least: number, most: number) {
  return z
    .union([z.number(), z.string()])
    .refine((value) => String(value).trim() !== '' && Number.isFinite(Number(value)), 'write a number')
    .refine(
      (value) => Number(value) >= least && Number(value) <= most,
      `write a number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}`,
    )
    .transform(Number)
    .optional();
}

function time() {
  return z
    .string()
    .refine(
      (text) => parseInstant(text) !== null,
      'write an ISO time with its zone, such as 2026-11-20T00:00:00Z, of a day that there is',
    );
}

export function textList() {
  return z.union([z.string(), z.array(z.union([z.string(), z.number()]))]).optional();
}

/** `openai__gpt-4o`, as analytics spell a model. */
function modelList() {
  return z
    .union([z.string(), z.array(z.union([z.string(), z.number()]))])
    .superRefine((value, check) => {
      for (const model of listOfTexts(value)) {
        const slash = /^@?([^/_]+)\/(.+)$/.exec(model);
        if (slash !== null) {
          check.addIssue({
            code: 'custom',
            message: `write ${slash[1]}__${slash[2]}: provider, two underscores, model`,
          });
        } else if (!/^.+__.+$/.test(model)) {
          check.addIssue({ code: 'custom', message: 'write provider, two underscores, model, such as openai__gpt-4o' });
        }
      }
    })
    .optional();
}

const most = Number.MAX_SAFE_INTEGER;

/** 22 names. */
export function analyticsShape() {
  return {
    workspace_slug: z.string().min(1).max(200),
    time_of_generation_min: time(),
    time_of_generation_max: time(),
    total_units_min: numeric(0, most),
    total_units_max: numeric(0, most),
    cost_min: numeric(0, most),
    cost_max: numeric(0, most),
    prompt_token_min: numeric(0, most),
    prompt_token_max: numeric(0, most),
    completion_token_min: numeric(0, most),
    completion_token_max: numeric(0, most),
    weighted_feedback_min: numeric(-10, 10),
    weighted_feedback_max: numeric(-10, 10),
    status_codes: textList(),
    virtual_key_slugs: textList(),
    config_slugs: textList(),
    provider_models: modelList(),
    trace_ids: textList(),
    span_ids: textList(),
    metadata_filter: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    api_key_ids: textList(),
    prompt_slug: textList(),
  };
}

export type AnalyticsInput = z.infer<z.ZodObject<ReturnType<typeof analyticsShape>>>;

/** A question's window and workspace, with what answers say of them. */
export interface AskedCalls {
  readonly calls: Calls;
  readonly workspace: { readonly id: string; readonly slug: string };
  readonly notes: readonly string[];
}

/** What every answer of analytics says once. */
export const gatewayNote = 'Analytics see only calls that go through the gateway, and may lag behind.';

const bounds = ['total_units', 'cost', 'prompt_token', 'completion_token', 'weighted_feedback'] as const;

/** Names resolved to what the service asks for. @throws ToolRefusal */
export async function readCalls(input: AnalyticsInput, context: ToolContext): Promise<AskedCalls> {
  const from = Date.parse(input.time_of_generation_min);
  const to = Date.parse(input.time_of_generation_max);
  if (from >= to) refuseOrder('time_of_generation');
  const filter: Record<string, string | number> = {};
  for (const name of bounds) {
    const [least, greatest] = [input[`${name}_min`], input[`${name}_max`]];
    if (least !== undefined && greatest !== undefined && least > greatest) refuseOrder(name);
    if (least !== undefined) filter[`${name}_min`] = least;
    if (greatest !== undefined) filter[`${name}_max`] = greatest;
  }
  const workspace = workspaceNamed(input.workspace_slug, await context.workspaces());
  const [keys, providers, configs] = await Promise.all([
    readKeyIds(listOfTexts(input.api_key_ids), workspace.id, context),
    readProviderSlugs(listOfTexts(input.virtual_key_slugs), workspace.id, context),
    readConfigSlugs(listOfTexts(input.config_slugs), workspace.id, context),
  ]);
  const lists: Readonly<Record<string, readonly string[]>> = {
    status_code: listOfTexts(input.status_codes),
    virtual_keys: providers.slugs,
    configs: configs.slugs,
    ai_org_model: listOfTexts(input.provider_models),
    trace_id: listOfTexts(input.trace_ids),
    span_id: listOfTexts(input.span_ids),
    api_key_ids: keys,
    prompt_slug: listOfTexts(input.prompt_slug),
  };
  for (const [name, values] of Object.entries(lists)) if (values.length > 0) filter[name] = values.join(',');
  const pairs = Object.entries(input.metadata_filter ?? {}).map(([key, value]) => [key, String(value)] as const);
  if (pairs.length > 0) filter.metadata = JSON.stringify(Object.fromEntries(pairs));
  return {
    calls: { workspace: workspace.slug, from, to, filter: filter satisfies AnalyticsQuery },
    workspace,
    notes: [...providers.notes, ...configs.notes],
  };
}

function refuseOrder(name: string): never {
  throw new ToolRefusal('invalid_input', `${name}_min must lie below ${name}_max`, {
    details: { problems: [{ path: `${name}_min`, problem: `not below ${name}_max` }] },
  });
}

const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id may be that of a key which is gone: its calls are still there. */
async function readKeyIds(
  wanted: readonly string[],
  workspaceId: string,
  { reads }: ToolContext,
): Promise<readonly string[]> {
  if (wanted.every((name) => isUuid.test(name))) return wanted.map((id) => id.toLowerCase());
  const [own, common] = await Promise.all([reads.backend.listKeys(workspaceId), reads.ask('listKeys', null)]);
  const keys = [...own, ...('value' in common ? common.value : [])];
  return wanted.map((name) =>
    isUuid.test(name)
      ? name.toLowerCase()
      : findNamed('API key', name, keys, (key) => ({ sure: [key.id], name: key.name ?? null })).id,
  );
}

interface ReadSlugs {
  readonly slugs: readonly string[];
  readonly notes: readonly string[];
}

/** A slug that nothing has may be that of something gone: it is asked for, and said. */
async function readProviderSlugs(
  wanted: readonly string[],
  workspaceId: string,
  { reads }: ToolContext,
): Promise<ReadSlugs> {
  if (wanted.length === 0) return { slugs: [], notes: [] };
  const listed = await reads.ask('listProviders', workspaceId);
  if ('unknown' in listed) return { slugs: wanted, notes: [`Providers were not checked: ${listed.unknown}.`] };
  return resolveSlugs(
    'provider',
    wanted,
    listed.value.map(({ slug, name }) => ({ slug, name: name ?? null })),
  );
}

async function readConfigSlugs(
  wanted: readonly string[],
  workspaceId: string,
  { reads }: ToolContext,
): Promise<ReadSlugs> {
  if (wanted.length === 0) return { slugs: [], notes: [] };
  const listed = await reads.ask('listConfigs', workspaceId);
  if ('unknown' in listed) return { slugs: wanted, notes: [`Configs were not checked: ${listed.unknown}.`] };
  return resolveSlugs('config', wanted, listed.value);
}

function resolveSlugs(
  what: string,
  wanted: readonly string[],
  things: readonly { readonly slug: string; readonly name: string | null }[],
): ReadSlugs {
  const notes: string[] = [];
  const slugs = wanted.map((name) => {
    const isKnown = things.some((thing) => thing.slug.toLowerCase() === name.toLowerCase() || thing.name === name);
    if (isKnown) return findNamed(what, name, things, (thing) => ({ sure: [thing.slug], name: thing.name })).slug;
    notes.push(
      `No ${what} "${name}" is there now${didYouMean(
        name,
        things.map(({ slug }) => slug),
      )}`,
    );
    return name;
  });
  return { slugs, notes: notes.map((note) => (note.endsWith('?') ? note : `${note}.`)) };
}

/** Of answers. */
export const windowSchema = z.object({ from: z.string(), to: z.string() }).meta({ id: 'window' });

export function windowOfCalls({ from, to }: Calls): z.infer<typeof windowSchema> {
  return { from: isoOf(from), to: isoOf(to) };
}

/** `in ws-team-a from 2026-11-01 to 2026-11-20 12:00`. */
export function describeCalls({ workspace, from, to }: Calls): string {
  return `in ${workspace ?? 'all workspaces'} from ${shortTime(from)} to ${shortTime(to)} UTC`;
}

function shortTime(at: number): string {
  return isoOf(at).slice(0, 16).replace('T', ' ').replace(' 00:00', '');
}

/** Tools as the protocol lists them. Every byte of this list is read by a model before it has asked anything. */

import { z } from 'zod';
import type { Tool, ToolEffect, Toolset } from './tool.ts';

export interface AdvertisedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject & { readonly type: 'object' };
  readonly outputSchema: JsonObject & { readonly type: 'object' };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    /** Of what only reads they say nothing. */
    readonly destructiveHint?: boolean;
    readonly idempotentHint?: boolean;
  };
}

type JsonObject = { readonly [member: string]: unknown };

export interface ToolAccess {
  readonly toolsets: readonly Toolset[];
  /** Only what sends GET requests; wins over the sets. */
  readonly readOnly: boolean;
}

export function isAllowed({ toolset, effect }: Tool, { toolsets, readOnly }: ToolAccess): boolean {
  return toolsets.includes(toolset) && (!readOnly || effect === 'read');
}

export function advertiseTool(tool: Tool): AdvertisedTool {
  const envelope = z.object({
    ok: z.boolean(),
    // A failure has `error` in its place, which is the same for all: the server's instructions say it once.
    data: tool.output().optional(),
  });
  return {
    name: tool.name,
    description: `${tool.purpose} ${tool.hints}`,
    inputSchema: toObjectSchema(z.toJSONSchema(tool.input(), { io: 'input' }), 'input'),
    outputSchema: toObjectSchema(z.toJSONSchema(envelope, { io: 'output' }), 'output'),
    annotations: annotationsOf(tool.effect),
  };
}

function annotationsOf(effect: ToolEffect): AdvertisedTool['annotations'] {
  if (effect === 'read') return { readOnlyHint: true };
  return { readOnlyHint: false, destructiveHint: false, idempotentHint: effect === 'propose' };
}

type Side = 'input' | 'output';

function toObjectSchema(schema: unknown, side: Side): JsonObject & { readonly type: 'object' } {
  const { $schema: _, additionalProperties, $defs, ...rest } = shortenSchema(schema, side) as JsonObject;
  return {
    ...rest,
    type: 'object',
    ...(side === 'input' ? { additionalProperties: false } : {}),
    ...($defs === undefined ? {} : { $defs }),
  };
}

/**
 * Without what a model does not need to ask or to read: bounds that a refusal tells as well, and what texts in an answer
 * are: it sees them. The tool itself checks by the whole schema.
 */
function shortenSchema(schema: unknown, side: Side): unknown {
  if (Array.isArray(schema)) return schema.map((item) => shortenSchema(item, side));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema)
    .filter(([name, value]) => !isIdle(name, value, side))
    .map(([name, value]) => [name, shortenSchema(value, side)] as const);
  const short: JsonObject = Object.fromEntries(entries);
  return side === 'input' ? shortenForms(short) : shortenAnswer(short);
}

/**
 * A number or its text, a list or one of it, is asked for in the first form, and a list with its items: `type` with several names,
 * or a list that does not tell its items, is a schema that some clients refuse a whole tool for.
 */
function shortenForms({ anyOf, type, ...rest }: JsonObject): JsonObject {
  if (Array.isArray(anyOf)) return { ...anyOf.find((form: JsonObject) => form.type === 'array'), ...rest };
  const first = Array.isArray(type) ? type[0] : type;
  return first === undefined ? rest : { type: first, ...rest };
}

/** What is in a page and in money is the same for all, and so are notes: the server's instructions say it once. */
const ofAll: readonly unknown[] = ['#/$defs/page', '#/$defs/money'];

/** Members, lists, definitions, numbers and booleans. What is named and no more is a text, or may be null. */
function shortenAnswer({ anyOf, properties, items, type, $ref, $defs, ...rest }: JsonObject): JsonObject {
  if (Array.isArray(anyOf)) return withoutType((anyOf as readonly JsonObject[])[0] ?? {});
  if ($ref !== undefined) return ofAll.includes($ref) ? {} : { $ref };
  if (properties !== undefined) {
    const { page: _page, money: _money, ...own } = ($defs ?? {}) as JsonObject;
    const { notes: _notes, page: _ofList, ...told } = properties as JsonObject;
    return { properties: told, ...(Object.keys(own).length === 0 ? {} : { $defs: own }) };
  }
  if (items !== undefined) return { items };
  if (type === 'number' || type === 'boolean' || type === 'object') return { type };
  const map = type === undefined ? rest : { type, ...rest };
  return isMap(map) ? map : {};
}

function withoutType({ type: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** The members of `properties` and `$defs` by their names, which are schemas. */
function isMap(rest: JsonObject): boolean {
  return Object.values(rest).every((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
}

/** Names of JSON Schema, never of a property: the value of one is a schema or a list. */
function isIdle(name: string, value: unknown, side: Side): boolean {
  if (['minLength', 'maxLength', 'propertyNames', 'additionalProperties'].includes(name)) return true;
  if (name === 'required') return side === 'output' && Array.isArray(value);
  return (name === 'minimum' || name === 'maximum') && typeof value === 'number';
}

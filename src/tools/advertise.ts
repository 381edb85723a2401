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
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
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
    data: tool.output().optional(),
    // What is in it is the same for all: the server's instructions say it once.
    error: z.unknown().optional(),
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
  const isRead = effect === 'read';
  return { readOnlyHint: isRead, destructiveHint: false, idempotentHint: isRead };
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
 * Without what a model does not need to ask or to read: bounds that a refusal tells as well, what values in an answer are (it sees
 * them), and forms of the items of a list that may be a text too. The tool itself checks by the whole schema.
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

/** What may be a number or its text, a list or one of it, is asked for in one form. */
function shortenForms({ anyOf, type, ...rest }: JsonObject): JsonObject {
  const types = Array.isArray(anyOf) ? anyOf.map((form: JsonObject) => form.type) : type;
  if (!Array.isArray(types)) return type === undefined ? rest : { type, ...rest };
  return { type: types.find((one) => one !== 'string'), ...rest };
}

/** What is in a page is the same for all: the server's instructions say it once. */
const ofAll = '#/$defs/page';

/** Members, lists and definitions; a value is named and no more, as it may be null. */
function shortenAnswer({ anyOf, properties, items, $ref, $defs, ...rest }: JsonObject): JsonObject {
  if (Array.isArray(anyOf)) return (anyOf as readonly JsonObject[])[0] ?? {};
  if ($ref !== undefined) return $ref === ofAll ? {} : { $ref };
  if (properties !== undefined) {
    const { page: _, ...own } = ($defs ?? {}) as JsonObject;
    return { properties, ...(Object.keys(own).length === 0 ? {} : { $defs: own }) };
  }
  if (items !== undefined) return { items };
  return isMap(rest) ? rest : {};
}

/** The members of `properties` and `$defs` by their names, which are schemas. */
function isMap(rest: JsonObject): boolean {
  return Object.values(rest).every((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
}

/** Names of JSON Schema, never of a property: the value of one is a schema or a list. */
function isIdle(name: string, value: unknown, side: Side): boolean {
  if (['minLength', 'maxLength', 'propertyNames', 'additionalProperties'].includes(name)) return true;
  if (name === 'required') return side === 'output' && Array.isArray(value);
  return (
    (name === 'minimum' || name === 'maximum') &&
    typeof value === 'number' &&
    Math.abs(value) >= Number.MAX_SAFE_INTEGER
  );
}

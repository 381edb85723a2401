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
    error: z.object({ code: z.string(), message: z.string() }).loose().optional(),
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
    ...($defs === undefined ? {} : { $defs: allowNull($defs as Readonly<Record<string, JsonObject>>) }),
  };
}

/** Values of several forms are one definition, which may be null: it says less than each place could, and once. */
function allowNull(definitions: Readonly<Record<string, JsonObject>>): JsonObject {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, { ...definition, type: [definition.type, 'null'] }]),
  );
}

/**
 * Without what a model does not need to ask or to read: bounds that a refusal tells as well, that answers hold all of their members,
 * and forms of the items of a list that may be a text too. The tool itself checks by the whole schema.
 */
function shortenSchema(schema: unknown, side: Side): unknown {
  if (Array.isArray(schema)) return schema.map((item) => shortenSchema(item, side));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema)
    .filter(([name, value]) => !isIdle(name, value, side))
    .map(([name, value]) => [name, shortenSchema(value, side)] as const);
  const { anyOf, ...rest }: JsonObject = Object.fromEntries(entries);
  if (!Array.isArray(anyOf)) return rest;
  const forms = anyOf as readonly JsonObject[];
  const [first = {}, second = {}] = forms;
  if (forms.length === 2 && '$ref' in first && second.type === 'null') return { ...rest, ...first };
  const types = forms.map(({ type }) => type);
  if (!types.every((type) => typeof type === 'string') || types.includes('object')) return { ...rest, anyOf };
  // What may be a number or its text, a list or one of it, is asked for in one form.
  if (side === 'input') return { ...rest, type: types.find((type) => type !== 'string') };
  const items = forms.find((form) => 'items' in form)?.items;
  return { ...rest, type: types, ...(items === undefined ? {} : { items }) };
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

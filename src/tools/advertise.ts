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
    // What is in it is the same for all, as `version` is: the server's instructions say it once.
    error: z.record(z.string(), z.unknown()).optional(),
  });
  return {
    name: tool.name,
    description: `${tool.purpose} ${tool.hints}`,
    inputSchema: { ...shortenInput(z.toJSONSchema(tool.input(), { io: 'input' })), type: 'object' },
    outputSchema: { ...shortenAnswer(z.toJSONSchema(envelope, { io: 'output' })), type: 'object' },
    annotations: annotationsOf(tool.effect),
  };
}

function annotationsOf(effect: ToolEffect): AdvertisedTool['annotations'] {
  const isRead = effect === 'read';
  return { readOnlyHint: isRead, destructiveHint: false, idempotentHint: isRead || effect === 'propose' };
}

/**
 * Without what a model does not need to ask: bounds that a refusal tells as well. A number or its text, a list or one of it, is
 * asked for in the first form, and a list with its items: `type` with several names, or a list that does not tell its items, is a
 * schema that some clients refuse a whole tool for. The tool itself checks by the whole schema.
 */
function shortenInput({ anyOf, type, properties, items, ...rest }: JsonObject): JsonObject {
  const first = Array.isArray(type) ? type[0] : type;
  const said = Object.entries(rest).filter(([name]) => !idle.includes(name));
  if (Array.isArray(anyOf)) {
    const form = (anyOf as readonly JsonObject[]).find((one) => one.type === 'array') ?? anyOf[0];
    return { ...shortenInput(form), ...Object.fromEntries(said) };
  }
  const members = properties as Readonly<Record<string, JsonObject>> | undefined;
  return {
    ...(first === undefined ? {} : { type: first }),
    ...(members === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(members).map(([name, one]) => [name, shortenInput(one)])) }),
    ...(items === undefined ? {} : { items: shortenInput(items as JsonObject) }),
    ...Object.fromEntries(said),
    ...(members === undefined ? {} : { additionalProperties: false }),
  };
}

const idle = ['$schema', 'minLength', 'maxLength', 'minimum', 'maximum', 'propertyNames', 'additionalProperties'];

/** How deep the answer's members are named: the envelope's, those of `data`, and those of its rows. */
const named = 3;

/**
 * The names of members, and which are lists, numbers and booleans. What is named and no more is a text, may be null, or has one
 * form in all tools (money, pages), which the server's instructions say once; what is inside a row's member the answer shows.
 */
function shortenAnswer(schema: JsonObject, depth = named): JsonObject {
  const { anyOf, properties, items, type } = schema;
  if (Array.isArray(anyOf)) return withoutType(shortenAnswer((anyOf as readonly JsonObject[])[0] ?? {}, depth));
  if (properties !== undefined) {
    if (depth === 0) return {};
    const members = Object.entries(properties as Readonly<Record<string, JsonObject>>);
    return { properties: Object.fromEntries(members.map(([name, one]) => [name, shortenAnswer(one, depth - 1)])) };
  }
  if (items !== undefined) {
    const item = shortenAnswer(items as JsonObject, depth);
    return Object.keys(item).length === 0 ? {} : { items: item };
  }
  return type === 'number' || type === 'boolean' || type === 'object' ? { type } : {};
}

function withoutType({ type: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

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
    readonly openWorldHint: boolean;
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
    inputSchema: toObjectSchema(z.toJSONSchema(tool.input(), { io: 'input' })),
    outputSchema: toObjectSchema(z.toJSONSchema(envelope, { io: 'output' })),
    annotations: annotationsOf(tool.effect),
  };
}

function annotationsOf(effect: ToolEffect): AdvertisedTool['annotations'] {
  const isRead = effect === 'read';
  return { readOnlyHint: isRead, destructiveHint: false, idempotentHint: isRead, openWorldHint: true };
}

function toObjectSchema(schema: unknown): JsonObject & { readonly type: 'object' } {
  const { $schema: _, ...rest } = shortenSchema(schema, true) as JsonObject;
  return { ...rest, type: 'object' };
}

/** Without what says nothing: bounds of safe integers, and that an answer has no other members. */
function shortenSchema(schema: unknown, isTop = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => shortenSchema(item));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema)
    .filter(([name, value]) => !isIdle(name, value, isTop))
    .map(([name, value]) => [name, shortenSchema(value)] as const);
  const short: JsonObject = Object.fromEntries(entries);
  const types = typesOf(short.anyOf);
  if (types === null) return short;
  const { anyOf: _, ...rest } = short;
  return { type: types, ...rest };
}

function isIdle(name: string, value: unknown, isTop: boolean): boolean {
  if (name === 'additionalProperties') return !isTop || typeof value === 'object';
  if (name === 'minimum') return value === Number.MIN_SAFE_INTEGER;
  return name === 'maximum' && value === Number.MAX_SAFE_INTEGER;
}

/** Alternatives that differ by their type alone. */
function typesOf(anyOf: unknown): string[] | null {
  if (!Array.isArray(anyOf)) return null;
  const types = anyOf.map((form: JsonObject) => (Object.keys(form).join() === 'type' ? form.type : null));
  return types.every((type): type is string => typeof type === 'string') ? types : null;
}

/**
 * Reading what callers send, by hand and on purpose: these checks are the service's rules as documented, not the schemas
 * of the client in this package.
 */

import { refuseField } from './errors.ts';

export type Body = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined: no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One JSON object or several; undefined: none, or something else among them. */
export function parseObjects(text: string): Body[] | undefined {
  const parsed = parseJson(text);
  const entries: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return entries.length > 0 && entries.every(isObject) ? entries : undefined;
}

export function has(body: Body, name: string): boolean {
  return Object.hasOwn(body, name) && body[name] !== undefined;
}

export function takeText(body: Body, name: string, limits: { min?: number; max?: number } = {}): string {
  const value = body[name];
  if (typeof value !== 'string') throw refuseField(name);
  const { min = 1, max = 255 } = limits;
  if (value.length < min || value.length > max) {
    throw refuseField(name, `must have between ${min} and ${max} characters`);
  }
  return value;
}

export function takeNullableText(body: Body, name: string, max: number): string | null {
  return body[name] === null ? null : takeText(body, name, { min: 0, max });
}

export function takeChoice<const Choice extends string>(body: Body, name: string, allowed: readonly Choice[]): Choice {
  const found = allowed.find((choice) => choice === body[name]);
  if (found === undefined) {
    throw refuseField(name, `Invalid value, must be one of ${allowed.join(', ')}`);
  }
  return found;
}

/** The reader, or null where null was sent. */
export function readOrNull<Value>(body: Body, name: string, read: (body: Body, name: string) => Value): Value | null {
  return body[name] === null ? null : read(body, name);
}

export interface NumberRules {
  readonly min: number;
  readonly max?: number;
  readonly integer: boolean;
}

export function takeNumber(body: Body, name: string, rules: NumberRules): number {
  const value = body[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < rules.min) {
    throw refuseField(name, `must be a number of at least ${rules.min}`);
  }
  if (rules.integer && !Number.isInteger(value)) {
    throw refuseField(name, 'must be an integer');
  }
  if (value > (rules.max ?? Infinity)) throw refuseField(name, `must be between ${rules.min} and ${rules.max}`);
  return value;
}

export function takeBoolean(body: Body, name: string): boolean {
  const value = body[name];
  if (typeof value !== 'boolean') throw refuseField(name, 'must be a boolean');
  return value;
}

export function takeTextList(body: Body, name: string): string[] {
  const value = body[name];
  if (!Array.isArray(value) || !value.every((entry): entry is string => typeof entry === 'string')) {
    throw refuseField(name, 'must be an array of strings');
  }
  return [...value];
}

export function takeObject(body: Body, name: string): Record<string, unknown> {
  const value = body[name];
  if (!isObject(value)) throw refuseField(name, 'must be an object');
  return value;
}

/** An ISO 8601 date or date and time, in whole seconds. */
export function takeDate(body: Body, name: string): string {
  const value = body[name];
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw refuseField(name, 'must be an ISO 8601 date');
  return new Date(Math.floor(time / 1000) * 1000).toISOString();
}

/**
 * The quirk `mergingPuts`: what a PUT would do if it merged. Objects member by member, lists of limits by `type`; any other
 * value replaces.
 */
export function mergeNested(before: unknown, sent: unknown): unknown {
  if (isObject(before) && isObject(sent)) {
    const merged: Record<string, unknown> = { ...before };
    for (const [name, value] of Object.entries(sent)) merged[name] = mergeNested(before[name], value);
    return merged;
  }
  if (Array.isArray(before) && Array.isArray(sent) && sent.every((entry) => isObject(entry) && 'type' in entry)) {
    const kept: unknown[] = [...before];
    for (const entry of sent) {
      const at = kept.findIndex((old) => isObject(old) && old.type === entry.type);
      if (at < 0) kept.push(entry);
      else kept[at] = mergeNested(kept[at], entry);
    }
    return kept;
  }
  return sent;
}

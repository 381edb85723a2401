/**
 * Reading what callers send, by hand and on purpose: these checks are the service's rules as documented, not the schemas
 * of the client in this package.
 */

import { EmulatorError } from './errors.ts';

export type Body = Readonly<Record<string, unknown>>;

export function invalid(param: string, message: string): EmulatorError {
  return new EmulatorError(400, 'AB01', message, { param, location: 'body' });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function has(body: Body, name: string): boolean {
  return Object.hasOwn(body, name) && body[name] !== undefined;
}

export function readText(body: Body, name: string, limits: { min?: number; max?: number } = {}): string {
  const value = body[name];
  if (typeof value !== 'string') throw invalid(name, `Validation failed: ${name}: Invalid value`);
  const { min = 1, max = 255 } = limits;
  if (value.length < min || value.length > max) {
    throw invalid(name, `Validation failed: ${name}: must have between ${min} and ${max} characters`);
  }
  return value;
}

export function readNullableText(body: Body, name: string, max: number): string | null {
  return body[name] === null ? null : readText(body, name, { min: 0, max });
}

export function readChoice<const Choice extends string>(body: Body, name: string, allowed: readonly Choice[]): Choice {
  const found = allowed.find((choice) => choice === body[name]);
  if (found === undefined) {
    throw invalid(name, `Validation failed: ${name}: Invalid value, must be one of ${allowed.join(', ')}`);
  }
  return found;
}

export function readNumber(body: Body, name: string, rules: { min: number; integer: boolean }): number {
  const value = body[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < rules.min) {
    throw invalid(name, `Validation failed: ${name}: must be a number of at least ${rules.min}`);
  }
  if (rules.integer && !Number.isInteger(value)) {
    throw invalid(name, `Validation failed: ${name}: must be an integer`);
  }
  return value;
}

export function readBoolean(body: Body, name: string): boolean {
  const value = body[name];
  if (typeof value !== 'boolean') throw invalid(name, `Validation failed: ${name}: must be a boolean`);
  return value;
}

export function readTextList(body: Body, name: string): string[] {
  const value = body[name];
  if (!Array.isArray(value) || !value.every((entry): entry is string => typeof entry === 'string')) {
    throw invalid(name, `Validation failed: ${name}: must be an array of strings`);
  }
  return [...value];
}

export function readObject(body: Body, name: string): Record<string, unknown> {
  const value = body[name];
  if (!isObject(value)) throw invalid(name, `Validation failed: ${name}: must be an object`);
  return value;
}

/** An ISO 8601 date or date and time, in whole seconds. */
export function readDate(body: Body, name: string): string {
  const value = body[name];
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw invalid(name, `Validation failed: ${name}: must be an ISO 8601 date`);
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

/** Values of answers: times, texts of others. */

import { z } from 'zod';
import type { Exact } from '../exact.ts';
import { escapeInvisible } from '../printable.ts';
import { describeSecret, looksSecret } from '../secret-shape.ts';

/** The nearest number that JSON can hold. */
export function numberOfExact({ n, d }: Exact): number {
  return Number(n) / Number(d);
}

export function isoOf(at: number): string {
  return new Date(at).toISOString();
}

/** Characters of one text of others. */
const longestText = 2_000;

/** A text that somebody else wrote: shown, and never more than shown. */
export function cleanStrange(text: string): string {
  // Half of a secret that is cut is no longer shaped like one.
  const shown = escapeInvisible(blankSecretShapes(text.slice(0, 4 * longestText)));
  return shown.length > longestText ? `${shown.slice(0, longestText - 1)}…` : shown;
}

function blankSecretShapes(text: string): string {
  if (!looksSecret(text)) return text;
  const parts = text.split(/([\s"'`,;:(){}[\]<>]+)/).map((part) => (looksSecret(part) ? describeSecret(part) : part));
  const blanked = parts.join('');
  // A shape that spans several words, such as a private key.
  return /-----BEGIN/.test(blanked) ? describeSecret(text) : blanked;
}

/** Free text of others by its names, in the one place where answers hold such text. */
export function untrustedSchema<Name extends string>(...names: readonly Name[]) {
  const shape = Object.fromEntries(names.map((name) => [name, z.string().nullable()]));
  return z.object(shape as Record<Name, z.ZodNullable<z.ZodString>>);
}

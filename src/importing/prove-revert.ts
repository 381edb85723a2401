/** That files in which an apply was taken back mean what they were meant to. Pure. */

import { extendedPath, extendingFiles, findExtends, fromKeptPath } from '../extended-file.ts';
import { compilePolicies, type PolicyFile } from '../policy/compile.ts';
import type { Desired, ResourceKey } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';
import { compareDesired } from './compare-desired.ts';

type Files = Readonly<Record<string, string>>;

/**
 * Entries that the apply changed, that are the same until today, and that do not mean what they did before the apply: two texts of one
 * value, such as the word `none` and the keyword, or what aliases and merges bring along.
 */
export function findUnreverted({
  before,
  applied,
  present,
  reverted,
}: Readonly<Record<'before' | 'applied' | 'present' | 'reverted', Files>>): readonly ResourceKey[] {
  const [old, then, now, next] = [before, applied, present, reverted].map(compile);
  // What an older version wrote may be an error by now, and then there is nothing to compare with.
  if (old == null || then == null || now == null || next == null) return [];
  const keysOf = (a: Desired, b: Desired) => new Set(compareDesired(a, b).entries.map(canonicalJson));
  const [since, left] = [keysOf(then, now), keysOf(old, next)];
  return compareDesired(old, then).entries.filter((entry) => {
    const key = canonicalJson(entry);
    return left.has(key) && !since.has(key);
  });
}

function compile(files: Files): Desired | null {
  const name = extendingFiles.find((one) => one in files);
  const written = name === undefined ? null : findExtends(files[name] ?? '');
  const all = Object.entries(files).map(([relative, text]): PolicyFile => {
    const isOutside = fromKeptPath(relative) !== null && name !== undefined && written !== null;
    return { path: isOutside ? extendedPath(name, written) : relative, text };
  });
  return compilePolicies(all).desired;
}

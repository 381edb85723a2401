/**
 * Whether two canonical values are the same; `undefined` equals only itself. The answer is that of comparing their canonical
 * JSON (stable-json.ts), without writing it: a plan asks this of every field of every resource.
 */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && hasSameItems(a, b);
  return !Array.isArray(b) && hasSameMembers(a as Members, b as Members);
}

type Members = Readonly<Record<string, unknown>>;

// Loops that make nothing: what a plan throws away for every field, it pays for twice.
function hasSameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (!isSame(a[index] ?? null, b[index] ?? null)) return false;
  }
  return true;
}

function hasSameMembers(a: Members, b: Members): boolean {
  let count = 0;
  for (const key in a) {
    const member = a[key];
    if (member === undefined) continue;
    count += 1;
    if (!Object.hasOwn(b, key) || !isSame(member, b[key])) return false;
  }
  for (const key in b) if (b[key] !== undefined) count -= 1;
  return count === 0;
}

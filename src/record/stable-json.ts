/** JSON for people and for diffs: keys sorted at every level, two spaces, a newline at the end. Equal values print equal bytes. */
export function renderStableJson(value: unknown): string {
  return `${JSON.stringify(value, sortKeys, 2)}\n`;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // Without a prototype, so that a file called `__proto__` is a key like any other.
  const sorted: Record<string, unknown> = Object.create(null);
  for (const [key, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    sorted[key] = member;
  return sorted;
}

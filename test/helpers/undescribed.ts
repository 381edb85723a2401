/** Members of a JSON Schema that say nothing of themselves, by their path. */
export function undescribed(node: unknown, path = ''): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties = {} } = node as { properties?: Record<string, { description?: string }> };
  return [
    ...Object.entries(properties).flatMap(([name, { description }]) =>
      description === undefined ? [`${path}/${name}`] : [],
    ),
    ...Object.entries(node).flatMap(([name, inner]) => undescribed(inner, `${path}/${name}`)),
  ];
}

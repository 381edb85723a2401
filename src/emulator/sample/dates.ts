/** Dates of the sample organisation, all relative to one moment, in the service's form: UTC, whole seconds, `.000Z`. */

const day = 86_400_000;

function toTimestamp(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}.000Z`;
}

/**
 * | text | date |
 * |---|---|
 * | `ago 6` | so many days before now |
 * | `day -12` | midnight, so many days from now |
 * | `month`, `next month` | the 1st |
 * | `sunday`, `next sunday` | when keys, workspaces, providers and integrations start their week |
 *
 * @returns the text itself where it is none of these
 */
export function resolveDate(text: string, now: Date): string {
  const [, unit, days] = /^(ago|day) (-?\d+)$/.exec(text) ?? [];
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  if (unit === 'ago') return toTimestamp(now.getTime() - Number(days) * day);
  if (unit === 'day') return toTimestamp(today + Number(days) * day);
  const toMonth = (months: number) => toTimestamp(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1));
  switch (text) {
    case 'now':
      return toTimestamp(now.getTime());
    case 'month':
      return toMonth(0);
    case 'next month':
      return toMonth(1);
    case 'sunday':
      return toTimestamp(today - now.getUTCDay() * day);
    case 'next sunday':
      return toTimestamp(today + (7 - now.getUTCDay()) * day);
    default:
      return text;
  }
}

/** A copy of a row with its own dates resolved. */
export function resolveDates<Row extends object>(row: Row, now: Date): Row {
  const resolved = Object.entries(row).map(([name, value]) => [
    name,
    name.endsWith('_at') && typeof value === 'string' ? resolveDate(value, now) : value,
  ]);
  return { ...row, ...Object.fromEntries(resolved) };
}

/**
 * Days and times as people write them, in milliseconds since the epoch. What the calendar does not hold is null: the language itself
 * would take 30 February for the second of March.
 */

/** `2026-10-01`: its first moment, UTC. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const at = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text) ? at : null;
}

const isoTime = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/;

/** An ISO time with its zone, such as `2026-10-01T08:00:00Z`. */
export function parseInstant(text: string): number | null {
  const [, day = ''] = isoTime.exec(text) ?? [];
  const at = parseDay(day) === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** Dates of the sample organisation, all relative to one moment, in the service's form: UTC, whole seconds, `.000Z`. */

const day = 86_400_000;

export interface SampleDates {
  readonly now: Date;
  /** `days` before now. */
  ago(days: number): string;
  /** Midnight `days` away: negative is past. */
  midnight(days: number): string;
  /** The 1st of this month, and of the next. */
  readonly monthStart: string;
  readonly monthEnd: string;
  /** Keys, workspaces, providers and integrations start their week on Sunday; policies on Monday. */
  readonly sunday: string;
  readonly nextSunday: string;
}

export function toTimestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}.000Z`;
}

export function buildSampleDates(now: Date): SampleDates {
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const midnight = (days: number): string => toTimestamp(new Date(today + days * day));
  return {
    now,
    ago: (days) => toTimestamp(new Date(now.getTime() - days * day)),
    midnight,
    monthStart: toTimestamp(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))),
    monthEnd: toTimestamp(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1))),
    sunday: midnight(-now.getUTCDay()),
    nextSunday: midnight(7 - now.getUTCDay()),
  };
}

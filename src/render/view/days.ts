/** Days and instants as a person writes them; all are UTC. */

import { dayMilliseconds } from '../../consumption/windows.ts';

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `Tue 2026-11-24`. */
export function day(instant: string): string {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? instant : `${weekdays[date.getUTCDay()]} ${instant.slice(0, 10)}`;
}

/** `2026-11-20 12:00 UTC`. */
export function minute(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}

/** `Tue 1 Dec`; with its year where that is not the next one to come. */
export function shortDay(instant: string, asOf: string): string {
  const date = new Date(instant);
  const from = Date.parse(asOf);
  if (Number.isNaN(date.getTime())) return instant;
  const short = `${weekdays[date.getUTCDay()]} ${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
  const isNear = Math.abs(date.getTime() - from) < 300 * dayMilliseconds;
  return isNear ? short : `${short} ${date.getUTCFullYear()}`;
}

/** `3 days`, `1 day`, `5 hours`: whole ones, as a rest is not to be counted on. */
export function lengthUntil(instant: string, asOf: string): string | null {
  const hours = Math.floor((Date.parse(instant) - Date.parse(asOf)) / 3_600_000);
  if (!(hours >= 0)) return null;
  const [number, noun] = hours < 24 ? [hours, 'hour'] : [Math.floor(hours / 24), 'day'];
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `1 Dec`, and `1 Dec 2025` where the year is another than now: for an axis, which has little room. */
export function dayOfMonth(at: number, now: number): string {
  const date = new Date(at);
  const year = date.getUTCFullYear();
  const short = `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
  return year === new Date(now).getUTCFullYear() ? short : `${short} ${year}`;
}

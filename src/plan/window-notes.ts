/** What people have to know of a counter's window beforehand. */

import { type Level, resetAfter } from '../impact/windows.ts';
import type { Reset } from '../resources/types.ts';

/** The service starts the window anew where the period changes (API reference 2.5). */
export function newWindowNote(reset: Reset, level: Level, now: Date): string {
  if (reset === 'never') return 'the counter is never reset from then on';
  const next = resetAfter(reset, level, now.getTime());
  const isCalendar = reset === 'weekly' || reset === 'monthly';
  const when = next === null ? '' : `: next reset ${new Date(next).toISOString().slice(0, 10)}`;
  return `the window starts anew with the change${when}${isCalendar || next === null ? '' : ', if applied today'}`;
}

/** The day as of which files with `until:` are understood. Pure. */

import { dayOf } from '../consumption/windows.ts';
import type { PlanNote } from '../plan/types.ts';
import type { Desired } from '../resources/types.ts';
import { hasCome } from '../resources/until.ts';

interface DayOfRun {
  readonly day: string;
  /** Where it could be another one, and that matters. */
  readonly note: PlanNote | null;
}

/**
 * The service's day, which is everybody's: a machine may be days ahead. Where it does not say, this machine's, which is said.
 *
 * @param machine this machine's time
 * @param service of its latest answer; null: it said none
 */
export function dayOfRun({ entries }: Pick<Desired, 'entries'>, machine: number, service: number | null): DayOfRun {
  const own = dayOf(machine);
  const day = service === null ? own : dayOf(service);
  const dated = entries.flatMap(({ until }) => until ?? []);
  if (dated.length === 0) return { day, note: null };
  const note = (severity: PlanNote['severity'], message: string): DayOfRun => {
    return { day, note: { code: 'until-day', severity, workspace: null, message, source: dated[0]?.source ?? null } };
  };
  if (service === null) {
    return note(
      'warning',
      `the service does not say what day it is: \`until\` is understood as of ${day}, by this machine's clock`,
    );
  }
  const isDoubtful = dated.some((until) => hasCome(until, own) !== hasCome(until, day));
  return isDoubtful
    ? note('info', `\`until\` is understood as of ${day}, the service's day; by this machine's clock it is ${own}`)
    : { day, note: null };
}

/** How much a test over generated cases does: little by default, all of it with `TOLLGATE_TEST=thorough`. */

const isThorough = process.env.TOLLGATE_TEST === 'thorough';

/**
 * The number of cases to run. Both numbers are printed, so that a log says what was proven.
 *
 * @param what of the cases, in the plural: `schedules`, `hostile authors`
 */
export function effort(what: string, usual: number, thorough: number): number {
  const count = isThorough ? thorough : usual;
  process.stdout.write(`${count} ${what} (${usual} by default, ${thorough} with TOLLGATE_TEST=thorough)\n`);
  return count;
}

/** The one place where exit codes are numbers. They never depend on the output format. */
export const exitCodes = {
  /** Done, or nothing to do. */
  ok: 0,
  /** Files, usage, record, or a fault of tollgate itself. */
  invalid: 1,
  /** There are changes (`plan --detailed-exitcode`, `drift`), or a budget is over (`status --detailed-exitcode`). */
  changes: 2,
  /** A guard objects. */
  refused: 3,
  /** Something is stale, not reviewed, claimed by another run, or would be rewound: that was not written. `drift`: there is no record. */
  stale: 4,
  /** Some changes were applied and others were not. */
  partial: 5,
  /** The service or the record's remote is unreachable or refused access; the result is unknown. `status --detailed-exitcode`: the use of a budget is. */
  unreachable: 6,
  /** SIGHUP, as at a terminal that is closed, ended the run before anything was written. */
  hungUp: 129,
  /** SIGINT, as by Ctrl-C, ended the run before anything was written; a second one ends it at once. */
  interrupted: 130,
  /** SIGTERM ended the run before anything was written; a second one ends it at once. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

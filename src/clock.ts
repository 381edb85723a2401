/** Time as a value that is handed in. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds by a clock that nobody sets, and that may stand still while the machine sleeps. Default: `now`. */
  readonly monotonic?: () => number;
  /** Rejects with CancelledError when the run is cancelled meanwhile. */
  sleep(milliseconds: number): Promise<void>;
}

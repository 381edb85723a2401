/** The windows of rates, once: what the wire calls them, and how long they are. */

/** A list of a level (policy/levels.ts) says which of them it takes (docs/service-notes.md#limit-object). */
const wireUnits = { second: 'rps', minute: 'rpm', hour: 'rph', day: 'rpd', week: 'rpw' } as const;

export type RateWindow = keyof typeof wireUnits;

/** Every window is a whole number of each shorter one, and all start at the same instants in UTC. */
export const secondsOfWindow: Readonly<Record<RateWindow, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
};

const windowByWireUnit: ReadonlyMap<string, RateWindow> = new Map(
  (Object.keys(wireUnits) as RateWindow[]).map((window) => [wireUnits[window], window]),
);

export function windowToWire(window: RateWindow): string {
  return wireUnits[window];
}

/** Undefined: a unit that this version has not heard of. */
export function windowFromWire(unit: string | null | undefined): RateWindow | undefined {
  return windowByWireUnit.get(unit ?? '');
}

/** So many calls of one caller in any minute. */

const minute = 60_000;

/** Milliseconds to wait before the next call; 0: it may go, and is counted. */
export function createPaceLimit(most: number, now: () => number): (caller: string) => number {
  const calls = new Map<string, number[]>();
  return (caller) => {
    const at = now();
    const recent = (calls.get(caller) ?? []).filter((time) => time > at - minute);
    const [first] = recent;
    calls.set(caller, recent);
    if (recent.length >= most && first !== undefined) return first + minute - at;
    recent.push(at);
    return 0;
  };
}

/** Who has to have been told of what: one line of a ledger for each channel, counter, window and threshold. */

import type { WorldLimit } from './month.ts';

export interface SentLine {
  readonly channel: string;
  readonly limit: string;
  readonly valueKey: string | null;
  readonly threshold: number | 'all';
}

interface Line {
  sent: number;
  /** Kills between sending and remembering that this line was in. */
  kills: number;
  /** The channel was down. */
  failed: number;
  /** The use when it was told last. */
  used: number;
}

const channels = ['desk', 'post'];

/** What is wrong, in words; empty: nothing. */
export class Ledger {
  readonly problems: string[] = [];
  readonly #lines = new Map<string, Line>();
  /** By counter: the window that whoever watches can know of. */
  readonly #seen = new Map<string, { readonly clock: number; readonly hand: number; readonly number: number }>();
  told = 0;
  doubled = 0;

  #key(channel: string, limit: string, valueKey: string | null, window: string, threshold: number | 'all'): string {
    return [channel, limit, valueKey ?? '-', window, threshold].join(' ');
  }

  #line(key: string): Line {
    const line = this.#lines.get(key) ?? { sent: 0, kills: 0, failed: 0, used: 0 };
    this.#lines.set(key, line);
    return line;
  }

  /** A window as far as it can be told apart: a reset by hand shows in that there is less than when something was told. */
  #windowOf(limit: WorldLimit, counter: WorldLimit['counters'][number]): string {
    const name = `${limit.id} ${counter.valueKey}`;
    const { clock, hand } = counter;
    const known = this.#seen.get(name);
    if (known === undefined || known.clock !== clock) {
      this.#seen.set(name, { clock, hand, number: 0 });
      return `${clock}.0`;
    }
    const window = `${clock}.${known.number}`;
    if (known.hand === hand) return window;
    const told = limit.thresholds.flatMap((threshold) =>
      channels.map((channel) => this.#lines.get(this.#key(channel, limit.id, counter.valueKey, window, threshold))),
    );
    const most = Math.max(0, ...told.map((line) => (line !== undefined && line.sent > 0 ? line.used : 0)));
    if (most > 0 && counter.used >= most * 0.9) return window;
    this.#seen.set(name, { clock, hand, number: known.number + 1 });
    return `${clock}.${known.number + 1}`;
  }

  /**
   * @param visible limits whose use was read, and whose window can be known
   * @param isBlind a run was killed: it need not have told everything
   */
  check(
    visible: readonly WorldLimit[],
    runs: readonly {
      readonly sent: readonly SentLine[];
      readonly failed: readonly SentLine[];
      readonly wasKilled: boolean;
    }[],
    isBlind: boolean,
    at: string,
  ): void {
    const all = runs.flatMap(({ sent, wasKilled }) => sent.map((line) => ({ ...line, wasKilled })));
    const down = runs.flatMap(({ failed }) => failed);
    const expected = new Set<string>();
    for (const limit of visible) {
      for (const counter of limit.counters) {
        const window = this.#windowOf(limit, counter);
        const crossed = limit.thresholds.filter(
          (threshold) => counter.used >= (threshold === 'all' ? limit.amount : threshold),
        );
        const highest = crossed.at(-1);
        for (const channel of channels) {
          for (const threshold of crossed) {
            const key = this.#key(channel, limit.id, counter.valueKey, window, threshold);
            const line = this.#line(key);
            const isIt = (one: SentLine): boolean =>
              one.channel === channel &&
              one.limit === limit.id &&
              one.valueKey === counter.valueKey &&
              one.threshold === threshold;
            const now = all.filter(isIt);
            const isDown = down.some(isIt);
            const mayBe = line.sent === 0 || line.kills > line.sent - 1;
            if (now.length > 0) {
              expected.add(key);
              if (!mayBe) this.problems.push(`${at}: told again: ${key}`);
              if (now.length > 1) this.problems.push(`${at}: two runs told it at once: ${key}`);
              if (threshold !== highest && line.failed === 0)
                this.problems.push(`${at}: told below the highest: ${key}`);
              if (line.sent > 0) this.doubled += 1;
              line.sent += 1;
              line.used = counter.used;
              this.told += 1;
              if (now.some(({ wasKilled }) => wasKilled)) line.kills += 1;
            } else if (isDown) {
              line.failed += 1;
            } else if (threshold === highest && line.sent === 0 && !isBlind) {
              this.problems.push(`${at}: not told: ${key} at ${counter.used}`);
            }
          }
        }
      }
    }
    // Whatever else was sent is of something that does not hold, or of which nothing was known.
    for (const { channel, limit, valueKey, threshold } of all) {
      const name = [channel, limit, valueKey ?? '-'].join(' ');
      const isExpected = [...expected].some((key) => key.startsWith(`${name} `) && key.endsWith(` ${threshold}`));
      if (!isExpected) this.problems.push(`${at}: told without a reason: ${name} ${threshold}`);
    }
  }
}

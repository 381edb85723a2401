/** What is due to be told, to whom, and what is remembered of it. */

import type { AlertRoute } from '../resources/alert-settings.ts';
import { hashOf, type Mark, type Memory } from './memory.ts';
import type { Message } from './message.ts';

/** Of one thing that is told: its key, and the window that it belongs to. */
export interface MarkOf {
  readonly key: string;
  readonly mark: Pick<Mark, 'w' | 'e' | 'used' | 'of'>;
}

export interface ToldOn {
  readonly channel: string;
  /** Addresses; only mail reads them as such. */
  readonly recipients: readonly string[];
  /** Others of the same message were told before. */
  readonly isPart?: true;
  /** Hashes of those who may have it since an earlier run, null for everybody; missing: nobody. */
  readonly lost?: readonly string[] | null;
}

export interface Telling {
  readonly message: Message;
  readonly marks: readonly MarkOf[];
  /** Never empty. */
  readonly to: readonly ToldOn[];
}

/** By name of the channel. */
export type ChannelKinds = Readonly<Record<string, { readonly type: string }>>;

/** Where a route leads; mail needs somebody. Empty: nobody is told. */
export function channelsOf(
  { channels, recipients }: Pick<AlertRoute, 'channels' | 'recipients'>,
  kinds: ChannelKinds,
): readonly ToldOn[] {
  return channels.flatMap((channel) =>
    kinds[channel]?.type === 'mail' && recipients.length === 0 ? [] : [{ channel, recipients }],
  );
}

/** Those that a telling did not reach. */
export function leftOf(
  to: readonly ToldOn[],
  { left = {}, lost = {} }: Pick<Mark, 'left' | 'lost'>,
): readonly ToldOn[] {
  return to.flatMap(({ channel, recipients }): ToldOn[] => {
    const hashes = Object.hasOwn(left, channel) ? left[channel] : undefined;
    if (hashes === undefined) return [];
    const asked = hashes === null ? recipients : recipients.filter((address) => hashes.includes(hashOf(address)));
    if (hashes !== null && asked.length === 0) return [];
    const doubted = Object.hasOwn(lost, channel) ? lost[channel] : undefined;
    return [
      {
        channel,
        recipients: asked,
        ...(hashes === null ? {} : { isPart: true }),
        ...(doubted === undefined ? {} : { lost: doubted }),
      },
    ];
  });
}

/**
 * The same for the same things told, in a run that repeats what a killed one had sent too: what is remembered changes with what is
 * told, not with what is claimed. What is told anew gets another one, or whoever drops doubles never shows it.
 */
export function messageIdOf(environment: string, marks: readonly MarkOf[], memory: Pick<Memory, 'marks'>): string {
  const before = (key: string): number[] => {
    const mark = memory.marks[key];
    return mark === undefined ? [] : [mark.at];
  };
  return hashOf([environment, marks.map(({ key, mark }) => [key, mark.w, ...before(key)]).sort()]);
}

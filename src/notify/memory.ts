/**
 * What was told: so that everybody is told once, in whichever run and on whichever machine. It holds no name, no address and no amount
 * that tells whose it is: places are hashes. Pure.
 */

import { z } from 'zod';
import { dayMilliseconds } from '../consumption/windows.ts';
import { digestOf } from '../plan/digest.ts';

const markSchema = z.object({
  /** The window that it was told in. */
  w: z.string(),
  /** When that window ends, milliseconds since the epoch; null: it does not, or nobody knows. */
  e: z.number().nullable(),
  /** When it was told. */
  at: z.number(),
  /** The message's id. */
  m: z.string(),
  /** What the counter held then, in the unit of the limit: far less now means that somebody reset it. Missing: no counter. */
  used: z.number().optional(),
  /** The amount in force then, in the unit of the limit. Missing: of what has none. */
  of: z.number().optional(),
  /** By channel, whom it is still to be told to: hashes of addresses; null: everybody. Missing: all were told. */
  left: z.record(z.string(), z.array(z.string()).nullable()).optional(),
  /** Of `left`, who may have it all the same, as an answer got lost: when that happens again, they count as told. */
  lost: z.record(z.string(), z.array(z.string()).nullable()).optional(),
  /** Since when it counts as not told any more. It stays for its `at`, by which the next telling gets an id of its own. */
  gone: z.number().optional(),
  /** When it was last seen to hold still. Missing: when it was told. */
  held: z.number().optional(),
});

const claimSchema = z.object({
  /** The run that is sending. */
  run: z.string(),
  /** Until when nobody else sends it, milliseconds since the epoch. */
  until: z.number(),
  keys: z.array(z.string()),
});

const priceSchema = z.tuple([z.number(), z.number()]);

/** Raised when an older tollgate could misread what a newer one writes. */
const memoryVersion = 1;

export const memorySchema = z.object({
  version: z.literal(memoryVersion),
  /** By what was told. */
  marks: z.record(z.string(), markSchema),
  claims: z.array(claimSchema),
  /** Cents a million tokens in and out, by model, as last seen. Missing: never looked. */
  prices: z.record(z.string(), priceSchema).optional(),
});

export type Mark = z.infer<typeof markSchema>;

export type Memory = z.infer<typeof memorySchema>;

/** Cents a million tokens, in and out. */
export type SeenPrice = z.infer<typeof priceSchema>;

export const emptyMemory: Memory = { version: memoryVersion, marks: {}, claims: [] };

/** Enough that no two of a million meet. */
const keyLength = 20;

export function hashOf(value: unknown): string {
  return digestOf(value).slice(0, keyLength);
}

/** Reads of the service may lag, so that the last of a window is seen in the next. */
const keptAfterEnd = 7 * dayMilliseconds;

/** Of what is gone for so long nobody is told again. */
const keptWithoutEnd = 400 * dayMilliseconds;

/** Without what belongs to windows that are over, and to runs that have ended. */
export function pruneMemory(memory: Memory, now: number): Memory {
  const marks = Object.entries(memory.marks).filter(([, { e, at, gone, held }]) =>
    e === null ? (gone ?? held ?? at) > now - keptWithoutEnd : e > now - keptAfterEnd,
  );
  return {
    ...memory,
    marks: Object.fromEntries(marks.sort(([a], [b]) => (a < b ? -1 : 1))),
    claims: memory.claims.filter(({ until }) => until > now),
  };
}

/** Null: it was not told in this window, or counts as not told any more. */
export function markIn({ marks }: Pick<Memory, 'marks'>, key: string, window: string): Mark | null {
  const mark = marks[key];
  return mark !== undefined && mark.w === window && mark.gone === undefined ? mark : null;
}

/** What counts as not told any more. */
export function markGone(memory: Memory, keys: readonly string[], now: number): Memory {
  if (keys.length === 0) return memory;
  const forgotten = new Set(keys);
  const marks = Object.entries(memory.marks).map(([key, mark]): [string, Mark] => {
    if (!forgotten.has(key)) return [key, mark];
    const { left: _left, lost: _lost, ...rest } = mark;
    return [key, { ...rest, gone: now }];
  });
  return { ...memory, marks: Object.fromEntries(marks) };
}

/** Long before it would be dropped, and seldom enough to cost no writing. */
const renewedAfter = keptWithoutEnd / 4;

/** The same memory where none of these has to be renewed: what holds for years is not to be told again. */
export function renewMarks(memory: Memory, holding: readonly string[], now: number): Memory {
  const old = holding.flatMap((key): [string, Mark][] => {
    const mark = memory.marks[key];
    if (mark === undefined || mark.e !== null || mark.gone !== undefined) return [];
    return (mark.held ?? mark.at) > now - renewedAfter ? [] : [[key, { ...mark, held: now }]];
  });
  return old.length === 0 ? memory : { ...memory, marks: { ...memory.marks, ...Object.fromEntries(old) } };
}

/** Keys that another run is sending. */
export function keysTaken(memory: Memory, now: number, run: string): ReadonlySet<string> {
  return new Set(memory.claims.filter((claim) => claim.run !== run && claim.until > now).flatMap(({ keys }) => keys));
}

/** How long nobody else sends what a run has claimed: shorter than an hour, in which the next one starts. */
const sendingTime = 20 * 60_000;

export function claimKeys(memory: Memory, keys: readonly string[], now: number, run: string): Memory {
  const others = memory.claims.filter((claim) => claim.run !== run);
  return { ...memory, claims: [...others, { run, until: now + sendingTime, keys: [...keys].sort() }] };
}

export function releaseKeys(memory: Memory, run: string): Memory {
  return { ...memory, claims: memory.claims.filter((claim) => claim.run !== run) };
}

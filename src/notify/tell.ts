/**
 * Tells what is due, and remembers it. Before the first message the run puts a claim on what it is going to send, after the last one
 * the marks take its place, both with compare-and-swap: of two runs at once one sends. What a killed run had claimed is sent by the
 * first run after its claim has run out, so that it is told at most once more.
 */

import { CancelledError, UserError } from '../errors.ts';
import type { TextStore } from '../record/store.ts';
import { renderStableJson } from '../stable-json.ts';
import {
  claimKeys,
  emptyMemory,
  hashOf,
  keysTaken,
  type Mark,
  type Memory,
  markGone,
  memorySchema,
  pruneMemory,
  releaseKeys,
  renewMarks,
} from './memory.ts';
import type { Delivery, Message, Sender } from './message.ts';
import type { Telling, ToldOn } from './telling.ts';

/** What a look at everything finds. */
export interface DueNow {
  readonly tellings: readonly Telling[];
  /** Keys of what counts as not told any more. */
  readonly forgotten: readonly string[];
  /** Keys of what was told and still holds. */
  readonly holding: readonly string[];
  /** What is remembered beside what was told; undefined: as it was. */
  readonly prices?: Memory['prices'] | undefined;
}

export interface TellingRun {
  readonly store: TextStore;
  /** Names this run among others. */
  readonly run: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Pure: it is asked again where another run was faster. */
  readonly find: (memory: Memory) => DueNow;
  /** By channel. What has none cannot be told. */
  readonly senders: ReadonlyMap<string, Pick<Sender, 'send'> & Partial<Pick<Sender, 'knowsDoubles'>>>;
}

/** What became of one message on one channel. */
export interface Told {
  readonly message: Message;
  readonly channel: string;
  readonly recipients: readonly string[];
  /** Null: another run is sending it, or it is a dry run. */
  readonly delivery: Delivery | null;
}

export interface TellingReport {
  readonly told: readonly Told[];
  /** Messages that another run is sending. */
  readonly taken: number;
}

const tries = 8;

/**
 * How long a run begins messages: with the last of them it ends well before its claim does, after which another run would send the
 * same, and before most jobs are killed. What is left is due in the next run.
 */
const sendingLimit = 10 * 60_000;

/** @throws UserError where what was told cannot be read or remembered; CancelledError after what was sent is remembered */
export async function tellDue(run: TellingRun): Promise<TellingReport> {
  const claimed = await claimDue(run);
  if (claimed.due.length === 0) return { told: [], taken: claimed.taken };
  const { told, cancelled } = await sendAll(claimed.due, run);
  await remember(run, claimed.due, told);
  if (cancelled !== null) throw cancelled;
  return { told, taken: claimed.taken };
}

/** What would be told. Nothing is sent and nothing remembered. */
export async function listDue({ store, run, now, find }: Omit<TellingRun, 'senders'>): Promise<TellingReport> {
  const { memory } = await readMemory(store);
  const { free, taken } = splitTaken(find(pruneMemory(memory, now())).tellings, memory, now(), run);
  const told = free.flatMap(({ message, to }) => to.map((on): Told => ({ message, ...on, delivery: null })));
  return { told, taken };
}

async function readMemory(store: TextStore): Promise<{ readonly memory: Memory; readonly token: string | null }> {
  const stored = await store.read();
  if (stored === null) return { memory: emptyMemory, token: null };
  const parsed = memorySchema.safeParse(parseJson(stored.text));
  if (parsed.success) return { memory: parsed.data, token: stored.token };
  throw new UserError(`what was told before cannot be understood: ${store.description} holds something else`, {
    hint: 'It was written by a newer tollgate, or is spoilt. Use the newer one; where it is spoilt delete it, and what holds now is told once more.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function splitTaken(tellings: readonly Telling[], memory: Memory, now: number, run: string) {
  const others = keysTaken(memory, now, run);
  const isTaken = ({ marks }: Telling): boolean => marks.some(({ key }) => others.has(key));
  const free = tellings.filter((telling) => !isTaken(telling));
  return { free, taken: tellings.length - free.length };
}

async function claimDue({ store, run, now, find }: TellingRun) {
  for (let left = tries; ; left -= 1) {
    const { memory, token } = await readMemory(store);
    const pruned = pruneMemory(memory, now());
    const { tellings, forgotten, holding, prices } = find(pruned);
    const { free, taken } = splitTaken(tellings, pruned, now(), run);
    const keys = free.flatMap(({ marks }) => marks.map(({ key }) => key));
    const renewed = renewMarks(pruned, holding, now());
    const kept = markGone(renewed, forgotten, now());
    const remembered = prices === undefined ? kept : { ...kept, prices };
    const next = keys.length === 0 ? remembered : claimKeys(remembered, keys, now(), run);
    // What is only over is dropped with the next thing that is told.
    const isSame = forgotten.length === 0 && renewed === pruned && prices === undefined;
    if (keys.length === 0 && isSame) return { due: free, taken };
    if (await writeMemory(store, next, token, left)) return { due: free, taken };
  }
}

/** False: another run was faster, and there are tries left. */
async function writeMemory(store: TextStore, next: Memory, token: string | null, left: number): Promise<boolean> {
  try {
    await store.write(renderStableJson(next), token);
    return true;
  } catch (error) {
    if (!(error instanceof UserError) || error.exit !== 'stale' || left <= 1) throw error;
    return false;
  }
}

/** Channels side by side, so that one that hangs keeps no other waiting; on each of them one message after the other. */
async function sendAll(due: readonly Telling[], { senders, now }: Pick<TellingRun, 'senders' | 'now'>) {
  const begun = now();
  const byChannel = new Map<string, { readonly message: Message; readonly on: ToldOn }[]>();
  for (const { message, to } of due) {
    for (const on of to) byChannel.set(on.channel, [...(byChannel.get(on.channel) ?? []), { message, on }]);
  }
  let cancelled: CancelledError | null = null;
  const sent = [...byChannel].map(async ([channel, items]) => {
    const told: Told[] = [];
    const sender = senders.get(channel);
    for (const { message, on } of items) {
      if (cancelled !== null) break;
      if (now() - begun > sendingLimit) {
        told.push({ message, ...on, delivery: noTime });
        continue;
      }
      try {
        const delivery = sender === undefined ? noSender(channel) : await sender.send(message, on.recipients);
        told.push({ message, ...on, delivery });
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error;
        cancelled = error;
      }
    }
    return told;
  });
  const told = (await Promise.all(sent)).flat();
  return { told, cancelled: cancelled as CancelledError | null };
}

const noTime: Delivery = {
  sent: false,
  refused: [],
  why: 'the messages before it took 10 minutes: the next run sends it',
  retry: true,
  mayHaveArrived: false,
};

function noSender(channel: string): Delivery {
  const why = `the channel ${channel} could not be opened`;
  return { sent: false, refused: [], why, retry: true, mayHaveArrived: false };
}

async function remember(
  { store, run, now, senders }: TellingRun,
  due: readonly Telling[],
  told: readonly Told[],
): Promise<void> {
  const marks = marksAfter(due, told, senders, now());
  for (let left = tries; ; left -= 1) {
    const { memory, token } = await readMemory(store);
    const next = releaseKeys({ ...memory, marks: { ...memory.marks, ...marks } }, run);
    if (await writeMemory(store, pruneMemory(next, now()), token, left)) return;
  }
}

/** Of what reached nobody nothing is remembered: the next run tells it as if for the first time. */
function marksAfter(
  due: readonly Telling[],
  told: readonly Told[],
  senders: TellingRun['senders'],
  at: number,
): Record<string, Mark> {
  const marks: Record<string, Mark> = {};
  for (const { message, marks: of, to } of due) {
    const left: NonNullable<Mark['left']> = {};
    const lost: NonNullable<Mark['lost']> = {};
    for (const on of to) {
      const { channel } = on;
      const delivery = told.find((one) => one.message === message && one.channel === channel)?.delivery ?? null;
      const after = leftAfter(on, delivery, senders.get(channel)?.knowsDoubles === true);
      if (after === undefined) continue;
      left[channel] = after.left;
      if (after.lost !== undefined) lost[channel] = after.lost;
    }
    const isToldToNobody = to.every(
      ({ channel }) => Object.hasOwn(left, channel) && left[channel] === null && !Object.hasOwn(lost, channel),
    );
    if (isToldToNobody) continue;
    for (const { key, mark } of of) {
      marks[key] = {
        ...mark,
        at,
        m: message.id,
        ...(Object.keys(left).length === 0 ? {} : { left }),
        ...(Object.keys(lost).length === 0 ? {} : { lost }),
      };
    }
  }
  return marks;
}

/** Hashes of addresses, sorted; null: everybody. */
type Some = readonly string[] | null;

/**
 * Who is still to be told on one channel; undefined: nobody.
 *
 * | the delivery | then |
 * |---|---|
 * | did not arrive | again in each run, as long as it is due |
 * | may have arrived: its answer got lost | once more; where that gets lost as well, it counts as told |
 * | may have arrived, at a receiver that knows doubles | again in each run |
 */
function leftAfter(
  { recipients, isPart, lost: before }: ToldOn,
  delivery: Delivery | null,
  knowsDoubles: boolean,
): { readonly left: string[] | null; readonly lost: string[] | null | undefined } | undefined {
  const all: Some = isPart === true ? hashesOf(recipients) : null;
  if (delivery === null || (!delivery.sent && (knowsDoubles || !delivery.mayHaveArrived))) {
    return { left: copy(all), lost: before === undefined ? undefined : copy(before) };
  }
  const { sent, refused } = delivery;
  const named = (isWanted: (one: Delivery['refused'][number]) => boolean): readonly string[] =>
    hashesOf(refused.filter(isWanted).map(({ recipient }) => recipient));
  const again = named(({ retry, mayHaveArrived }) => retry && mayHaveArrived !== true);
  const refusedAll = named(() => true);
  const doubted = sent
    ? named(({ mayHaveArrived }) => mayHaveArrived === true)
    : refused.length === 0
      ? all
      : hashesOf(recipients).filter((one) => !refusedAll.includes(one));
  const once = onlyOnce(doubted, before, recipients);
  if (once === null) return { left: null, lost: null };
  const left = [...new Set([...again, ...once])].sort();
  if (left.length === 0) return undefined;
  const known = [...new Set([...(before ?? []), ...once])].sort();
  return { left, lost: before === null ? null : known.length === 0 ? undefined : known };
}

/** Those of them whose answer got lost for the first time. */
function onlyOnce(doubted: Some, before: Some | undefined, recipients: readonly string[]): Some {
  if (before === undefined) return doubted;
  if (before === null) return [];
  return (doubted ?? hashesOf(recipients)).filter((one) => !before.includes(one));
}

function hashesOf(addresses: readonly string[]): readonly string[] {
  return addresses.map(hashOf).sort();
}

function copy(some: Some): string[] | null {
  return some === null ? null : [...some];
}

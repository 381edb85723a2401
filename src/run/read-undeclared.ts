/** What is asked about workspaces that no file is about: little, and less the more there are. */

import type { Known, Reads } from '../consumption/ask.ts';
import type { ReadLimits } from '../consumption/read-limits.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { readWorkspaceSpend } from '../consumption/workspace-spend.ts';
import { type Exact, type ExactText, toText } from '../exact.ts';
import { committedLive } from '../impact/committed-live.ts';
import {
  type HeldSpend,
  heldBy,
  heldOf,
  sortUndeclared,
  type UndeclaredWorkspace,
  type UndeclaredWorkspaces,
} from '../impact/undeclared.ts';
import type { Live, LiveWorkspace } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import type { Desired, Kind } from '../resources/types.ts';
import { readAbsence } from './read-absence.ts';

/** Of so many it is read what bounds them, those that spent most first; two lists each. */
const mostLooked = 20;

const days = 30;

/** What bounds a workspace as a whole: its own row, and these. */
const boundingKinds: readonly Kind[] = ['workspace-limits', 'usage-policy', 'key-limits'];

type Place = Pick<LiveWorkspace, 'id' | 'slug' | 'name'>;

interface SpendNeeds {
  /** All that are live. */
  readonly workspaces: readonly Place[];
  readonly withoutFile: readonly Place[];
  /** Slugs or ids of those that are known, and somebody else's: nothing is asked about them. */
  readonly except: readonly string[];
  /** False: they are named, with what is known already. */
  readonly asks: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type UndeclaredNeeds = Omit<SpendNeeds, 'workspaces'> & { readonly live: Live };

/**
 * One question about the spend of all of them, where the service answers it so. Without any nothing is asked.
 *
 * @throws CancelledError; what cannot be read is not known
 */
export async function readUndeclared(reads: Reads, { live, ...needs }: UndeclaredNeeds): Promise<UndeclaredWorkspaces> {
  const found = await readSpent(reads, { ...needs, workspaces: live.workspaces });
  if (found.workspaces.length === 0) return { ...found, workspaces: [] };
  const looked = found.workspaces.slice(0, needs.asks ? mostLooked : 0);
  const places = looked.flatMap(({ id }) => boundingKinds.map((kind) => ({ kind, workspace: id })));
  const whole = places.length === 0 ? live : await readAbsence(reads, live, { places, shares: false, gifts: false });
  const index = new LiveIndex(whole);
  return withHeld(found, ({ id }) => {
    const workspace = index.workspace(id);
    return workspace === undefined ? nothingRead : heldOf(workspace, index);
  });
}

/** The same where every limit was read already; null: there are no files. */
export async function readUndeclaredBeside(
  reads: Reads,
  read: ReadLimits,
  { desired, now }: { readonly desired: Desired | null; readonly now: number },
): Promise<UndeclaredWorkspaces | null> {
  if (desired === null) return null;
  const refs = new Set(desired.workspaces.map(({ ref }) => ref));
  const withoutFile = read.workspaces.filter(({ id, slug }) => !refs.has(slug) && !refs.has(id.toLowerCase()));
  const except = desired.settings.undeclared?.except ?? [];
  const found = await readSpent(reads, { workspaces: read.workspaces, withoutFile, except, asks: true, now });
  const live = read.limits;
  return withHeld(found, ({ slug }) =>
    heldBy(
      committedLive(slug, live, read),
      live.filter(({ workspace, amount }) => workspace === slug && amount > 0).length,
    ),
  );
}

type Spent = Omit<UndeclaredWorkspaces, 'workspaces'> & {
  readonly workspaces: readonly Omit<UndeclaredWorkspace, 'held'>[];
};

async function readSpent(reads: Reads, { workspaces, withoutFile, except, asks, now }: SpendNeeds): Promise<Spent> {
  const isExcepted = ({ id, slug }: Place): boolean => except.includes(slug) || except.includes(id);
  const wanted = withoutFile.filter((one) => !isExcepted(one));
  const calls = { from: now - days * dayMilliseconds, to: now };
  const spent: ReadonlyMap<string, Known<Exact>> = asks && wanted.length > 0
    ? await readWorkspaceSpend(reads, { workspaces, wanted, calls })
    : new Map();
  const notAsked = { unknown: 'not asked for' };
  return {
    asOf: asks ? new Date(now).toISOString() : null,
    excepted: withoutFile.filter(isExcepted).map(({ slug }) => slug),
    workspaces: sortUndeclared(
      wanted.map(({ id, slug, name }) => ({ id, slug, name, spend: asText(spent.get(id) ?? notAsked) })),
    ),
  };
}

function asText(spend: Known<Exact>): Known<ExactText> {
  return 'value' in spend ? { value: toText(spend.value) } : spend;
}

function withHeld(
  { workspaces, ...facts }: Spent,
  look: (workspace: Spent['workspaces'][number]) => HeldSpend,
): UndeclaredWorkspaces {
  return { ...facts, workspaces: workspaces.map((one) => ({ ...one, held: look(one) })) };
}

const nothingRead = heldBy({ kind: 'unknown', atMost: null }, 0);

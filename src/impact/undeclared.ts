/** Live workspaces that no file is about: what each spent, and what holds it. Pure. */

import type { Known } from '../consumption/ask.ts';
import { compareText } from '../diagnostics.ts';
import { compare, type ExactText, fromText, toText } from '../exact.ts';
import type { LiveWorkspace } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { oddState } from '../live/row-state.ts';
import { limitsOf } from '../resources/limit.ts';
import { kinds } from '../resources/types.ts';
import { boundsOf } from './bounds.ts';
import { type Committed, committedOf } from './committed.ts';
import type { CommittedImpact } from './document.ts';
import { toCommitted } from './spend-rows.ts';

export interface UndeclaredWorkspace {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** US cents of the last 30 days. */
  readonly spend: Known<ExactText>;
  readonly held: HeldSpend;
}

/** What bounds its spend as a whole, and how many limits were seen that hold only a part of it. */
export interface HeldSpend {
  readonly committed: CommittedImpact;
  /** US cents per 30 days by what was read, where not all was; null: too little was. */
  readonly atMost: ExactText | null;
  readonly limits: number;
}

export interface UndeclaredWorkspaces {
  /** ISO: the 30 days end here; null: nobody asked for them. */
  readonly asOf: string | null;
  /** The largest spend first, unknown spend after all that is known. */
  readonly workspaces: readonly UndeclaredWorkspace[];
  /** Slugs of those that `review.undeclared.except` in force names: nothing was asked about them. */
  readonly excepted: readonly string[];
}

/** By what was read: a list that was not makes what bounds it unknown. */
export function heldOf(workspace: LiveWorkspace, index: LiveIndex): HeldSpend {
  const side = boundsOf([], index, { lists: new Map() }, [workspace]).get(workspace.id);
  const terms = side?.before ?? { budgets: [], policies: null, keys: null };
  const limits = kinds.flatMap((kind) =>
    index
      .at(kind, workspace.id)
      .all.filter(({ row }) => oddState(row) === null)
      .flatMap((object) => limitsOf(kind, index.fieldsOf(object)).filter(({ amount }) => amount > 0)),
  );
  return heldBy(committedOf(terms), limits.length);
}

export function heldBy(committed: Committed, limits: number): HeldSpend {
  const atMost = committed.kind === 'unknown' && committed.atMost !== null ? toText(committed.atMost) : null;
  return { committed: toCommitted(committed), atMost, limits };
}

export function sortUndeclared<Of extends Pick<UndeclaredWorkspace, 'slug' | 'spend'>>(all: readonly Of[]): Of[] {
  const spentOf = ({ spend }: Of) => ('value' in spend ? fromText(spend.value) : null);
  return [...all].sort((a, b) => {
    const [ours, theirs] = [spentOf(a), spentOf(b)];
    if (ours === null || theirs === null)
      return Number(ours === null) - Number(theirs === null) || compareText(a.slug, b.slug);
    return compare(theirs, ours) || compareText(a.slug, b.slug);
  });
}

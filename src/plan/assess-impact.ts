/** A plan's impact: what has to be read for it, and the block that is attached to the plan. Never part of its digest. */

import coerce from 'semver/functions/coerce.js';
import lt from 'semver/functions/lt.js';
import { buildImpact } from '../impact/build-impact.ts';
import type { Ceiling } from '../impact/ceilings.ts';
import type { Dates } from '../impact/dates.ts';
import type { Impact } from '../impact/document.ts';
import { type BudgetMove, type ChangeFacts, movesOf } from '../impact/moves.ts';
import type { Usage } from '../impact/usage.ts';
import type { Live } from '../live/live.ts';
import { LiveIndex } from '../live/live-index.ts';
import { dearestToken } from '../prices/dearest-token.ts';
import type { PriceIndex } from '../prices/price-index.ts';
import type { Review } from '../resources/review-settings.ts';
import type { Desired } from '../resources/types.ts';
import { withChangedPrices } from './changed-prices.ts';
import type { Change } from './types.ts';

export interface ImpactFacts {
  readonly live: Live;
  readonly desired: Desired;
  /** `review:` in force. */
  readonly settings: Review;
  readonly usage: Usage;
  /** Of the models that policies name; null: not looked at. */
  readonly prices: PriceIndex | null;
  /** Of groups of workspaces, in force or written. */
  readonly ceilings: readonly Ceiling[];
  readonly dates: Dates;
  /** See `undoneByHand`. */
  readonly undone: readonly ChangeFacts[];
}

/** The budgets that move, for reading what is consumed under them. */
export function budgetMoves(changes: readonly Change[], live: Live, now: Date): BudgetMove[] {
  return movesOf(changes, new LiveIndex(live), now.getTime());
}

/** Of all changes, or of those of them that will be carried out. */
export function assessImpact(changes: readonly Change[], facts: ImpactFacts): Impact {
  const { live, desired, settings, usage, prices, ceilings, dates, undone } = facts;
  const pricesAfter = prices === null ? null : withChangedPrices(prices, changes, new LiveIndex(live));
  return buildImpact(changes, live, usage, {
    now: Date.parse(usage.asOf),
    usageUnit: desired.gateway.usageUnit ?? 'cents',
    people: settings.show_people,
    raiseDoesNotWake: isBefore120(desired),
    dearestToken: ({ limit, change }, side) => {
      const book = side === 'after' ? pricesAfter : prices;
      return book === null ? null : dearestToken(book, limit.match, change.workspaceId);
    },
    ceilings,
    dates,
    undone,
  });
}

/** Raising a limit wakes exhausted counters from backend 1.20 on (docs/service-notes.md#backend-versions); SaaS is assumed to be newer. */
function isBefore120({ gateway }: Desired): boolean {
  const backend = coerce(gateway.backend);
  return backend !== null && lt(backend, '1.20.0');
}

/** The foremost calls of files or of a store. */

import { type Exact, fraction } from '../exact.ts';
import { openCalls, type RowsNeeds } from './open-rows.ts';
import { type RowsAsked, type SourceFacts, unitsPerCent } from './row-batch.ts';

export const callOrders = { cost: 'u', tokens: 'tok', time: 't' } as const;
export type CallOrder = keyof typeof callOrders;

export interface TopCall {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** US cents. */
  readonly cost: Exact | null;
  readonly tokens: number | null;
  readonly workspace: string | null;
  readonly user: string | null;
  readonly model: string | null;
  readonly status: string | null;
}

export interface TopCalls {
  readonly calls: readonly TopCall[];
  readonly facts: SourceFacts;
}

/** Dimensions that rows are opened with, and what is read of each. */
export const topDims = ['workspace', 'user', 'model', 'status'] as const;
export const topColumns = 'id, t, u, tok, d0, d1, d2, d3';

/** Greatest first; what is unknown stands last. */
export async function readTopCalls(
  order: CallOrder,
  most: number,
  asked: Omit<RowsAsked, 'dims'>,
  needs: RowsNeeds,
): Promise<TopCalls> {
  const { facts, database } = await openCalls({ ...asked, dims: topDims }, needs);
  try {
    const rows = await database.rows(
      `SELECT ${topColumns} FROM calls ORDER BY ${callOrders[order]} DESC NULLS LAST, t DESC, id LIMIT ${most}`,
    );
    return { calls: rows.map(topCallOf), facts };
  } finally {
    await database.close();
  }
}

/** @param row of `topColumns`, whatever an engine makes of whole numbers */
export function topCallOf([id, time, units, tokens, ...texts]: readonly unknown[]): TopCall {
  const [workspace = null, user = null, model = null, status = null] = texts.map((text) =>
    text === null || text === undefined ? null : String(text),
  );
  return {
    id: String(id),
    time: Number(time),
    cost: units === null ? null : fraction(BigInt(String(units)), BigInt(unitsPerCent)),
    tokens: tokens === null ? null : Number(tokens),
    ...{ workspace, user, model, status },
  };
}

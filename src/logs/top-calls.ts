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

/** Greatest first; what is unknown stands last. */
export async function readTopCalls(
  order: CallOrder,
  most: number,
  asked: Omit<RowsAsked, 'dims'>,
  needs: RowsNeeds,
): Promise<TopCalls> {
  const dims = ['workspace', 'user', 'model', 'status'];
  const { facts, database } = await openCalls({ ...asked, dims }, needs);
  try {
    const rows = await database.rows(
      `SELECT id, t, u, tok, d0, d1, d2, d3 FROM calls ORDER BY ${callOrders[order]} DESC NULLS LAST, t DESC, id LIMIT ${most}`,
    );
    const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
    const calls = rows.map(
      ([id, time, units, tokens, workspace, user, model, status]): TopCall => ({
        id: String(id),
        time: Number(time),
        cost: typeof units === 'bigint' ? fraction(units, BigInt(unitsPerCent)) : null,
        tokens: typeof tokens === 'bigint' ? Number(tokens) : null,
        workspace: text(workspace),
        user: text(user),
        model: text(model),
        status: text(status),
      }),
    );
    return { calls, facts };
  } finally {
    await database.close();
  }
}

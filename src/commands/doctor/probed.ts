/** One question of `tollgate doctor`, and what came of it. */

import type { ProbeRequest } from '../../client/client.ts';
import { ServiceError } from '../../errors.ts';
import type { OpenBackend } from '../../run/open-backend.ts';

export type ProbedRow = Readonly<Record<string, unknown>>;

export type Probed =
  | { readonly state: 'answered'; readonly path: string; readonly status: number; readonly body: ProbedRow }
  | { readonly state: 'failed'; readonly error: ServiceError }
  /** Why it was not asked. */
  | { readonly state: 'skipped'; readonly why: string };

export async function askOnce(probe: OpenBackend['probe'], request: ProbeRequest): Promise<Probed> {
  try {
    const { path, status, body } = await probe(request);
    return { state: 'answered', path, status, body };
  } catch (error) {
    if (error instanceof ServiceError) return { state: 'failed', error };
    throw error;
  }
}

/** Rows of a list, under any of the names it may have (docs/service-notes.md#envelopes). */
export function probedRowsOf(probed: Probed): readonly ProbedRow[] {
  if (probed.state !== 'answered') return [];
  const { data, workspaces, records } = probed.body;
  const found = [data, workspaces, records].find(Array.isArray) ?? [];
  return (found as unknown[]).filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null);
}

export function firstRow(probed: Probed): ProbedRow | undefined {
  return probedRowsOf(probed)[0];
}

export function textOfMember(row: ProbedRow | undefined, member: string): string | null {
  const value = row?.[member];
  return typeof value === 'string' && value !== '' ? value : null;
}

export function isUnreachable(probed: Probed): boolean {
  return probed.state === 'failed' && probed.error.status === undefined;
}

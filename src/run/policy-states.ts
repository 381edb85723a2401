/** How each live policy stands to Git: a reading of the plan that the files make, without its effects. */

import type { PolicyKind } from '../resources/types.ts';
import { gather } from './gather.ts';
import type { OpenBackend } from './open-backend.ts';
import { planGathered } from './plan.ts';
import type { CommonOptions, Session } from './session.ts';
import { startRun } from './start.ts';

/** `owed`: Git asks for something else, and it is not applied. `drifted`: moved by hand since the last apply. */
export type PolicyState = 'in_sync' | 'drifted' | 'owed' | 'unmanaged';

export interface PolicyStates {
  /** Of a live policy, by its id. */
  of(id: string): PolicyState;
  /** Declared, and not live yet. */
  readonly missing: readonly { readonly kind: PolicyKind; readonly workspace: string | null; readonly name: string }[];
}

/** A text instead: why there is no plan. @throws UserError, ServiceError, CancelledError */
export async function readPolicyStates(
  options: CommonOptions,
  open: OpenBackend,
  session: Session,
): Promise<PolicyStates | string> {
  const planning = { ...options, workspace: [], mode: 'sync' as const, only: [], allow: [], impact: false };
  const started = await startRun(planning, session, open);
  if ('plan' in started) return firstProblem(started.diagnostics);
  const gathered = await gather(started, session);
  if ('plan' in gathered) return firstProblem(gathered.diagnostics);
  const planned = planGathered(gathered);
  if (planned.plan === null) return firstProblem(planned.diagnostics);
  const { whole } = planned;
  const unmanaged = new Set(whole.unmanaged.map(({ id }) => id));
  const drifted = new Set(whole.left.flatMap(({ change }) => change.liveId ?? []));
  const owed = new Set<string>();
  for (const { liveId, cause } of [...whole.changes, ...whole.withheld]) {
    if (liveId !== null) (cause === 'drifted' || cause === 'both' ? drifted : owed).add(liveId);
  }
  return {
    of(id) {
      if (unmanaged.has(id)) return 'unmanaged';
      if (drifted.has(id)) return 'drifted';
      return owed.has(id) ? 'owed' : 'in_sync';
    },
    missing: whole.changes.flatMap(({ key: { kind, workspace, name }, liveId }) =>
      liveId === null && (kind === 'usage-policy' || kind === 'rate-policy') ? [{ kind, workspace, name }] : [],
    ),
  };
}

function firstProblem(diagnostics: readonly { readonly severity: string; readonly message: string }[]): string {
  const found = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  return found?.message ?? 'there is no plan';
}

/** For rules about conditions: read only where the plan sets a policy that has some. */

import type { Reads } from '../consumption/ask.ts';
import { type ConditionFacts, noConditions } from '../impact/condition-facts.ts';
import type { Live } from '../live/live.ts';
import type { Change } from '../plan/types.ts';
import { conditionRules } from '../rules/condition-rules.ts';
import type { Severities } from '../rules/find.ts';
import { readConditions } from './read-conditions.ts';
import type { Session } from './session.ts';

export interface RuleConditionNeeds {
  /** Those that will be carried out. */
  readonly changes: readonly Change[];
  readonly live: Live;
  readonly severities: Severities;
}

/** @throws CancelledError */
export async function readRuleConditions(
  reads: Reads,
  { changes, live, severities }: RuleConditionNeeds,
  session: Session,
): Promise<ConditionFacts> {
  if (conditionRules.every(({ name }) => severities[name] === 'off')) return noConditions;
  const policies = changes.flatMap(({ id, key, action, after, workspaceId }) => {
    const match = after?.match;
    const isPolicy = key.kind === 'usage-policy' || key.kind === 'rate-policy';
    if (!isPolicy || action === 'delete' || workspaceId === null || match === undefined || match === 'all') return [];
    const countsCalls = severities['matches-no-call'] !== 'off' && after?.target !== 'mcp_tools';
    return [{ id, workspaceId, match, countsCalls }];
  });
  if (policies.length === 0) return noConditions;
  return session.waiting(
    'reading what conditions name',
    readConditions(reads, { policies, live, now: session.clock.now() }),
  );
}

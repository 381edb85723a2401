/**
 * What a gateway has to forget since it last asked. Each has a name of its own, and is told what differs from what
 * it was told before; one that is not known is told everything.
 */

import type { RouteContext } from '../../service.ts';
import { judgeOwner, judgePolicy, judgeUsageLimit } from '../../verdicts.ts';
import {
  buildConfigDetails,
  buildKeyDetails,
  buildOrganisationDetails,
  buildProviderDetails,
  buildWorkspaceDetails,
} from './details.ts';

/** Gateways that are remembered; one that was forgotten is told everything again. */
const maximum = 100;

interface Item {
  /** What it was when the gateway was told; it has to forget its copy when this changes. */
  readonly print: string;
  readonly tell: Readonly<Record<string, string>>;
}

type Kind = 'keys' | 'providers' | 'configs' | 'values';
type Snapshot = Readonly<Record<Kind, ReadonlyMap<string, Item>>>;

export interface SyncMemory {
  /** The `data` of the answer. Kept over resets of the state: the gateway keeps what it was told, too. */
  answer(identifier: string, context: RouteContext): Readonly<Record<string, unknown>>;
}

export function createSyncMemory(): SyncMemory {
  const told = new Map<string, Snapshot>();
  return {
    answer(identifier, context) {
      judgeAll(context);
      const before = told.get(identifier);
      const now = takeSnapshot(context);
      told.delete(identifier);
      told.set(identifier, now);
      const [oldest] = told.keys();
      if (told.size > maximum && oldest !== undefined) told.delete(oldest);
      return {
        apiKeyIds: listChanged('keys', before, now).map(({ id }) => id),
        virtualKeysV2: listChanged('providers', before, now),
        configsV2: listChanged('configs', before, now),
        promptsV2: [],
        guardrailsV2: [],
        usageLimitsPolicyUpdatedValues: listVerdicts(before, now),
      };
    },
  };
}

/** New, changed, and gone. */
function listChanged(kind: Exclude<Kind, 'values'>, before: Snapshot | undefined, now: Snapshot): Item['tell'][] {
  const changed = [...now[kind]].filter(([name, { print }]) => before?.[kind].get(name)?.print !== print);
  const gone = [...(before?.[kind] ?? [])].filter(([name]) => !now[kind].has(name));
  return [...changed, ...gone].map(([, { tell }]) => tell);
}

/**
 * Values that are exhausted, and active again. A gateway that is not known is told the active ones as well: it keeps both its name and what
 * it was told in Redis, so it may be blocking a value for an emulator that has since been started anew.
 */
function listVerdicts(before: Snapshot | undefined, now: Snapshot): Item['tell'][] {
  const changed = [...now.values].filter(
    ([name, { print }]) => before === undefined || (before.values.get(name)?.print ?? 'active') !== print,
  );
  const gone = [...(before?.values ?? [])].filter(
    ([name, { print }]) => print === 'exhausted' && !now.values.has(name),
  );
  return [
    ...changed.map(([, { tell, print }]) => ({ ...tell, status: print })),
    ...gone.map(([, { tell }]) => ({ ...tell, status: 'active' })),
  ];
}

/** A sync is when verdicts are given: of what was lowered as well, however short ago. */
function judgeAll({ store }: RouteContext): void {
  for (const policy of store.list('usagePolicies')) {
    if (policy.verdict_due_at !== undefined) judgePolicy(policy);
  }
  for (const owner of [...store.list('apiKeys'), ...store.list('providers')]) {
    if (owner.usage_limits?.verdict_due_at !== undefined) judgeOwner(owner);
  }
  const shares = store.state.integrations.flatMap((row) => store.listShares(row));
  for (const { usage_limits: limits } of [...store.list('workspaces'), ...shares]) {
    for (const limit of limits ?? []) if (limit.verdict_due_at !== undefined) judgeUsageLimit(limit);
  }
}

function takeSnapshot(context: RouteContext): Snapshot {
  const { store } = context;
  const organisation = buildOrganisationDetails(context);
  const workspaces = new Map(
    store
      .list('workspaces')
      .map((row) => [row.id, JSON.stringify([organisation, buildWorkspaceDetails(row, context)])]),
  );
  const item = (name: string, print: unknown, tell: Item['tell']): [string, Item] => [
    name,
    { print: JSON.stringify(print), tell },
  ];
  const handle = ({ slug, workspace_id }: { slug: string; workspace_id: string }) => ({ slug, workspace_id });
  return {
    keys: new Map(
      store.list('apiKeys').map((row) =>
        item(row.id, [row.secret, buildKeyDetails(row, context), workspaces.get(row.workspace_id ?? '')], {
          id: row.id,
        }),
      ),
    ),
    providers: new Map(
      store.list('providers').map((row) => item(row.id, buildProviderDetails(row, context), handle(row))),
    ),
    configs: new Map(
      store.list('configs').map((row) => item(row.id, [row.status, buildConfigDetails(row)], handle(row))),
    ),
    values: new Map(
      store
        .list('usagePolicies')
        .filter(({ status }) => status === 'active')
        .flatMap(({ id, workspace_id, entities }) =>
          Object.entries(entities).map(([value_key, { status }]): [string, Item] => [
            JSON.stringify([id, value_key]),
            { print: status, tell: { policy_id: id, value_key, workspace_id } },
          ]),
        ),
    ),
  };
}

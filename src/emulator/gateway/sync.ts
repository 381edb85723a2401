/**
 * What a gateway has to forget since it last asked (enforcement.md, call 5). Each has a name of its own, and is told what differs from what
 * it was told before; one that is not known is told everything.
 */

import type { RouteContext } from '../context.ts';
import { judgeLimit, judgeOwner, judgePolicy } from '../verdicts.ts';
import { describeConfig, describeKey, describeOrganisation, describeProvider, describeWorkspace } from './details.ts';

/** Gateways that are remembered; one that was forgotten is told everything again. */
const maximum = 100;

interface Item {
  /** What it was when the gateway was told; it has to forget its copy when this changes. */
  readonly print: string;
  readonly tell: Readonly<Record<string, string>>;
}

type Kind = 'keys' | 'providers' | 'configs' | 'exhausted';
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
      const woken = [...(before?.exhausted ?? [])].filter(([name]) => !now.exhausted.has(name));
      return {
        apiKeyIds: listChanged('keys', before, now).map(({ id }) => id),
        virtualKeysV2: listChanged('providers', before, now),
        configsV2: listChanged('configs', before, now),
        promptsV2: [],
        guardrailsV2: [],
        usageLimitsPolicyUpdatedValues: [
          ...listChanged('exhausted', before, now).map((tell) => ({ ...tell, status: 'exhausted' })),
          ...woken.map(([, { tell }]) => ({ ...tell, status: 'active' })),
        ],
      };
    },
  };
}

/** New, changed, and (but for verdicts, which are taken back in words of their own) gone. */
function listChanged(kind: Kind, before: Snapshot | undefined, now: Snapshot): Item['tell'][] {
  const changed = [...now[kind]].filter(([name, { print }]) => before?.[kind].get(name)?.print !== print);
  const gone = kind === 'exhausted' ? [] : [...(before?.[kind] ?? [])].filter(([name]) => !now[kind].has(name));
  return [...changed, ...gone].map(([, { tell }]) => tell);
}

/** A sync is when verdicts are given: of what was lowered as well, however short ago. */
function judgeAll({ store }: RouteContext): void {
  for (const policy of store.listRows('usagePolicies', undefined)) {
    if (policy.verdict_due_at !== undefined) judgePolicy(policy);
  }
  for (const owner of [...store.listRows('apiKeys', undefined), ...store.listRows('providers', undefined)]) {
    if (owner.usage_limits?.verdict_due_at !== undefined) judgeOwner(owner);
  }
  const shares = store.state.integrations.flatMap((row) => store.listShares(row, undefined));
  for (const { usage_limits: limits } of [...store.listWorkspaces(), ...shares]) {
    for (const limit of limits ?? []) if (limit.verdict_due_at !== undefined) judgeLimit(limit);
  }
}

function takeSnapshot(context: RouteContext): Snapshot {
  const { store } = context;
  const organisation = describeOrganisation(context);
  const workspaces = new Map(
    store.listWorkspaces().map((row) => [row.id, JSON.stringify([organisation, describeWorkspace(row, context)])]),
  );
  const item = (name: string, print: unknown, tell: Item['tell']): [string, Item] => [
    name,
    { print: JSON.stringify(print), tell },
  ];
  const handle = ({ slug, workspace_id }: { slug: string; workspace_id: string }) => ({ slug, workspace_id });
  return {
    keys: new Map(
      store
        .listRows('apiKeys', undefined)
        .map((row) =>
          item(row.id, [row.secret, describeKey(row, context), workspaces.get(row.workspace_id ?? '')], { id: row.id }),
        ),
    ),
    providers: new Map(
      store.listRows('providers', undefined).map((row) => item(row.id, describeProvider(row, context), handle(row))),
    ),
    configs: new Map(
      store.listRows('configs', undefined).map((row) => item(row.id, [row.status, describeConfig(row)], handle(row))),
    ),
    exhausted: new Map(
      store
        .listRows('usagePolicies', undefined)
        .filter(({ status }) => status === 'active')
        .flatMap(({ id, workspace_id, entities }) =>
          Object.entries(entities)
            .filter(([, { status }]) => status === 'exhausted')
            .map(([value_key]) =>
              item(JSON.stringify([id, value_key]), '', { policy_id: id, value_key, workspace_id }),
            ),
        ),
    ),
  };
}

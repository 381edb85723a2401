/**
 * Configs of the gateway and what they say, for rules that look at the way of a call. They only advise: a read that is refused
 * or fails leaves them out with the reason, and never fails a plan.
 */

import type { Known, Reads } from '../consumption/ask.ts';
import type { ConfigRow } from '../live/backend.ts';
import type { GatewayConfig, GatewayConfigs, WorkspaceConfigs } from '../plan/gateway-configs.ts';

/** A list shows no contents, so that each costs a request: so many of a workspace are read, the newest, and so many in all. */
export const configLimits = { perWorkspace: 20, inAll: 100, workspaces: 100 } as const;

interface WorkspaceRef {
  readonly id: string;
  readonly slug: string;
}

export interface ConfigReading {
  readonly perWorkspace: number;
  readonly inAll: number;
  /** Who reads no more than that. */
  readonly reader: string;
}

/** @throws CancelledError */
export async function readConfigs(
  { ask }: Reads,
  workspaces: readonly WorkspaceRef[],
  reading: ConfigReading = { ...configLimits, reader: 'a plan' },
): Promise<GatewayConfigs> {
  const asked = workspaces.slice(0, configLimits.workspaces);
  const lists = await Promise.all(asked.map(async ({ id }) => ({ id, rows: await ask('listConfigs', id) })));
  let left: number = reading.inAll;
  const all = lists.map(({ id, rows }) => {
    const count = 'value' in rows ? Math.min(rows.value.length, reading.perWorkspace, left) : 0;
    left -= count;
    return readListed(ask, rows, count, reading).then((read) => [id, read] as const);
  });
  const unread = `a plan looks into ${asked.length} workspaces`;
  const skipped = workspaces.slice(asked.length).map(({ id }) => [id, { configs: [], unread }] as const);
  return new Map([...(await Promise.all(all)), ...skipped]);
}

async function readListed(
  ask: Reads['ask'],
  rows: Known<readonly ConfigRow[]>,
  count: number,
  { perWorkspace, inAll, reader }: ConfigReading,
): Promise<WorkspaceConfigs> {
  if ('unknown' in rows) return { configs: [], unread: rows.unknown };
  const chosen = rows.value.slice(0, count);
  const configs: GatewayConfig[] = [];
  const reasons = new Set<string>();
  if (count < rows.value.length) {
    const most = `${reader} reads ${perWorkspace} of a workspace and ${inAll} in all`;
    reasons.add(`${count} of ${rows.value.length} were read: ${most}`);
  }
  const answers = await Promise.all(chosen.map(({ slug }) => ask('readConfig', slug)));
  for (const [index, { slug, name }] of chosen.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    if ('unknown' in answer) reasons.add(answer.unknown);
    else if (!isObject(answer.value.config)) reasons.add(`${slug} holds no JSON object`);
    else configs.push({ slug, name, config: answer.value.config });
  }
  return { configs, unread: reasons.size === 0 ? null : [...reasons].join('; ') };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

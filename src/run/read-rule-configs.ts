/** Configs of the gateway for rules, where the plan changes a limit that one may go round. */

import type { Reads } from '../consumption/ask.ts';
import { compareText } from '../diagnostics.ts';
import type { Live } from '../live/live.ts';
import type { GatewayConfigs } from '../plan/gateway-configs.ts';
import type { Change, PlanNote } from '../plan/types.ts';
import { configRules } from '../rules/config-rules.ts';
import type { Severities } from '../rules/find.ts';
import { readConfigs } from './read-configs.ts';
import type { Session } from './session.ts';

export interface RuleConfigs {
  readonly configs: GatewayConfigs;
  /** What could not be read. */
  readonly notes: readonly PlanNote[];
}

export interface ConfigNeeds {
  /** Those that will be carried out. */
  readonly changes: readonly Change[];
  readonly live: Live;
  readonly severities: Severities;
}

const nothingRead: RuleConfigs = { configs: new Map(), notes: [] };

/** @throws CancelledError */
export async function readRuleConfigs(reads: Reads, needs: ConfigNeeds, session: Session): Promise<RuleConfigs> {
  if (configRules.every(({ name }) => needs.severities[name] === 'off')) return nothingRead;
  const ids = new Set(needs.changes.filter(setsPassableLimit).map(({ workspaceId }) => workspaceId));
  const workspaces = needs.live.workspaces.filter(({ id }) => ids.has(id)).sort((a, b) => compareText(a.slug, b.slug));
  if (workspaces.length === 0) return nothingRead;
  const configs = await session.waiting('reading configs', readConfigs(reads, workspaces));
  return { configs, notes: notesOf(configs, workspaces) };
}

/** A limit that a config may go round: those of workspaces and keys are checked before anything of a config happens. */
function setsPassableLimit({ key, action, fieldChanges }: Change): boolean {
  if (key.kind === 'workspace-limits' || key.kind === 'key-limits' || action === 'delete') return false;
  const field = key.kind === 'usage-policy' || key.kind === 'rate-policy' ? policyField : attachedField;
  return action !== 'update' || fieldChanges.some((change) => field.test(change.field) && !isNothing(change.after));
}

const policyField = /^(?:unit|amount|reset|window|value|match|per)$/;
const attachedField = /^(?:budget|rate)(?:\[|$)/;

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

/** One note a reason: a key without the scope has the same for every workspace. */
function notesOf(configs: GatewayConfigs, workspaces: Live['workspaces']): PlanNote[] {
  const slugsByReason = new Map<string, string[]>();
  for (const { id, slug } of workspaces) {
    const unread = configs.get(id)?.unread ?? null;
    if (unread === null) continue;
    slugsByReason.set(unread, [...(slugsByReason.get(unread) ?? []), slug]);
  }
  return [...slugsByReason].map(([why, slugs]) => ({
    code: 'configs-not-read',
    severity: 'info',
    workspace: null,
    message: `not all configs of ${listSlugs(slugs)} were looked at (${why})`,
    source: null,
  }));
}

function listSlugs(slugs: readonly string[]): string {
  return slugs.length < 4
    ? slugs.join(', ')
    : `${slugs.slice(0, 2).join(', ')} and ${slugs.length - 2} more workspaces`;
}

/** Rules about what workspaces called over the last days: stronger than any list of prices. Silent where nothing was read. */

import { type ModelTraffic, trafficDays, type WorkspaceTraffic } from '../consumption/traffic.ts';
import { dayMilliseconds } from '../consumption/windows.ts';
import { round, zero } from '../exact.ts';
import type { LiveWorkspace } from '../live/live.ts';
import { formatAmount } from '../resources/amounts.ts';
import { covers } from '../resources/match.ts';
import type { DesiredEntry, DesiredWorkspace } from '../resources/types.ts';
import type { DeclaredBudget } from './limits.ts';
import { at, type LiveFacts, type LiveRule } from './types.ts';

interface TrafficPlace {
  readonly workspace: DesiredWorkspace;
  readonly place: LiveWorkspace;
  readonly traffic: WorkspaceTraffic;
  readonly entries: readonly DesiredEntry[];
}

function placesOf(facts: LiveFacts): TrafficPlace[] {
  const { desired, traffic, byWorkspace } = facts;
  if (traffic.size === 0) return [];
  return desired.workspaces.flatMap((workspace) => {
    const place = facts.index.findWorkspace(workspace.ref);
    const own = place === undefined ? undefined : traffic.get(place.id);
    if (place === undefined || own === undefined) return [];
    return [{ workspace, place, traffic: own, entries: byWorkspace.get(workspace.ref) ?? [] }];
  });
}

/** Requests that were answered; failures cost nothing and count no tokens. */
function answered({ requests, errors }: ModelTraffic): number {
  return requests - (errors ?? 0);
}

const tokensWithoutCost: LiveRule = {
  name: 'tokens-without-cost',
  id: 'P2',
  severity: 'warning',
  where: 'live',
  finds: `a model that used tokens in the last ${trafficDays} days and cost nothing, in a workspace with a budget in dollars that no budget of tokens stands beside`,
  why: 'This is seen, not looked up: the service has no price for the model. No budget in dollars counts its calls, whatever they are matched by; a budget of tokens holds those calls alone that it counts itself. Only workspaces in which the plan changes a limit are looked at.',
  fix: 'Set a price on the integration, or add a budget of tokens.',
  check: (facts, found) => {
    for (const { workspace, place, traffic, entries } of placesOf(facts)) {
      const budgets = entries.flatMap(facts.limits.budgetsOf);
      const tokens = budgets.filter(({ unit }) => unit === 'tokens');
      const isAlone = (cost: DeclaredBudget): boolean =>
        !tokens.some(({ match, target }) => target === cost.target && covers(match, cost.match));
      if (!budgets.some((terms) => terms.unit === 'cost' && isAlone(terms))) continue;
      for (const { model, tokens, cost } of traffic.models ?? []) {
        // By its name it costs nothing on purpose.
        if (tokens === null || tokens.n <= 0n || cost === null || cost.n > 0n || model.endsWith(':free')) continue;
        const used = formatAmount(Number(round(tokens)), 'tokens');
        found({ workspace }, `"${model}" used ${used} in ${trafficDays} days in ${place.slug} and cost nothing`);
      }
    }
  },
};

const callsWithoutTokens: LiveRule = {
  name: 'calls-without-tokens',
  id: 'P4',
  severity: 'warning',
  where: 'live',
  finds: `a model whose answered calls of the last ${trafficDays} days counted neither tokens nor cost, in a workspace with budgets`,
  why: 'Streams report their usage only where the caller asks for it (`stream_options: {include_usage: true}`) or the gateway counts them itself. Without it neither kind of budget counts the call. Only workspaces in which the plan changes a limit are looked at.',
  fix: 'Have callers ask for the usage of streams, or limit requests by a rate.',
  check: (facts, found) => {
    for (const { workspace, place, traffic, entries } of placesOf(facts)) {
      if (!entries.flatMap(facts.limits.budgetsOf).some(({ unit }) => unit !== 'requests')) continue;
      for (const row of traffic.models ?? []) {
        const { model, tokens, cost, errors } = row;
        const isNothing = tokens !== null && cost !== null && tokens.n === zero.n && cost.n === zero.n;
        if (!isNothing || errors === null || answered(row) <= 0) continue;
        const calls = formatAmount(answered(row), 'requests');
        found(
          { workspace },
          `${calls} to "${model}" in ${trafficDays} days in ${place.slug} counted no tokens and no cost`,
        );
      }
    }
  },
};

const keyUnused: LiveRule = {
  name: 'key-unused',
  id: 'K9',
  severity: 'info',
  where: 'live',
  finds: `a declared key that made no call in ${trafficDays} days, though it is older than that`,
  why: 'A key that nobody uses is a key that nobody misses when it is stolen. Only workspaces in which the plan changes a limit are looked at.',
  fix: 'Delete the key if it is no longer needed, and take its entry out.',
  check: (facts, found) => {
    const known = new Set(facts.index.live.objects.flatMap(({ kind, id }) => (kind === 'key-limits' ? [id] : [])));
    for (const { entry, live, name, workspace } of facts.resolved) {
      if (live?.kind !== 'key-limits' || workspace === null || entry.name === '*') continue;
      const keys = facts.traffic.get(workspace.id)?.keys;
      if (keys === undefined || keys === null || keys.has(live.id) || live.row.status === 'expired') continue;
      // A service that names keys by something else than their ids says nothing of any.
      if (keys.size > 0 && ![...keys].some((id) => known.has(id))) continue;
      const created = typeof live.row.created_at === 'string' ? Date.parse(live.row.created_at) : Number.NaN;
      if (!(facts.now - created > trafficDays * dayMilliseconds)) continue;
      found(at(entry), `key "${name}" made no call in ${trafficDays} days`);
    }
  },
};

export const trafficRules: readonly LiveRule[] = [tokensWithoutCost, callsWithoutTokens, keyUnused];

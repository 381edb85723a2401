/** Rules about configs of the gateway beside the limits of their workspace: ways of a call round a limit. */

import type { GatewayConfig } from '../plan/gateway-configs.ts';
import type { DesiredEntry, DesiredWorkspace } from '../resources/types.ts';
import { type DeclaredBudget, type DeclaredRate, labelOfEntry } from './limits.ts';
import { at, type FindingSubject, type LiveFacts, type LiveRule } from './types.ts';

type Terms = DeclaredBudget | DeclaredRate;
type Node = Readonly<Record<string, unknown>>;

/** What the gateway answers when a limit refuses: budgets, then rates. */
const refusals = [412, 429] as const;
type Refusal = (typeof refusals)[number];

interface Place {
  readonly workspace: DesiredWorkspace;
  readonly configs: readonly GatewayConfig[];
  readonly limits: Readonly<Record<Refusal, readonly Terms[]>>;
}

/** Workspaces whose configs were read, with the limits in their files that are checked for each target. */
function placesOf(facts: LiveFacts): Place[] {
  const { configs, desired, byWorkspace } = facts;
  if (configs.size === 0) return [];
  return desired.workspaces.flatMap((workspace) => {
    const { ref } = workspace;
    const read = configs.get(facts.index.findWorkspace(ref)?.id ?? '');
    if (read === undefined || read.configs.length === 0) return [];
    const declared = (byWorkspace.get(ref) ?? []).filter(isCheckedByTarget);
    const limits = {
      412: declared.flatMap(facts.limits.budgetsOf).filter(isForModels),
      429: declared.flatMap(facts.limits.ratesOf).filter(isForModels),
    };
    return [{ workspace, configs: read.configs, limits }];
  });
}

/** The workspace's own limits and those of the key come first: what they refuse meets neither cache nor fallback. */
function isCheckedByTarget({ kind }: DesiredEntry): boolean {
  return kind !== 'workspace-limits' && kind !== 'key-limits';
}

function isForModels({ target }: Terms): boolean {
  return target === 'llm';
}

const targetKeys: ReadonlySet<string> = new Set(['virtual_key', 'provider', 'model']);

/** Whether another target may be outside the limit, or has a counter of its own. What binds all calls alike refuses it as well. */
function tellsTargetsApart({ entry, match, per }: Terms): boolean {
  if (entry.kind === 'integration-limits' || entry.kind === 'provider-limits') return true;
  if (per.some((key) => targetKeys.has(key))) return true;
  const conditions = match === 'all' ? [] : match;
  return conditions.some(({ key, any, except }) => targetKeys.has(key) && (any !== '*' || except.length > 0));
}

/** A config, or a target, and all targets in it. Without recursion: nothing keeps people, or an attacker, from nesting deeply. */
function nodesOf(top: Node): Node[] {
  const nodes: Node[] = [top];
  for (let index = 0; index < nodes.length; index += 1) {
    for (const target of targetsOf(nodes[index] as Node)) if (isNode(target)) nodes.push(target);
  }
  return nodes;
}

function targetsOf({ targets }: Node): readonly unknown[] {
  return Array.isArray(targets) ? targets : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Fallback {
  /** As written; null: none are, and every failure counts. */
  readonly codes: readonly unknown[] | null;
  /** Slugs of the providers that it calls before its last target; null: they cannot be known. */
  readonly calls: ReadonlySet<string> | null;
}

/** Those with a next target. */
function fallbacksOf({ config }: GatewayConfig): Fallback[] {
  const nodes = nodesOf(config);
  // Each fallback looks at all that is in it.
  const isSmall = nodes.length <= 1000;
  return nodes.flatMap((node) => {
    const { strategy } = node;
    const targets = targetsOf(node);
    if (!isNode(strategy) || strategy.mode !== 'fallback' || targets.length < 2) return [];
    // The gateway knows both spellings. An empty list is one, and falls back on nothing.
    const codes = strategy.on_status_codes ?? strategy.onStatusCodes;
    const calls = isSmall ? slugsOf(targets.slice(0, -1)) : null;
    return [{ codes: Array.isArray(codes) ? (codes as readonly unknown[]) : null, calls }];
  });
}

function slugsOf(targets: readonly unknown[]): ReadonlySet<string> | null {
  const slugs = targets.flatMap((target) => {
    if (!isNode(target)) return [null];
    const leaves = nodesOf(target).filter((node) => targetsOf(node).length === 0);
    return leaves.map(slugOf);
  });
  return slugs.includes(null) ? null : new Set(slugs as string[]);
}

/** `provider: "@openai-prod"` or `virtual_key: openai-prod`; null: the model may name another, or the caller does. */
function slugOf({ provider, virtual_key: key, override_params: overrides }: Node): string | null {
  if (isNode(overrides) && typeof overrides.model === 'string' && overrides.model.startsWith('@')) return null;
  if (typeof key === 'string') return key;
  return typeof provider === 'string' && provider.startsWith('@') ? provider.slice(1) : null;
}

function takes({ codes }: Fallback, status: Refusal): boolean {
  return codes === null || codes.includes(status);
}

/** Whether a target before the last may meet the limit, as far as both name providers. */
function mayMeet({ match }: Terms, { calls }: Fallback): boolean {
  const condition = match === 'all' ? undefined : match.find(({ key }) => key === 'virtual_key');
  if (calls === null || condition === undefined || condition.any === '*') return true;
  return condition.any.some((slug) => calls.has(slug));
}

function cachesAnswers(config: GatewayConfig): boolean {
  return nodesOf(config.config).some(({ cache }) => {
    const mode = isNode(cache) ? cache.mode : cache;
    return mode === 'simple' || mode === 'semantic';
  });
}

/** What a config does with a call that was refused, or was answered before. */
export interface ConfigConduct {
  /** `fallback`, `loadbalance`, `conditional`, `single`; of the config and of what is nested in it, in their order. */
  readonly strategies: readonly string[];
  readonly targets: number;
  /** The most of all targets; null: none is written. */
  readonly retries: number | null;
  readonly cache: string | null;
  /** A fallback goes on after this status, to a target that may be under no limit. */
  readonly fallsBackOn: Readonly<Record<Refusal, boolean>>;
  /** A fallback names no codes, and takes every failure. */
  readonly takesEveryFailure: boolean;
}

export function configConductOf(config: GatewayConfig): ConfigConduct {
  const nodes = nodesOf(config.config);
  const fallbacks = fallbacksOf(config);
  const retries = nodes.flatMap(({ retry }) =>
    isNode(retry) && typeof retry.attempts === 'number' ? [retry.attempts] : [],
  );
  const caches = nodes.flatMap(({ cache }) => {
    const mode = isNode(cache) ? cache.mode : cache;
    return typeof mode === 'string' ? [mode] : [];
  });
  return {
    strategies: nodes.flatMap(({ strategy }) =>
      isNode(strategy) && typeof strategy.mode === 'string' ? [strategy.mode] : [],
    ),
    targets: nodes.filter((node) => targetsOf(node).length === 0).length,
    retries: retries.length === 0 ? null : Math.max(...retries),
    cache: caches[0] ?? null,
    fallsBackOn: { 412: fallbacks.some((one) => takes(one, 412)), 429: fallbacks.some((one) => takes(one, 429)) },
    takesEveryFailure: fallbacks.some(({ codes }) => codes === null),
  };
}

/** `config "checkout" (pc-checko-4b8d21)`: names are not unique. */
function nameOf({ name, slug }: GatewayConfig): string {
  return name === slug ? `config ${slug}` : `config "${name}" (${slug})`;
}

const listed = 3;

/** `policy "a", provider "b" and 4 more` */
function listEntries(entries: readonly DesiredEntry[]): string {
  const labels = entries.map(labelOfEntry);
  if (labels.length <= listed + 1) return joinWords(labels);
  return joinWords([...labels.slice(0, listed), `${labels.length - listed} more`]);
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function entriesOf(limits: readonly Terms[]): DesiredEntry[] {
  return [...new Set(limits.map(({ entry }) => entry))];
}

/** Where a reviewer looks: at the limit, if it is one alone, and else at the workspace. */
function subjectOf(workspace: DesiredWorkspace, limits: readonly Terms[]): FindingSubject {
  const [first] = limits;
  return first !== undefined && entriesOf(limits).length === 1 ? at(first.entry, first.field) : { workspace };
}

const fallbackPassesBudget: LiveRule = {
  name: 'fallback-passes-budget',
  id: 'D10',
  severity: 'warning',
  where: 'live',
  finds:
    'a config of the gateway whose fallback goes on after 412 (a budget) or 429 (a rate), beside such a limit that binds some providers or models only',
  why: 'A fallback without `on_status_codes` takes every failure, also the refusal of a limit. Policies, providers and integrations are checked for each target, so the call goes on to the next one, and only a limit that binds that target too stops it. Limits over all calls alike, and those of the workspace and of keys, hold.',
  fix: 'Give the fallback `on_status_codes` without 412 and 429, such as `[500, 502, 503, 504]`, or put its targets under one limit.',
  check: (facts, found) => {
    for (const { workspace, configs, limits } of placesOf(facts)) {
      const passable = { 412: limits[412].filter(tellsTargetsApart), 429: limits[429].filter(tellsTargetsApart) };
      for (const config of configs) {
        const fallbacks = fallbacksOf(config);
        const passed = refusals.flatMap((status) => {
          const by = fallbacks.filter((fallback) => takes(fallback, status));
          const terms = passable[status].filter((limit) => by.some((fallback) => mayMeet(limit, fallback)));
          return terms.length === 0 ? [] : [{ status, terms }];
        });
        if (passed.length === 0) continue;
        const what = passed.map(({ status, terms }) => `${status} of ${listEntries(entriesOf(terms))}`);
        const verb = fallbacks.some(({ codes }) => codes === null) ? 'takes every failure, so also' : 'takes';
        found(
          subjectOf(
            workspace,
            passed.flatMap(({ terms }) => terms),
          ),
          `the fallback of ${nameOf(config)} ${verb} ${what.join(', and ')}: the call goes on, unless the next target is under the same limit`,
        );
      }
    }
  },
};

const cachePassesLimit: LiveRule = {
  name: 'cache-passes-limit',
  id: 'G9',
  severity: 'info',
  where: 'live',
  finds: 'a config of the gateway that caches answers, beside limits on policies, providers or integrations',
  why: 'The gateway looks into its cache before it checks these limits. Measured: a cached answer is served past a rate that refuses every other call; it is not counted either. Limits of the workspace and of keys are checked before.',
  fix: 'Nothing, if it is meant: a cached answer costs nothing.',
  check: (facts, found) => {
    for (const { workspace, configs, limits } of placesOf(facts)) {
      const all = [...limits[412], ...limits[429]];
      if (all.length === 0) continue;
      for (const config of configs) {
        if (!cachesAnswers(config)) continue;
        found(
          subjectOf(workspace, all),
          `${nameOf(config)} caches answers: they are served past ${listEntries(entriesOf(all))}, and not counted`,
        );
      }
    }
  },
};

export const configRules: readonly LiveRule[] = [fallbackPassesBudget, cachePassesLimit];

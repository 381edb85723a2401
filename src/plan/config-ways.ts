/** Ways of a call through a config of the gateway, which may lead round a limit. Pure. */

import type { GatewayConfig } from './gateway-configs.ts';

type Node = Readonly<Record<string, unknown>>;

/** What the gateway answers when a limit refuses: budgets, then rates. */
export const refusals = [412, 429] as const;
export type LimitRefusal = (typeof refusals)[number];

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

export interface Fallback {
  /** As written; null: none are, and every failure counts. */
  readonly codes: readonly unknown[] | null;
  /** Slugs of the providers that it calls before its last target; null: they cannot be known. */
  readonly calls: ReadonlySet<string> | null;
}

/** Those with a next target. */
export function fallbacksOf({ config }: GatewayConfig): Fallback[] {
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

export function takesRefusal({ codes }: Fallback, status: LimitRefusal): boolean {
  return codes === null || codes.includes(status);
}

export function cachesAnswers({ config }: GatewayConfig): boolean {
  return nodesOf(config).some((node) => cacheOf(node) !== null);
}

/** In the gateway's own words where they are known. */
export const strategyModes = ['single', 'fallback', 'loadbalance', 'conditional', 'other'] as const;

export interface ConfigWays {
  readonly strategy: (typeof strategyModes)[number];
  readonly targets: number;
  /** Of the place that tries most often; null: none is set. */
  readonly retry: { readonly attempts: number | null; readonly codes: readonly number[] | null } | null;
  readonly cache: 'simple' | 'semantic' | null;
  /** Whether a call that a budget (412) or a rate (429) refused goes on to another target. */
  readonly fallsBackOn: Readonly<Record<LimitRefusal, boolean>>;
}

export function describeConfigWays(config: GatewayConfig): ConfigWays {
  const nodes = nodesOf(config.config);
  const { strategy } = config.config;
  const mode = isNode(strategy) ? strategy.mode : strategy;
  const retries = nodes.flatMap(({ retry }) => (isNode(retry) ? [toRetry(retry)] : []));
  const fallbacks = fallbacksOf(config);
  return {
    strategy: mode === undefined ? 'single' : (strategyModes.find((known) => known === mode) ?? 'other'),
    targets: nodes.filter((node) => targetsOf(node).length === 0).length,
    retry: retries.sort((a, b) => (b.attempts ?? 0) - (a.attempts ?? 0))[0] ?? null,
    cache: nodes.map(cacheOf).find((cache) => cache !== null) ?? null,
    fallsBackOn: {
      412: fallbacks.some((fallback) => takesRefusal(fallback, 412)),
      429: fallbacks.some((fallback) => takesRefusal(fallback, 429)),
    },
  };
}

function toRetry({ attempts, on_status_codes: codes, onStatusCodes: others }: Node): NonNullable<ConfigWays['retry']> {
  const listed = codes ?? others;
  return {
    attempts: typeof attempts === 'number' ? attempts : null,
    codes: Array.isArray(listed) ? listed.filter((code): code is number => typeof code === 'number') : null,
  };
}

function cacheOf({ cache }: Node): ConfigWays['cache'] {
  const mode = isNode(cache) ? cache.mode : cache;
  return mode === 'simple' || mode === 'semantic' ? mode : null;
}

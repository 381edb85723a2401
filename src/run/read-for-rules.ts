/** What rules look at besides the files and live state: prices, and the traffic of workspaces that the plan changes. */

import type { Reads } from '../consumption/ask.ts';
import { readTraffic, type WorkspaceTraffic } from '../consumption/traffic.ts';
import { UserError } from '../errors.ts';
import type { BudgetMove } from '../impact/moves.ts';
import type { Live } from '../live/live.ts';
import type { Change } from '../plan/types.ts';
import { PriceIndex } from '../prices/price-index.ts';
import type { ProviderPrices } from '../prices/types.ts';
import type { Desired } from '../resources/types.ts';
import type { RuleName } from '../rule-names.ts';
import type { Severities } from '../rules/find.ts';
import { namesModels, priceRules, vendorsToPrice } from '../rules/price-rules.ts';
import { trafficRules } from '../rules/traffic-rules.ts';
import type { LiveFacts, PriceFacts } from '../rules/types.ts';
import { defaultBaseUrl, type OpenBackend } from './open-backend.ts';
import { findPriceReading, type PriceWords } from './price-settings.ts';
import { type ReadPrices, readPrices } from './read-prices.ts';
import { type ReadRoutes, readRoutes } from './read-routes.ts';
import { readRuleConditions } from './read-rule-conditions.ts';
import { type RuleConfigs, readRuleConfigs } from './read-rule-configs.ts';
import { readRuleMembers } from './read-rule-members.ts';
import { nowOf, type Session } from './session.ts';

/** A plan does not wait for prices: one try, of so many milliseconds, and twice that for all of them. */
const patience = { tries: 1, total: 5_000, altogether: 10_000 };

/** The price files that the rules need, and how old they may be. Starts at once; what cannot be read is a value. */
export interface PricesForRules extends Pick<ReadPrices, 'providers'> {
  readonly maxAge: number;
}

/** Null: no rule asks for prices, or no policy names a vendor. */
export async function readRulePrices(
  desired: Desired & PriceWords,
  severities: Severities,
  open: OpenBackend,
  session: Session,
): Promise<PricesForRules | null> {
  const vendors = isAnyOn(priceRules, severities) ? vendorsToPrice(desired) : [];
  if (vendors.length === 0) return null;
  try {
    const offline = isForeign(desired, open);
    const reading = await findPriceReading({ offline }, desired, open.priceAddress, session);
    const { providers } = await readPrices(vendors, reading, session, patience);
    return { providers: offline ? explain(providers) : providers, maxAge: reading.maxAge };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // `pricing.source` makes no sense: `estimate` refuses it, a plan goes on without prices and says why.
    const unread: ProviderPrices = { status: 'unread', why: error.message };
    return { providers: new Map([[vendors[0] ?? '', unread]]), maxAge: Number.POSITIVE_INFINITY };
  }
}

/** A control plane of one's own gives no leave to ask the service for anything: copies only, unless a source is named. */
function isForeign({ pricing }: Desired, { backend, priceAddress }: OpenBackend): boolean {
  if (priceAddress !== undefined || pricing?.source !== undefined) return false;
  return new URL(backend.baseUrl).host !== new URL(defaultBaseUrl).host;
}

function explain(providers: ReadPrices['providers']): ReadPrices['providers'] {
  const host = new URL(defaultBaseUrl).host;
  return new Map(
    [...providers].map(([vendor, known]) => {
      const why = `the prices of ${vendor} are not read: with a control plane other than ${host}, \`pricing.source\` says where they are`;
      return [vendor, known.status === 'unread' ? { status: 'unread', why } : known];
    }),
  );
}

export interface RuleReading {
  /** Budgets that the plan moves; empty where nothing may be read for them. */
  readonly moves: readonly BudgetMove[];
  readonly severities: Severities;
  readonly prices: PricesForRules | null;
  readonly live: Live;
  /** Those that will be carried out; empty where nothing may be read for them. */
  readonly changes: readonly Change[];
}

/** With the impact of a plan: its cost grows with the workspaces in which budgets move. */
export async function readForRules(
  { moves, severities, prices, live, changes }: RuleReading,
  reads: Reads,
  session: Session,
): Promise<Pick<LiveFacts, 'prices' | 'traffic' | 'conditions' | 'members'> & RuleConfigs> {
  const touched = new Set(moves.map(({ change }) => change.workspaceId));
  const workspaces = live.workspaces.filter(({ id }) => touched.has(id));
  const asOf = nowOf(session).toISOString();
  const priced = moves.filter(
    ({ change, limit }) => prices !== null && change.key.kind === 'usage-policy' && namesModels(limit.match),
  );
  const shares = severities['custom-prices'] === 'off' ? [] : moves.filter(isOfIntegration);
  const [integrations, traffic, { configs, notes }, conditions, people] = await Promise.all([
    readRoutes(reads, { live, asOf, workspaceIds: idsOf(priced), slugs: namesOf(shares) }),
    workspaces.length > 0 && isAnyOn(trafficRules, severities)
      ? session.waiting('reading traffic', readTraffic(reads, { workspaces, now: session.clock.now() }))
      : new Map<string, WorkspaceTraffic>(),
    readRuleConfigs(reads, { changes, live, severities }, session),
    readRuleConditions(reads, { changes, live, severities }, session),
    readRuleMembers(reads, { changes, severities }),
  ]);
  return {
    prices: toPriceFacts(prices, integrations),
    traffic,
    conditions,
    configs,
    members: people.members,
    notes: [...notes, ...people.notes],
  };
}

function isOfIntegration({ change: { key } }: BudgetMove): boolean {
  return key.kind === 'integration-limits';
}

function namesOf(moves: readonly BudgetMove[]): string[] {
  return [...new Set(moves.map(({ change }) => change.key.name))];
}

function idsOf(moves: readonly BudgetMove[]): string[] {
  return [...new Set(moves.flatMap(({ change }) => change.workspaceId ?? []))];
}

function toPriceFacts(prices: PricesForRules | null, ways: ReadRoutes): PriceFacts | null {
  if (prices === null && ways.integrations.size === 0) return null;
  return {
    index: new PriceIndex({ providers: prices?.providers ?? new Map(), ...ways }),
    maxAge: prices?.maxAge ?? Number.POSITIVE_INFINITY,
  };
}

function isAnyOn(rules: readonly { readonly name: RuleName }[], severities: Severities): boolean {
  return rules.some(({ name }) => severities[name] !== 'off');
}

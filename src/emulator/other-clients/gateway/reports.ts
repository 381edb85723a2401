/**
 * What gateways report of use, added to the counters. On Node they report what was used since the last report; on
 * workers, at the crossing of a limit, the whole counter together with the verdict. What names nothing that is here is passed over: a
 * gateway takes any answer for success and never sends it again.
 */

import { reachesLimit } from '../../accounting.ts';
import { type Body, isObject } from '../../body.ts';
import { resetUsageLimit } from '../../resets.ts';
import type { ApiKeyRow, EntityRow, ProviderRow, Store, UsageLimitRow, UsagePolicyRow } from '../../store.ts';

export interface ReportParts {
  readonly store: Store;
  readonly newId: () => string;
  readonly timestamp: () => string;
}

interface Counter {
  current_usage?: number;
  status?: string;
  is_threshold_alerts_sent?: boolean;
  is_exhausted_alerts_sent?: boolean;
}

interface Charged {
  readonly counter: Counter;
  readonly type: UsagePolicyRow['type'];
  readonly limit: number | undefined;
  readonly threshold: number | null | undefined;
}

export function applyReport(body: Body, parts: ReportParts): void {
  reportPolicies(body, parts);
  reportOwners(
    body,
    'apiKeys',
    parts,
    (key) => parts.store.findApiKeyBySecret(key) ?? parts.store.find('apiKeys', key),
  );
  reportOwners(body, 'virtualKeyIds', parts, (key) => parts.store.find('providers', key));
  reportShares(body, parts);
  reportWorkspaces(body, parts);
}

function readEntries(body: Body, name: string): readonly Body[] {
  const sent = body[name];
  return Array.isArray(sent) ? sent.filter(isObject) : [];
}

function readTexts(body: Body, name: string): readonly string[] {
  const sent = body[name];
  return Array.isArray(sent) ? sent.filter((entry) => typeof entry === 'string') : [];
}

function readUsage(entry: Body): number {
  return typeof entry.usage === 'number' && Number.isFinite(entry.usage) ? entry.usage : 0;
}

/** Of money to the micro-cent, so that sums of fractions stay sums. */
function roundUsage(usage: number): number {
  return Math.round(usage * 1e6) / 1e6;
}

/** Adds to a counter, or lifts it to what was reported as the whole of it; then says what follows. */
function charge({ counter, type, limit, threshold }: Charged, usage: number, isWhole: boolean): void {
  const before = counter.current_usage ?? 0;
  counter.current_usage = roundUsage(isWhole ? Math.max(before, usage) : before + usage);
  if (reachesLimit(counter.current_usage, threshold, type)) counter.is_threshold_alerts_sent = true;
  if (!reachesLimit(counter.current_usage, limit, type)) return;
  counter.status = 'exhausted';
  counter.is_exhausted_alerts_sent = true;
}

/**
 * The usage of one kind of counter and the verdicts beside it. A verdict makes the usage that comes with it the whole counter; one that
 * comes alone says that the limit was reached, so the counter is there at least.
 */
function chargeAll<Verdict>(
  updates: readonly Body[],
  verdicts: readonly Verdict[],
  find: (entry: Body | Verdict) => Charged | undefined,
): void {
  const judged = new Set(verdicts.map((verdict) => find(verdict)?.counter));
  for (const entry of updates) {
    const charged = find(entry);
    if (charged === undefined) continue;
    charge(charged, readUsage(entry), judged.has(charged.counter));
    judged.delete(charged.counter);
  }
  for (const verdict of verdicts) {
    const charged = find(verdict);
    if (charged === undefined || !judged.has(charged.counter)) continue;
    const { type, limit = 0 } = charged;
    charge(charged, type === 'cost' ? limit * 100 : limit, true);
  }
}

function reportPolicies(body: Body, { store, newId }: ReportParts): void {
  const updates = readEntries(body, 'usageLimitsPoliciesToUpdateUsage');
  const verdicts = readEntries(body, 'usageLimitsPoliciesToExhaust');
  chargeAll(updates, verdicts, ({ id, value_key: valueKey }) => {
    const policy = store.find('usagePolicies', String(id));
    if (policy?.status !== 'active' || typeof valueKey !== 'string') return undefined;
    const counter = findEntity(policy, valueKey, newId);
    return { counter, type: policy.type, limit: policy.credit_limit, threshold: policy.alert_threshold };
  });
}

function findEntity(policy: UsagePolicyRow, valueKey: string, newId: () => string): EntityRow {
  const known = Object.hasOwn(policy.entities, valueKey) ? policy.entities[valueKey] : undefined;
  if (known !== undefined) return known;
  const entity: EntityRow = {
    id: newId(),
    current_usage: 0,
    status: 'active',
    is_threshold_alerts_sent: false,
    is_exhausted_alerts_sent: false,
  };
  policy.entities[valueKey] = entity;
  return entity;
}

function chargedLimit(limit: UsageLimitRow | null | undefined): Charged | undefined {
  if (limit?.credit_limit === undefined) return undefined;
  return { counter: limit, type: limit.type ?? 'cost', limit: limit.credit_limit, threshold: limit.alert_threshold };
}

/** Keys are named by their secret, providers by their id. */
function reportOwners(
  body: Body,
  prefix: 'apiKeys' | 'virtualKeyIds',
  { timestamp }: ReportParts,
  find: (key: string) => ApiKeyRow | ProviderRow | undefined,
): void {
  const updates = readEntries(body, `${prefix}ToUpdateUsage`);
  const verdicts = readTexts(body, `${prefix}ToExhaust`);
  const nameOf = (entry: Body | string): string => (typeof entry === 'string' ? entry : String(entry.id));
  chargeAll(updates, verdicts, (entry) => chargedLimit(find(nameOf(entry))?.usage_limits));
  for (const name of [...updates, ...verdicts].map(nameOf)) {
    const owner = find(name);
    if (owner?.usage_limits?.status === 'exhausted' && owner.status === 'active') owner.status = 'exhausted';
  }
  for (const key of readTexts(body, `${prefix}ToAlertThreshold`)) {
    const limit = find(key)?.usage_limits;
    if (limit) limit.is_threshold_alerts_sent = true;
  }
  for (const key of readTexts(body, `${prefix}ToReset`)) {
    const owner = find(key);
    if (!owner?.usage_limits) continue;
    resetUsageLimit(owner.usage_limits, timestamp());
    owner.last_reset_at = timestamp();
    if (owner.status === 'exhausted') owner.status = 'active';
  }
  for (const key of readTexts(body, `${prefix}ToExpire`)) {
    const owner = find(key);
    if (owner !== undefined) owner.status = 'expired';
  }
}

function reportShares(body: Body, { store }: ReportParts): void {
  const updates = readEntries(body, 'integrationWorkspacesToUpdateUsage');
  const verdicts = readEntries(body, 'integrationWorkspacesToExhaust');
  chargeAll(updates, verdicts, (entry) => {
    const integration = store.find('integrations', String(entry.integration_id));
    const [share] = integration === undefined ? [] : store.listShares(integration, String(entry.workspace_id));
    return chargedLimit(share?.usage_limits?.[0]);
  });
}

/** `{ key, type: WORKSPACE, counterType, usageLimitId }`: of several limits the one that is named, else the one of that type. */
function reportWorkspaces(body: Body, { store }: ReportParts): void {
  chargeAll(readEntries(body, 'keysToUpdateUsage'), readEntries(body, 'keysToExhaust'), (entry) => {
    const limits = entry.type === 'WORKSPACE' ? store.find('workspaces', String(entry.key))?.usage_limits : undefined;
    const type = entry.counterType ?? 'cost';
    const named = limits?.find(({ id }) => id !== undefined && id === entry.usageLimitId);
    return chargedLimit(named ?? limits?.find((limit) => (limit.type ?? 'cost') === type));
  });
}

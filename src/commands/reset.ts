/** Frees a used-up counter: what was used of a limit counts no longer. For people alone; no apply and no tool does it. */

import { createReads } from '../consumption/ask.ts';
import { isOverLimit } from '../consumption/counters.ts';
import { judgeReadLimits, usageUnitOf } from '../consumption/judged-limits.ts';
import type { LimitStatus, LiveLimit } from '../consumption/limit-status.ts';
import { readLimits } from '../consumption/read-limits.ts';
import { dayOf } from '../consumption/windows.ts';
import { UserError } from '../errors.ts';
import { type Exact, exactOf, round } from '../exact.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Backend } from '../live/backend.ts';
import { didYouMean } from '../nearest-name.ts';
import { escapeInvisible } from '../printable.ts';
import type { ResetDocument } from '../render/documents/record.ts';
import { jsonVersion, renderJson } from '../render/json.ts';
import { formatAmount } from '../resources/amounts.ts';
import type { Unit } from '../resources/types.ts';
import { askFirst } from '../run/ask-first.ts';
import { loadPoliciesIfAny } from '../run/load-policies.ts';
import { openBackend } from '../run/open-backend.ts';
import { refuseFor } from '../run/output.ts';
import { type CommandResult, type CommonOptions, nowOf, type Session } from '../run/session.ts';
import { describeCounter, kindWords } from '../tools/limit-rows.ts';

export const resettableKinds = ['policy', 'key', 'provider', 'integration'] as const;

export interface ResetOptions extends CommonOptions {
  /** Name or id of the limit. */
  readonly limit: string;
  readonly kind?: (typeof resettableKinds)[number] | undefined;
  /** Of a policy with several: this counter, as the output or the service names it; undefined: all that are used up. */
  readonly counter?: string | undefined;
  /** Do not ask. */
  readonly yes: boolean;
}

interface UsedCounter {
  /** As the service names it; null: the limit has one. */
  readonly valueKey: string | null;
  readonly name: string;
  /** Null: unknown. */
  readonly used: Exact | null;
}

/** @throws UserError, ServiceError, CancelledError */
export async function runReset(options: ResetOptions, session: Session): Promise<CommandResult> {
  const loaded = await loadPoliciesIfAny({ ...options, quiet: true }, session);
  if (loaded !== null && loaded.desired === null) return refuseFor(loaded.diagnostics, options.format, session);
  const open = await openBackend(options, session);
  try {
    const { backend } = open;
    const look = async () => {
      const reads = createReads(backend);
      const now = (): number => nowOf(session).getTime();
      const desired = loaded?.desired ?? null;
      const query = { workspaces: options.workspace, usageUnit: usageUnitOf(desired), now };
      const read = await session.waiting(`reading ${backend.baseUrl}`, readLimits(reads, query));
      const { limits } = await judgeReadLimits(read, reads, { desired, now });
      return { limits, names: read.keyNames, gaps: read.gaps };
    };
    const { limits, names, gaps } = await look();
    const limit = findLimit(options, limits, gaps.length > 0);
    const counters = chooseCounters(limit, options, names);
    if (counters.length === 0) {
      return { exit: exitCodes.ok, output: renderReset(options, limit, [], `${describeUnused(limit)}\n`) };
    }
    session.say(`${describeReset(limit, counters)}\n`);
    const what = counters.length === 1 ? 'this counter' : `these ${counters.length} counters`;
    const nobody = 'a reset forgets what was spent and there is nobody to ask';
    await askFirst({ question: `Reset ${what}?`, nobody, verb: 'reset', done: 'reset' }, options, session);
    for (const counter of counters) await send(limit.facts, counter, backend);
    // What was asked before is not asked again: the look after the write is one of its own.
    const after = (await look()).limits.find(({ facts }) => isSameLimit(facts, limit.facts));
    const isFree =
      after !== undefined && !usedUpOf(after.facts, names).some((one) => counters.some(isSameCounter(one)));
    const said = isFree
      ? `Reset: ${describePlace(limit.facts)} lets calls through again within about a minute.`
      : 'Sent, and the service still shows it used up: look again in a minute with `tollgate status`.';
    return {
      exit: isFree ? exitCodes.ok : exitCodes.partial,
      output: renderReset(options, limit, counters, `${said} The audit log of the service holds it.\n`, isFree),
    };
  } finally {
    await open.close();
  }
}

/** @throws UserError for a name that nothing has, or that several have */
function findLimit({ limit: wanted, kind }: ResetOptions, all: readonly LimitStatus[], hasGaps: boolean): LimitStatus {
  const ofKind = all.filter(({ facts }) => kind === undefined || kindWords[facts.kind] === kind);
  const byId = ofKind.filter(({ facts }) => facts.id === wanted);
  const found = byId.length > 0 ? byId : ofKind.filter((one) => nameOf(one.facts) === wanted);
  const [first] = found;
  if (first === undefined) {
    const names = ofKind.map(({ facts }) => nameOf(facts));
    const unread = hasGaps ? ' Not all limits could be read: `tollgate doctor` says why.' : '';
    throw new UserError(`no budget is called ${JSON.stringify(wanted)}${didYouMean(wanted, names)}`, {
      hint: `Write its name or id, as \`tollgate status\` and \`tollgate policies\` show them.${unread}`,
    });
  }
  if (found.length > 1) {
    const each = found.map(({ facts }) => `${describePlace(facts)}, id ${facts.id}`).sort();
    throw new UserError(`${found.length} budgets are called ${JSON.stringify(wanted)}: ${each.join('; ')}`, {
      hint: 'Write the id in place of the name, or add --workspace and --kind.',
    });
  }
  return first;
}

/** A workspace's own budget goes by its workspace. */
function nameOf({ kind, workspace, name }: LiveLimit): string {
  return kind === 'workspace-limits' ? (workspace ?? name) : name;
}

/** @throws UserError where the service resets none, or nobody knows what is used */
function chooseCounters({ facts }: LimitStatus, { counter: wanted }: ResetOptions, names: Names): UsedCounter[] {
  if (facts.kind === 'workspace-limits') {
    // docs/service-notes.md#reset-by-hand
    throw new UserError(`the service has no way to reset the counter of ${describePlace(facts)}`, {
      hint: 'Raise its budget in the files, or wait for its next reset.',
    });
  }
  if (!facts.usage.known && facts.verdict !== 'exhausted') {
    throw new UserError(`what is used of ${describePlace(facts)} is unknown: ${facts.usage.why}`, {
      hint: 'Nothing was sent: a reset is for a counter that is known to be used up.',
    });
  }
  const usedUp = usedUpOf(facts, names);
  if (wanted === undefined) return usedUp;
  const all = facts.usage.known
    ? facts.usage.counters.map(({ valueKey }) => describeCounter(valueKey, facts.per, names))
    : [];
  const chosen = usedUp.filter(({ name, valueKey }) => name === wanted || valueKey === wanted);
  if (chosen.length > 0) return chosen;
  const isThere =
    facts.usage.known && (all.includes(wanted) || facts.usage.counters.some((one) => one.valueKey === wanted));
  if (isThere) return [];
  throw new UserError(`${describePlace(facts)} has no counter ${JSON.stringify(wanted)}${didYouMean(wanted, all)}`);
}

type Names = Readonly<Record<string, string>>;

/** By the service's word, or by numbers that it reports: an estimate is not enough to forget money by. */
function usedUpOf({ usage, verdict, amount, per, kind }: LiveLimit, names: Names): UsedCounter[] {
  const limit = exactOf(amount);
  if (kind !== 'usage-policy') {
    const [counter] = usage.known ? usage.counters : [];
    const isReported = usage.known && usage.source === 'reported';
    const isOver = verdict === 'exhausted' || (isReported && counter !== undefined && isOverLimit(counter, limit));
    return isOver ? [{ valueKey: null, name: 'all of it', used: counter?.used ?? null }] : [];
  }
  if (!usage.known) return [];
  const known = usage.counters.filter((counter) => isOverLimit(counter, limit));
  const doubted = (usage.doubted ?? []).filter((counter) => counter.verdict === 'exhausted');
  return [
    ...known.map(({ valueKey, used }) => ({ valueKey, used })),
    ...doubted.map(({ valueKey }) => ({ valueKey, used: null })),
  ].map((one) => ({ ...one, name: describeCounter(one.valueKey, per, names) }));
}

async function send(facts: LiveLimit, { valueKey }: UsedCounter, backend: Backend): Promise<void> {
  const { kind, id, name, workspace } = facts;
  switch (kind) {
    case 'usage-policy':
      if (valueKey !== null && (await backend.resetCounter(id, valueKey))) return;
      throw new UserError(`the service shows no such counter of ${describePlace(facts)} any more`);
    case 'key-limits':
      return backend.setLimits({ kind, keyId: id }, { reset_usage: true });
    case 'provider-limits': {
      const workspaceId = await idOfWorkspace(workspace, backend);
      return backend.setLimits({ kind, slug: name, workspaceId }, { reset_usage: true });
    }
    case 'integration-limits': {
      const workspaceId = await idOfWorkspace(workspace, backend);
      const rows = await backend.listIntegrationWorkspaces(name);
      const row = rows.find((one) => one.id === workspaceId || one.id === workspace);
      // The service asks for it with each entry; it stays as it is.
      if (row?.enabled === undefined) throw new UserError(`whether ${describePlace(facts)} is enabled cannot be read`);
      const body = { enabled: row.enabled, reset_usage: true };
      return backend.setLimits({ kind, slug: name, workspaceSlug: workspace ?? '' }, body);
    }
    case 'rate-policy':
    case 'workspace-limits':
      throw new Error(`${kind} has no counter that can be reset`);
  }
}

async function idOfWorkspace(slug: string | null, backend: Backend): Promise<string> {
  const found = (await backend.listWorkspaces()).find((row) => row.slug === slug);
  if (found !== undefined) return found.id;
  throw new UserError(`the workspace ${slug} is no longer listed`);
}

function isSameLimit(a: LiveLimit, b: LiveLimit): boolean {
  return a.kind === b.kind && a.id === b.id;
}

function isSameCounter(a: UsedCounter): (b: UsedCounter) => boolean {
  return (b) => a.valueKey === b.valueKey;
}

/** `policy "all" of search` */
function describePlace(facts: LiveLimit): string {
  const { kind, workspace } = facts;
  const of = workspace === null ? ' of the organisation' : kind === 'workspace-limits' ? '' : ` of ${workspace}`;
  return escapeInvisible(`${kindWords[kind]} ${JSON.stringify(nameOf(facts))}${of}`);
}

/** The counter by name, what it holds, and what a reset does to money. */
function describeReset({ facts, nextReset }: LimitStatus, counters: readonly UsedCounter[]): string {
  const { unit, amount } = facts;
  const limit = formatAmount(amount, unit);
  const lines = counters.map(
    ({ name, used }) =>
      `  ${escapeInvisible(name)}: ${used === null ? 'used up' : `${amountOf(used, unit)} used`} of ${limit}`,
  );
  const more = formatAmount(amount * counters.length, unit);
  const until =
    nextReset === null
      ? 'It never resets by itself: what was used before is added to that'
      : nextReset === 'unknown'
        ? 'Its next reset is unknown'
        : `Until its next reset on ${dayOf(nextReset)} that is on top of what was used`;
  return [`${describePlace(facts)}`, ...lines, `After a reset up to ${more} more can be used. ${until}.`].join('\n');
}

function describeUnused({ facts, used }: LimitStatus): string {
  const limit = formatAmount(facts.amount, facts.unit);
  const of = used === null ? '' : `: ${amountOf(used, facts.unit)} of ${limit} by its fullest counter`;
  return `Nothing to reset: ${describePlace(facts)} is not used up${of}.`;
}

function amountOf(value: Exact, unit: Unit): string {
  return formatAmount(Number(round(value)), unit);
}

function renderReset(
  { format }: ResetOptions,
  { facts }: LimitStatus,
  counters: readonly UsedCounter[],
  said: string,
  ok = true,
): string {
  if (format !== 'json') return said;
  const { kind, workspace, id, name } = facts;
  const reset = counters.map(({ valueKey, name: counter, used }) => ({
    counter,
    value_key: valueKey,
    used: used === null ? null : Number(round(used)),
  }));
  return renderJson<ResetDocument>({
    version: jsonVersion,
    ok,
    limit: { kind, workspace, id, name, unit: facts.unit },
    reset,
  });
}

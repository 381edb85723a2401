/** Rules about one entry's amounts, alerts and resets, or those of one file. */

import { formatAlert, formatAmount } from '../resources/amounts.ts';
import { alertOf, isBudget } from '../resources/fields.ts';
import { formatRateLimit } from '../resources/limit.ts';
import { secondsOfWindow } from '../resources/rate-windows.ts';
import { hasAlert, reachesNobody, toldBy } from '../resources/told-by.ts';
import type { Desired, DesiredEntry } from '../resources/types.ts';
import { type DeclaredBudget, type DeclaredRate, isOwn, labelOfEntry } from './limits.ts';
import { at, atSetting, type FileRule } from './types.ts';

/** Percent of the budget above which an alert leaves no time to act. */
const latestAlert = 95;

/** Tokens that a short question with a short answer uses. */
const smallCall = 1_000;

const alertMissing: FileRule = {
  name: 'alert-missing',
  id: 'T2',
  severity: 'warning',
  where: 'file',
  finds: 'a budget without `alert:`',
  why: 'Without an alert the first that anybody hears of a budget is its refusal: the gateway answers 412 to every call from then on. `alert: none` says that nobody wants to know. Where `review.require` holds `alert`, a missing one is an error already and this rule is silent.',
  fix: 'Write `alert: 80%`, or `alert: none` if nobody is to be told.',
  check: ({ desired, settings, limits: { budgetsOf } }, found) => {
    if (settings.require.includes('alert')) return;
    for (const entry of desired.entries) {
      for (const { alert, field, amount, unit } of budgetsOf(entry).filter(isOwn)) {
        if (alert === undefined)
          found(at(entry, field), `nobody is told before ${formatAmount(amount, unit)} is used up`);
      }
    }
  },
};

const alertTooLate: FileRule = {
  name: 'alert-too-late',
  id: 'T4',
  severity: 'info',
  where: 'file',
  finds: `an alert above ${latestAlert} % of its budget`,
  why: 'An alert is there so that somebody can act before callers are refused. Shortly before the end there is no time left: counters are added up about once a minute, and mail takes its own time.',
  fix: 'Lower the alert, to 80% for example.',
  check: ({ desired, limits: { budgetsOf } }, found) => {
    for (const entry of desired.entries) {
      for (const { alert, amount, unit, field } of budgetsOf(entry).filter(isOwn)) {
        // In whole numbers: 95 % of $200 is exactly $190, and "above" means more.
        if (typeof alert !== 'number' || alert * 100 <= latestAlert * amount) continue;
        const left = formatAmount(amount - alert, unit);
        const said = formatAlert(alert, amount, unit, entry.kind !== 'usage-policy');
        found(at(entry, isBudget(field) ? alertOf(field) : 'alert'), `the alert at ${said} leaves ${left} to act in`);
      }
    }
  },
};

const weeksDiffer: FileRule = {
  name: 'weeks-differ',
  id: 'T8',
  severity: 'warning',
  where: 'file',
  finds: 'weekly budgets of a policy and of a key, workspace, provider or integration in one workspace',
  why: 'The service starts the week of a policy on Monday 00:00 UTC, and that of every other budget on Sunday 00:00 UTC. Two budgets that look alike in the file then open and close a day apart: on Sundays one has its whole amount and the other what is left of last week.',
  fix: 'Use `monthly`, or move both limits to policies.',
  check: ({ byWorkspace, limits: { budgetsOf } }, found) => {
    for (const [workspace, entries] of byWorkspace) {
      if (workspace === null) continue;
      const weekly = entries.flatMap(budgetsOf).filter(({ reset }) => reset === 'weekly');
      const policy = weekly.find(({ entry }) => entry.kind === 'usage-policy');
      const other = weekly.find(({ entry }) => entry.kind !== 'usage-policy');
      if (policy === undefined || other === undefined) continue;
      const message = `the week of ${labelOfEntry(policy.entry)} starts on Monday, that of ${labelOfEntry(other.entry)} on Sunday (00:00 UTC)`;
      // A default that is copied into many workspaces is not to blame for the entry beside it.
      const blamed = policy.entry.fromDefaults === true ? other : policy;
      found(at(blamed.entry, 'reset', blamed.field), message);
    }
  },
};

const lifetimeLikeMonthly: FileRule = {
  name: 'lifetime-amount-like-monthly',
  id: 'T9',
  severity: 'warning',
  where: 'file',
  finds: 'a budget with `reset: never` and the very amount of a monthly one of the same kind in the workspace',
  why: 'A budget that never resets stops its callers for good when it is used up. With the amount of a monthly budget beside it, it is more often a slip than a lifetime cap.',
  fix: 'Write `reset: monthly`, or say under `silence:` that it is a lifetime cap.',
  check: ({ byWorkspace, limits: { budgetsOf } }, found) => {
    for (const entries of byWorkspace.values()) {
      const budgets = entries.flatMap(budgetsOf);
      for (const budget of budgets) {
        if (budget.reset !== 'never' || !isOwn(budget)) continue;
        const like = budgets.find((other) => other.reset === 'monthly' && isAlike(budget, other));
        if (like === undefined) continue;
        const amount = formatAmount(budget.amount, budget.unit);
        found(
          at(budget.entry, 'reset', budget.field),
          `${amount} is never given again, while ${labelOfEntry(like.entry)} has it every month`,
        );
      }
    }
  },
};

function isAlike(a: DeclaredBudget, b: DeclaredBudget): boolean {
  return a.unit === b.unit && a.amount === b.amount && a.entry.kind === b.entry.kind;
}

const rateNeverBindsItself: FileRule = {
  name: 'rate-never-binds-itself',
  id: 'A10',
  severity: 'info',
  where: 'file',
  finds: 'a rate of a short window that is not below one of a longer window on the same entry',
  why: 'With 60 requests a minute, 100 requests a second can never be reached: the minute is used up before. The finer rate says more than it does.',
  fix: 'Lower the rate of the shorter window, or take it out.',
  check: ({ desired, limits: { ratesOf } }, found) => {
    for (const entry of desired.entries) {
      const rates = ratesOf(entry);
      for (const finer of rates) {
        const coarser = rates.find((other) => isCoarserRate(other, finer) && finer.amount >= other.amount);
        if (coarser === undefined || !(isOwn(finer) || isOwn(coarser))) continue;
        const said = [finer, coarser].map(formatRateLimit);
        found(at(entry, finer.field, coarser.field), `${said[0]} is never reached beside ${said[1]}`);
      }
    }
  },
};

function isCoarserRate(a: DeclaredRate, b: DeclaredRate): boolean {
  return a.unit === b.unit && secondsOfWindow[a.window] > secondsOfWindow[b.window];
}

const tokenRateBelowOneCall: FileRule = {
  name: 'token-rate-below-one-call',
  id: 'A11',
  severity: 'warning',
  where: 'file',
  finds: `a token rate below ${formatAmount(smallCall, 'tokens')} in its window`,
  why: 'Before a call the gateway asks whether what is used plus `max_tokens` of the call still fits. Where one ordinary call does not fit by itself, none is let through at all.',
  fix: 'Write what several calls may use, such as `100k tokens/minute`, or limit requests instead.',
  check: ({ desired, limits: { ratesOf } }, found) => {
    for (const entry of desired.entries) {
      for (const limit of ratesOf(entry).filter(isOwn)) {
        if (limit.unit !== 'tokens' || limit.amount >= smallCall) continue;
        found(at(entry, limit.field), `${formatRateLimit(limit)} is less than one call of ordinary length uses`);
      }
    }
  },
};

const recipientsWithoutBudget: FileRule = {
  name: 'recipients-without-budget',
  id: 'K3',
  severity: 'warning',
  where: 'file',
  finds: '`recipients:` on a key that has no budget',
  why: 'Recipients are told when a budget reaches its alert or its end. Nothing is ever sent about a key that has only rates, or no limit.',
  fix: 'Give the key a `budget:`, or take the recipients out.',
  check: ({ desired, limits: { budgetsOf } }, found) => {
    for (const entry of desired.entries) {
      if (entry.kind !== 'key-limits' || recipientsOf(entry).length === 0) continue;
      if (budgetsOf(entry).length === 0)
        found(at(entry, 'recipients'), `the recipients of ${budgetless(entry)} are never told anything`);
    }
  },
};

/** Those written on the entry itself: what comes from above is said for many keys, and some have a budget. */
function recipientsOf(entry: DesiredEntry): readonly string[] {
  if (entry.fieldSources.recipients === undefined) return [];
  return entry.fields.recipients ?? [];
}

function budgetless({ name }: DesiredEntry): string {
  return name === '*' ? 'keys without a budget' : `key "${name}", which has no budget,`;
}

const singleRecipient: FileRule = {
  name: 'single-recipient',
  id: 'K5',
  severity: 'info',
  where: 'file',
  finds: 'a key with a budget whose alerts go to one address alone',
  why: 'Alerts about money are for people who can act. One address is on holiday at some time; the addresses of the workspace and the organisation (`alerts:`) are added to every key.',
  fix: 'Add a group address, here or under `alerts:` of the file.',
  check: ({ desired, limits: { budgetsOf } }, found) => {
    for (const entry of desired.entries) {
      if (entry.kind !== 'key-limits' || recipientsOf(entry).length !== 1 || budgetsOf(entry).length === 0) continue;
      found(
        at(entry, 'recipients'),
        `only ${recipientsOf(entry)[0]} is told about ${entry.name === '*' ? 'these keys' : `key "${entry.name}"`}`,
      );
    }
  },
};

const alertReachesNobody: FileRule = {
  name: 'alert-reaches-nobody',
  id: 'K2',
  severity: 'warning',
  where: 'file',
  finds: 'an alert of a policy of which no channel tells anybody, though there are channels',
  why: 'The service mails nothing for policies. Channels that are mail tell nobody where no recipients are in force, and `none` under `alerts:` of an entry takes away what stands above it.',
  fix: 'Write recipients or a channel under `alerts:` of the entry, its file or the organisation, or `alert: none` if nobody is to be told.',
  check: ({ desired }, found) => {
    if (!hasChannels(desired)) return;
    for (const entry of silentAlerts(desired)) {
      found(at(entry, 'alert'), `nobody is told of the alert of policy "${entry.name}"`);
    }
  },
};

const alertsWithoutChannel: FileRule = {
  name: 'alerts-without-channel',
  id: 'K2',
  severity: 'info',
  where: 'file',
  finds: 'alerts of policies where the organisation file has no `channels:`',
  why: 'The service mails for keys and workspaces, and nothing for policies: their alerts are numbers in a dashboard until channels tell them.',
  fix: 'Write `channels:` in the organisation file, and `alerts: {recipients: […]}` where they belong.',
  check: ({ desired }, found) => {
    if (hasChannels(desired)) return;
    // One cause, one line: what is missing is missing for all of them.
    const [first, ...more] = silentAlerts(desired).filter(
      ({ silence }) => silence?.[alertsWithoutChannel.name] === undefined,
    );
    if (first === undefined) return;
    const alerts =
      more.length === 0
        ? `the alert of policy "${first.name}" tells`
        : `the alerts of ${more.length + 1} policies tell`;
    found(atSetting(desired, 'channels'), `${alerts} nobody: there are no \`channels:\``);
  },
};

function hasChannels({ alerting }: Desired): boolean {
  return Object.keys(alerting?.channels ?? {}).length > 0;
}

function silentAlerts({ entries, alerting }: Desired): DesiredEntry[] {
  return entries.filter(
    (entry) => entry.absent !== true && hasAlert(entry, alerting) && reachesNobody(toldBy(entry, alerting)),
  );
}

export const amountRules: readonly FileRule[] = [
  alertMissing,
  alertTooLate,
  weeksDiffer,
  lifetimeLikeMonthly,
  rateNeverBindsItself,
  tokenRateBelowOneCall,
  recipientsWithoutBudget,
  singleRecipient,
  alertReachesNobody,
  alertsWithoutChannel,
];

/** Rules about live keys and providers: what is used up, ends, or tells people that nobody allowed. */

import { dayMilliseconds, nextReset } from '../consumption/windows.ts';
import type { LiveObject } from '../live/live.ts';
import { budgetFromWire } from '../resources/limits.ts';
import type { WireKey, WireProvider } from '../resources/wire.ts';
import { listKeys } from './live-lookup.ts';
import { at, type LiveRule } from './types.ts';

/** Days before the end of a key in which somebody has to act. */
const soonDays = 14;

const exhausted: LiveRule = {
  name: 'exhausted',
  id: 'K6',
  severity: 'warning',
  where: 'live',
  finds: 'a declared key or provider whose budget is used up',
  why: 'Every call is refused with 412 until the budget starts again, and one that never resets stays refused. Backends before 1.20 keep the state after a raise until the next reset.',
  fix: 'Raise the budget, wait for the reset, or free the counter with `tollgate reset NAME`.',
  check: (facts, found) => {
    for (const { entry, live, name } of facts.resolved) {
      if (live === null || (live.kind !== 'key-limits' && live.kind !== 'provider-limits')) continue;
      const row = live.row as WireKey & WireProvider;
      const limits = row.usage_limits;
      if (row.status !== 'exhausted' && limits?.status !== 'exhausted') continue;
      const budget = budgetFromWire(limits);
      const said = row.next_usage_reset_at ?? limits?.next_usage_reset_at;
      const next =
        budget === null
          ? 'unknown'
          : nextReset({ reset: budget.reset, level: 'limits', now: facts.now, nextReset: said });
      const until =
        next === null
          ? 'for good: it never resets'
          : next === 'unknown'
            ? 'until its next reset'
            : `until ${dateOf(next)}`;
      found(
        at(entry, 'budget'),
        `${live.kind === 'key-limits' ? 'key' : 'provider'} "${name}" is used up, and refused ${until}`,
      );
    }
  },
};

function dateOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

const expiresSoon: LiveRule = {
  name: 'expires-soon',
  id: 'K7',
  severity: 'warning',
  where: 'live',
  finds: `a declared key or provider that has expired, expires within ${soonDays} days, or is ended by the plan`,
  why: 'From then on its callers get 401, whatever the budget says. Nobody is told beforehand by the service.',
  fix: 'Write a later `expires:`, or replace the key and take its entry out.',
  check: (facts, found) => {
    const ended = new Set(
      facts.changes.flatMap(({ key, liveId, expiresAtOnce }) => (expiresAtOnce ? [`${key.kind}\n${liveId}`] : [])),
    );
    for (const { entry, live, name, fields } of facts.resolved) {
      if (live === null || (live.kind !== 'key-limits' && live.kind !== 'provider-limits')) continue;
      // What the files ask for is what will be, unless they say nothing.
      const end = 'expires' in fields ? fields.expires : (live.row.expires_at as string | null | undefined);
      const time = typeof end === 'string' ? Date.parse(end) : Number.NaN;
      const isOver = time <= facts.now || (live.row.status === 'expired' && !('expires' in fields));
      if (!isOver && !(time - facts.now <= soonDays * dayMilliseconds)) continue;
      const what = `${live.kind === 'key-limits' ? 'key' : 'provider'} "${name}"`;
      if (ended.has(`${live.kind}\n${live.id}`)) {
        found(at(entry, 'expires'), `this plan ends ${what}, which works until then: ${dateOf(time)} is over`);
        continue;
      }
      const when = Number.isNaN(time) ? '' : ` ${isOver ? 'on' : 'at'} ${dateOf(time)}`;
      found(at(entry, 'expires'), `${what} ${isOver ? 'has expired' : 'expires'}${when}`);
    }
  },
};

const legacyVirtualKey: LiveRule = {
  name: 'legacy-virtual-key',
  id: 'K10',
  severity: 'info',
  where: 'live',
  finds: 'a declared provider that is a virtual key of the old kind, without an integration',
  why: 'Virtual keys with credentials of their own are what providers were before the Model Catalog. They go on working; limits and models of an integration do not reach them.',
  fix: 'Create the provider anew from an integration, and move its callers.',
  check: (facts, found) => {
    for (const { entry, live, name } of facts.resolved) {
      if (live?.kind !== 'provider-limits') continue;
      // Null or empty: none. Missing: the service did not say.
      const { integration_id: integration } = live.row as WireProvider;
      if (integration === null || integration === '')
        found(at(entry), `provider "${name}" has no integration: it is a virtual key of the old kind`);
    }
  },
};

const recipientOutsideDomains: LiveRule = {
  name: 'recipient-outside-domains',
  id: 'K1',
  severity: 'warning',
  where: 'live',
  finds: 'live keys whose alerts go to an address outside `review.recipient_domains`',
  why: 'Such an address in a file is an error. One that somebody added by hand is in no file: it learns the names of keys and what they spend, and nobody reviewed it.',
  fix: 'Declare the recipients of the key, which takes the address out, or allow its domain.',
  check: (facts, found) => {
    const domains = facts.settings.recipient_domains;
    if (domains === null) return;
    const managed = new Set(
      facts.resolved.flatMap(({ live, fields }) => (live !== null && 'recipients' in fields ? [live.id] : [])),
    );
    for (const workspace of facts.desired.workspaces) {
      const place = facts.index.findWorkspace(workspace.ref);
      if (place === undefined) continue;
      const told = facts.index
        .at('key-limits', place.id)
        .all.filter(
          (object) => !managed.has(object.id) && addressesOf(object).some((address) => !isWithin(address, domains)),
        );
      if (told.length > 0)
        found(
          { workspace },
          `${listKeys(told)} of ${place.slug} tell${told.length === 1 ? 's' : ''} somebody outside the allowed domains`,
        );
    }
  },
};

export const recipientToldAnyway: LiveRule = {
  name: 'recipient-told-anyway',
  id: 'K4',
  severity: 'info',
  where: 'live',
  finds:
    'recipients of a key whom the service tells anyway: owners and admins of the organisation, and whose key it is',
  why: 'The service mails them whatever the list says, and they stay in it when they leave the organisation. Looked for where the plan changes recipients, as far as the key may list people.',
  fix: 'Take the address out, unless it is to be told after its owner has left.',
  check: (facts, found) => {
    const { members } = facts;
    if (members === null || 'unknown' in members) return;
    const byId = new Map(members.value.map((member) => [member.id, member]));
    const roles = new Map(
      members.value.flatMap(({ email, role }) =>
        email !== null && (role === 'owner' || role === 'admin') ? [[email, role] as const] : [],
      ),
    );
    for (const { entry, live, name, fields } of facts.resolved) {
      if (live?.kind !== 'key-limits') continue;
      const { user_id: user } = live.row as unknown as WireKey;
      const own = user ? (byId.get(user)?.email ?? null) : null;
      const reasons = (fields.recipients ?? []).flatMap((address) => {
        const role = roles.get(address);
        if (role !== undefined)
          return [`${address} (${role === 'owner' ? 'an owner' : 'an admin'} of the organisation)`];
        return address === own ? [`${address} (key "${name}" is theirs)`] : [];
      });
      if (reasons.length > 0) found(at(entry, 'recipients'), `the service tells ${reasons.join(', ')} anyway`);
    }
  },
};

function addressesOf({ row }: LiveObject): readonly string[] {
  const { alert_emails: emails } = row;
  return Array.isArray(emails) ? emails.filter((email) => typeof email === 'string') : [];
}

function isWithin(address: string, domains: readonly unknown[]): boolean {
  return domains.includes(address.slice(address.lastIndexOf('@') + 1).toLowerCase());
}

export const keyRules: readonly LiveRule[] = [
  exhausted,
  expiresSoon,
  legacyVirtualKey,
  recipientOutsideDomains,
  recipientToldAnyway,
];

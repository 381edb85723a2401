/** Whom a counter is about, in names of traffic: a person has never seen a counter. */

import { fromText } from '../../exact.ts';
import type { LimitImpact, PeopleImpact } from '../../impact/document.ts';
import { formatExact } from '../../impact/money.ts';
import type { Change, Plan } from '../../plan/types.ts';
import { escapeInvisible } from '../../printable.ts';
import type { Unit } from '../../resources/types.ts';
import { describeMatch } from '../describe-change.ts';

/** As many are named where that is all; else one less, and the rest is a number. */
const mostNamed = 3;

/** Of one grouping, `metadata.team:vision`; what is counted by several cannot be parsed and stays whole. */
const oneGroup = /^metadata\.([^:]+):([^:]+)$/;

/** `key newsletter-bot`, `team vision`, `user ada`. */
export function describeCaller(name: string, per: readonly string[]): string {
  const [, group, member] = oneGroup.exec(name) ?? [];
  if (group !== undefined && member !== undefined) return escapeInvisible(`${nounOf(group)} ${member}`);
  const isKey = per.length === 1 && per[0] === 'api_key' && !name.startsWith('api_key:');
  return escapeInvisible(isKey ? `key ${name}` : name);
}

function nounOf(group: string): string {
  return group.replace(/^_/, '');
}

/** What the counters that were read are kept for: those of a limit that counts otherwise from now on are the old ones. */
export function perOfCounters({ before }: Change, { counter, shared_by: per }: LimitImpact): readonly string[] {
  return counter === 'starts-at-zero' && Array.isArray(before?.per) ? before.per : per;
}

/** `4 keys`, `1 user`, `3 counters`. */
export function countCallers(people: PeopleImpact, per: readonly string[]): string {
  return `${people.count} ${nounFor(people, per)}${people.count === 1 ? '' : 's'}`;
}

function nounFor({ largest }: PeopleImpact, per: readonly string[]): string {
  const named = new Set(largest.map(({ name }) => oneGroup.exec(name ?? '')?.[1] ?? null));
  // Those of a limit that counts otherwise from now on are called by what it counted until now.
  const [own] = named.size === 1 ? [...named] : [];
  const group = own ?? (per.length === 1 ? (per[0] ?? '') : '').replace(/^metadata\./, '');
  const known: Readonly<Record<string, string>> = { api_key: 'key', '': 'counter', workspace_id: 'counter' };
  return known[group] ?? escapeInvisible(nounOf(group));
}

/** `keys newsletter-bot ($104.19), brand-studio ($94.82), 2 more`; null: nobody is to be named. */
export function nameCallers(people: PeopleImpact, per: readonly string[], unit: Unit): string | null {
  const { count, largest } = people;
  const shown = largest.slice(0, count <= mostNamed ? mostNamed : mostNamed - 1).flatMap(({ name, used }) => {
    const amount = formatExact(fromText(used), unit);
    return name === null ? [] : [`${escapeInvisible(oneGroup.exec(name)?.[2] ?? name)} (${amount})`];
  });
  if (shown.length === 0) return null;
  const noun = nounFor(people, per);
  const head = noun === 'counter' ? '' : `${noun}${count === 1 ? '' : 's'} `;
  return `${head}${shown.join(', ')}${count > shown.length ? `, ${count - shown.length} more` : ''}`;
}

/** Of a limit with one counter: `all calls of Shop Assistant`. */
export function describeAllCalls({ key, after, before }: Change, { workspaces, names }: Plan): string {
  const own = key.workspace === null ? 'the organisation' : nameOfWorkspace(key.workspace, { workspaces });
  switch (key.kind) {
    case 'key-limits':
      return escapeInvisible(`all calls with key ${key.name}`);
    case 'provider-limits':
      return escapeInvisible(`all calls of ${own} through provider ${key.name}`);
    case 'integration-limits':
      return escapeInvisible(`all calls of ${own} through integration ${key.name}`);
    default: {
      const match = describeMatch((after ?? before)?.match, names);
      return match === null ? `all calls of ${own}` : `all calls of ${own} for ${match}`;
    }
  }
}

export function nameOfWorkspace(slug: string, { workspaces }: Pick<Plan, 'workspaces'>): string {
  return escapeInvisible(workspaces.find((one) => one.slug === slug)?.name ?? slug);
}

/** `review.approvals`: whose word a change needs beside a review that counts, as written and in words. */

import { canonicalJson } from '../stable-json.ts';
import { formatAmount } from './amounts.ts';
import type { ApprovalRule } from './review-settings.ts';
import type { Kind } from './types.ts';

/** What `kind` of a rule is written as, and what it is about: of a section of the files all that it holds. */
export const wordsOfKinds = {
  workspace: ['workspace-limits'],
  key: ['key-limits'],
  provider: ['provider-limits'],
  integration: ['integration-limits', 'integration-prices'],
  'integration-prices': ['integration-prices'],
  'usage-policy': ['usage-policy'],
  'rate-policy': ['rate-policy'],
} as const satisfies Readonly<Record<string, readonly Kind[]>>;
export type KindWord = keyof typeof wordsOfKinds;

/** @param word undefined: of any kind */
export function isOfKind(word: string | undefined, kind: Kind): boolean {
  if (word === undefined || word === kind) return true;
  const kinds: readonly Kind[] = Object.hasOwn(wordsOfKinds, word) ? wordsOfKinds[word as KindWord] : [];
  return kinds.includes(kind);
}

type Approver =
  | { readonly kind: 'person'; readonly login: string }
  | { readonly kind: 'team'; readonly org: string; readonly slug: string };

const loginText = '[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:_[A-Za-z0-9]{1,20})?';
/** `login`, `@login` or `@org/team`. Accounts of apps are none: their reviews do not count. */
export const approverText = new RegExp(`^(?:@?${loginText}|@${loginText}/[A-Za-z0-9][A-Za-z0-9._-]{0,99})$`);

/** Null: it names neither a person nor a team. */
export function parseApprover(text: string): Approver | null {
  if (!approverText.test(text)) return null;
  const [name = '', slug] = text.toLowerCase().replace(/^@/, '').split('/');
  return slug === undefined ? { kind: 'person', login: name } : { kind: 'team', org: name, slug };
}

export function writeApprover(approver: Approver): string {
  return approver.kind === 'person' ? `@${approver.login}` : `@${approver.org}/${approver.slug}`;
}

/** The person or team that an `owner:` names, in the form of `by`; null: it is a text for people, as any without an `@`. */
export function approverOfOwner(owner: string | undefined): string | null {
  const approver = owner?.startsWith('@') === true ? parseApprover(owner) : null;
  return approver === null ? null : writeApprover(approver);
}

/** Those of both: whoever is asked by either is asked. */
export function joinRules(...lists: readonly (readonly ApprovalRule[])[]): readonly ApprovalRule[] {
  const rules = new Map(lists.flat().map((rule) => [canonicalJson(rule), rule]));
  return [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}

export function asksOwners(rules: readonly ApprovalRule[] | undefined): boolean {
  return rules?.some(({ owner }) => owner === true) === true;
}

/** `above $1,000 per 30 days, by @org/finance`. */
export function describeRule({ above, kind, by, owner }: ApprovalRule): string {
  const what = [
    ...(above === undefined ? [] : [`above ${formatAmount(above, 'cost')} per 30 days`]),
    ...(kind === undefined ? [] : [kind]),
  ];
  const who = owner === true ? 'its owner, where that names somebody' : (by ?? []).join(' or ');
  return `${what.length === 0 ? 'everything' : what.join(', ')}: by ${who}`;
}

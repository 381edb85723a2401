/** `groups:` of the organisation file: workspaces that answer for one ceiling together, and which of them a group means. */

import { compareText } from '../diagnostics.ts';
import { type AlertThreshold, addressText } from './alert-settings.ts';

/** A window that comes again: what is committed once is no rate of spending. */
export type GroupReset = 'weekly' | 'monthly' | `every ${number} days`;

export interface WorkspaceGroup {
  readonly owner?: string;
  /** Slugs, UUIDs and globs on slugs; sorted, each once. */
  readonly workspaces: readonly string[];
  /** Whole cents in a window of `reset`. Missing: the group is only shown. */
  readonly ceiling?: number;
  /** Missing: monthly. */
  readonly reset?: GroupReset;
  /** Of the ceiling, ascending. Missing: that it is spent is told all the same. */
  readonly alert?: readonly AlertThreshold[];
}

/** Lower-cased, as recipients are; null: the owner is a name for people. */
export function addressOfOwner(owner: string | null | undefined): string | null {
  return typeof owner === 'string' && addressText.test(owner) && owner.length <= 254 ? owner.toLowerCase() : null;
}

/** Everybody whom a group has mailed, each once: whoever owns a ceiling is told of it. */
export function recipientsOfGroup({ owner, ceiling, alert = [] }: WorkspaceGroup): string[] {
  if (ceiling === undefined) return [];
  return [...new Set([addressOfOwner(owner) ?? [], alert.map(({ recipients = [] }) => recipients)].flat(2))].sort(
    compareText,
  );
}

export function isGroupReset(text: string): text is GroupReset {
  return /^(?:weekly|monthly|every \d{1,3} days)$/.test(text);
}

/** By name. */
export type WorkspaceGroups = Readonly<Record<string, WorkspaceGroup>>;

/** Of a workspace what groups may name it by. */
export interface Groupable {
  readonly id: string;
  readonly slug: string;
}

export function isGlob(written: string): boolean {
  return written.includes('*');
}

/** By any of these; an id in any case, as everywhere. */
export function isMeantBy(written: readonly string[], { id, slug }: Groupable): boolean {
  return written.some((one) => matchesGlob(one, slug) || one.toLowerCase() === id.toLowerCase());
}

/**
 * An asterisk stands for any characters, none among them; nothing else is special. What stands between two of them is looked for from
 * the left, once: no pattern makes that slow.
 */
export function matchesGlob(glob: string, slug: string): boolean {
  const [first = '', ...others] = glob.split('*');
  const last = others.pop();
  if (last === undefined) return glob === slug;
  if (!slug.startsWith(first)) return false;
  let from = first.length;
  for (const part of others) {
    const found = slug.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return slug.length - last.length >= from && slug.endsWith(last);
}

/** Names of the groups that mean it, sorted: of good files there is one at most. */
export function groupNamesOf(workspace: Groupable, groups: WorkspaceGroups): string[] {
  return Object.entries(groups)
    .flatMap(([name, { workspaces }]) => (isMeantBy(workspaces, workspace) ? [name] : []))
    .sort(compareText);
}

/**
 * Each workspace once: under its group, the first by name where several mean it, which is an error elsewhere; under null where none does.
 * Every group is there, and `null` last.
 */
export function partition<W extends Groupable>(
  workspaces: readonly W[],
  groups: WorkspaceGroups,
): ReadonlyMap<string | null, readonly W[]> {
  const parts = new Map<string | null, W[]>([...Object.keys(groups).sort(compareText), null].map((name) => [name, []]));
  for (const workspace of workspaces) {
    const [name = null] = groupNamesOf(workspace, groups);
    parts.get(name)?.push(workspace);
  }
  return parts;
}

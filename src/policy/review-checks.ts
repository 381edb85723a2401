/**
 * What `review:` asks of every entry, judged over the desired state alone: by the file's own settings while it is compiled,
 * and by those in force once they are known, so that a change cannot take out the line that it offends.
 */

import { type Diagnostic, type Source, sortDiagnostics } from '../diagnostics.ts';
import { alertOf, isBudget } from '../resources/fields.ts';
import { isPolicyKind } from '../resources/registry.ts';
import type { RequirableField, Review } from '../resources/review-settings.ts';
import type { Desired, DesiredEntry } from '../resources/types.ts';
import { quote } from './quote.ts';

/** By the settings in force. */
export function checkReview(desired: Desired, review: Pick<Review, 'require' | 'recipient_domains'>): Diagnostic[] {
  return sortDiagnostics([
    ...findMissing(desired, review.require),
    ...findStrangers(desired, review.recipient_domains),
  ]);
}

/** `review.require`. A field that is `none` has been decided upon, which is what the organisation asks for. */
export function findMissing(desired: Desired, required: readonly RequirableField[]): Diagnostic[] {
  const workspaceOf = new Map(desired.workspaces.map((workspace) => [workspace.ref as string | null, workspace]));
  const found: Diagnostic[] = [];
  const told = new Set<string>();
  for (const key of required) {
    for (const entry of desired.entries) {
      if (!lacks[key](entry)) continue;
      // A default is as good as its own line; an owner that is missing is missing at the top of the workspace's file.
      const workspace = workspaceOf.get(entry.workspace);
      const isInherited = key === 'owner' && workspace !== undefined && workspace.owner === undefined;
      const source = isInherited ? workspace.source : entry.source;
      const place = JSON.stringify([key, source]);
      if (told.has(place)) continue;
      told.add(place);
      const what = isInherited ? quote(workspace.ref) : quote(entry.name);
      const where = isInherited ? ' at the top of the file, or at each entry' : '';
      const message = `${what} has no \`${key}\`, which \`review.require\` asks for: write \`${key}:\`${where}`;
      found.push(problem(`required-${key}`, source, message));
    }
  }
  return found;
}

const lacks: Readonly<Record<RequirableField, (entry: DesiredEntry) => boolean>> = {
  owner: (entry) => entry.owner === undefined && entry.workspace !== null && entry.absent !== true,
  description: (entry) => isPolicyKind(entry.kind) && entry.absent !== true && !('description' in entry.fields),
  alert: (entry) => {
    const { fields } =
      entry.fieldsOverStar === undefined ? entry : { fields: { ...entry.fieldsOverStar, ...entry.fields } };
    if (entry.kind === 'usage-policy') return 'amount' in fields && !('alert' in fields);
    return Object.keys(fields).some((name) => isBudget(name) && fields[name] !== null && !(alertOf(name) in fields));
  },
};

/** Recipients outside the domains; each once, where it first reaches a key. */
function findStrangers(desired: Desired, domains: Review['recipient_domains']): Diagnostic[] {
  if (domains === null) return [];
  const allowed = domains.length === 0 ? 'none' : `${domains.map(quote).join(', ')} only`;
  const told = new Set<string>();
  const found: Diagnostic[] = [];
  for (const { fields, fieldsOverStar, fieldSources, source } of desired.entries) {
    for (const address of [fields, fieldsOverStar ?? {}].flatMap(({ recipients }) => recipientsOf(recipients))) {
      const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
      if (told.has(address) || domains.includes(domain)) continue;
      told.add(address);
      const message = `${quote(address)}: the organisation allows recipients at ${allowed}`;
      found.push(problem('recipient-domain', fieldSources.recipients ?? source, message));
    }
  }
  return found;
}

function recipientsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function problem(code: string, source: Source, message: string): Diagnostic {
  return { code, severity: 'error', source, message };
}

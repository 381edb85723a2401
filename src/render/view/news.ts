/** What is new to know of the changes, and how much was so before them. */

import type { Source } from '../../diagnostics.ts';
import type { Finding, Plan } from '../../plan/types.ts';
import { describeKey } from '../describe-change.ts';

export interface FindingView {
  readonly severity: Finding['severity'];
  readonly rule: string;
  readonly id: string;
  readonly message: string;
  /** Null: a note is not to be acted on. */
  readonly fix: string | null;
  readonly source: Source;
  /** What it is about; null: no single entry. */
  readonly about: string | null;
  /** Others of the rule that it stands for. */
  readonly also: readonly { readonly about: string | null; readonly source: Source }[];
}

export interface News {
  readonly findings: readonly FindingView[];
  /** Those that were there before, or are excused. */
  readonly older: readonly Finding[];
}

/** Of one rule: beyond these a list is a number. */
const shownOfRule = 3;

export function buildNews(plan: Plan): News {
  const files = new Set(plan.changes.flatMap(({ source }) => source?.file ?? []));
  const isNew = ({ change, entry, severity, silenced, source }: Finding): boolean => {
    if (silenced !== null) return false;
    if (change !== null || severity === 'error') return true;
    // About a whole workspace that changes: nobody can tell whether it was so before.
    return entry === null && severity === 'warning' && files.has(source.file);
  };
  const fresh = plan.findings.filter(isNew);
  return { findings: groupFindings(fresh), older: plan.findings.filter((finding) => !isNew(finding)) };
}

/** Errors and warnings each, up to a few of a rule; notes once a rule. */
function groupFindings(findings: readonly Finding[]): FindingView[] {
  const views: (FindingView & { readonly also: FindingView['also'][number][] })[] = [];
  for (const finding of findings) {
    const { rule, id, severity, message, fix, source, entry } = finding;
    const about = entry === null ? null : describeKey(entry);
    const alike = views.filter((view) => view.rule === rule && view.severity === severity);
    const last = alike.at(-1);
    if (last !== undefined && alike.length >= (severity === 'info' ? 1 : shownOfRule))
      last.also.push({ about, source });
    else views.push({ severity, rule, id, message, fix: severity === 'info' ? null : fix, source, about, also: [] });
  }
  const rank = { error: 0, warning: 1, info: 2 } as const;
  return views.sort((a, b) => rank[a.severity] - rank[b.severity]);
}

/** `fortnight-quota, free-tier-calls and 3 more`; null: of no single entry. */
export function describeAbout({ about, also }: FindingView): string | null {
  const names = [...new Set([about, ...also.map((one) => one.about)].filter((name) => name !== null))];
  const shown = names.slice(0, 3).join(', ');
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return shown === '' ? null : shown + more;
}

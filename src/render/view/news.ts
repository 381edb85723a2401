/** What is new to know of the changes, and how much was so before them. */

import type { Source } from '../../diagnostics.ts';
import type { Finding, Plan } from '../../plan/types.ts';
import { describePlaced } from '../describe-change.ts';
import { advice, type Cell, words } from './cells.ts';

/** Somebody has to look at it, if only at the reason for which it was silenced. */
export interface FindingView {
  readonly severity: 'error' | 'warning' | 'silenced';
  readonly rule: string;
  readonly id: string;
  readonly message: string;
  /** What to do, or why nothing is done. */
  readonly then: Cell;
  readonly source: Source;
  /** What it is about; null: no single entry. */
  readonly about: string | null;
  /** Others of the rule that it stands for. */
  readonly also: readonly Finding[];
}

export interface News {
  readonly findings: readonly FindingView[];
  /** About what changes, and not to be acted on. */
  readonly notes: readonly Finding[];
  /** Those that were there before, or are excused. */
  readonly older: readonly Finding[];
}

/** Of one rule: beyond these a list is a number. */
const shownOfRule = 3;

export function buildNews(plan: Plan): News {
  const slugs = new Map(plan.workspaces.map(({ id, slug }) => [id, slug]));
  // A date moves in the record alone, and may make others of its workspace idle as an amount does.
  const dated = plan.recordLines.flatMap(({ action, key }) => (action === 'record' && key !== null ? [{ key }] : []));
  const changed = new Set([...plan.changes, ...dated].map(({ key }) => placeOf(key.workspace, key.name)));
  const files = new Set(plan.changes.flatMap(({ source }) => source?.file ?? []));
  const isNew = ({ change, movedBy, entry, severity, silenced, source, message }: Finding): boolean => {
    if (change !== null) return true;
    if (silenced !== null || severity === 'info') return false;
    if (severity === 'error' || movedBy !== undefined) return true;
    if (entry === null) return files.has(source.file);
    // A lower limit makes others of its workspace idle: what is said of them names it.
    return [...message.matchAll(/"([^"]+)"/g)].some(([, name = '']) =>
      changed.has(placeOf(slugs.get(entry.workspace ?? '') ?? entry.workspace, name)),
    );
  };
  const news: Finding[] = [];
  const older: Finding[] = [];
  for (const finding of plan.findings) (isNew(finding) ? news : older).push(finding);
  return {
    findings: (['error', 'warning', 'silenced'] as const).flatMap((severity) => groupFindings(news, severity)),
    notes: news.filter((finding) => weightOf(finding) === 'info'),
    older,
  };
}

function placeOf(workspace: string | null, name: string): string {
  return `${workspace ?? ''}\n${name}`;
}

function weightOf({ severity, silenced }: Finding): FindingView['severity'] | 'info' {
  return severity !== 'info' && silenced !== null ? 'silenced' : severity;
}

/** Each, up to a few of a rule. */
function groupFindings(all: readonly Finding[], severity: FindingView['severity']): FindingView[] {
  const rules = new Map<string, Finding[]>();
  for (const finding of all) {
    if (weightOf(finding) !== severity) continue;
    const own = rules.get(finding.rule);
    if (own === undefined) rules.set(finding.rule, [finding]);
    else own.push(finding);
  }
  return [...rules.values()].flatMap((own) =>
    own.slice(0, shownOfRule).map(({ rule, id, message, fix, silenced, source, entry }, index): FindingView => {
      const about = entry === null ? null : describePlaced(entry);
      const also = index === shownOfRule - 1 ? own.slice(shownOfRule) : [];
      const then = thenOf({ silenced, fix });
      return { severity, rule, id, message, then, source, about, also };
    }),
  );
}

/** The advice is the rule's own; a reason is somebody's. */
export function thenOf({ silenced, fix }: Pick<Finding, 'silenced' | 'fix'>): Cell {
  return silenced === null ? advice(fix) : words(`Silenced: ${silenced}`);
}

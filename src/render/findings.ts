/** Findings of the rules in each form that people read; `findingDocument` is for programs. */

import { compareText, type Diagnostic } from '../diagnostics.ts';
import type { Finding } from '../plan/types.ts';
import type { FileFindingDocument, FindingDocument } from './documents/finding.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { words } from './view/cells.ts';
import { writeLine } from './view/markdown-cells.ts';
import { thenOf } from './view/news.ts';

/** As problems of the files, in whose lists they are shown. A silenced one is a note with its reason. */
export function toDiagnostics(findings: readonly Finding[]): Diagnostic[] {
  return findings.map(({ rule, severity, message, fix, source, silenced }) =>
    silenced === null
      ? { code: rule, severity, message: `${message}. ${fix}`, source }
      : { code: rule, severity: 'info', message: `${message}. Silenced: ${silenced}`, source },
  );
}

/** Of one kind: beyond these a list is a number. */
const shownOfKind = 3;

export interface PickedFindings {
  /** The first few of each kind, those about a change before the others. */
  readonly shown: readonly Finding[];
  /** Kept back, by rule. */
  readonly more: readonly { readonly rule: string; readonly count: number }[];
}

/**
 * What people look at: of each rule (and what is made of it: an error, a warning, silenced for a reason) some examples, however many
 * there are. A plan tells what the rules find in the whole organisation; its reader asks about this change.
 *
 * @param ofFiles there is no plan, and notes are shown like the rest; else those about what changes alone
 */
export function pickFindings(findings: readonly Finding[], ofFiles = false): PickedFindings {
  const told = new Map<string, number>();
  const kept = new Map<string, number>();
  const shown = new Set<Finding>();
  for (const finding of [...findings.filter(isAboutChange), ...findings.filter((other) => !isAboutChange(other))]) {
    const { rule, severity, silenced } = finding;
    const kind = JSON.stringify([rule, silenced === null ? severity : silenced]);
    const count = told.get(kind) ?? 0;
    const isTold = ofFiles || severity !== 'info' || silenced !== null || isAboutChange(finding);
    if (count < shownOfKind && isTold) {
      told.set(kind, count + 1);
      shown.add(finding);
    } else kept.set(rule, (kept.get(rule) ?? 0) + 1);
  }
  return {
    shown: findings.filter((finding) => shown.has(finding)),
    more: [...kept].map(([rule, count]) => ({ rule, count })).sort((a, b) => compareText(a.rule, b.rule)),
  };
}

function isAboutChange({ change }: Finding): boolean {
  return change !== null;
}

/** `and 12 more of alert-missing, 3 of oversubscribed`; null: nothing was kept back. */
export function describeMore({ shown, more }: PickedFindings): string | null {
  if (more.length === 0) return null;
  const [and, extra] = shown.length === 0 ? ['', ''] : ['and ', ' more'];
  return and + more.map(({ rule, count }, index) => `${count}${index === 0 ? extra : ''} of ${rule}`).join(', ');
}

/** Those that a plan shows, and how many more there are. */
export function renderFindingsMarkdown(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const picked = pickFindings(findings);
  const more = describeMore(picked);
  return [
    '**findings**',
    '',
    ...(picked.shown.length === 0 ? [] : [findingHead, '|---|---|---|---|']),
    ...picked.shown.map(findingRow),
    '',
    ...(more === null ? [] : [more, '']),
  ];
}

const findingHead = '| | finding | rule | where |';

function findingRow({ severity, rule, message, fix, silenced, source }: Finding): string {
  const mark = silenced !== null ? '🔇' : severity === 'error' ? '🛑' : severity === 'warning' ? '⚠️' : 'ℹ️';
  // A note is not to be acted on; `tollgate rules` and docs/rules.md say what one could do.
  const then = silenced === null && severity === 'info' ? [] : [words('. '), thenOf({ silenced, fix })];
  return `| ${mark} | ${writeLine([{ is: 'message', text: message }, ...then])} | \`${rule}\` | ${escapeMarkdown(`${source.file}:${source.line}`)} |`;
}

export function findingDocument({ source, entry, change, movedBy: _, ...rest }: Finding): FindingDocument {
  return { ...rest, ...source, entry, change };
}

/** As `validate` prints it: without a plan nothing is changed. */
export function fileFindingDocument(finding: Finding): FileFindingDocument {
  const { change: _, ...document } = findingDocument(finding);
  return document;
}

/** The plan as GitHub-flavoured markdown. Every value from files or live is escaped. */

import type { Diagnostic, Source } from '../diagnostics.ts';
import { sortDiagnostics } from '../diagnostics.ts';
import { needsReview } from '../plan/approve.ts';
import { toDrift } from '../plan/find-drift.ts';
import { describeNotRead } from '../plan/not-read.ts';
import type { Change, Finding, Outcome, Plan } from '../plan/types.ts';
import { wordDigest } from '../plan/words.ts';
import { summarizePlan } from './count-plan.ts';
import { describeChange, describeKey } from './describe-change.ts';
import { describeDrift, leftAdvice } from './describe-drift.ts';
import { describeSettings } from './describe-settings.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { describeMore, findingHead, findingRow, pickFindings } from './findings.ts';
import { renderImpactMarkdown } from './impact-markdown.ts';

const symbols: Readonly<Record<Change['action'], string>> = { create: '➕', update: '✏️', replace: '🔁', delete: '➖' };

export function renderPlanMarkdown(plan: Plan): string {
  const lines = [`### ${escapeMarkdown(summarizePlan(plan))}`, ''];
  const settings = describeSettings(plan);
  if (settings.length > 0) {
    lines.push('**settings that judge later changes**', '', ...settings.map((text) => `- ${escapeMarkdown(text)}`), '');
  }
  for (const { guard, details, severity, allow, lifted } of plan.violations) {
    const verdict = lifted ? 'allowed' : severity === 'warning' ? 'warns' : 'objects';
    lines.push(`> ${lifted ? '' : '🛑 '}**guard ${guard} ${verdict}**: ${details.map(escapeMarkdown).join('; ')}`);
    if (!lifted && allow !== null && severity === 'error')
      lines.push(`> To allow it for this plan: \`--allow ${allow}\``);
    lines.push('');
  }
  // What a filter left out was not asked for; its number is in the headline.
  const withheld = plan.withheld.filter(({ id }) => !plan.leftOut.has(id));
  const workspaces = new Set([...plan.changes, ...withheld].map(({ key }) => key.workspace));
  for (const workspace of workspaces) {
    const name = plan.workspaces.find(({ slug }) => slug === workspace)?.name;
    const heading = workspace === null ? 'organisation' : `${name ?? workspace} · ${workspace}`;
    lines.push(`**${escapeMarkdown(heading)}**`, '', '| | what | change | cause | where |', '|---|---|---|---|---|');
    for (const change of plan.changes.filter(({ key }) => key.workspace === workspace))
      lines.push(row(change, plan, change.cause));
    for (const change of withheld.filter(({ key }) => key.workspace === workspace))
      lines.push(row(change, plan, 'withheld'));
    lines.push('');
  }
  if (plan.left.length > 0) {
    lines.push('**set by hand, and left**', '', ...leftItems(plan), '', `${leftAdvice}.`, '');
  }
  lines.push(...renderImpactMarkdown(plan));
  const record = plan.recordLines.filter(
    (line) => line.action !== 'adopt' && (line.action !== 'settings' || !needsReview(line)),
  );
  if (record.length > 0) {
    lines.push('**record**', '');
    for (const { action, key, detail } of record) {
      lines.push(
        `- ${key === null ? escapeMarkdown(detail) : `${action} ${escapeMarkdown(describeKey(key))}: ${escapeMarkdown(detail)}`}`,
      );
    }
    lines.push('');
  }
  lines.push(...renderFindingsMarkdown(plan.findings));
  for (const { severity, message } of plan.notes)
    lines.push(`> ${severity === 'warning' ? '⚠️ ' : ''}${escapeMarkdown(message)}`, '');
  const notRead = describeNotRead(plan);
  if (notRead !== null) lines.push(escapeMarkdown(notRead), '');
  lines.push(`Digest \`${wordDigest(plan.digest)}\``);
  return `${lines.join('\n')}\n`;
}

/** What moved by hand and is left as it is, one a line. */
export function leftItems({ left, names }: Plan): string[] {
  return left.map((drift) => {
    const { key } = drift.change;
    const where = key.workspace === null ? '' : ` (${key.workspace})`;
    return `- ${escapeMarkdown(`${describeKey(key)}${where}: ${describeDrift(toDrift(drift), names)}`)}`;
  });
}

/** Those that a plan shows, and how many more there are. */
export function renderFindingsMarkdown(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const place = ({ file, line }: Source): string => escapeMarkdown(`${file}:${line}`);
  const picked = pickFindings(findings);
  const more = describeMore(picked);
  return [
    '**findings**',
    '',
    ...(picked.shown.length === 0 ? [] : [findingHead, '|---|---|---|---|']),
    ...picked.shown.map((finding) => findingRow(finding, place)),
    '',
    ...(more === null ? [] : [more, '']),
  ];
}

function row(change: Change, plan: Plan, cause: string): string {
  const what = escapeMarkdown(describeChange(change, plan.names));
  const notes = change.notes.map((note) => `<br>⚠️ ${escapeMarkdown(note)}`).join('');
  const place = change.source === null ? 'no longer in Git' : `${change.source.file}:${change.source.line}`;
  return `| ${symbols[change.action]} | ${escapeMarkdown(describeKey(change.key))} | ${what}${notes} | ${cause} | ${escapeMarkdown(place)} |`;
}

export function renderOutcomesMarkdown(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ change, status, detail }) => {
    const what = `${describeKey(change.key)}${change.key.workspace === null ? '' : ` (${change.key.workspace})`}`;
    return `| ${symbols[change.action]} | ${escapeMarkdown(what)} | ${status} | ${escapeMarkdown(detail ?? '')} |`;
  });
  return `${['| | what | outcome | why |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}

export function renderDiagnosticsMarkdown(diagnostics: readonly Diagnostic[]): string {
  if (diagnostics.length === 0) return 'No problems.\n';
  const rows = sortDiagnostics(diagnostics).map(({ source, code, severity, message }) => {
    const place = `${source.file}:${source.line}:${source.column}`;
    return `| ${escapeMarkdown(place)} | ${severity} | \`${code}\` | ${escapeMarkdown(message)} |`;
  });
  return `${['| where | severity | code | problem |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}

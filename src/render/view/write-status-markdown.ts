/** A status view as GitHub-flavoured markdown. */

import { escapeMarkdown } from '../escape-markdown.ts';
import { writeLine } from './markdown-cells.ts';
import type { SpendView } from './spend-view.ts';
import type { BudgetView, StatusView } from './status-view.ts';

const shownOfTable = 20;

export function writeStatusMarkdown(view: StatusView): string {
  const budgets = view.sections.flatMap((section) => section.budgets);
  const blocks = [
    `### ${writeLine(view.refused)}`,
    `${escapeMarkdown(view.summary)} As of ${view.asOf}.`,
    ...(view.settling === null ? [] : [writeLine(view.settling)]),
    ...(view.mistake === null ? [] : [`> ${writeLine(view.mistake)}`]),
    ...(budgets.length === 0
      ? []
      : [['| workspace | limit | used | | |', '|---|---|---|---|---|', ...budgets.map(row)].join('\n')]),
    ...view.sections
      .filter(({ lines }) => lines.length > 0)
      .flatMap(({ title, lines }) => [
        `**${escapeMarkdown(title)}**`,
        lines.map((line) => `- ${writeLine(line)}`).join('\n'),
      ]),
    ...(view.spend === null ? [] : spendBlocks(view.spend)),
    view.notes.map(writeLine).join(' '),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function row({ workspace, name, use, percent, verdict, details }: BudgetView): string {
  const share = percent === null ? 'unknown' : `${percent} %${verdict === 'stop' ? ' 🛑' : ''}`;
  return `| ${[...[workspace ?? '', name, use].map(escapeMarkdown), share, writeLine(details)].join(' | ')} |`;
}

function spendBlocks({ title, tables, unusualDays, dayGaps }: SpendView): string[] {
  const list = (items: readonly string[]): string[] =>
    items.length === 0 ? [] : [items.map((item) => `- ${item}`).join('\n')];
  return [
    `**${title}**`,
    ...tables.flatMap(({ by, rows, lines }) => [
      ...(rows.length === 0 ? [] : [spendTable(by, rows)]),
      ...list(lines.map((line) => `by ${by}: ${writeLine(line)}`)),
    ]),
    ...list([...unusualDays, ...dayGaps].map(writeLine)),
  ];
}

function spendTable(by: string, rows: SpendView['tables'][number]['rows']): string {
  const shown = rows.slice(0, shownOfTable).map(({ name, spend, change, errors, isFailing }) => {
    const failed = errors === null ? '' : `${errors}${isFailing ? ' ⚠️' : ''}`;
    return `| ${[name, spend, change].map(escapeMarkdown).join(' | ')} | ${failed} |`;
  });
  const more = rows.length > shown.length ? [`| and ${rows.length - shown.length} more | | | |`] : [];
  return [`| ${by} | spend | change | errors |`, '|---|---|---|---|', ...shown, ...more].join('\n');
}

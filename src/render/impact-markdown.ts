/** The impact block as markdown tables: rows that the markdown plan and the pull-request comment share. All values escaped. */

import type { Plan } from '../plan/types.ts';

import { describeEnforcement } from './describe-enforcement.ts';
import { countBlocked, describeCommitted, describeImpact, describeSum, footnote, minute } from './describe-impact.ts';
import { escapeMarkdown } from './escape-markdown.ts';

export const impactHead = '| what | limit | used | runs out | and |';
export const committedHead = '| committed per 30 days | |';

/** Labels that have a column of their own. */
const columns = ['limit', 'used', 'runs out'];

export function impactRows(plan: Plan): string[] {
  return describeImpact(plan).map(({ placed, lines }) => {
    const textOf = (label: string): string => escapeMarkdown(lines.find((line) => line.label === label)?.text ?? '');
    const rest = lines
      .filter(({ label }) => !columns.includes(label))
      .map(({ label, text }) => `${label === 'blocks' ? '🛑 ' : ''}${label}: ${escapeMarkdown(text)}`);
    const what = placed;
    return `| ${[escapeMarkdown(what), ...columns.map(textOf), rest.join('<br>')].join(' | ')} |`;
  });
}

export function committedRows({ impact }: Plan): string[] {
  if (impact === null) return [];
  return describeCommitted(impact).map(({ label, text }) => `| ${escapeMarkdown(label)} | ${escapeMarkdown(text)} |`);
}

/** Under the headline: committed spend of the organisation, and how many are stopped. Null: nothing moves. */
export function impactHeadline(plan: Plan): string | null {
  const { impact } = plan;
  if (impact === null || impact.changes.length === 0) return null;
  const blocked = countBlocked(plan);
  const { organisation: all } = impact;
  const parts = [
    ...(all === null ? [] : [`Committed per 30 days: ${describeSum(all.before)} → ${describeSum(all.after)}.`]),
    ...(impact.doubt === null ? [] : [`Usage is unknown: ${impact.doubt}.`]),
  ];
  const stops =
    blocked === 0 ? [] : [`**${blocked} ${blocked === 1 ? 'counter is' : 'counters are'} blocked at once.**`];
  const said = [...parts.map(escapeMarkdown), ...stops].join(' ');
  return said === '' ? null : said;
}

export function impactFootnote(plan: Plan): string {
  const { impact } = plan;
  const asOf = impact === null ? null : `As of ${minute(impact.as_of)}. ${footnote}`;
  const parts = [asOf, describeEnforcement(plan)].filter((part) => part !== null);
  return parts.length === 0 ? '' : `<sub>${parts.join(' ')}</sub>`;
}

/** The whole block. */
export function renderImpactMarkdown(plan: Plan): string[] {
  const rows = impactRows(plan);
  if (rows.length === 0) return [];
  const committed = committedRows(plan);
  const rule = (head: string): string => head.replace(/[^|]+/g, '---');
  const headline = impactHeadline(plan);
  return [
    '**impact**',
    '',
    ...(headline === null ? [] : [headline, '']),
    impactHead,
    rule(impactHead),
    ...rows,
    '',
    ...(committed.length === 0 ? [] : [committedHead, rule(committedHead), ...committed, '']),
    impactFootnote(plan),
    '',
  ];
}

/** A plan for people: what is seen is built once, and written in each format. */

import { findObjections } from '../guards/judge.ts';
import type { Plan } from '../plan/types.ts';
import { escapeInvisible } from '../printable.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { joinSections } from './fit-sections.ts';
import type { TextStyle } from './style.ts';
import { plainText } from './view/cells.ts';
import { describeNext } from './view/next.ts';
import { buildPlanView, verdictLine } from './view/plan-view.ts';
import { judgementSections, planSections, verdictMarkdown } from './view/write-markdown.ts';
import { writeObjections, writePlanTerminal } from './view/write-terminal.ts';

export interface PlanTextOptions {
  readonly verbose: boolean;
  /** Whether to say what to do with it; default: no, as where it is being applied. */
  readonly hasNext?: boolean;
}

export function renderPlanText(plan: Plan, style: TextStyle, { verbose, hasNext = false }: PlanTextOptions): string {
  return writePlanTerminal(buildPlanView(plan, verbose), style, verbose, hasNext);
}

/** What stands in the way of a plan, and nothing else of it. */
export function renderObjections(plan: Plan, style: TextStyle): string {
  return writeObjections(buildPlanView({ ...plan, violations: findObjections(plan.violations) }), style);
}

/** One line: whether it may be applied, and what to do. */
export function renderHeadline(plan: Plan): string {
  const view = buildPlanView(plan);
  if (view.isNothing) return view.summary;
  const next = describeNext(view, 'command');
  return `${escapeInvisible(view.environment)}: ${plainText(verdictLine(view))}.${next === null ? '' : ` Next: ${next}`}`;
}

/** Loaded only when it is asked for. */
export async function renderPlanHtml(plan: Plan): Promise<string> {
  const { renderPlanPage } = await import('./page/plan-page.ts');
  return renderPlanPage(plan);
}

/**
 * The whole of it, as nothing limits its size.
 *
 * @param hasNext whether to say what to do with it by a command
 */
export function renderPlanMarkdown(plan: Plan, hasNext = false): string {
  const view = buildPlanView(plan);
  const place = { linkTo: null, words: 'flag', hasNext } as const;
  const sections = [...judgementSections(view, place), ...planSections(view, place)];
  const head = `### ${escapeMarkdown(view.environment)}: ${verdictMarkdown(view)}`;
  const digest = view.digest === null ? [] : [`Digest \`${view.digest}\``];
  return `${[head, joinSections(sections), ...digest].join('\n\n')}\n`;
}

/** A plan for people: what is seen is built once, and written in each format. */

import { findObjections } from '../guards/judge.ts';
import type { Plan } from '../plan/types.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { joinSections } from './fit-sections.ts';
import type { TextStyle } from './style.ts';
import { buildPlanView } from './view/plan-view.ts';
import { judgementSections, planSections, verdictMarkdown } from './view/write-markdown.ts';
import { writeObjections, writePlanTerminal } from './view/write-terminal.ts';

export interface PlanTextOptions {
  readonly verbose: boolean;
  /** What to do with it, as a sentence; default: nothing is said. Where it is blocked, the words that lift that are said. */
  readonly next?: string | undefined;
}

export function renderPlanText(plan: Plan, style: TextStyle, { verbose, next }: PlanTextOptions): string {
  return writePlanTerminal(buildPlanView(plan, verbose), style, verbose, next);
}

/** What stands in the way of a plan, and nothing else of it. */
export function renderObjections(plan: Plan, style: TextStyle): string {
  return writeObjections(buildPlanView({ ...plan, violations: findObjections(plan.violations) }), style);
}

/** Loaded only when it is asked for. */
export async function renderPlanHtml(plan: Plan): Promise<string> {
  const { renderPlanPage } = await import('./page/plan-page.ts');
  return renderPlanPage(plan);
}

/** The whole of it, as nothing limits its size. */
export function renderPlanMarkdown(plan: Plan): string {
  const view = buildPlanView(plan);
  const place = { linkTo: null, words: 'flag' } as const;
  const sections = [...judgementSections(view, place), ...planSections(view, place)];
  const head = `### ${escapeMarkdown(view.environment)}: ${verdictMarkdown(view)}`;
  const digest = view.digest === null ? [] : [`Digest \`${view.digest}\``];
  return `${[head, joinSections(sections), ...digest].join('\n\n')}\n`;
}

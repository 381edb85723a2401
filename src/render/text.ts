/** The plan and its outcomes for people at a terminal: grouped by workspace, aligned, amounts as people write them. */

import { findObjections, notJudged } from '../guards/judge.ts';
import { toDrift } from '../plan/find-drift.ts';
import { describeNotRead } from '../plan/not-read.ts';
import type { Change, Outcome, OutcomeStatus, Plan, PlanNote, RecordLine } from '../plan/types.ts';
import { wordDigest } from '../plan/words.ts';
import { escapeInvisible } from '../printable.ts';
import type { ResourceKey } from '../resources/types.ts';
import { countPlan, summarizePlan } from './count-plan.ts';
import { describeChange, describeKey } from './describe-change.ts';
import { describeDrift, leftAdvice } from './describe-drift.ts';
import { describeEnforcement } from './describe-enforcement.ts';
import { describeCommitted, describeImpact, footnote, type ImpactLine, minute } from './describe-impact.ts';
import { findingLines } from './findings.ts';
import { type Colors, cellsOf, colorsOf, padCells, type TextStyle } from './style.ts';

const symbols: Readonly<Record<Change['action'], string>> = { create: '+', update: '~', replace: '±', delete: '-' };

export function renderPlanText(plan: Plan, style: TextStyle, options: { readonly verbose: boolean }): string {
  const colors = colorsOf(style);
  const lines: string[] = [];
  const withheld = new Set(plan.withheld);
  for (const [workspace, changes] of groupByWorkspace([...plan.changes, ...shownWithheld(plan, options.verbose)])) {
    lines.push(renderHeading(plan, workspace, colors));
    lines.push(...renderChanges(changes, plan, withheld, style, colors));
    lines.push('');
  }
  lines.push(...renderLeft(plan, style, colors));
  lines.push(...renderImpact(plan, style, colors));
  lines.push(...renderRecordLines(plan, options.verbose, colors));
  lines.push(...renderUnmanaged(plan, options.verbose, colors));
  lines.push(...plan.notes.flatMap((note) => fold(renderNote(note, colors), style)));
  if (plan.notes.length > 0) lines.push('');
  lines.push(...findingLines(plan.findings, options.verbose, colors, (line) => fold(line, style)));
  lines.push(...renderViolations(plan, colors).flatMap((line) => fold(line, style)));
  const unjudged = notJudged(plan);
  if (options.verbose && unjudged.length > 0) lines.push(colors.dim(`Guards not judged: ${unjudged.join(', ')}.`));
  const notRead = describeNotRead(plan);
  if (notRead !== null) lines.push(...fold(notRead, style).map((line) => colors.dim(line)));
  lines.push(...fold(summarizePlan(plan), style).map((line) => colors.bold(line)));
  if (countPlan(plan).toDo > 0) lines.push(colors.dim(`Digest ${wordDigest(plan.digest)}.`));
  return `${lines.join('\n')}\n`;
}

/** What a filter left out was not asked for; its number is in the last line. */
function shownWithheld({ withheld, leftOut }: Plan, verbose: boolean): readonly Change[] {
  return verbose ? withheld : withheld.filter(({ id }) => !leftOut.has(id));
}

function groupByWorkspace(changes: readonly Change[]): Map<string | null, Change[]> {
  const groups = new Map<string | null, Change[]>();
  for (const change of changes) {
    const group = groups.get(change.key.workspace);
    if (group === undefined) groups.set(change.key.workspace, [change]);
    else group.push(change);
  }
  return groups;
}

function renderHeading(plan: Plan, workspace: string | null, colors: Colors): string {
  if (workspace === null) return `${colors.bold('organisation')} · ${plan.organisation}`;
  const name = plan.workspaces.find(({ slug }) => slug === workspace)?.name ?? workspace;
  return `${colors.bold(escapeInvisible(name))} · ${escapeInvisible(workspace)}`;
}

function renderChanges(
  changes: readonly Change[],
  plan: Plan,
  withheld: ReadonlySet<Change>,
  style: TextStyle,
  colors: Colors,
): string[] {
  const rows = changes.map((change) => ({
    change,
    name: describeKey(change.key),
    what: describeChange(change, plan.names),
    cause: withheld.has(change) ? 'withheld' : change.cause,
    place: change.source === null ? whyGone(change) : escapeInvisible(`${change.source.file}:${change.source.line}`),
  }));
  const nameWidth = Math.min(28, Math.max(...rows.map(({ name }) => cellsOf(name))));
  const whatWidth = Math.max(...rows.map(({ what }) => cellsOf(what)));
  const placeWidth = Math.max(...rows.map(({ place }) => cellsOf(place)));
  // "  ~ name  what  cause     place"; otherwise cause and place go below, so that no terminal breaks a line for us.
  const fits = 4 + nameWidth + 2 + whatWidth + 2 + 8 + 2 + placeWidth <= style.columns;
  return rows.flatMap(({ change, name, what, cause, place }) => {
    const head = `  ${paint(change, symbols[change.action], colors)} ${padCells(name, nameWidth)}`;
    const notes = change.notes.map((note) => `      ${colors.yellow(`! ${escapeInvisible(note)}`)}`);
    if (fits) {
      return [`${head}  ${padCells(what, whatWidth)}  ${padCells(cause, 8)}  ${colors.dim(place)}`, ...notes];
    }
    const body = wrap(what, Math.max(24, style.columns - 4 - nameWidth - 2));
    const indent = ' '.repeat(4 + nameWidth + 2);
    const rest = body.slice(1).map((line) => indent + line);
    return [`${head}  ${body[0] ?? ''}`, ...rest, `      ${colors.dim(`${cause} · ${place}`)}`, ...notes];
  });
}

/** No part of the run: in words of its own, apart from what is withheld. */
function renderLeft({ left, names }: Plan, style: TextStyle, colors: Colors): string[] {
  if (left.length === 0) return [];
  const rows = left.flatMap((drift) => {
    const { source } = drift.change;
    const place = source === null ? '' : escapeInvisible(` · ${source.file}:${source.line}`);
    return fold(`  ${placed(drift.change.key)}: ${describeDrift(toDrift(drift), names)}${place}`, style);
  });
  return [colors.bold('set by hand, and left'), ...rows, ...fold(colors.dim(`  ${leftAdvice}.`), style), ''];
}

function whyGone({ reason }: Change): string {
  return reason === 'replacement-cut-short' ? 'left over' : 'no longer in Git';
}

function paint({ action }: Change, text: string, colors: Colors): string {
  switch (action) {
    case 'create':
      return colors.green(text);
    case 'update':
      return colors.yellow(text);
    case 'replace':
      return colors.magenta(text);
    case 'delete':
      return colors.red(text);
  }
}

/** A sentence over several lines where it is longer than one; the rest is indented. */
function fold(text: string, { columns }: TextStyle): string[] {
  const indent = /^ */.exec(text)?.[0] ?? '';
  const [first = '', ...rest] = wrap(text.slice(indent.length), columns - indent.length - 2);
  return [indent + first, ...rest.map((line) => `${indent}  ${line}`)];
}

/** Breaks at spaces, but not around a percent sign; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(/(?<!%) (?!%)/)) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (cellsOf(longer) > width && line !== '') lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function renderImpact(plan: Plan, style: TextStyle, colors: Colors): string[] {
  const { impact } = plan;
  if (impact === null || impact.changes.length === 0) return [];
  const lines = [`${colors.bold('impact')} · as of ${minute(impact.as_of)}`];
  if (impact.doubt !== null) lines.push(...fold(`  ${colors.yellow(`usage is unknown: ${impact.doubt}`)}`, style));
  for (const { key, lines: own } of describeImpact(plan)) {
    lines.push(`  ${placed(key)}`, ...own.flatMap((line) => renderLabelled(line, '    ', 9, style, colors)));
  }
  const committed = describeCommitted(impact);
  if (committed.length > 0) {
    const width = Math.min(28, Math.max(...committed.map(({ label }) => cellsOf(label))));
    lines.push(`${colors.bold('committed')} · per 30 days`);
    lines.push(...committed.flatMap((line) => renderLabelled(line, '  ', width, style, colors)));
  }
  const enforced = describeEnforcement(plan);
  lines.push(...fold(colors.dim(footnote), style));
  if (enforced !== null) lines.push(...fold(colors.dim(enforced), style));
  lines.push('');
  return lines;
}

/** The label stands once, before the first line. */
function renderLabelled(
  { label, text }: ImpactLine,
  indent: string,
  width: number,
  style: TextStyle,
  colors: Colors,
): string[] {
  const room = Math.max(24, style.columns - indent.length - width - 1);
  const paint = label === 'blocks' ? colors.red : (line: string): string => line;
  return wrap(escapeInvisible(text), room).map((line, index) => {
    const head = padCells(index === 0 ? escapeInvisible(label) : '', width);
    return `${indent}${colors.dim(head)} ${paint(line)}`;
  });
}

function renderRecordLines(plan: Plan, verbose: boolean, colors: Colors): string[] {
  // Adoptions come in hundreds on a first run; their number is in the last line.
  const shown = plan.recordLines.filter(({ action }) => verbose || action !== 'adopt');
  if (shown.length === 0) return [];
  return [colors.bold('record'), ...shown.map((line) => `  ${renderRecordLine(line)}`), ''];
}

function renderRecordLine({ action, key, detail }: RecordLine): string {
  return key === null ? escapeInvisible(detail) : `${action} ${placed(key)}: ${escapeInvisible(detail)}`;
}

function placed(key: ResourceKey): string {
  return `${describeKey(key)}${key.workspace === null ? '' : ` (${escapeInvisible(key.workspace)})`}`;
}

function renderUnmanaged(plan: Plan, verbose: boolean, colors: Colors): string[] {
  if (!verbose || plan.unmanaged.length === 0) return [];
  const lines = plan.unmanaged.map(({ kind, workspace, id, name, fields }) => {
    const what = describeKey({ kind, workspace, name: name ?? '(no name)' });
    const part = fields === undefined ? '' : `: ${fields.join(', ')}`;
    return `  ${what}${workspace === null ? '' : ` (${escapeInvisible(workspace)})`}${part}  ${colors.dim(id)}`;
  });
  return [colors.bold('unmanaged'), ...lines, ''];
}

function renderNote({ severity, workspace, message, source }: PlanNote, colors: Colors): string {
  const place = source === null ? (workspace ?? '') : `${source.file}:${source.line}:${source.column}`;
  const mark = severity === 'warning' ? colors.yellow('warning') : colors.dim('note');
  return `${mark}${place === '' ? '' : ` ${escapeInvisible(place)}`}: ${escapeInvisible(message)}`;
}

/** What stands in the way of a plan, and nothing else of it. */
export function renderObjections({ violations }: Plan, style: TextStyle): string {
  const lines = renderViolations({ violations: findObjections(violations) }, colorsOf(style));
  return lines.flatMap((line) => fold(line, style)).join('\n');
}

/** Every objection, by how much, and the words that lift it for this plan. */
function renderViolations({ violations }: Pick<Plan, 'violations'>, colors: Colors): string[] {
  if (violations.length === 0) return [];
  const lines = violations.flatMap(({ guard, details, severity, allow, lifted }) => {
    const verdict = lifted ? 'allowed' : severity === 'warning' ? 'warns' : 'objects';
    const paint = lifted || severity === 'warning' ? colors.yellow : colors.red;
    const head = paint(`guard ${guard} ${verdict}:`);
    const way = allow === null ? 'nothing lifts this guard' : `to allow it for this plan: --allow ${allow}`;
    return [
      ...details.map((detail) => `${head} ${escapeInvisible(detail)}`),
      ...(lifted || severity === 'warning' ? [] : [`  ${way}`]),
    ];
  });
  return [...lines, ''];
}

const statusWords: Readonly<Record<OutcomeStatus, string>> = {
  applied: 'applied',
  'already-applied': 'already so',
  failed: 'FAILED',
  skipped: 'skipped',
  stale: 'stale',
  superseded: 'superseded',
  withheld: 'withheld',
  'not-attempted': 'not attempted',
};

/** One line as a change ends. */
export function renderOutcomeText({ change, status, detail }: Outcome, style: TextStyle): string {
  const colors = colorsOf(style);
  const word = padCells(statusWords[status], 13);
  const isGood = status === 'applied' || status === 'already-applied';
  const painted = isGood ? colors.green(word) : status === 'failed' ? colors.red(word) : colors.yellow(word);
  return `${painted} ${symbols[change.action]} ${placed(change.key)}${detail === null ? '' : `: ${escapeInvisible(detail)}`}`;
}

/** It was to be done in this run, and is not. */
export function isUndone({ status }: Outcome): boolean {
  return status === 'failed' || status === 'stale' || status === 'skipped' || status === 'not-attempted';
}

/** `Applied 3 of 5: 1 already so, 1 failed.` */
export function summarizeOutcomes(outcomes: readonly Outcome[]): string {
  const count = (status: OutcomeStatus): number => outcomes.filter((outcome) => outcome.status === status).length;
  const done = count('applied');
  const others = (['already-applied', 'failed', 'stale', 'skipped', 'superseded', 'not-attempted'] as const).flatMap(
    (status) => {
      const number = count(status);
      return number === 0 ? [] : [`${number} ${statusWords[status].toLowerCase()}`];
    },
  );
  return `Applied ${done} of ${outcomes.length}${others.length === 0 ? '' : `: ${others.join(', ')}`}.`;
}

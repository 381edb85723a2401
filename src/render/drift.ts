/** Drift in words, for people, programs and pull requests. */

import { compareText } from '../diagnostics.ts';
import type { Drift, DriftReport } from '../plan/find-drift.ts';
import type { Change, Direction, Plan, PlanNote } from '../plan/types.ts';
import { escapeInvisible } from '../printable.ts';
import { dateInWords } from '../resources/until-text.ts';
import { describeChange, describeKey, type Names } from './describe-change.ts';
import { describeDrift } from './describe-drift.ts';
import type { DriftDocument, MeanwhileDocument } from './documents/drift.ts';
import { escapeMarkdown, escapeProse } from './escape-markdown.ts';
import { jsonVersion } from './json.ts';
import { type Colors, colorsOf, padCells, type TextStyle } from './style.ts';
import { undeclaredDocument } from './undeclared-document.ts';
import { buildUndeclaredView } from './view/undeclared.ts';
import { undeclaredLines, undeclaredMarkdown } from './view/write-undeclared.ts';

/** Who moved it and when; missing where nobody can tell. */
export interface DriftAuthor {
  readonly who: string | null;
  /** ISO date-time, UTC. */
  readonly when: string;
}

export interface DriftView {
  readonly plan: Plan;
  readonly report: DriftReport;
  /** By change id; null when the audit log cannot be read. */
  readonly authors: ReadonlyMap<string, DriftAuthor> | null;
  /** `lost`: there is none, and all that is declared is live already. */
  readonly record: 'read' | 'lost' | 'none';
}

/** An apply writes, or wrote, while drift was looked for: nothing can be said of it. */
export interface ApplyMeanwhile {
  /** `under-way`: it holds the claim. `meanwhile`: it moved the record while live was read. */
  readonly meanwhile: 'under-way' | 'meanwhile';
  readonly environment: string;
  readonly by: string;
  readonly run: string;
  /** ISO date-time, UTC. */
  readonly since: string;
}

export function describeMeanwhile({ meanwhile, by, run, since }: ApplyMeanwhile): string {
  const who = `by ${escapeInvisible(by)}`;
  const when = `${escapeInvisible(since)} (run ${escapeInvisible(run)})`;
  const what =
    meanwhile === 'under-way'
      ? `An apply ${who} is under way since ${when}`
      : `An apply ${who} moved the record while this was read, at ${when}`;
  return `${what}: what is live is not compared. Look again when it has ended.`;
}

export function meanwhileDocument(found: ApplyMeanwhile): MeanwhileDocument {
  const { meanwhile: state, environment, by, run, since } = found;
  const apply = { state, by, run, since };
  return { version: jsonVersion, ok: true, environment, apply, drifted: [], owed: [], gone: [] };
}

const words: Readonly<Record<Direction, string>> = {
  loosen: 'LOOSENED',
  rescope: 'rescoped',
  tighten: 'tightened',
  neutral: 'changed',
};

export function renderDriftText(view: DriftView, style: TextStyle): string {
  const { plan, report, authors } = view;
  const colors = colorsOf(style);
  const lines: string[] = [];
  if (report.drifts.length > 0) {
    lines.push(colors.bold('moved live'));
    for (const drift of report.drifts) lines.push(...driftLines(drift, plan.names, authors, colors));
    if (authors === null) lines.push(colors.dim('  who and when: the audit log cannot be read'));
    lines.push('');
  }
  if (report.owed.length > 0) {
    lines.push(colors.bold('owed to Git'));
    for (const change of report.owed)
      lines.push(`  ${change.action} ${placed(change)}: ${describeChange(change, plan.names)}${describeDue(change)}`);
    if (report.owed.some(({ due }) => due !== undefined)) lines.push(colors.dim(`  ${howToReturn}`));
    lines.push('');
  }
  for (const { message } of [...report.gone, ...report.beside, ...ownerNotes(plan)])
    lines.push(`${colors.yellow('warning')}: ${escapeInvisible(message)}`);
  lines.push(...undeclaredLines(buildUndeclaredView(plan.undeclared), { colors, columns: style.columns }));
  lines.push(colors.bold(summarizeDrift(view)));
  if (report.drifts.length > 0) lines.push(howToSettle(report.drifts, plan));
  return `${lines.join('\n')}\n`;
}

function driftLines(drift: Drift, names: Names, authors: DriftView['authors'], colors: Colors): string[] {
  const word = padCells(words[drift.direction], 10);
  const painted = drift.direction === 'loosen' ? colors.red(word) : colors.yellow(word);
  const author = authors?.get(drift.change.id);
  const by = author === undefined ? [] : [colors.dim(`    ${describeAuthor(author)}`)];
  const stays = drift.left ? ' (left)' : '';
  return [`  ${painted} ${placed(drift.change)}: ${describeDrift(drift, names)}${stays}`, ...by];
}

/** Why it may be back tomorrow. */
function ownerNotes({ notes }: Plan): PlanNote[] {
  return notes.filter(({ code }) => code === 'drift-returns' || code === 'other-record');
}

/** Every way out is one that the settings in force leave open. */
function howToSettle(drifts: readonly Drift[], { violations }: Plan): string {
  const left = drifts.filter((drift) => drift.left).length;
  const all = left === drifts.length ? 'tollgate apply --revert-drift' : 'tollgate apply';
  const back = left > 0 && left < drifts.length ? `${all} (with --revert-drift, also what is left)` : all;
  const objects = violations.some(({ severity, lifted }) => severity === 'error' && !lifted);
  const guard = objects ? ' A guard objects to that as it stands: tollgate plan says which, and what lifts it.' : '';
  return `To put it back: ${back}.${guard} To keep it: tollgate import --accept-drift, and review the files.`;
}

function describeDue({ due }: Change): string {
  return due === undefined ? '' : `, due since ${dateInWords(due)}`;
}

const howToReturn =
  '`tollgate apply --returns`, which is to run every hour, applies what is due by its date, as it was reviewed; in the Action, a job with `command: returns`.';

function describeAuthor({ who, when }: DriftAuthor): string {
  return `by ${who === null ? 'somebody' : escapeInvisible(who)} at ${when.replace('T', ' ').replace(/(:\d\d)(\.\d+)?Z$/, '$1 UTC')}`;
}

function placed({ key }: Change): string {
  return `${describeKey(key)}${key.workspace === null ? '' : ` (${escapeInvisible(key.workspace)})`}`;
}

export function hasDrift({ drifts, owed, gone, beside }: DriftReport): boolean {
  return drifts.length + owed.length + gone.length + beside.length > 0;
}

const withoutRecord =
  'There is no applied record: what moved live cannot be known, nor what Git has taken out and live still has.';
const recordWays: Readonly<Record<DriftView['record'], string>> = {
  read: '',
  lost: `${withoutRecord} All that is declared is live already, so that the record was probably lost: \`tollgate record rebuild --from COMMIT\`, with the commit that was applied last, brings it back.`,
  none: `${withoutRecord} The first apply makes it. If there was one, \`tollgate record rebuild --from COMMIT\`, with the commit that was applied last, brings it back.`,
};

/** `Drift: 2 moved live (1 loosened), 1 owed to Git.` */
export function summarizeDrift({ report, record }: Pick<DriftView, 'report' | 'record'>): string {
  const { drifts, owed, gone, beside } = report;
  if (record !== 'read') {
    const asked = owed.length === 0 ? '' : ` ${owed.length} owed to Git.`;
    return `${recordWays[record]}${asked}`;
  }
  if (!hasDrift(report)) return 'No drift.';
  const loosened = drifts.filter(({ direction }) => direction === 'loosen').length;
  const left = drifts.filter((drift) => drift.left).length;
  const some = [
    ...(loosened > 0 ? [`${loosened} loosened`] : []),
    ...(left > 0 ? [`${left} left as set by hand`] : []),
  ];
  const parts = [
    `${drifts.length} moved live${some.length > 0 ? ` (${some.join(', ')})` : ''}`,
    `${owed.length} owed to Git`,
    ...(gone.length > 0 ? [`${gone.length} gone`] : []),
    ...(beside.length > 0 ? [`${beside.length} beside what was applied`] : []),
  ];
  return `Drift: ${parts.join(', ')}.`;
}

export function driftDocument({ plan, report, authors, record }: DriftView): DriftDocument {
  return {
    version: jsonVersion,
    ok: record === 'read' && !hasDrift(report),
    record,
    environment: plan.environment,
    apply: null,
    drifted: report.drifts.map((drift) => ({
      id: drift.change.id,
      kind: drift.change.key.kind,
      workspace: drift.change.key.workspace,
      name: drift.change.key.name,
      direction: drift.direction,
      deleted: drift.deleted,
      left: drift.left,
      summary: describeDrift(drift, plan.names),
      field_changes: drift.fieldChanges.map(({ field, before, after, direction }) => ({
        field,
        recorded: before ?? null,
        live: after ?? null,
        direction,
      })),
      author: authors?.get(drift.change.id) ?? null,
      source: drift.change.source,
    })),
    owed: report.owed.map((change) => ({
      id: change.id,
      action: change.action,
      summary: describeChange(change, plan.names),
      source: change.source,
      ...(change.due === undefined ? {} : { due: change.due }),
    })),
    gone: report.gone.map(({ message, workspace }) => ({ message, workspace })),
    beside: report.beside.map(({ code, message, workspace }) => ({ code, message, workspace })),
    undeclared: undeclaredDocument(plan.undeclared),
    audit_log: authors === null ? 'unavailable' : 'read',
  };
}

export function renderDriftMarkdown(view: DriftView): string {
  const { plan, report, authors } = view;
  const lines = [`### ${escapeMarkdown(summarizeDrift(view))}`, ''];
  if (report.drifts.length > 0) {
    lines.push('| | what | moved | by |', '|---|---|---|---|');
    for (const drift of report.drifts) {
      const author = authors?.get(drift.change.id);
      const by = author === undefined ? 'unknown' : describeAuthor(author);
      const moved = `${describeDrift(drift, plan.names)}${drift.left ? ' (left)' : ''}`;
      const cells = [words[drift.direction], placed(drift.change), moved, by].map(escapeMarkdown);
      lines.push(`| ${cells.join(' | ')} |`);
    }
    lines.push('');
  }
  if (report.owed.length > 0) {
    lines.push('**owed to Git**', '');
    const items = report.owed.map(
      (change) => `${change.action} ${placed(change)}: ${describeChange(change, plan.names)}${describeDue(change)}`,
    );
    lines.push(...items.sort(compareText).map((item) => `- ${escapeMarkdown(item)}`), '');
    if (report.owed.some(({ due }) => due !== undefined)) lines.push(howToReturn, '');
  }
  for (const { message } of [...report.gone, ...report.beside, ...ownerNotes(plan)])
    lines.push(`> ${escapeProse(message)}`, '');
  const undeclared = undeclaredMarkdown(buildUndeclaredView(plan.undeclared));
  if (undeclared !== null) lines.push(undeclared, '');
  return `${lines.join('\n')}\n`;
}

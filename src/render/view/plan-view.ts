/**
 * What a person sees of a plan, once and for every format, in the order in which it is asked: is it blocked and by which words is
 * that lifted, what happens to people, what to money, what changes (with what is known of each beside it), what is new to know,
 * and numbers. Pure: writers walk it, and say nothing of their own.
 */

import type { Source } from '../../diagnostics.ts';
import { shortenDetails } from '../../guards/input.ts';
import { findObjections, notJudged } from '../../guards/judge.ts';
import { needsReview } from '../../plan/approve.ts';
import { toDrift } from '../../plan/find-drift.ts';
import { listKinds } from '../../plan/not-read.ts';
import type { Action, Change, Plan, PlanNote, RecordLine, Violation } from '../../plan/types.ts';
import { wordDigest } from '../../plan/words.ts';
import { escapeInvisible } from '../../printable.ts';
import { isAlert } from '../../resources/fields.ts';
import type { ResourceKey } from '../../resources/types.ts';
import { countPlan, summarizeNothing, summarizePlan } from '../count-plan.ts';
import { changeLine, describeKey, describePlaced } from '../describe-change.ts';
import { describeDrift } from '../describe-drift.ts';
import { describeEnforcement } from '../describe-enforcement.ts';
import { describeImpact, describeOpenSum, footnote, type ImpactEntry } from '../describe-impact.ts';
import { describeSettings } from '../describe-settings.ts';
import { describeAlertTold } from '../describe-told.ts';
import { describeAsked } from './asked.ts';
import { type Beside, besideChange, type LimitView } from './beside-change.ts';
import { ceilingLines } from './ceilings.ts';
import { type Line, verdict, words } from './cells.ts';
import { organisationMoney, reachOfMoney, workspaceMoney } from './money.ts';
import { buildNews, type News } from './news.ts';
import { peopleLines, stopDetails } from './people.ts';
import { pricesOfChange } from './price-moves.ts';
import { nameOfWorkspace } from './traffic.ts';
import { buildUndeclaredView, type UndeclaredView } from './undeclared.ts';

export interface ChangeView {
  readonly action: Action;
  /** The one that everybody knows from a diff. */
  readonly mark: string;
  readonly name: string;
  /** Where it is written; null: `gone` says why it is nowhere. */
  readonly source: Source | null;
  readonly gone: string | null;
  readonly isWithheld: boolean;
  readonly what: Line;
  readonly limits: readonly LimitView[];
  readonly notes: readonly Line[];
}

export interface GroupView {
  readonly name: string;
  /** Of the workspace, where it is not its name; null: it is, or the group is the organisation's own. */
  readonly slug: string | null;
  readonly money: Line | null;
  readonly changes: readonly ChangeView[];
}

export interface GuardView {
  readonly guard: string;
  readonly details: readonly string[];
  /** Null: nothing lifts it. */
  readonly word: string | null;
}

export interface PlanView {
  readonly environment: string;
  readonly organisation: string;
  /** Nothing to apply and nothing to know: the closing line is all there is. */
  readonly isNothing: boolean;
  readonly blocks: readonly GuardView[];
  /** Workspaces of which nothing is applied, as their files have errors. */
  readonly stopped: readonly string[];
  readonly warns: readonly GuardView[];
  readonly lifted: readonly GuardView[];
  /** Changes of what judges later changes. */
  readonly settings: readonly string[];
  /** Whom `review.approvals` asks for. */
  readonly asked: readonly string[];
  readonly people: readonly Line[];
  readonly money: { readonly organisation: Line; readonly reach: string | null } | null;
  /** Of groups of workspaces. */
  readonly ceilings: readonly Line[];
  readonly groups: readonly GroupView[];
  /** Set by hand, and no part of the run. */
  readonly left: readonly { readonly text: string; readonly source: Source | null }[];
  /** What changes the record alone, without what is adopted. */
  readonly record: readonly string[];
  readonly warnings: readonly NoteView[];
  readonly news: News;
  /** Workspaces without a file; null: there is none, or nobody has looked. */
  readonly undeclared: UndeclaredView | null;
  /** Numbers, and what is adopted by name. */
  readonly summary: string;
  /** What a word or `--approve` has to name; null: there is nothing to apply. */
  readonly digest: string | null;
  /** Without one nothing is deleted. */
  readonly hasRecord: boolean;
  /** ISO date-time; null: consumption was not read. */
  readonly asOf: string | null;
  readonly detail: PlanDetail;
}

export interface NoteView {
  readonly severity: PlanNote['severity'];
  /** A file with its line, a workspace, or nothing. */
  readonly place: string | null;
  readonly message: string;
}

/** What there is to know beyond what is asked first: for `--verbose`, and to unfold. */
export interface PlanDetail {
  readonly impact: readonly ImpactEntry[];
  readonly footnotes: readonly string[];
  readonly notes: readonly NoteView[];
  readonly adopted: readonly string[];
  readonly unmanaged: readonly { readonly text: string; readonly id: string }[];
  /** `ws-a: policies, keys`. */
  readonly notRead: readonly string[];
  readonly notJudged: readonly string[];
}

const marks: Readonly<Record<Action, string>> = { create: '+', update: '~', replace: '±', delete: '-' };

export function markOf({ action }: Pick<Change, 'action'>): string {
  return marks[action];
}

/** @param showLeftOut also what a filter left out, which was not asked for */
export function buildPlanView(plan: Plan, showLeftOut = false): PlanView {
  const withheld = plan.withheld.filter(({ id }) => showLeftOut || !plan.leftOut.has(id));
  const counts = countPlan(plan);
  const objections = new Set(findObjections(plan.violations));
  const money = organisationMoney(plan);
  // Of a record that is missing the longer note says what the shorter one does.
  const isMissing = plan.notes.some(({ code }) => code === 'record-missing');
  const warnings = plan.notes.filter(
    ({ severity, code }) => severity === 'warning' && !(isMissing && code === 'no-record'),
  );
  const news = buildNews(plan);
  const told = [withheld, plan.left, plan.violations, warnings, plan.unreadable ?? [], news.findings];
  const isNothing = counts.toDo === 0 && told.every((list) => list.length === 0);
  return {
    environment: plan.environment,
    organisation: plan.organisation,
    isNothing,
    blocks: [...objections].map((one) => toBlock(one, plan)),
    stopped: stoppedOf(plan),
    warns: plan.violations.filter((one) => !objections.has(one) && !one.lifted).map((one) => toWarning(one, plan)),
    lifted: plan.violations.filter(({ lifted }) => lifted).map((one) => toBlock(one, plan)),
    settings: describeSettings(plan),
    asked: describeAsked(plan),
    people: peopleLines(plan),
    money: money === null ? null : { organisation: money, reach: reachOfMoney(plan) },
    ceilings: ceilingLines(plan),
    groups: buildGroups([...plan.changes, ...withheld], new Set(withheld), plan),
    left: plan.left.map((drift) => ({
      text: `${describePlaced(drift.change.key)}: ${describeDrift(toDrift(drift), plan.names)}${drift.change.lastWritten === undefined ? '' : ` (row written ${drift.change.lastWritten.slice(0, 10)})`}`,
      source: drift.change.source,
    })),
    record: plan.recordLines.filter(isShownOfRecord).map(describeRecordLine),
    warnings: warnings.map(toNote),
    news,
    undeclared: buildUndeclaredView(plan.undeclared),
    summary: counts.toDo === 0 ? summarizeNothing(plan) : summarizePlan(plan),
    digest: counts.toDo === 0 ? null : wordDigest(plan.digest),
    hasRecord: plan.hasRecord,
    asOf: plan.changes.length === 0 ? null : (plan.impact?.as_of ?? null),
    detail: buildDetail(plan),
  };
}

function stoppedOf({ notes }: Plan): string[] {
  return notes.flatMap(({ code, workspace }) =>
    code === 'workspace-stopped' && workspace !== null ? [escapeInvisible(workspace)] : [],
  );
}

function toGuard({ guard, details, allow }: Violation): GuardView {
  return { guard, details, word: allow };
}

/** Whom it stops, in names of traffic: a counter is nobody. */
function toBlock(violation: Violation, plan: Plan): GuardView {
  const details = violation.guard === 'blocks-now' ? shortenDetails(stopDetails(plan)) : [];
  return details.length === 0 ? toGuard(violation) : { ...toGuard(violation), details };
}

/** What restarts is said beside each change, with what is forgiven by it. */
function toWarning(violation: Violation, plan: Plan): GuardView {
  const isBeside = violation.guard === 'counter-reset' && plan.impact !== null;
  return isBeside ? { ...toGuard(violation), details: [] } : toBlock(violation, plan);
}

function buildGroups(changes: readonly Change[], withheld: ReadonlySet<Change>, plan: Plan): GroupView[] {
  const groups = new Map<string | null, Change[]>();
  for (const change of changes) {
    const { workspace } = change.key;
    const group = groups.get(workspace);
    if (group === undefined) groups.set(workspace, [change]);
    else group.push(change);
  }
  const limits = new Map(plan.impact?.changes.map(({ id, limits }) => [id, limits]));
  const beside = (change: Change): Beside =>
    besideChange(change, limits.get(change.id) ?? [], withheld.has(change), plan);
  return [...groups].map(([workspace, own]) => ({
    name: workspace === null ? 'organisation' : nameOfWorkspace(workspace, plan),
    slug: workspace === null || nameOfWorkspace(workspace, plan) === workspace ? null : escapeInvisible(workspace),
    money: workspaceMoney(plan.impact, workspace),
    changes: own.map((change) => toChange(change, beside(change), withheld.has(change), plan)),
  }));
}

function toChange(change: Change, { limits, notes }: Beside, isWithheld: boolean, plan: Plan): ChangeView {
  const { action, key, source, reason } = change;
  const prices = pricesOfChange(change);
  return {
    action,
    mark: marks[action],
    name: describeKey(key),
    source,
    gone: source !== null ? null : reason === 'replacement-cut-short' ? 'left over' : 'no longer in Git',
    isWithheld,
    what: prices?.what ?? [
      ...changeLine(change, plan.names).filter(({ is }) => is !== 'usual'),
      ...toldCells(change, plan),
    ],
    limits,
    notes: [...(prices?.lines ?? []), ...notes],
  };
}

/** Of an alert that was not there before: who is told of it. Where there are no channels a rule says it once, for all. */
function toldCells({ id, action, fieldChanges }: Change, { told }: Plan): Line {
  const by = told?.hasChannels === true ? told.of.get(id) : undefined;
  const isNew =
    action === 'create' ||
    fieldChanges.some(
      ({ field, before, after }) => isAlert(field) && typeof after === 'number' && typeof before !== 'number',
    );
  return by === undefined || !isNew ? [] : [words(` (${describeAlertTold(by)})`)];
}

/** Adoptions come in hundreds on a first run and stand in the numbers; settings that judge stand above. */
function isShownOfRecord(line: RecordLine): boolean {
  return line.action !== 'adopt' && (line.action !== 'settings' || !needsReview(line));
}

function describeRecordLine({ action, key, detail }: RecordLine): string {
  return escapeInvisible(key === null ? detail : `${action} ${describePlaced(key)}: ${detail}`);
}

function toNote({ severity, workspace, message, source }: PlanNote): NoteView {
  const place = source === null ? workspace : `${source.file}:${source.line}:${source.column}`;
  return { severity, place: place === null ? null : escapeInvisible(place), message: escapeInvisible(message) };
}

function buildDetail(plan: Plan): PlanDetail {
  const { impact, notRead = [] } = plan;
  const hasImpact = impact !== null && impact.changes.length > 0;
  const namesThem = (plan.undeclared?.workspaces.length ?? 0) > 0;
  return {
    impact: describeImpact(plan),
    footnotes: hasImpact
      ? [describeOpenSum(impact), footnote, describeEnforcement(plan)].filter((text) => text !== null)
      : [],
    // Those that are named are not counted again.
    notes: plan.notes
      .filter(({ severity, code }) => severity === 'info' && !(code === 'workspaces-without-file' && namesThem))
      .map(toNote),
    adopted: plan.recordLines.flatMap(({ action, key, detail }) =>
      action === 'adopt' && key !== null ? [`${describePlaced(key)}: ${escapeInvisible(detail)}`] : [],
    ),
    unmanaged: plan.unmanaged.map(({ kind, workspace, id, name, fields }) => {
      const key: ResourceKey = { kind, workspace, name: name ?? '(no name)' };
      return { text: `${describePlaced(key)}${fields === undefined ? '' : `: ${fields.join(', ')}`}`, id };
    }),
    notRead: notRead
      .filter(({ hasFile }) => hasFile)
      .map((one) => `${escapeInvisible(one.workspace ?? 'organisation')}: ${listKinds([one])}`),
    notJudged: notJudged(plan),
  };
}

/** Before everything else: whether it may be applied. */
export function verdictLine({ blocks, stopped, warns, lifted, settings }: PlanView): Line {
  const names = (guards: readonly GuardView[]): string => [...new Set(guards.map(({ guard }) => guard))].join(', ');
  const parts: Line = [
    ...(blocks.length > 0
      ? [verdict('stop', `BLOCKED by ${names(blocks)}`)]
      : stopped.length === 0
        ? [words('not blocked')]
        : []),
    ...(stopped.length === 0
      ? []
      : [
          words(blocks.length === 0 ? '' : '; '),
          verdict(
            'stop',
            `nothing of ${stopped.slice(0, 3).join(', ')}${stopped.length > 3 ? ` and ${stopped.length - 3} more` : ''} is applied: its file has errors`,
          ),
        ]),
    ...(warns.length === 0
      ? []
      : [words('; '), verdict('warn', `${names(warns)} ${warns.length === 1 ? 'warns' : 'warn'}`)]),
    ...(lifted.length === 0 ? [] : [words(`; ${names(lifted)} allowed`)]),
    // What judges later changes weighs more than any limit.
    ...(settings.length === 0
      ? []
      : [
          words('; '),
          verdict('warn', settings.length === 1 ? '1 setting changes' : `${settings.length} settings change`),
        ]),
  ];
  return parts;
}

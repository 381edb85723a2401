/** The audit trail: one line an apply, and one apply in full. */

import { settingsInWords } from '../guards/settings-lines.ts';
import type { AppliedRecord, Lift, RecordedApply, RecordedOutcome } from '../plan/applied-record.ts';
import { shortDigest } from '../plan/digest.ts';
import { compareFields } from '../plan/field-changes.ts';
import type { Change } from '../plan/types.ts';
import { escapeInvisible } from '../printable.ts';
import { describeChange, describeKey, type Names } from './describe-change.ts';
import type { AppliedDocument, AppliesDocument, ShowDocument } from './documents/history.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { jsonVersion, renderJson } from './json.ts';
import { cellsOf, colorsOf, padCells, type TextStyle } from './style.ts';

type Format = 'text' | 'json' | 'markdown';

export interface HistoryView {
  readonly applies: readonly RecordedApply[];
  readonly hasMore: boolean;
  readonly keepsPast: boolean;
  /** Where the record lives, for people. */
  readonly where: string;
  readonly now: Date;
}

export function renderHistory(view: HistoryView, format: Format, style: TextStyle): string {
  switch (format) {
    case 'json':
      return renderJson<AppliesDocument>({
        version: jsonVersion,
        ok: true,
        record: view.where,
        keeps_past: view.keepsPast,
        has_more: view.hasMore,
        applies: view.applies.map((apply) => applyDocument(apply, view.now)),
      });
    case 'markdown':
      return renderHistoryMarkdown(view);
    case 'text':
      return renderHistoryText(view, style);
  }
}

function applyDocument(apply: RecordedApply, now: Date): AppliedDocument {
  return {
    record: apply.token,
    records: apply.tokens,
    state: stateOf(apply, now),
    at: apply.at,
    by: apply.by,
    run: apply.run,
    commit: apply.commit,
    dirty: apply.dirty,
    way: apply.way,
    unreviewed: apply.unreviewed,
    lifts: apply.lifts,
    digest: apply.digest,
    counts: Object.fromEntries(apply.counts),
    problem: apply.problem,
  };
}

/** A claim that something came after, or whose lease is over, never ended; another may be under way still. */
function stateOf(
  { state, isLatest, leaseUntil }: RecordedApply,
  now: Date,
): 'ended' | 'under-way' | 'never-ended' | 'unreadable' {
  if (state !== 'claim') return state;
  const isOver = !isLatest || leaseUntil === null || Date.parse(leaseUntil) <= now.getTime();
  return isOver ? 'never-ended' : 'under-way';
}

/** `3 applied, 1 failed`; without outcomes only the record moved. */
function summarize(apply: RecordedApply, now: Date): string {
  const state = stateOf(apply, now);
  const claimed = apply.counts[0]?.[1] ?? 0;
  const changes = `${claimed} change${claimed === 1 ? '' : 's'}`;
  if (state === 'unreadable') return apply.problem ?? 'cannot be read';
  if (state === 'under-way') return `${changes} under way`;
  if (state === 'never-ended') return `claimed ${changes} and never ended`;
  const counts = apply.counts.map(([what, number]) => `${number} ${what}`).join(', ') || 'record only';
  const lifted = apply.lifts.map(({ guard, number }) => `${guard}=${number}`).join(', ');
  return [counts, ...(apply.unreviewed ? ['unreviewed'] : []), ...(lifted === '' ? [] : [`lifted ${lifted}`])].join(
    '; ',
  );
}

function cells(apply: RecordedApply, now: Date): string[] {
  return [
    formatTime(apply.at),
    escapeInvisible(apply.by ?? '-'),
    apply.commit === null ? '-' : `${apply.commit.slice(0, 12)}${apply.dirty ? '+' : ''}`,
    apply.digest === null ? '-' : shortDigest(apply.digest),
    apply.token.slice(0, 12),
    escapeInvisible(summarize(apply, now)),
  ];
}

const headings = ['when (UTC)', 'who', 'commit', 'digest', 'record', 'outcome'];

function renderHistoryText(view: HistoryView, style: TextStyle): string {
  if (view.applies.length === 0) return `Nothing has been applied yet: ${view.where} holds no record.\n`;
  const colors = colorsOf(style);
  const rows = [headings, ...view.applies.map((apply) => cells(apply, view.now))];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => cellsOf(row[column] ?? ''))));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => padCells(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...rest] = lines;
  return `${[colors.bold(head), ...rest, ...notes(view)].join('\n')}\n`;
}

function renderHistoryMarkdown(view: HistoryView): string {
  if (view.applies.length === 0)
    return `Nothing has been applied yet: ${escapeMarkdown(view.where)} holds no record.\n`;
  const rows = view.applies.map((apply) => `| ${cells(apply, view.now).map(escapeMarkdown).join(' | ')} |`);
  const lines = [`| ${headings.join(' | ')} |`, `|${'---|'.repeat(headings.length)}`, ...rows];
  return `${[...lines, ...notes(view).flatMap((note) => ['', escapeMarkdown(note)])].join('\n')}\n`;
}

function notes({ keepsPast, hasMore, applies, where }: HistoryView): string[] {
  if (!keepsPast)
    return [`Only the latest is kept: ${escapeInvisible(where)} has no history. The record on a Git ref has.`];
  return hasMore ? [`There are more than these ${applies.length}: add --limit N.`] : [];
}

export interface ApplyView {
  readonly apply: RecordedApply;
  readonly record: AppliedRecord;
  /** As far as the key of this run can tell. */
  readonly seal: 'own' | 'foreign' | 'none';
  readonly now: Date;
  /** Directory that the policy files were written into; null: they were not asked for. */
  readonly writtenInto: string | null;
}

export function renderApply(view: ApplyView, format: Format, style: TextStyle): string {
  if (format === 'json') return renderJson(applyDetails(view));
  const isMarkdown = format === 'markdown';
  const show = isMarkdown ? escapeMarkdown : escapeInvisible;
  const colors = colorsOf(style);
  const title = isMarkdown ? (text: string) => `### ${show(text)}` : (text: string) => colors.bold(show(text));
  const bullet = isMarkdown ? '- ' : '  ';
  const { apply, record, now } = view;
  const lines = [title(`${formatTime(apply.at)} UTC by ${apply.by ?? 'somebody'}: ${summarize(apply, now)}`)];
  if (isMarkdown) lines.push('');
  const width = Math.max(...facts(view).map(([name]) => name.length));
  for (const [name, value] of facts(view))
    lines.push(`${bullet}${isMarkdown ? `${name}:` : padCells(name, width)} ${show(value)}`);
  const section = (name: string, items: readonly string[]): void => {
    if (items.length > 0)
      lines.push(
        '',
        isMarkdown ? `**${name}**` : colors.bold(name),
        ...(isMarkdown ? [''] : []),
        ...items.map((item) => bullet + show(item)),
      );
  };
  section(apply.state === 'claim' ? 'claimed changes' : 'outcomes', changesOf(view));
  section('guards lifted', apply.lifts.map(describeLift));
  section('settings in force', settingsInWords(record.settings));
  section(
    'policy files',
    view.writtenInto === null ? Object.keys(record.files) : [`${countFiles(record)} written into ${view.writtenInto}`],
  );
  return `${lines.join('\n')}\n`;
}

function facts({ apply, record, seal }: ApplyView): (readonly [name: string, value: string])[] {
  return [
    ['environment', `${record.environment}, organisation ${record.organisation}`],
    ['control plane', record.baseUrl],
    ...(apply.state === 'claim'
      ? []
      : [['commit', `${apply.commit ?? 'none'}${apply.dirty ? ' with uncommitted changes' : ''}`] as const]),
    ['digest', apply.digest ?? '-'],
    ...(apply.way === null ? [] : [['on whose word', wordOf(apply)] as const]),
    ['run', apply.run ?? '-'],
    ['record', apply.token],
    ['seal', sealWords[seal]],
    ['tollgate', record.tool],
  ];
}

const sealWords = {
  own: 'sound',
  foreign: 'of another key, or broken: this run cannot tell',
  none: 'none',
} as const;

function wordOf({ way, unreviewed }: RecordedApply): string {
  const ways = {
    'by-hand': 'by hand, by a holder of the key',
    merge: 'on merge',
    dispatch: 'workflow_dispatch',
    return: 'by its date, as it was applied with it',
  } as const;
  return `${way === null ? '-' : ways[way]}${unreviewed ? ', unreviewed' : ''}`;
}

function describeLift({ guard, number, digest, by, at, where }: Lift): string {
  const place = where === null ? '' : `, ${where}`;
  return `${guard} up to ${number} by ${by} at ${formatTime(at)} (digest ${shortDigest(digest)}${place})`;
}

function countFiles({ files }: AppliedRecord): string {
  const count = Object.keys(files).length;
  return `${count} ${count === 1 ? 'file' : 'files'}`;
}

/** One line a change: what became of it, what it was, before → after, and why where it did not happen. */
function changesOf({ apply, record }: ApplyView): string[] {
  const names = namesOfRecord(record);
  if (apply.state === 'claim') {
    return (record.claim?.changes ?? []).map(
      ({ kind, workspace, name, action }) => `${action} ${placed({ kind, workspace, name })}`,
    );
  }
  return record.outcomes.map((outcome) => {
    const what = describeOutcome(outcome, names);
    const why = outcome.detail === undefined ? '' : ` (${outcome.detail})`;
    return `${outcome.status}: ${outcome.action} ${placed(outcome)}: ${what}${why}`;
  });
}

function placed(key: Pick<RecordedOutcome, 'kind' | 'workspace' | 'name'>): string {
  return `${describeKey(key)}${key.workspace === null ? '' : ` (${key.workspace})`}`;
}

/** `$500 → $750 monthly`. */
function describeOutcome(outcome: RecordedOutcome, names: Names): string {
  return describeChange(changeOfOutcome(outcome), names);
}

/** What was recorded of a change, for the words that plans use. */
export function changeOfOutcome({
  kind,
  workspace,
  name,
  action,
  fingerprint,
  before,
  after,
  until,
  due,
}: RecordedOutcome): Change {
  return {
    id: `${kind}/${workspace ?? '-'}/${name}`,
    key: { kind, workspace, name },
    workspaceId: null,
    liveId: null,
    action,
    cause: 'edited',
    reason: 'changed',
    direction: 'neutral',
    before,
    after,
    fieldChanges: compareFields(before ?? {}, after ?? {}),
    source: null,
    dependsOn: [],
    fingerprint,
    notes: [],
    entry: null,
    starting: null,
    ...(until === undefined ? {} : { until }),
    ...(due === undefined ? {} : { due }),
  };
}

/** Keys by id, as the record knows them. */
export function namesOfRecord({ workspaces }: AppliedRecord): Names {
  const keys = workspaces.flatMap(({ entries }) => entries).filter(({ kind }) => kind === 'key-limits');
  return Object.fromEntries(keys.map(({ id, name }) => [id, name]));
}

function applyDetails(view: ApplyView): ShowDocument {
  const { apply, record, now, writtenInto } = view;
  const names = namesOfRecord(record);
  return {
    version: jsonVersion,
    ok: true,
    ...applyDocument(apply, now),
    environment: record.environment,
    organisation: record.organisation,
    base_url: record.baseUrl,
    tool: record.tool,
    lifts: record.lifts ?? [],
    settings: { ...record.settings.review },
    // A claim stands in the record of the apply before it.
    outcomes:
      apply.state === 'claim'
        ? []
        : record.outcomes.map(({ until, due, ...outcome }) => ({
            ...outcome,
            ...(until === undefined ? {} : { until }),
            ...(due === undefined ? {} : { due }),
            detail: outcome.detail ?? null,
            summary: describeOutcome({ ...outcome, until, due }, names),
          })),
    claim: record.claim ?? null,
    seal: view.seal,
    moved_to: record.movedTo ?? null,
    files: Object.keys(record.files),
    written_into: writtenInto,
  };
}

/** `2026-11-20 12:00:05`. */
function formatTime(at: string | null): string {
  return at === null ? '-' : escapeInvisible(at.slice(0, 19).replace('T', ' '));
}

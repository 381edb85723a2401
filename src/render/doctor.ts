/** What a key and a control plane allow, for people, programs and pull requests. */

import { escapeInvisible } from '../printable.ts';
import type { DoctorDocument } from './documents/doctor.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { jsonVersion, renderJson } from './json.ts';
import { type Colors, cellsOf, colorsOf, padCells, type TextStyle } from './style.ts';
import { wrap } from './wrap.ts';

/**
 * | state | means |
 * |---|---|
 * | works | a request proved it, or the files and the record were read |
 * | refused | the service said no: 401, 402, 403, or its own list of the key's scopes |
 * | broken | no usable answer, or files and record that cannot be read |
 * | not-tried | nobody knows; the detail says why |
 * | note | a fact, neither good nor bad |
 * | missing | a wall around the approvals that is not there |
 * | unknown | whether it is there cannot be known; the detail says why |
 */
export type CheckState = 'works' | 'refused' | 'broken' | 'not-tried' | 'note' | 'missing' | 'unknown';

export type CheckGroup = 'reading' | 'writing' | 'repository' | 'approvals' | 'channels' | 'stores';

export interface ProofRequest {
  readonly method: string;
  /** Path with query, below the base URL. */
  readonly path: string;
  /** HTTP status; null when no answer arrived. */
  readonly status: number | null;
  /** The service's own code, such as `AB03`. */
  readonly code: string | null;
}

export interface CheckView {
  /** Stable: `policies.list`. */
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  readonly state: CheckState;
  /** The exit code depends on it. */
  readonly needed: boolean;
  /** Any one of them is enough; empty: none. */
  readonly scopes: readonly string[];
  /** What proved it; null where no request was made. */
  readonly request: ProofRequest | null;
  readonly detail: string | null;
  /** What to do about it. */
  readonly advice: string | null;
}

export interface CommandView {
  readonly command: string;
  /** `unproven`: all that can be tried without writing works. */
  readonly state: 'works' | 'partly' | 'no' | 'unproven';
  readonly detail: string | null;
}

export interface KeyView {
  /** Null: cannot be known. */
  readonly kind: 'organisation-service' | 'workspace-service' | 'workspace-user' | 'workspace' | null;
  /** How that is known. */
  readonly how: string;
  /** What it is called; null: its row was not found. */
  readonly name: string | null;
  /** Id of the person whose key it is; null: nobody's, or not known. */
  readonly userId: string | null;
  /** As the service lists them; null: it does not tell. */
  readonly scopes: readonly string[] | null;
  /** ISO date-time, UTC; null: it never expires, or nobody knows. */
  readonly expiresAt: string | null;
}

export interface DoctorView {
  /** Null: it cannot be used, see the checks. */
  readonly baseUrl: string | null;
  readonly key: KeyView;
  /** The workspace that was tried; null: none. */
  readonly workspace: string | null;
  readonly checks: readonly CheckView[];
  readonly commands: readonly CommandView[];
  /** What 401 and 403 mean, where they were met. */
  readonly explanations: readonly string[];
  /** Requests of this run that brought an answer to show. */
  readonly requests: number;
}

export function renderDoctor(view: DoctorView, format: 'text' | 'json' | 'markdown', style: TextStyle): string {
  switch (format) {
    case 'json':
      return renderJson(doctorDocument(view));
    case 'markdown':
      return renderDoctorMarkdown(view);
    case 'text':
      return renderDoctorText(view, style);
  }
}

/** Needed, and known not to work. */
export function failedChecks({ checks }: Pick<DoctorView, 'checks'>): readonly CheckView[] {
  return checks.filter(({ needed, state }) => needed && (state === 'refused' || state === 'broken'));
}

const groups: readonly (readonly [CheckGroup, string])[] = [
  ['reading', 'Reading'],
  ['writing', 'Writing'],
  ['repository', 'This directory'],
  ['approvals', 'Approvals'],
  ['channels', 'Channels'],
  ['stores', 'Stores'],
];

const stateWords: Readonly<Record<CheckState, string>> = {
  works: 'ok',
  refused: 'refused',
  broken: 'broken',
  'not-tried': 'not tried',
  note: 'note',
  missing: 'missing',
  unknown: 'unknown',
};

const commandWords: Readonly<Record<CommandView['state'], string>> = {
  works: 'works',
  partly: 'works in part',
  no: 'does not work',
  unproven: 'not proven',
};

const kindWords: Readonly<Record<Exclude<KeyView['kind'], null>, string>> = {
  'organisation-service': 'organisation admin key',
  'workspace-service': 'workspace key of a service',
  'workspace-user': 'workspace key of a person',
  workspace: 'workspace key',
};

function describeKind({ kind, how }: KeyView): string {
  return kind === null ? `of a kind that cannot be known: ${how}` : `${kindWords[kind]}: ${how}`;
}

/** What its row says of it, where it was found. */
function describeOwner({ name, userId, scopes }: KeyView): [name: string, text: string][] {
  const called = name === null ? [] : [`called ${JSON.stringify(name)}`];
  const whose = userId === null ? [] : [`of the person ${userId}`];
  const may = scopes === null ? [] : [`${scopes.length} ${scopes.length === 1 ? 'scope' : 'scopes'}`];
  const parts = [...called, ...whose, ...may];
  return parts.length === 0 ? [] : [['', parts.join(', ')]];
}

/** `2026-12-01 08:00 UTC` */
function formatTime(iso: string): string {
  return iso.replace('T', ' ').replace(/(:\d\d)(:\d\d)?(\.\d+)?Z$/, '$1 UTC');
}

function heads(view: DoctorView): [name: string, text: string][] {
  const { key } = view;
  return [
    ['control plane', view.baseUrl ?? 'none'],
    ['key', describeKind(key)],
    ...describeOwner(key),
    ...(key.expiresAt === null ? [] : [['', `expires ${formatTime(key.expiresAt)}`] as [string, string]]),
    ...(view.workspace === null
      ? []
      : [['tried in', `workspace ${view.workspace} (--workspace names another)`] as [string, string]]),
  ];
}

function summarize(view: DoctorView): string {
  const failed = failedChecks(view).length;
  if (failed > 0) return `${failed} of what tollgate needs ${failed === 1 ? 'does' : 'do'} not work.`;
  const untried = view.checks.filter((check) => check.needed && check.state === 'not-tried').length;
  return untried === 0
    ? 'Everything that tollgate needs works.'
    : `Everything that could be tried works; ${untried} could not be tried.`;
}

/** Walls that stand are not news; null where nobody looked at any. */
function summarizeWalls({ checks }: DoctorView): string | null {
  const walls = checks.filter(({ group }) => group === 'approvals');
  const count = (state: CheckState): number => walls.filter((wall) => wall.state === state).length;
  const [missing, unknown] = [count('missing'), count('unknown')];
  const asked = count('not-tried') > 0 ? '; GitHub was not asked' : '';
  if (missing + unknown === 0 && asked === '') return null;
  return `Of what keeps approvals honest, ${missing} ${missing === 1 ? 'is' : 'are'} missing and ${unknown} unknown${asked}: see approvals.md in tollgate's documentation.`;
}

/** Null where all of them work, as far as they were tried, or there are none. */
function summarizeChannels({ checks }: DoctorView): string | null {
  const channels = checks.filter(({ group, state }) => group === 'channels' && state !== 'note');
  const broken = channels.filter(({ state }) => state === 'broken').length;
  if (broken === 0) return null;
  return `Of ${channels.length} ${channels.length === 1 ? 'channel' : 'channels'} in force ${broken} ${broken === 1 ? 'does' : 'do'} not work: nobody is told there.`;
}

/** `GET /policies/usage-limits/3f0c9a52… → 403 AB03`; the whole of it is in the other formats. */
function describeRequest({ method, path, status, code }: ProofRequest): string {
  const short = (path.split('?')[0] ?? '').replace(/\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22}\b/gi, '$1…');
  return `${method} ${short} → ${describeAnswer(status, code)}`;
}

function describeAnswer(status: number | null, code: string | null): string {
  return status === null ? 'no answer' : `${status}${code === null ? '' : ` ${code}`}`;
}

const stateWidth = 10;
const titleWidth = 24;
const textWidth = 80;

function renderDoctorText(view: DoctorView, style: TextStyle): string {
  const colors = colorsOf(style);
  // A pipe is never wrapped.
  const width =
    style.columns === Number.POSITIVE_INFINITY ? style.columns : Math.max(40, Math.min(style.columns, textWidth));
  const lines = heads(view).flatMap(([name, text]) => hanging(`${padCells(name, 14)}`, text, width));
  for (const [group, title] of groups) {
    const checks = view.checks.filter((check) => check.group === group);
    if (checks.length === 0) continue;
    lines.push('', colors.bold(title), ...checks.flatMap((check) => checkLines(check, width, colors)));
  }
  lines.push('', colors.bold('Commands'));
  for (const { command, state, detail } of view.commands) {
    const text = `${commandWords[state]}${detail === null ? '' : `: ${detail}`}`;
    const [first = '', ...rest] = hanging(`  ${padCells(command, 20)}`, text, width);
    const paint = state === 'no' ? colors.red : state === 'works' ? colors.green : colors.yellow;
    const head = commandWords[state];
    // The word can be broken over two lines only where a line is too narrow for anything else.
    lines.push(first.replace(head, paint(head)), ...rest);
  }
  for (const text of view.explanations) lines.push('', ...wrap(text, width));
  lines.push('', ...wrap(summarize(view), width).map((line) => colors.bold(line)));
  for (const text of [summarizeWalls(view), summarizeChannels(view)]) {
    if (text !== null) lines.push(...wrap(text, width));
  }
  lines.push(...wrap('Nothing was written. --format json has every request in full.', width).map(colors.dim));
  return `${lines.join('\n')}\n`;
}

function hanging(head: string, text: string, width: number): string[] {
  const lines = wrap(escapeInvisible(text), width - head.length);
  return lines.map((line, index) => (index === 0 ? head : ' '.repeat(head.length)) + line);
}

function checkLines(check: CheckView, width: number, colors: Colors): string[] {
  const word = stateWords[check.state];
  const head = `  ${padCells(word, stateWidth)}${padCells(check.title, titleWidth)} `;
  const below = ' '.repeat(2 + stateWidth);
  const painted = head.replace(word, paintState(check.state, word, colors));
  const isOptional = isOptionalFailure(check.group, check.needed, check.state);
  const said = [check.detail, isOptional ? 'not needed here' : null]
    .filter((text): text is string => text !== null)
    .join('; ');
  const lines: string[] = [];
  if (check.request === null) {
    // Where nothing was asked, the words stand in the place of the request.
    const [first = '', ...rest] = hanging(head, said, width);
    lines.push(first.replace(head, painted).trimEnd(), ...rest);
  } else {
    const proof = escapeInvisible(describeRequest(check.request));
    const fits = head.length + cellsOf(proof) <= width;
    if (fits) lines.push(painted + colors.dim(proof));
    else lines.push(painted.trimEnd(), below + colors.dim(proof));
    if (said !== '') lines.push(...hanging(below, said, width));
  }
  if (check.advice !== null) lines.push(...hanging(`${below}→ `, check.advice, width));
  return lines;
}

function isOptionalFailure(group: CheckGroup, needed: boolean, state: CheckState): boolean {
  return group === 'reading' && !needed && (state === 'refused' || state === 'broken');
}

function paintState(state: CheckState, text: string, colors: Colors): string {
  switch (state) {
    case 'works':
      return colors.green(text);
    case 'refused':
    case 'broken':
    case 'missing':
      return colors.red(text);
    case 'not-tried':
    case 'unknown':
      return colors.yellow(text);
    case 'note':
      return colors.dim(text);
  }
}

function renderDoctorMarkdown(view: DoctorView): string {
  const lines = [`### ${escapeMarkdown(summarize(view))}`, ''];
  for (const text of [summarizeWalls(view), summarizeChannels(view)]) {
    if (text !== null) lines.push(escapeMarkdown(text), '');
  }
  for (const [name, text] of heads(view)) lines.push(`- ${name === '' ? '' : `${name}: `}${escapeMarkdown(text)}`);
  for (const [group, title] of groups) {
    const checks = view.checks.filter((check) => check.group === group);
    if (checks.length === 0) continue;
    lines.push('', `**${title}**`, '', '| | what | request | answer | |', '|---|---|---|---|---|');
    for (const { state, title: what, request, detail, advice, needed } of checks) {
      const said = [detail, isOptionalFailure(group, needed, state) ? 'not needed here' : null, advice]
        .filter((text): text is string => text !== null)
        .join('. ');
      const answer = request === null ? '' : describeAnswer(request.status, request.code);
      const cells = [stateWords[state], what, answer, said].map(escapeMarkdown);
      // Its segments are encoded for a URL: no backtick and no bar is left in it.
      const code = request === null ? '' : `\`${request.method} ${request.path.replace(/[`|]/g, '')}\``;
      lines.push(`| ${cells[0]} | ${cells[1]} | ${code} | ${cells[2]} | ${cells[3]} |`);
    }
  }
  lines.push('', '**Commands**', '', '| command | | |', '|---|---|---|');
  for (const { command, state, detail } of view.commands)
    lines.push(`| ${command} | ${commandWords[state]} | ${escapeMarkdown(detail ?? '')} |`);
  for (const text of view.explanations) lines.push('', escapeMarkdown(text));
  return `${lines.join('\n')}\n`;
}

function doctorDocument(view: DoctorView): DoctorDocument {
  const failed = failedChecks(view);
  const [first] = failed;
  const kind = failed.some(({ group }) => group !== 'reading' && group !== 'writing') ? 'user' : 'service';
  const message = `${summarize(view).replace(/\.$/, '')}: ${failed.map(({ title }) => title).join(', ')}`;
  return {
    version: jsonVersion,
    ok: first === undefined,
    ...(first === undefined ? {} : { error: { kind, message, hint: first.advice } }),
    base_url: view.baseUrl,
    key: {
      kind: view.key.kind,
      how: view.key.how,
      name: view.key.name,
      user_id: view.key.userId,
      scopes: view.key.scopes,
      expires_at: view.key.expiresAt,
    },
    workspace: view.workspace,
    requests: view.requests,
    checks: view.checks,
    commands: view.commands,
    explanations: view.explanations,
  };
}

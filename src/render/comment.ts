/** The body of the pull-request comment: what a reviewer must not miss comes first, and what does not fit is dropped whole. */

import type { Diagnostic } from '../diagnostics.ts';
import { describeNotRead } from '../plan/not-read.ts';
import type { Change, Outcome, Plan, Violation } from '../plan/types.ts';
import { wordDigest } from '../plan/words.ts';
import { countPlan, summarizeNothing, summarizePlan } from './count-plan.ts';
import { describeChange, describeKey } from './describe-change.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { findingHead, findingRow, pickFindings } from './findings.ts';
import {
  committedHead,
  committedRows,
  impactFootnote,
  impactHead,
  impactHeadline,
  impactRows,
} from './impact-markdown.ts';
import { leftItems } from './markdown.ts';

/** GitHub refuses bodies over 65,536 characters; bytes are what some proxies count. */
export const commentBytes = 60_000;

/** What the hidden header says of a comment; read back to find it and to tell old from new. */
export interface CommentHeader {
  readonly environment: string;
  /** Commit that was planned: the head of the pull request. */
  readonly head: string;
  /** Of the plan that is shown: 64 hex digits; null when there is no plan. */
  readonly digest: string | null;
  /** Number of the workflow run and attempt: a later run may overwrite an earlier one, never the reverse. */
  readonly run: number;
  readonly attempt: number;
  readonly state: CommentState;
}

export type CommentState = 'planned' | 'invalid' | 'applying' | 'applied' | 'partly-applied' | 'stale' | 'refused';

export interface CommentLinks {
  /** `https://github.com/owner/name`. */
  readonly repository: string;
  /** The workflow run, where the full text and the plan file are. */
  readonly run: string;
}

/** A part that stays or goes as one. */
export interface Section {
  readonly body: string;
  /** What a reader misses when it is dropped, such as `12 changes in 3 workspaces`. */
  readonly counts: number;
  /** Never dropped. */
  readonly pinned?: true;
}

export function commentMarker(environment: string): string {
  return `<!-- tollgate:${encodeURIComponent(environment)} -->`;
}

/** Marker and header: nothing of them shows. `--` may not stand in an HTML comment, so the JSON is percent-encoded. */
export function renderHeader(header: CommentHeader): string {
  const json = JSON.stringify(header).replace(/[%<>-]/g, (character) =>
    encodeURIComponent(character).replace('-', '%2D'),
  );
  return `${commentMarker(header.environment)}\n<!-- ${json} -->`;
}

/** Null when the body is not a comment of this environment. */
export function parseHeader(body: string, environment: string): CommentHeader | null {
  const [first, second] = body.split('\n', 2);
  if (first?.trim() !== commentMarker(environment)) return null;
  const json = /^<!-- (\{.*\}) -->\s*$/.exec(second ?? '')?.[1];
  if (json === undefined) return null;
  try {
    const header = JSON.parse(decodeURIComponent(json)) as Partial<CommentHeader>;
    const isWhole =
      typeof header.head === 'string' && typeof header.run === 'number' && typeof header.attempt === 'number';
    return isWhole && header.environment === environment ? (header as CommentHeader) : null;
  } catch {
    return null;
  }
}

export interface PlanComment {
  readonly header: CommentHeader;
  readonly plan: Plan;
  readonly diagnostics: readonly Diagnostic[];
  readonly outcomes: readonly Outcome[];
  readonly links: CommentLinks;
  /** Said under the headline: what happened or what to do next. */
  readonly remark: string | null;
}

export function renderPlanComment(input: PlanComment, limit = commentBytes): string {
  const { header, plan, links, remark } = input;
  const sections: Section[] = [
    pinned(renderHeader(header)),
    pinned(renderHeadline(plan, header)),
    ...(remark === null ? [] : [pinned(escapeMarkdown(remark))]),
    ...headlineOf(plan),
    ...plan.violations.map((violation) => pinned(renderViolation(violation))),
    ...outcomeSections(input.outcomes),
    ...tableSections(plan, header.head, links),
    ...findingSections(plan, header.head, links),
    ...impactSections(plan),
    ...detailSections(input),
  ];
  const footer = `<sub>Environment ${escapeMarkdown(plan.environment)} · digest \`${wordDigest(plan.digest)}\` · planned for ${header.head.slice(0, 12)} · [run and full text](${links.run})</sub>`;
  return fitSections(sections, footer, links.run, limit);
}

/** When there is no plan for the head: the one that stood here was for other files. */
export function renderInvalidComment(
  header: CommentHeader,
  diagnostics: readonly Diagnostic[],
  links: CommentLinks,
  limit = commentBytes,
): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const rows = diagnostics.map(
    ({ source, code, message }) =>
      `| ${renderPlace({ source }, header.head, links)} | \`${code}\` | ${escapeMarkdown(message)} |`,
  );
  const sections = [
    pinned(renderHeader(header)),
    pinned(`### ${stateWords.invalid} · ${escapeMarkdown(header.environment)}`),
    pinned(`${errors} ${errors === 1 ? 'error' : 'errors'}: there is no plan before the files are right.`),
    ...chunk(rows, 40).map((part) => table('| where | | what is wrong |', part)),
  ];
  const footer = `<sub>Environment ${escapeMarkdown(header.environment)} · checked for ${header.head.slice(0, 12)} · [run and full text](${links.run})</sub>`;
  return fitSections(sections, footer, links.run, limit);
}

function pinned(body: string): Section {
  return { body, counts: 0, pinned: true };
}

function headlineOf(plan: Plan): Section[] {
  const said = impactHeadline(plan);
  return said === null ? [] : [pinned(said)];
}

/** What somebody has to look at, and what was silenced with its reason; the others are among the details. */
function findingSections({ findings }: Plan, head: string, links: CommentLinks): Section[] {
  const { shown } = pickFindings(findings);
  const rows = shown.map((finding) => findingRow(finding, (source) => renderPlace({ source }, head, links)));
  return chunk(rows, 40).map((part, index) => {
    const { body, counts } = table(findingHead, part);
    return { body: `**findings**${index === 0 ? '' : ' (continued)'}\n\n${body}`, counts };
  });
}

/** Committed spend first: it is short, and sections go from the bottom up. */
function impactSections(plan: Plan): Section[] {
  const rows = impactRows(plan);
  if (rows.length === 0) return [];
  const committed = committedRows(plan);
  return [
    ...chunk(committed, 40).map((part) => table(committedHead, part)),
    ...chunk(rows, 20).map((part, index) => ({
      ...table(impactHead, part),
      body: `**impact**${index === 0 ? '' : ' (continued)'}\n\n${table(impactHead, part).body}`,
    })),
    { body: impactFootnote(plan), counts: 0 },
  ];
}

const stateWords: Readonly<Record<CommentState, string>> = {
  planned: 'tollgate plan',
  invalid: 'tollgate: the files have errors',
  applying: 'tollgate is applying',
  applied: 'tollgate applied',
  'partly-applied': 'tollgate applied a part',
  stale: 'tollgate did not apply: what was approved is stale',
  refused: 'tollgate did not apply',
};

function renderHeadline(plan: Plan, { state }: CommentHeader): string {
  const loosens = plan.changes.filter(({ direction }) => direction === 'loosen').length;
  const count = countPlan(plan);
  const looser = loosens === 0 ? '' : ` **${loosens} loosen${loosens === 1 ? 's' : ''} a limit.**`;
  const nothing = count.toDo === 0 ? ` ${summarizeNothing(plan)}` : '';
  return `### ${stateWords[state]} · ${escapeMarkdown(plan.environment)}\n\n${escapeMarkdown(summarizePlan(plan))}${looser}${nothing}`;
}

/** The same comment in another state: what it shows stays, its headline and header say what is going on. */
export function restateComment(body: string, header: CommentHeader): string {
  const rest = body.split('\n').slice(2).join('\n');
  const headline = /^### .*? · /m;
  return `${renderHeader(header)}\n${rest.replace(headline, `### ${stateWords[header.state]} · `)}`;
}

function renderViolation({ guard, details, severity, allow, lifted }: Violation): string {
  const verdict = lifted ? 'allowed' : severity === 'warning' ? 'warns' : 'objects';
  const mark = lifted || severity === 'warning' ? '⚠️' : '🛑';
  const lines = [`> ${mark} **guard ${guard} ${verdict}:** ${details.map(escapeMarkdown).join('; ')}`];
  if (!lifted && severity === 'error') {
    lines.push(
      allow === null
        ? '> Nothing lifts this guard.'
        : `> To allow it for this plan, somebody other than the author approves with a review that holds the line \`/tollgate allow ${allow}\``,
    );
  }
  return lines.join('\n');
}

const symbols: Readonly<Record<Change['action'], string>> = { create: '➕', update: '✏️', replace: '🔁', delete: '➖' };

function outcomeSections(outcomes: readonly Outcome[]): Section[] {
  const bad = outcomes.filter(({ status }) => status !== 'applied' && status !== 'already-applied');
  if (outcomes.length === 0) return [];
  const done = outcomes.length - bad.length;
  const head = pinned(`**${done} of ${outcomes.length} applied.**`);
  const rows = bad.map(
    ({ change, status, detail }) =>
      `| ${symbols[change.action]} | ${escapeMarkdown(placed(change))} | ${status} | ${escapeMarkdown(detail ?? '')} |`,
  );
  return [head, ...chunk(rows, 40).map((part) => table('| | what | outcome | why |', part))];
}

function placed({ key }: Change): string {
  return `${describeKey(key)}${key.workspace === null ? '' : ` (${key.workspace})`}`;
}

function tableSections(plan: Plan, head: string, links: CommentLinks): Section[] {
  const byWorkspace = new Map<string | null, Change[]>();
  for (const change of plan.changes) {
    const list = byWorkspace.get(change.key.workspace);
    if (list === undefined) byWorkspace.set(change.key.workspace, [change]);
    else list.push(change);
  }
  const names = new Map(plan.workspaces.map(({ slug, name }) => [slug, name]));
  return [...byWorkspace].flatMap(([workspace, changes]) => {
    const title = workspace === null ? 'organisation' : `${names.get(workspace) ?? workspace} · ${workspace}`;
    const rows = changes.map((change) => renderRow(change, plan, head, links));
    return chunk(rows, 40).map((part, index) => {
      const heading = `**${escapeMarkdown(title)}**${index === 0 ? '' : ' (continued)'}`;
      return {
        ...table('| | what | change | cause | where |', part),
        body: `${heading}\n\n${table('| | what | change | cause | where |', part).body}`,
      };
    });
  });
}

function renderRow(change: Change, plan: Plan, head: string, links: CommentLinks): string {
  const what = escapeMarkdown(describeChange(change, plan.names));
  const notes = change.notes.map((note) => `<br>⚠️ ${escapeMarkdown(note)}`).join('');
  return `| ${symbols[change.action]} | ${escapeMarkdown(describeKey(change.key))} | ${what}${notes} | ${change.cause} | ${renderPlace(change, head, links)} |`;
}

function renderPlace({ source }: Pick<Change, 'source'>, head: string, { repository }: CommentLinks): string {
  if (source === null) return 'no longer in Git';
  const path = source.file
    .split('/')
    .map(encodeURIComponent)
    .join('/')
    .replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'));
  return `[${escapeMarkdown(`${source.file}:${source.line}`)}](${repository}/blob/${head}/${path}#L${source.line})`;
}

function table(head: string, rows: readonly string[]): Section {
  const rule = head.replace(/[^|]+/g, '---');
  return { body: [head, rule, ...rows].join('\n'), counts: rows.length };
}

function detailSections({ plan, diagnostics }: PlanComment): Section[] {
  const sections: Section[] = [];
  const list = (title: string, items: readonly string[]): void => {
    if (items.length === 0) return;
    const shown = items.slice(0, 200);
    const more = items.length > shown.length ? [`- and ${items.length - shown.length} more`] : [];
    const body = `<details><summary>${title}</summary>\n\n${[...shown, ...more].join('\n')}\n\n</details>`;
    sections.push({ body, counts: items.length });
  };
  list(
    `${diagnostics.length} findings in the files`,
    diagnostics.map(
      ({ source, code, message }) =>
        `- ${escapeMarkdown(`${source.file}:${source.line}`)} \`${code}\` ${escapeMarkdown(message)}`,
    ),
  );
  const shown = new Set(pickFindings(plan.findings).shown);
  const others = plan.findings.filter((finding) => !shown.has(finding));
  list(
    `${others.length} more of the rules`,
    others.map(
      ({ source, rule, message, fix }) =>
        `- ${escapeMarkdown(`${source.file}:${source.line}`)} \`${rule}\` ${escapeMarkdown(`${message}. ${fix}`)}`,
    ),
  );
  list(
    `${plan.notes.length} notes`,
    plan.notes.map(({ severity, message }) => `- ${severity === 'warning' ? '⚠️ ' : ''}${escapeMarkdown(message)}`),
  );
  list(
    `${plan.withheld.length} withheld`,
    plan.withheld.map(
      (change) =>
        `- ${symbols[change.action]} ${escapeMarkdown(placed(change))}: ${escapeMarkdown(describeChange(change, plan.names))}`,
    ),
  );
  list(`${plan.left.length} left as set by hand`, leftItems(plan));
  const record = plan.recordLines.map(({ action, key, detail }) => {
    const what = key === null ? '' : ` ${describeKey(key)}${key.workspace === null ? '' : ` (${key.workspace})`}:`;
    return `- ${action}${escapeMarkdown(what)} ${escapeMarkdown(detail)}`;
  });
  list(`${record.length} changes to the record alone`, record);
  const notRead = describeNotRead(plan);
  list(`${plan.unmanaged.length} unmanaged${notRead === null ? '' : ', of what was read'}`, [
    ...plan.unmanaged.map(
      ({ kind, workspace, name, id }) =>
        `- ${escapeMarkdown(`${kind} ${name ?? id} (${workspace ?? 'organisation'})`)}`,
    ),
    ...(notRead === null ? [] : [`- ${escapeMarkdown(notRead)}`]),
  ]);
  return sections;
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

/** Whole sections from the bottom up are left out until the rest fits; a line says how much is missing and where it is. */
export function fitSections(sections: readonly Section[], footer: string, link: string, limit: number): string {
  const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');
  const missing = (count: number): string => tellMissing(count, link);
  const gap = 2;
  const fixed = bytes(footer) + gap + bytes(missing(Number.MAX_SAFE_INTEGER)) + gap;
  let used =
    fixed + sections.filter(({ pinned: stays }) => stays).reduce((sum, { body }) => sum + bytes(body) + gap, 0);
  const kept: string[] = [];
  let dropped = 0;
  for (const { body, counts, pinned: stays } of sections) {
    const size = bytes(body) + gap;
    if (stays) kept.push(body);
    else if (dropped === 0 && used + size <= limit) {
      kept.push(body);
      used += size;
    } else dropped += counts;
  }
  return [...kept, ...(dropped > 0 ? [missing(dropped)] : []), footer].join('\n\n');
}

function tellMissing(count: number, link: string): string {
  return `… and ${count} more lines that do not fit here: [all of it](${link})`;
}

/** Whole lines from the top, at most so many bytes; the rest is counted. */
export function fitLines(text: string, limit: number, link: string): string {
  const lines = text.trimEnd().split('\n');
  let used = 0;
  const end = lines.findIndex((line) => {
    used += Buffer.byteLength(line, 'utf8') + 1;
    return used > limit;
  });
  if (end < 0) return text;
  return `${lines.slice(0, end).join('\n')}\n\n${tellMissing(lines.length - end, link)}\n`;
}

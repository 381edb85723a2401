/** The body of the pull-request comment: what a reviewer must not miss comes first, the rest is dropped where it does not fit. */

import type { Diagnostic } from '../diagnostics.ts';
import { needsReview } from '../plan/approve.ts';
import { describeNotRead } from '../plan/not-read.ts';
import type { Change, Outcome, Plan, Violation } from '../plan/types.ts';
import { wordDigest } from '../plan/words.ts';
import { type CommentFacts, type CommentHeader, type CommentState, joinComment, textBelow } from './comment-header.ts';
import { countPlan, summarizeNothing, summarizePlan } from './count-plan.ts';
import { describeChange, describeKey } from './describe-change.ts';
import { describeSettings } from './describe-settings.ts';
import { escapeLines, escapeMarkdown } from './escape-markdown.ts';
import { findingHead, findingRow, pickFindings } from './findings.ts';
import { bytesOf, commentBytes, fitSections, pinned, pinnedList, type Section } from './fit-sections.ts';
import {
  committedHead,
  committedRows,
  impactFootnote,
  impactHead,
  impactHeadline,
  impactRows,
} from './impact-markdown.ts';
import { leftItems } from './markdown.ts';
import { contentOf, type PullFate } from './pull-fate.ts';

export interface CommentLinks {
  /** `https://github.com/owner/name`. */
  readonly repository: string;
  /** The workflow run, where the full text and the plan file are. */
  readonly run: string;
}

/** The whole comment. What it is about stands in its headline, and the run that says so in its footer. */
export function renderComment(fate: PullFate, facts: CommentFacts, links: CommentLinks, limit = commentBytes): string {
  const { environment, head, run, attempt, record, at } = facts;
  const plan = 'plan' in fate ? fate.plan : null;
  const sections = [pinned(renderHeadline(fate, environment)), ...sectionsOf(fate, head, links)];
  const about = [
    `Environment ${escapeMarkdown(environment)}`,
    ...(plan === null ? [] : [`digest \`${wordDigest(plan.digest)}\``]),
    `${fate.state === 'invalid' || fate.state === 'untouched' ? 'checked' : 'planned'} for ${head.slice(0, 12)}`,
    `[run and full text](${links.run})`,
  ];
  const content = contentOf(fate, head);
  const header = {
    environment,
    head,
    digest: plan?.digest ?? null,
    run,
    attempt,
    state: fate.state,
    record,
    at,
    content,
  };
  const room = limit - bytesOf(joinComment(header, ''));
  return joinComment(header, fitSections(sections, `<sub>${about.join(' · ')}</sub>`, links.run, room));
}

function sectionsOf(fate: PullFate, head: string, links: CommentLinks): Section[] {
  switch (fate.state) {
    case 'invalid': {
      const errors = fate.diagnostics.filter(({ severity }) => severity === 'error').length;
      const said = `${errors} ${errors === 1 ? 'error' : 'errors'}: there is no plan before the files are right.`;
      return [pinned(said), ...errorSections(fate.diagnostics, head, links)];
    }
    case 'unplanned':
      return [remarkSection(fate.why)];
    case 'untouched':
      return [pinned('This pull request changes no policy files: there is nothing to plan for it.')];
    default: {
      const { plan, diagnostics, remark } = fate;
      const said = remark === null ? [] : [remarkSection(remark)];
      if (plan === null) return [...said, ...errorSections(diagnostics, head, links)];
      const outcomes = fate.state === 'planned' ? [] : fate.outcomes;
      return [
        ...said,
        ...settingsSections(plan),
        ...headlineOf(plan),
        ...plan.violations.map(violationSection),
        ...outcomeSections(outcomes),
        ...tableSections(plan, head, links),
        ...findingSections(plan, head, links),
        ...impactSections(plan),
        ...detailSections(plan, diagnostics),
      ];
    }
  }
}

function remarkSection(remark: string): Section {
  return pinnedList([remark], ' ', escapeLines);
}

function errorSections(diagnostics: readonly Diagnostic[], head: string, links: CommentLinks): Section[] {
  const rows = diagnostics.map(
    ({ source, code, message }) =>
      `| ${renderPlace({ source }, head, links)} | \`${code}\` | ${escapeMarkdown(message)} |`,
  );
  return chunk(rows, 40).map((part) => table('| where | | what is wrong |', part));
}

/** Who changes what judges changes more than any limit: first, and in words. */
function settingsSections(plan: Plan): Section[] {
  const settings = describeSettings(plan);
  if (settings.length === 0) return [];
  const frame = (list: string): string => `**settings that judge later changes**\n\n- ${list}`;
  return [pinnedList(settings, '\n- ', escapeMarkdown, frame)];
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
  unplanned: 'tollgate: no plan for this head',
  untouched: 'tollgate: nothing to plan',
  applying: 'tollgate is applying',
  applied: 'tollgate applied',
  'partly-applied': 'tollgate applied a part',
  stale: 'tollgate did not apply: it is owed',
  failed: 'tollgate failed to apply',
  refused: 'tollgate did not apply',
  overtaken: 'tollgate: overtaken by later changes',
};

function renderHeadline(fate: PullFate, environment: string): string {
  const title = `### ${stateWords[fate.state]} · ${escapeMarkdown(environment)}`;
  const plan = 'plan' in fate ? fate.plan : null;
  if (plan === null) return title;
  const loosens = plan.changes.filter(({ direction }) => direction === 'loosen').length;
  const looser = loosens === 0 ? '' : ` **${loosens} loosen${loosens === 1 ? 's' : ''} a limit.**`;
  const settings = describeSettings(plan).length;
  const judged = settings === 0 ? '' : ` **${settings} ${settings === 1 ? 'setting changes' : 'settings change'}.**`;
  const nothing = countPlan(plan).toDo === 0 ? ` ${summarizeNothing(plan)}` : '';
  return `${title}\n\n${escapeMarkdown(summarizePlan(plan))}${looser}${judged}${nothing}`;
}

/** The same comment while it passes into another state: what it shows stays, headline and header say what is going on. */
export function restateComment(
  body: string,
  header: CommentHeader,
  { run, attempt, record, at }: Pick<CommentHeader, 'run' | 'attempt' | 'record' | 'at'>,
): string {
  const state = 'applying' as const;
  const text = textBelow(body).replace(/^### .*? · /m, `### ${stateWords[state]} · `);
  return joinComment({ ...header, run, attempt, record, at, state }, text);
}

function violationSection({ guard, details, severity, allow, lifted }: Violation): Section {
  const verdict = lifted ? 'allowed' : severity === 'warning' ? 'warns' : 'objects';
  const mark = lifted || severity === 'warning' ? '⚠️' : '🛑';
  const ways =
    lifted || severity !== 'error'
      ? []
      : [
          allow === null
            ? '> Nothing lifts this guard.'
            : `> To allow it for this plan, somebody other than the author approves with a review that holds the line \`/tollgate allow ${allow}\``,
        ];
  return pinnedList(details, '; ', escapeMarkdown, (list) =>
    [`> ${mark} **guard ${guard} ${verdict}:** ${list}`, ...ways].join('\n'),
  );
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

function detailSections(plan: Plan, diagnostics: readonly Diagnostic[]): Section[] {
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
  const memory = plan.recordLines.filter((line) => line.action !== 'settings' || !needsReview(line));
  const record = memory.map(({ action, key, detail }) => {
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

/** The body of the pull-request comment: what a reviewer must not miss comes first, the rest is dropped where it does not fit. */

import type { Diagnostic, Source } from '../diagnostics.ts';
import type { Outcome } from '../plan/types.ts';
import { wordDigest } from '../plan/words.ts';
import { type CommentFacts, type CommentHeader, type CommentState, joinComment, textBelow } from './comment-header.ts';
import { escapeLines, escapeMarkdown, escapeProse } from './escape-markdown.ts';
import { bytesOf, chunk, commentBytes, fitSections, pinned, pinnedList, type Section } from './fit-sections.ts';
import { inertOnGitLab } from './gitlab-markdown.ts';
import { outcomeHead, outcomeRow } from './outcomes.ts';
import { contentOf, type PullFate } from './pull-fate.ts';
import { buildPlanView, type PlanView } from './view/plan-view.ts';
import { foldSection, judgementSections, planSections, verdictMarkdown } from './view/write-markdown.ts';

export interface CommentLinks {
  /** `https://github.com/owner/name`. */
  readonly repository: string;
  /** The workflow run, where the full text and the plan file are. */
  readonly run: string;
  /** Where it is read. Default: on GitHub. */
  readonly forge?: keyof typeof forges;
}

/** What differs by where it is read. Words in a review count on GitHub alone. */
const forges = {
  github: { request: 'pull request', words: 'review', blob: 'blob', finish: (text: string) => text },
  gitlab: { request: 'merge request', words: 'flag', blob: '-/blob', finish: inertOnGitLab },
} as const;

/** The whole comment. What it is about stands in its headline, and the run that says so in its footer. */
export function renderComment(fate: PullFate, facts: CommentFacts, links: CommentLinks, limit = commentBytes): string {
  const { environment, head, run, attempt, record, at } = facts;
  const plan = 'plan' in fate ? fate.plan : null;
  const view = plan === null ? null : buildPlanView(plan);
  const sections = [pinned(renderHeadline(fate, view, environment)), ...sectionsOf(fate, view, head, links)];
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
  const text = fitSections(sections, `<sub>${about.join(' · ')}</sub>`, links.run, room);
  return joinComment(header, forges[links.forge ?? 'github'].finish(text));
}

function sectionsOf(fate: PullFate, view: PlanView | null, head: string, links: CommentLinks): Section[] {
  const { request, words } = forges[links.forge ?? 'github'];
  switch (fate.state) {
    case 'invalid': {
      const errors = fate.diagnostics.filter(({ severity }) => severity === 'error').length;
      const said = `${errors} ${errors === 1 ? 'error' : 'errors'}: there is no plan before the files are right.`;
      return [pinned(said), ...errorSections(fate.diagnostics, head, links)];
    }
    case 'unplanned':
      return [remarkSection(fate.why)];
    case 'untouched':
      return [pinned(`This ${request} changes no policy files: there is nothing to plan for it.`)];
    default: {
      const { diagnostics, remark } = fate;
      const said = remark === null ? [] : [remarkSection(remark)];
      if (view === null) return [...said, ...errorSections(diagnostics, head, links)];
      const place = {
        linkTo: (source: Source): string => urlOf(source, head, links),
        words,
        hasNext: fate.state === 'planned',
      } as const;
      const judged = judgementSections(view, place);
      return [
        // What may be merged is judged first; of what is merged it is said what became of it.
        ...(fate.state === 'planned' ? [...judged, ...said] : [...said, ...outcomeSections(fate.outcomes), ...judged]),
        ...planSections(view, place),
        ...findingSections(diagnostics),
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
      `| [${escapeMarkdown(`${source.file}:${source.line}`)}](${urlOf(source, head, links)}) | \`${code}\` | ${escapeProse(message)} |`,
  );
  return chunk(rows).map((part) => table('| where | | what is wrong |', part));
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

/** An open pull request is told first whether it may be merged as it is, and what that costs. */
function renderHeadline({ state }: PullFate, view: PlanView | null, environment: string): string {
  const title = titleOf(state, environment);
  return state === 'planned' && view !== null ? `${title}: ${verdictMarkdown(view)}` : title;
}

function titleOf(state: CommentState, environment: string): string {
  return `### ${stateWords[state]} · ${escapeMarkdown(environment)}`;
}

/** The same comment while it passes into another state: what it shows stays, headline and header say what is going on. */
export function restateComment(
  body: string,
  header: CommentHeader,
  { run, attempt, record, at }: Pick<CommentHeader, 'run' | 'attempt' | 'record' | 'at'>,
): string {
  const state = 'applying' as const;
  const text = textBelow(body).replace(/^### .*$/m, () => titleOf(state, header.environment));
  return joinComment({ ...header, run, attempt, record, at, state }, text);
}

function outcomeSections(outcomes: readonly Outcome[]): Section[] {
  if (outcomes.length === 0) return [];
  const bad = outcomes.filter(({ status }) => status !== 'applied' && status !== 'already-applied');
  const head = pinned(`**${outcomes.length - bad.length} of ${outcomes.length} applied.**`);
  return [head, ...chunk(bad.map(outcomeRow)).map((part) => table(outcomeHead, part))];
}

function urlOf({ file, line }: Source, head: string, { repository, forge = 'github' }: CommentLinks): string {
  const path = file
    .split('/')
    .map(encodeURIComponent)
    .join('/')
    .replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'));
  return `${repository}/${forges[forge].blob}/${head}/${path}#L${line}`;
}

function table(head: string, rows: readonly string[]): Section {
  const rule = head.replace(/[^|]+/g, '---');
  return { body: [head, rule, ...rows].join('\n'), counts: rows.length };
}

/** Of the files, where there is a plan all the same. */
function findingSections(diagnostics: readonly Diagnostic[]): Section[] {
  if (diagnostics.length === 0) return [];
  const items = diagnostics.map(
    ({ source, code, message }) =>
      `- ${escapeMarkdown(`${source.file}:${source.line}`)} \`${code}\` ${escapeProse(message)}`,
  );
  return foldSection(`${diagnostics.length} findings in the files`, items);
}

/** One pull request is told what became of its entries: comment, check and labels, all written from one value. */

import { type PlanLabel, writeLabels } from '../../github/labels.ts';
import type { Annotation, CheckRun } from '../../github/port.ts';
import { type StickyComment, type StickyResult, writeStickyComment } from '../../github/sticky-comment.ts';
import { objecting } from '../../plan/guards.ts';
import {
  type CommentHeader,
  type CommentLinks,
  isNewerComment,
  parseHeader,
  renderComment,
  tellsTheSame,
} from '../../render/comment.ts';
import { countPlan, summarizePlan } from '../../render/count-plan.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import type { PullFate } from '../../render/pull-fate.ts';
import { notWritten, saying } from './saying.ts';
import type { ActionRun } from './types.ts';

/** Which pull request, and what the run that tells it rests on. */
export interface ToldPull {
  readonly number: number;
  readonly head: string;
  readonly environment: string;
  /** When the record was applied; null: there is none. */
  readonly record: string | null;
  /** When the run had read what it tells of. */
  readonly at: string;
}

/** Written by comment alone: after a merge nobody looks at checks and labels. */
export async function tellMerged(
  run: ActionRun,
  pull: ToldPull,
  fate: PullFate,
  more: { readonly onlyUpdate?: boolean; readonly stays?: (there: CommentHeader) => boolean } = {},
): Promise<string[]> {
  return (await tellByComment(run, pull, fate, more)).warnings;
}

/** @param isLastHead false: a later push has a run of its own, which has the last word in comment and labels */
export async function tellOpen(
  run: ActionRun,
  pull: ToldPull & { readonly isLastHead: boolean },
  fate: PullFate,
  annotations: readonly Annotation[],
): Promise<string[]> {
  const { github } = run;
  if (github === null) return [];
  const silent = { warnings: [], result: null };
  const { warnings, result } = pull.isLastHead ? await tellByComment(run, pull, fate, {}) : silent;
  const check = checkOf(fate, pull, run, annotations);
  const isLast = pull.isLastHead && result !== 'superseded';
  return [
    ...warnings,
    ...(await saying(notWritten('the check'), () => github.createCheck(check))),
    ...(isLast ? await saying(notWritten('the labels'), () => writeLabels(github, pull.number, labelsOf(fate))) : []),
  ];
}

async function tellByComment(
  run: ActionRun,
  { number, ...about }: ToldPull,
  fate: PullFate,
  more: { readonly onlyUpdate?: boolean; readonly stays?: (there: CommentHeader) => boolean },
): Promise<{ readonly warnings: string[]; readonly result: StickyResult | null }> {
  const { github, inputs } = run;
  let result: StickyResult | null = null;
  if (github === null || inputs.comment === 'never') return { warnings: [], result };
  const body = renderComment(fate, { ...about, run: run.runNumber, attempt: run.runAttempt }, linksOf(run));
  const onlyUpdate = more.onlyUpdate === true || (inputs.comment === 'on-change' && isQuiet(fate));
  const sticky = stickyOf(about.environment, more.stays);
  const what = `#${number}: ${notWritten('the comment')}`;
  const warnings = await saying(what, async () => {
    result = await writeStickyComment(github, number, { ...sticky, body, onlyUpdate });
  });
  return { warnings, result };
}

export function linksOf(run: ActionRun): CommentLinks {
  return { repository: run.repositoryUrl, run: run.runUrl };
}

/** @param stays what must stand as it is, however old */
export function stickyOf(
  environment: string,
  stays: (there: CommentHeader) => boolean = () => false,
): Omit<StickyComment, 'body' | 'onlyUpdate'> {
  return {
    isOurs: (body) => parseHeader(body, environment) !== null,
    isNewer: (there, than) => {
      const header = parseHeader(there, environment);
      return (header !== null && there !== than && stays(header)) || isNewerComment(there, than, environment);
    },
    isSame: (there, wanted) => tellsTheSame(there, wanted, environment),
  };
}

/** Nothing that anybody would have to know who has no comment yet. */
function isQuiet(fate: PullFate): boolean {
  if (fate.state !== 'planned') return false;
  return countPlan(fate.plan).toDo === 0 && fate.plan.violations.length === 0;
}

/** GitHub takes fifty in a request; who reads on after these does so in the run's summary. */
const annotationsShown = 250;

function checkOf(
  fate: PullFate,
  { environment, head }: ToldPull,
  { runUrl }: ActionRun,
  annotations: readonly Annotation[],
): CheckRun {
  const { title, said = title, hasFailed } = verdictOf(fate);
  const more = annotations.length - annotationsShown;
  const missing = more > 0 ? ` ${more} more annotations are not shown on their lines.` : '';
  return {
    name: `tollgate (${environment})`,
    head,
    conclusion: hasFailed ? 'failure' : 'success',
    title,
    summary: `${escapeMarkdown(said)}${missing} [Run and full text](${runUrl})`,
    annotations: annotations.slice(0, annotationsShown),
  };
}

function verdictOf(fate: PullFate): { readonly title: string; readonly said?: string; readonly hasFailed: boolean } {
  switch (fate.state) {
    case 'planned': {
      const said = summarizePlan(fate.plan);
      const objections = objecting(fate.plan.violations);
      if (objections.length === 0) return { title: said, hasFailed: false };
      return { title: `${objections.map(({ guard }) => guard).join(', ')}: a guard objects`, said, hasFailed: true };
    }
    case 'invalid': {
      const errors = fate.diagnostics.filter(({ severity }) => severity === 'error').length;
      return { title: `${errors} ${errors === 1 ? 'error' : 'errors'} in the files`, hasFailed: true };
    }
    case 'unplanned':
      return { title: 'no plan for this head', said: fate.why, hasFailed: true };
    default:
      return { title: fate.state, hasFailed: fate.state !== 'applied' };
  }
}

/** Without a plan nobody knows what it does to limits. */
function labelsOf(fate: PullFate): ReadonlySet<PlanLabel> {
  const wanted = new Set<PlanLabel>();
  for (const { direction, action } of fate.state === 'planned' ? fate.plan.changes : []) {
    if (direction === 'loosen') wanted.add('loosen');
    if (direction === 'tighten') wanted.add('tighten');
    if (action === 'delete') wanted.add('delete');
  }
  return wanted;
}

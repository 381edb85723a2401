/** One pull request, or a group of a queue, is told what became of its entries: comment, check and labels, written from one value. */

import { type PlanLabel, writeLabels } from '../../github/labels.ts';
import type { Annotation, CheckRun, GitHub } from '../../github/port.ts';
import { type StickyComment, type StickyResult, writeStickyComment } from '../../github/sticky-comment.ts';
import { findObjections } from '../../guards/judge.ts';
import { type CommentLinks, renderComment } from '../../render/comment.ts';
import { type CommentHeader, isNewerComment, parseHeader, tellsTheSame } from '../../render/comment-header.ts';
import { countPlan, summarizePlan } from '../../render/count-plan.ts';
import { describeSettings } from '../../render/describe-settings.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import type { PullFate } from '../../render/pull-fate.ts';
import type { ActionRun } from './types.ts';
import { describeUnwritten, warnOnFailure } from './warn-on-failure.ts';

/** Which pull request, and what the run that tells it rests on. */
export interface PullToTell {
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
  pull: PullToTell,
  fate: PullFate,
  more: { readonly onlyUpdate?: boolean; readonly stays?: (there: CommentHeader) => boolean } = {},
): Promise<string[]> {
  return (await tellByComment(run, pull, fate, more)).warnings;
}

/** What may be merged, and so has a check. */
export interface ToldOpen extends Omit<PullToTell, 'number'> {
  /** Null: a group of several, or one that this token may only read: the check alone. */
  readonly number: number | null;
  /** Another branch than the default one, that it goes into: nothing of it is applied by its merge. */
  readonly into: string | null;
  /** False: a later push has a run of its own, which has the last word in comment and labels. */
  readonly isLastHead: boolean;
}

export interface PullAnswer {
  readonly warnings: readonly string[];
  /** The annotations stand on their lines. */
  readonly isChecked: boolean;
}

export async function tellOpen(
  run: ActionRun,
  { number, isLastHead, into, ...about }: ToldOpen,
  fate: PullFate,
  annotations: readonly Annotation[],
): Promise<PullAnswer> {
  const { github } = run;
  if (github === null) return { warnings: [], isChecked: false };
  const pull = number === null || !isLastHead ? null : { ...about, number };
  const { warnings, result } =
    pull === null ? { warnings: [], result: null } : await tellByComment(run, pull, fate, {});
  const checked = await warnOnFailure(describeUnwritten('the check'), () =>
    github.createCheck(checkOf(fate, { ...about, into }, run, annotations)),
  );
  // Like the comment, labels are about the last head; and without a comment there was no plan that they could be of.
  const isTold = result !== 'superseded' && (fate.state !== 'untouched' || result !== 'not-wanted');
  const labelled = pull !== null && isTold ? await tellByLabels(run, github, { ...pull, into }, labelsOf(fate)) : [];
  return { warnings: [...warnings, ...checked, ...labelled], isChecked: checked.length === 0 };
}

async function tellByLabels(
  { session }: ActionRun,
  github: GitHub,
  { number, head, environment, into }: PullToTell & Pick<ToldOpen, 'into'>,
  wanted: ReadonlySet<PlanLabel>,
): Promise<string[]> {
  // Another environment of this repository has its own reasons for a label: its check says which.
  const readOthers = async (): Promise<readonly string[]> => {
    const checks = await github.listChecks(head);
    return checks
      .filter(({ name }) => {
        const other = environmentOf(name);
        return other !== null && other !== environment && name === checkName(other, into);
      })
      .flatMap(({ labels }) => labels);
  };
  return warnOnFailure(describeUnwritten('the labels'), async () => {
    const absent = await writeLabels(github, number, wanted, readOthers);
    // No warning: it would be the same in every run.
    if (absent.length > 0) {
      const names = absent.join(', ');
      session.say(
        `${names}: not there, and this token may not make labels. Make them once, or give the job issues: write\n`,
      );
    }
  });
}

async function tellByComment(
  run: ActionRun,
  { number, ...about }: PullToTell,
  fate: PullFate,
  more: { readonly onlyUpdate?: boolean; readonly stays?: (there: CommentHeader) => boolean },
): Promise<{ readonly warnings: string[]; readonly result: StickyResult | null }> {
  const { github, inputs } = run;
  let result: StickyResult | null = null;
  if (github === null || inputs.comment === 'never') return { warnings: [], result };
  const body = renderComment(fate, { ...about, run: run.runNumber, attempt: run.runAttempt }, linksOf(run));
  const isNews = fate.state !== 'untouched' && (inputs.comment !== 'on-change' || !isQuiet(fate));
  const onlyUpdate = more.onlyUpdate === true || !isNews;
  const sticky = stickyOf(about.environment, more.stays);
  const what = `#${number}: ${describeUnwritten('the comment')}`;
  const warnings = await warnOnFailure(what, async () => {
    result = await writeStickyComment(github, number, { ...sticky, body, onlyUpdate });
  });
  return { warnings, result };
}

function linksOf(run: ActionRun): CommentLinks {
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
  const { plan } = fate;
  return countPlan(plan).toDo === 0 && plan.violations.length === 0 && describeSettings(plan).length === 0;
}

/**
 * The check that a branch is to require. Checks are a commit's, and the newest of a name counts: what a head does to another
 * branch than the default one must not answer for what it does to that.
 */
function checkName(environment: string, into: string | null): string {
  return `tollgate (${environment}${into === null ? '' : `, into ${into}`})`;
}

/** Null: of somebody else. */
function environmentOf(check: string): string | null {
  return /^tollgate \(([\w-]+)/.exec(check)?.[1] ?? null;
}

/** GitHub takes fifty in a request; who reads on after these does so in the run's summary. */
const annotationsShown = 250;

function checkOf(
  fate: PullFate,
  { environment, head, into }: Pick<ToldOpen, 'environment' | 'head' | 'into'>,
  { runUrl }: ActionRun,
  annotations: readonly Annotation[],
): CheckRun {
  const { title, said = title, hasFailed } = verdictOf(fate);
  const more = annotations.length - annotationsShown;
  const missing = more > 0 ? ` ${more} more annotations are not shown on their lines.` : '';
  return {
    name: checkName(environment, into),
    head,
    labels: [...labelsOf(fate)],
    conclusion: hasFailed ? 'failure' : 'success',
    title,
    summary: `${escapeMarkdown(said)}${missing} [Run and full text](${runUrl})`,
    annotations: annotations.slice(0, annotationsShown),
  };
}

export const untouchedTitle = 'No policy files change';

function verdictOf(fate: PullFate): { readonly title: string; readonly said?: string; readonly hasFailed: boolean } {
  switch (fate.state) {
    case 'planned': {
      const said = summarizePlan(fate.plan);
      const objections = findObjections(fate.plan.violations);
      if (objections.length === 0) return { title: said, hasFailed: false };
      return { title: `${objections.map(({ guard }) => guard).join(', ')}: a guard objects`, said, hasFailed: true };
    }
    case 'invalid': {
      const errors = fate.diagnostics.filter(({ severity }) => severity === 'error').length;
      return { title: `${errors} ${errors === 1 ? 'error' : 'errors'} in the files`, hasFailed: true };
    }
    case 'unplanned':
      return { title: 'no plan for this head', said: fate.why, hasFailed: true };
    case 'untouched':
      return { title: untouchedTitle, said: `${untouchedTitle}: nothing was planned.`, hasFailed: false };
    default:
      return { title: fate.state, hasFailed: fate.state !== 'applied' };
  }
}

/** Without a plan nobody knows what it does to limits. */
function labelsOf(fate: PullFate): ReadonlySet<PlanLabel> {
  const wanted = new Set<PlanLabel>();
  if (fate.state !== 'planned') return wanted;
  for (const { direction, action } of fate.plan.changes) {
    if (direction === 'loosen') wanted.add('loosen');
    if (direction === 'tighten') wanted.add('tighten');
    if (action === 'delete') wanted.add('delete');
  }
  if (describeSettings(fate.plan).length > 0) wanted.add('settings');
  return wanted;
}

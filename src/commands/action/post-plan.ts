/** One plan on one pull request: comment, check, labels. GitHub failing here is said and does not change the plan. */

import type { Diagnostic } from '../../diagnostics.ts';
import { writeLabels } from '../../github/labels.ts';
import { type CheckRun, type GitHub, GitHubError } from '../../github/port.ts';
import { type StickyComment, writeStickyComment } from '../../github/sticky-comment.ts';
import { objecting } from '../../plan/guards.ts';
import type { Outcome, Plan } from '../../plan/types.ts';
import {
  type CommentHeader,
  type CommentLinks,
  type CommentState,
  parseHeader,
  renderPlanComment,
} from '../../render/comment.ts';
import { countPlan, summarizePlan } from '../../render/count-plan.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import type { Desired } from '../../resources/types.ts';
import { annotatePlan } from './annotate.ts';
import type { ActionRun } from './types.ts';

export interface PlanPost {
  readonly number: number;
  /** Head of the pull request. */
  readonly head: string;
  readonly plan: Plan;
  readonly state: CommentState;
  readonly diagnostics: readonly Diagnostic[];
  readonly outcomes: readonly Outcome[];
  readonly remark: string | null;
}

export interface Posted {
  /** What could not be posted. */
  readonly warnings: string[];
  /** A later run has written there: this one is a repeated run of an older head, or a slow one. */
  readonly isSuperseded: boolean;
}

export async function postComment(run: ActionRun, github: GitHub, post: PlanPost): Promise<Posted> {
  const { plan, head, state } = post;
  const header: CommentHeader = {
    environment: plan.environment,
    head,
    digest: plan.digest,
    run: run.runNumber,
    attempt: run.runAttempt,
    state,
  };
  const body = renderPlanComment({ ...post, header, links: linksOf(run) });
  const isQuiet = countPlan(plan).toDo === 0 && plan.violations.length === 0 && post.outcomes.length === 0;
  const onlyUpdate = run.inputs.comment === 'on-change' && isQuiet;
  return writeComment(github, post.number, { ...stickyOf(plan.environment), body, onlyUpdate });
}

export async function writeComment(github: GitHub, number: number, comment: StickyComment): Promise<Posted> {
  let isSuperseded = false;
  const warnings = await saying(notWritten('the comment'), async () => {
    isSuperseded = (await writeStickyComment(github, number, comment)) === 'superseded';
  });
  return { warnings, isSuperseded };
}

export function linksOf(run: ActionRun): CommentLinks {
  return { repository: run.repositoryUrl, run: run.runUrl };
}

export function stickyOf(environment: string): Omit<StickyComment, 'body' | 'onlyUpdate'> {
  return {
    isOurs: (body) => parseHeader(body, environment) !== null,
    orderOf: (body) => {
      const header = parseHeader(body, environment);
      return header === null ? undefined : header.run * 1_000 + header.attempt;
    },
    contentOf: (body) => {
      const header = parseHeader(body, environment);
      // Without what differs between two runs over the same state: their numbers, the link to them, and when they looked.
      const text = body
        .split('\n')
        .slice(2)
        .join('\n')
        .replace(/\/actions\/runs\/\d+(\/attempts\/\d+)?/g, '')
        .replace(/\b(As of|7 days to) \d{4}-\d\d-\d\d \d\d:\d\d UTC/g, '$1');
      return JSON.stringify([header?.head, header?.digest, header?.state, text]);
    },
  };
}

/** GitHub takes fifty in a request; who reads on after these does so in the run's summary. */
const annotationsShown = 250;

export async function postCheck(run: ActionRun, github: GitHub, post: PlanPost, desired: Desired): Promise<string[]> {
  const { plan, head, diagnostics } = post;
  const objections = objecting(plan.violations);
  const annotations = annotatePlan(plan, diagnostics, desired);
  const more = annotations.length - annotationsShown;
  const missing = more > 0 ? ` ${more} more annotations are not shown on their lines.` : '';
  const check: CheckRun = {
    name: `tollgate (${plan.environment})`,
    head,
    conclusion: objections.length > 0 ? 'failure' : 'success',
    title:
      objections.length > 0
        ? `${objections.map(({ guard }) => guard).join(', ')}: a guard objects`
        : summarizePlan(plan),
    summary: `${escapeMarkdown(summarizePlan(plan))}${missing} [Run and full text](${run.runUrl})`,
    annotations: annotations.slice(0, annotationsShown),
  };
  return saying(notWritten('the check'), () => github.createCheck(check));
}

export async function postLabels(github: GitHub, number: number, plan: Plan): Promise<string[]> {
  const wanted = new Set<'loosen' | 'tighten' | 'delete'>();
  for (const { direction, action } of plan.changes) {
    if (direction === 'loosen') wanted.add('loosen');
    if (direction === 'tighten') wanted.add('tighten');
    if (action === 'delete') wanted.add('delete');
  }
  return saying(notWritten('the labels'), () => writeLabels(github, number, wanted));
}

/** GitHub being down hides no result and fails no apply: what could not be said there is said in the log and the summary. */
export async function saying(what: string, work: () => Promise<void>): Promise<string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return [`${what}: ${error.message}`];
  }
}

export function notWritten(what: string): string {
  return `${what} could not be written`;
}

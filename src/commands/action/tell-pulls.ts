/** Merged pull requests learn what became of them, in one comment each. Comments only show; they never permit. */

import { listMergedPulls, readEarlier } from '../../approvals/read-windows.ts';
import { keepOwn } from '../../github/own.ts';
import type { GitHub, IssueComment, PullRequest } from '../../github/port.ts';
import type { AppliedRecord, Claim } from '../../plan/applied-record.ts';
import { startsOf } from '../../plan/next-record.ts';
import { compileHead } from '../../policy/compile.ts';
import { restateComment } from '../../render/comment.ts';
import { type CommentHeader, parseHeader } from '../../render/comment-header.ts';
import type { PullFate } from '../../render/pull-fate.ts';
import type { Judged } from '../../run/judge.ts';
import { openRecord, type RecordOwner } from '../../run/open-record.ts';
import { nowOf } from '../../run/session.ts';
import { findEnvironment } from './environment-of-files.ts';
import { isKnownFailure, reasonOfFailure } from './failed-run.ts';
import { type FateOfPull, fateOfDone } from './fates-of-apply.ts';
import type { ReviewOfFiles } from './read-review.ts';
import { tellMerged } from './tell-pull.ts';
import type { Tip } from './tip.ts';
import { type ActionRun, commonOptions } from './types.ts';
import { describeUnwritten, warnOnFailure } from './warn-on-failure.ts';

/** What a comment of this run rests on. */
export interface CommentGround {
  readonly environment: string;
  /** When the record was applied. */
  readonly record: string | null;
}

/** The comments say what is under way, once the claim is held and before anything is written. */
export async function announce(
  run: ActionRun,
  pulls: readonly PullRequest[],
  ground: CommentGround,
): Promise<string[]> {
  const { github, inputs, runNumber, runAttempt } = run;
  if (github === null || inputs.comment === 'never') return [];
  const warnings: string[] = [];
  for (const { number } of pulls) {
    const said = await warnOnFailure(`#${number}: ${describeUnwritten('the comment')}`, async () => {
      const found = await findComment(github, number, ground.environment);
      if (found === null) return;
      const facts = { run: runNumber, attempt: runAttempt, record: ground.record, at: timeOf(run) };
      await github.updateComment(found.id, restateComment(found.body, found.header, facts));
    });
    warnings.push(...said);
  }
  return warnings;
}

interface FoundComment extends IssueComment {
  readonly header: CommentHeader;
}

async function findComment(github: GitHub, number: number, environment: string): Promise<FoundComment | null> {
  const marked = (await github.listComments(number)).flatMap((comment) => {
    const header = parseHeader(comment.body, environment);
    return header === null ? [] : [{ ...comment, header }];
  });
  return (await keepOwn(github, marked))[0] ?? null;
}

export async function conclude(run: ActionRun, told: readonly FateOfPull[], ground: CommentGround): Promise<string[]> {
  const warnings: string[] = [];
  for (const { pull, fate, isDone } of told) {
    const about = { ...ground, number: pull.number, head: pull.head, at: timeOf(run) };
    const more = isDone ? { onlyUpdate: true, stays: isApplied } : {};
    warnings.push(...(await tellMerged(run, about, fate, more)));
  }
  return warnings;
}

/**
 * Earlier runs may have come to nothing, or GitHub to a stop, before a pull request was told. It is in no window any more, so
 * that nothing of it is owed.
 */
export interface EarlierPulls {
  /** Still to be told by a later run that nothing is left to do. */
  readonly untold: readonly number[];
  /** There are others of which that is to be found out then. */
  readonly hasOthers: boolean;
  readonly warnings: readonly string[];
}

export async function tellEarlier(
  run: ActionRun,
  tip: Tip,
  { stored, settled, plan }: Judged,
  { windows }: ReviewOfFiles,
): Promise<EarlierPulls> {
  const { github, inputs } = run;
  if (github === null || inputs.comment === 'never') return { untold: [], hasOthers: false, warnings: [] };
  const { environment } = plan;
  const warnings: string[] = [];
  const known = new Set(settled?.pulls ?? []);
  const fates = new Map([...known].map((number) => [number, fateOfDone(null, 'never applied')]));
  const starts = [
    ...(settled?.untoldFrom ?? []),
    // What a killed run has applied begins behind its pull requests.
    ...(stored?.record.claim === undefined ? [] : startsOf(stored.record)),
    // Before the Action ever applied, somebody may have done so by hand.
    ...(settled?.branch === undefined ? (await tip.branch.readRecent(mostCommits + 1)).slice(-1) : []).map(
      ({ sha }) => sha,
    ),
  ];
  let hasOthers = false;
  if (starts.length > 0) {
    const said = await warnOnFailure('which pull requests the last run was about could not be read', async () => {
      const sources = { github, ...tip, formerName: stored?.record.branch };
      for (const [number, overtaken] of await readEarlier(sources, starts)) {
        if (!known.has(number)) fates.set(number, fateOfDone(overtaken, 'not said any more'));
      }
    });
    hasOthers = said.length > 0;
    warnings.push(...said);
  }
  for (const { pull } of windows.pulls) fates.delete(pull.number);
  const untold: number[] = [];
  for (const [number, fate] of fates) {
    // GitHub is asked no further where it fails: the next run will.
    if (untold.length > 0) {
      untold.push(number);
      continue;
    }
    const said = await warnOnFailure(`#${number}: ${describeUnwritten('the comment')}`, async () => {
      const found = await findComment(github, number, environment);
      if (found === null || hasLastWord(found.header) || found.header.state === fate.state) return;
      const about = { environment, number, head: found.header.head, record: settled?.appliedAt ?? null };
      const more = { onlyUpdate: true, stays: hasLastWord };
      const failed = await tellMerged(run, { ...about, at: timeOf(run) }, fate, more);
      warnings.push(...failed);
      if (failed.length > 0) untold.push(number);
    });
    if (said.length > 0) untold.push(number);
    warnings.push(...said);
  }
  const left = untold.filter((number) => known.has(number));
  return { untold: left, hasOthers: hasOthers || left.length < untold.length, warnings };
}

export interface ToldAll {
  readonly told: readonly FateOfPull[];
  readonly warnings: readonly string[];
}

/** Commits of the default branch whose pull requests are told where no record says since when. */
const mostCommits = 10;

/** The record as a run began with it, and when what it has recorded was applied. */
export interface KnownRecord {
  readonly record: AppliedRecord | undefined;
  readonly recordedAt: string | null;
}

/**
 * A run of which nobody can tell what it is to whom: all that were merged since the last apply are told the same.
 *
 * @param known default: the record is read
 */
export async function tellAll(run: ActionRun, tip: Tip, fate: PullFate, known?: KnownRecord): Promise<ToldAll> {
  const { github } = run;
  const { files } = tip.source;
  const head = compileHead(files) ?? { environment: findEnvironment(files) };
  const { environment } = head;
  if (github === null || environment === null) return { told: [], warnings: [] };
  let pulls: readonly PullRequest[] = [];
  let record: AppliedRecord | undefined;
  const warnings: string[] = [];
  try {
    record = known === undefined ? await readRecord(run, tip, { ...head, environment }) : known.record;
    const said = await warnOnFailure(
      'which pull requests were merged since the last apply could not be read',
      async () => {
        pulls = await findMerged(github, tip, record);
      },
    );
    warnings.push(...said);
  } catch (error) {
    if (!isKnownFailure(error)) throw error;
    return { told: [], warnings: [`the pull requests could not be told: ${reasonOfFailure(error)}`] };
  }
  const claim = record?.claim;
  const stays = (there: CommentHeader): boolean => isApplied(there) || isOfHolder(there, claim);
  for (const { number, head: commit } of pulls) {
    const ground = { environment, record: known?.recordedAt ?? record?.appliedAt ?? null };
    const about = { ...ground, number, head: commit, at: timeOf(run) };
    warnings.push(...(await tellMerged(run, about, fate, { stays, onlyUpdate: record === undefined })));
  }
  return { told: pulls.map((pull) => ({ pull, fate, isDone: false })), warnings };
}

async function readRecord(
  run: ActionRun,
  { source }: Tip,
  owner: Pick<RecordOwner, 'environment' | 'recordRef'>,
): Promise<AppliedRecord | undefined> {
  const { store } = await openRecord({ ...commonOptions(run), source }, owner, run.session);
  return (await store.read())?.record;
}

async function findMerged(
  github: GitHub,
  tip: Tip,
  record: AppliedRecord | undefined,
): Promise<readonly PullRequest[]> {
  if (record !== undefined) {
    return listMergedPulls({ github, ...tip, formerName: record.branch }, startsOf(record));
  }
  const commits = await tip.branch.readRecent(mostCommits);
  if (commits.length === 0) return [];
  const found = [...(await github.listPullsOfCommits(commits.map(({ sha }) => sha))).values()].flat();
  return [...new Map(found.map((pull) => [pull.number, pull])).values()];
}

/** Nothing is left to do for it, and that will not change. */
function hasLastWord({ state }: CommentHeader): boolean {
  return state === 'applied' || state === 'overtaken';
}

function isApplied({ state }: CommentHeader): boolean {
  return state === 'applied';
}

/** Who holds the claim is at work, and has the last word. */
function isOfHolder({ state, run, attempt }: CommentHeader, claim: Claim | undefined): boolean {
  return state === 'applying' && claim?.run === `github:${run}.${attempt}`;
}

function timeOf({ session }: ActionRun): string {
  return nowOf(session).toISOString();
}

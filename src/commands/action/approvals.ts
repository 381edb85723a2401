/** Which plans were approved: those of the pull requests merged since the last apply, each for its last head. */

import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { UserError } from '../../errors.ts';
import { readAllowances } from '../../github/allow-lines.ts';
import { type GitHub, GitHubError, type PullRequest } from '../../github/port.ts';
import { shortDigest } from '../../plan/digest.ts';
import { parsePlanFile } from '../../plan/plan-file.ts';
import type { OutcomeStatus } from '../../plan/types.ts';
import type { RecordStore, StoredRecord } from '../../record/store.ts';
import type { RecordSummary } from '../../record/summary.ts';
import { type CommentHeader, parseHeader, reviewedDigest } from '../../render/comment.ts';
import type { ActionRun } from './types.ts';

export interface MergedPull {
  readonly pull: PullRequest;
  /** Our comment, for whichever head; null when there is none. */
  readonly comment: { readonly id: number; readonly body: string; readonly header: CommentHeader } | null;
  /** Digest of the plan that was posted for its last head; null when there is none. */
  readonly digest: string | null;
  /** The plan file of that digest; null when it cannot be had any more, or was not wanted. */
  readonly planFile: string | null;
}

export interface Approvals {
  /** In the order in which they were merged. */
  readonly pulls: readonly MergedPull[];
  readonly allow: readonly string[];
}

export interface ApprovalsWanted {
  readonly environment: string;
  readonly store: RecordStore;
  readonly stored: StoredRecord | null;
  /** Commit that is applied. */
  readonly head: string;
  /** Plan files are asked for: approval is compulsory. */
  readonly wantsFiles: boolean;
  /** Somebody approves by hand now, also what earlier applies called stale. */
  readonly isByHand: boolean;
}

/** Days before the last apply in which a pull request may have been merged that it did not contain. */
const lookBackDays = 14;

/** Versions of the record that are looked through for the last apply that left nothing undone. */
const versionsLookedAt = 100;

export async function readApprovals(run: ActionRun, github: GitHub, wanted: ApprovalsWanted): Promise<Approvals> {
  const branch = run.event.defaultBranch;
  if (branch === null) return { pulls: [], allow: [] };
  const start = await findStart(wanted);
  const now = run.session.clock.now();
  const from = (start === null ? now : Date.parse(start.appliedAt)) - lookBackDays * 86_400_000;
  const closed = await github.listClosedPulls(branch, new Date(from).toISOString());
  const commits = await listCommits(github, start, wanted.head);
  // By merge, squash and rebase alike: the commit by which it was merged is one of those since the last apply.
  const place = new Map(commits.map((sha, index) => [sha, index]));
  const placeOf = ({ mergeCommit }: PullRequest): number =>
    mergeCommit === null ? -1 : (place.get(mergeCommit) ?? -1);
  const merged = closed.filter((pull) => placeOf(pull) >= 0).sort((a, b) => placeOf(a) - placeOf(b));
  const pulls: MergedPull[] = [];
  const allow = new Set<string>();
  for (const pull of merged) {
    pulls.push(await readApproval(run, github, wanted, pull));
    for (const words of await readAllowances(github, pull.number, pull.author?.login ?? null)) allow.add(words);
  }
  return { pulls, allow: [...allow] };
}

interface Start {
  readonly commit: string | null;
  /** ISO date-time, UTC. */
  readonly appliedAt: string;
  /** What was merged by that very commit counts, too. */
  readonly isIncluded: boolean;
}

/**
 * Where approvals begin: at the last apply that left nothing undone of what was approved. What failed is still owed, and the
 * pull request that asked for it was merged before.
 */
async function findStart({ store, stored, isByHand }: ApprovalsWanted): Promise<Start | null> {
  if (stored === null) return null;
  const open = new Set<OutcomeStatus>(['failed', 'skipped', 'not-attempted', ...(isByHand ? ['stale' as const] : [])]);
  const isDone = ({ outcomes }: Pick<RecordSummary, 'outcomes'>): boolean =>
    !outcomes.some(({ status }) => open.has(status));
  const { record } = stored;
  if (isDone(record)) return { commit: record.commit, appliedAt: record.appliedAt, isIncluded: false };
  let start: Start = { commit: record.commit, appliedAt: record.appliedAt, isIncluded: true };
  for (const { summary } of (await store.history(versionsLookedAt)).versions) {
    if (summary === null) break;
    // A claim holds the outcomes of the apply before it.
    if (summary.claim !== undefined) continue;
    const { commit, appliedAt } = summary;
    start = { commit, appliedAt, isIncluded: !isDone(summary) };
    if (!start.isIncluded) break;
  }
  return start;
}

/** Oldest first. Of a run that is repeated, the commit itself. */
async function listCommits(github: GitHub, start: Start | null, head: string): Promise<readonly string[]> {
  if (start === null || start.commit === null || start.commit === head) return [head];
  const commits = await github.listCommitsBetween(start.commit, head);
  return start.isIncluded ? [start.commit, ...commits] : commits;
}

async function readApproval(
  run: ActionRun,
  github: GitHub,
  { environment, wantsFiles }: ApprovalsWanted,
  pull: PullRequest,
): Promise<MergedPull> {
  const comments = await github.listComments(pull.number);
  const [comment = null] = comments
    .filter(({ author }) => author === github.login)
    .flatMap(({ id, body }) => {
      const header = parseHeader(body, environment);
      return header === null ? [] : [{ id, body, header }];
    });
  // A plan for an earlier head was not what was merged.
  const digest = comment === null || comment.header.head !== pull.head ? null : reviewedDigest(comment.header);
  const planFile = digest === null || !wantsFiles ? null : await fetchPlanFile(run, github, environment, pull, digest);
  return { pull, comment, digest, planFile };
}

/** Name under which the workflow keeps the plan file of a digest. */
export function artifactName(environment: string, digest: string): string {
  return `tollgate-plan-${environment}-${shortDigest(digest)}`;
}

/** Only from a run for the pull request's last head, and only if it is the plan of the digest that was posted. */
async function fetchPlanFile(
  run: ActionRun,
  github: GitHub,
  environment: string,
  pull: PullRequest,
  digest: string,
): Promise<string | null> {
  try {
    const artifacts = await github.listArtifacts(artifactName(environment, digest));
    const artifact = artifacts.find(({ head, expired }) => head === pull.head && !expired);
    if (artifact === undefined) return null;
    const files = unzipSync(await github.downloadArtifact(artifact.id));
    const name = Object.keys(files).find((path) => path.endsWith('.json'));
    const bytes = name === undefined ? undefined : files[name];
    if (bytes === undefined) return null;
    const text = strFromU8(bytes);
    if (parsePlanFile(text, `the plan of pull request #${pull.number}`).digest !== digest) return null;
    const path = join(run.tempDirectory, `approved-${pull.number}.json`);
    await run.writeFile(path, text);
    return path;
  } catch (error) {
    // Gone meanwhile, a damaged archive, an edited plan: that approves nothing, and the digest alone may still do.
    if (error instanceof GitHubError || error instanceof UserError) return null;
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}

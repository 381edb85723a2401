/** Which plans were approved: those of the pull requests merged since the last apply, each for its last head. */

import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { UserError } from '../../errors.ts';
import { readAllowances } from '../../github/allow-lines.ts';
import type { GitHub, PullRequest } from '../../github/port.ts';
import type { AppliedRecord } from '../../plan/applied-record.ts';
import { shortDigest } from '../../plan/digest.ts';
import { parsePlanFile } from '../../plan/plan-file.ts';
import { type CommentHeader, parseHeader } from '../../render/comment.ts';
import type { ActionRun } from './types.ts';

export interface MergedPull {
  readonly pull: PullRequest;
  /** Our comment for its last head; null when there is none. */
  readonly comment: { readonly id: number; readonly body: string; readonly header: CommentHeader } | null;
  /** Digest of the plan that was posted for its last head; null when there is none. */
  readonly digest: string | null;
  /** The plan file of that digest; null when it cannot be had any more. */
  readonly planFile: string | null;
}

export interface Approvals {
  readonly pulls: readonly MergedPull[];
  readonly allow: readonly string[];
}

/** Days before the last apply in which a pull request may have been merged that it did not contain. */
const lookBackDays = 14;

export async function readApprovals(
  run: ActionRun,
  github: GitHub,
  environment: string,
  record: AppliedRecord | null,
  head: string,
): Promise<Approvals> {
  const branch = run.event.defaultBranch;
  if (branch === null) return { pulls: [], allow: [] };
  const now = run.session.clock.now();
  const from = (record === null ? now : Date.parse(record.appliedAt)) - lookBackDays * 86_400_000;
  const closed = await github.listClosedPulls(branch, new Date(from).toISOString());
  const since = record?.commit ?? null;
  const commits = new Set(since === null || since === head ? [head] : await github.listCommitsBetween(since, head));
  // By merge, squash and rebase alike: the commit by which it was merged is one of those since the last apply.
  const merged = closed.filter(({ mergeCommit }) => mergeCommit !== null && commits.has(mergeCommit));
  const pulls: MergedPull[] = [];
  const allow = new Set<string>();
  for (const pull of merged) {
    pulls.push(await readApproval(run, github, environment, pull));
    for (const words of await readAllowances(github, pull.number, pull.author)) allow.add(words);
  }
  return { pulls, allow: [...allow] };
}

async function readApproval(
  run: ActionRun,
  github: GitHub,
  environment: string,
  pull: PullRequest,
): Promise<MergedPull> {
  const comments = await github.listComments(pull.number);
  const own = comments
    .filter(({ author }) => author === github.login)
    .flatMap(({ id, body }) => {
      const header = parseHeader(body, environment);
      return header === null ? [] : [{ id, body, header }];
    });
  // A plan for an earlier head was not what was merged.
  const comment = own.find(({ header }) => header.head === pull.head) ?? null;
  const digest = comment?.header.digest ?? null;
  const planFile = digest === null ? null : await fetchPlanFile(run, github, environment, pull, digest);
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
  const artifacts = await github.listArtifacts(artifactName(environment, digest));
  const artifact = artifacts.find(({ head, expired }) => head === pull.head && !expired);
  if (artifact === undefined) return null;
  try {
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
    // A damaged archive or an edited plan approves nothing; the digest alone may still do.
    if (error instanceof UserError || (error instanceof Error && 'code' in error)) return null;
    throw error;
  }
}

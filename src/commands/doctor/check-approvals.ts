/** Asks GitHub, Git and the environment for the walls around the words that count. Reads only; nothing of it is an exit code. */

import { join } from 'node:path';
import type { Checkout } from '../../checkout/checkout.ts';
import { hasOwner } from '../../checkout/code-owners.ts';
import { readGitVersion } from '../../checkout/git-version.ts';
import { createCleaner } from '../../client/failure.ts';
import { UserError } from '../../errors.ts';
import { type GitHub, GitHubError } from '../../github/port.ts';
import { settingsOf } from '../../plan/settings.ts';
import { isThere } from '../../policy/files.ts';
import type { CheckView } from '../../render/doctor.ts';
import { readTextIfAny } from '../../replace-file.ts';
import { parseApprover } from '../../resources/approval-rules.ts';
import type { Desired } from '../../resources/types.ts';
import { type Located, locateRepository } from '../../run/locate-repository.ts';
import { folderOf, openCheckoutOf } from '../../run/open-record.ts';
import type { CommonOptions, Session } from '../../run/session.ts';
import {
  explainBranch,
  explainEnvironment,
  explainGitVersion,
  explainOwners,
  explainRecordBranch,
  explainRecordRef,
  explainSealKey,
  explainTeams,
  type GitHubFacts,
  viewOfWall,
} from './explain-walls.ts';

export type ApprovalsOptions = Pick<CommonOptions, 'dir' | 'backend' | 'remote' | 'recordFile'> & {
  /** Deployment environment of GitHub that holds the apply key. Default `tollgate`. */
  readonly environment?: string | undefined;
};

/** @param desired null: no policy files, or none that can be read */
export async function checkApprovals(
  options: ApprovalsOptions,
  desired: Desired | null,
  session: Session,
): Promise<CheckView[]> {
  // Nobody approves what goes to the embedded emulator.
  if (options.backend === 'emulator') return [];
  const checkout = await ifGit(openCheckoutOf(options, session));
  const located = locateRepository(session.env, (await checkout?.readRemoteUrl()) ?? null);
  const ref = recordRefOf(desired);
  const recordBranch = options.recordFile !== undefined ? null : branchOf(ref);
  return [
    ...(await session.waiting(
      'asking GitHub',
      askGitHub(located, { options, session, checkout, recordBranch, teams: teamsIn(desired) }),
    )),
    ...(checkout === null ? [] : [await checkOwners(options, checkout, session)]),
    // A file is trusted like the folder that it lies in.
    ...(options.recordFile !== undefined || recordBranch !== null ? [] : [explainRecordRef(ref)]),
    explainSealKey((session.env.TOLLGATE_SEAL_KEY ?? '').trim() !== ''),
    explainGitVersion(await ifGit(readGitVersion({ directory: await folderOf(options, session), env: session.env }))),
  ];
}

interface Asking {
  readonly options: ApprovalsOptions;
  readonly session: Session;
  readonly checkout: Checkout | null;
  /** Branch that holds the record; null: another ref, a file, or not known. */
  readonly recordBranch: string | null;
  /** That `review.approvals` and owners name. */
  readonly teams: readonly string[];
}

async function askGitHub(located: Located, asking: Asking): Promise<CheckView[]> {
  const { options, session, checkout, recordBranch, teams } = asking;
  const base = { id: 'github', title: 'ask GitHub' } as const;
  if (located.repository === null) {
    return [viewOfWall({ ...base, state: 'not-tried', detail: located.why, advice: located.advice })];
  }
  const github = await session.openGitHub?.(located);
  if (github === undefined) {
    return [viewOfWall({ ...base, state: 'not-tried', detail: 'this program does not ask GitHub', advice: null })];
  }
  const { environment = 'tollgate' } = options;
  const clean = createCleaner(located.token);
  const ask = <T>(call: (github: GitHub) => Promise<T | null>): Promise<GitHubFacts<T>> =>
    tell(() => call(github), clean);
  const branch = checkout === null ? null : await checkout.readDefaultBranch();
  const [teamsTold, branchTold, environmentTold, recordTold, hasOwnersFile] = await Promise.all([
    askTeams(teams, ask),
    branch === null ? null : ask((port) => port.readBranchProtection(branch)),
    ask((port) => port.readEnvironment(environment)),
    recordBranch === null ? null : ask((port) => port.readBranchProtection(recordBranch)),
    checkout === null ? null : checkout.hasAnyOf(ownersOfGitHub),
  ]);
  const where = `${located.repository} at ${located.apiUrl}`;
  const problems = [branchTold, environmentTold, recordTold].flatMap((told) => (told === null ? [] : [told.problem]));
  const [problem = null] = problems;
  // One reason for all: said once.
  if (problem !== null && problems.every((one) => one !== null)) {
    const advice =
      'Check the token; GITHUB_API_URL and GITHUB_REPOSITORY name another place, HTTPS_PROXY and NO_PROXY the way to it.';
    return [viewOfWall({ ...base, state: 'unknown', detail: `${where}: ${problem}`, advice })];
  }
  const noBranch = {
    id: 'branch',
    title: 'default branch',
    state: 'unknown',
    detail: 'the remote does not say which branch is the default one',
    advice: 'Run it in a clone of the repository whose remote can be read.',
  } as const;
  return [
    viewOfWall({ ...base, state: 'note', detail: `about ${where}`, advice: null }),
    ...(branch === null || branchTold === null
      ? [viewOfWall(noBranch)]
      : explainBranch(branch, branchTold, hasOwnersFile)),
    ...explainEnvironment(environment, branch, environmentTold),
    ...(recordBranch === null || recordTold === null ? [] : explainRecordBranch(recordBranch, recordTold)),
    ...explainTeams(teamsTold),
  ];
}

function teamsIn(desired: Desired | null): readonly string[] {
  if (desired === null) return [];
  const { review, owners = {} } = settingsOf(desired);
  const names = [...(review.approvals ?? []).flatMap(({ by = [] }) => by), ...Object.values(owners)];
  return [...new Set(names)].filter((name) => parseApprover(name)?.kind === 'team').sort();
}

async function askTeams(
  teams: readonly string[],
  ask: <T>(call: (github: GitHub) => Promise<T | null>) => Promise<GitHubFacts<T>>,
): Promise<ReadonlyMap<string, GitHubFacts<number>>> {
  const told = new Map<string, GitHubFacts<number>>();
  for (const name of teams) {
    const team = parseApprover(name);
    if (team?.kind !== 'team') continue;
    told.set(name, await ask(async (github) => (await github.listTeamMembers(team.org, team.slug)).length));
  }
  return told;
}

async function tell<T>(call: () => Promise<T | null>, clean: (text: string) => string): Promise<GitHubFacts<T>> {
  try {
    return { facts: await call(), problem: null };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return { facts: null, problem: clean(error.message) };
  }
}

/** Null: not known. */
function recordRefOf(desired: Desired | null): string | null {
  return desired === null ? null : (desired.recordRef ?? `refs/tollgate/${desired.environment}`);
}

function branchOf(ref: string | null): string | null {
  return /^refs\/heads\/(.+)$/.exec(ref ?? '')?.[1] ?? null;
}

/** Whom the file that is here names for what decides about limits: the policies, and what CI does with them. */
async function checkOwners(options: ApprovalsOptions, checkout: Checkout, session: Session): Promise<CheckView> {
  const folder = checkout.directoryOf(await folderOf(options, session));
  const below = (name: string): string => (folder === null || folder === '' ? name : `${folder}/${name}`);
  const read = async (path: string) => ({
    path,
    text: await readTextIfAny(join(checkout.root, path)).catch(() => null),
  });
  const [owners, ci] = await Promise.all([
    Promise.all([...ownersOfGitHub, '.gitlab/CODEOWNERS'].map(read)),
    Promise.all(ciFiles.map(async (path) => ({ path, isHere: await isThere(join(checkout.root, path)) }))),
  ]);
  const file = owners.find(({ text }) => text !== null);
  // Not only those that are there: a new file of a workspace needs somebody as well.
  const paths = [
    below('org.yaml'),
    below('workspaces/new.yaml'),
    ...ci.flatMap(({ path, isHere }) => (isHere ? path : [])),
  ];
  const text = file?.text ?? null;
  const unowned = text === null ? paths : paths.filter((path) => !hasOwner(text, path));
  return explainOwners({ file: text === null ? null : (file?.path ?? null), folder: below(''), unowned });
}

/** Where GitHub looks for it, in that order. */
const ownersOfGitHub = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'];

/** What may be given the key that writes. */
const ciFiles = [
  '.github/workflows/tollgate.yml',
  '.gitlab-ci.yml',
  'azure-pipelines.yml',
  'Jenkinsfile',
  'bitbucket-pipelines.yml',
];

/** Without Git, or in a clone that names no single remote, other checks say so. */
async function ifGit<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return null;
  }
}

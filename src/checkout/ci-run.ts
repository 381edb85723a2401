/** Which run of which CI system this is, by the variables that the system sets. Pure. */

type Env = Readonly<Record<string, string | undefined>>;

export type CiSystem = 'github' | 'gitlab' | 'azure' | 'jenkins' | 'buildkite' | 'circleci' | 'bitbucket' | 'other';

export interface CiRun {
  readonly system: CiSystem;
  /** Tells this attempt of this job from every other one of the system; null: the system does not say. */
  readonly id: string | null;
  /** Who caused it, as the system calls them; null: it does not say. */
  readonly actor: string | null;
  /** Number of the pull or merge request that it is for; null: for none. */
  readonly pull: number | null;
}

interface Known {
  readonly system: CiSystem;
  readonly isHere: (env: Env) => boolean;
  /** Joined with dots; the later ones may be missing. */
  readonly id: readonly string[];
  /** The first that is set. */
  readonly actor: readonly string[];
  readonly pull: readonly string[];
}

/**
 * A system is known by what it alone sets, not by an address that people keep in their own shell. A job that is started again
 * is another run: GitLab and Buildkite number jobs anew, the others count attempts.
 */
const known: readonly Known[] = [
  {
    system: 'github',
    isHere: (env) => isYes(env.GITHUB_ACTIONS) || isSet(env.GITHUB_RUN_ID),
    id: ['GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT'],
    actor: ['GITHUB_ACTOR'],
    pull: ['GITHUB_REF'],
  },
  {
    system: 'gitlab',
    isHere: (env) => isYes(env.GITLAB_CI),
    id: ['CI_JOB_ID'],
    actor: ['GITLAB_USER_LOGIN', 'GITLAB_USER_NAME'],
    pull: ['CI_MERGE_REQUEST_IID'],
  },
  {
    system: 'azure',
    isHere: (env) => isYes(env.TF_BUILD),
    id: ['BUILD_BUILDID', 'SYSTEM_JOBID', 'SYSTEM_JOBATTEMPT'],
    actor: ['BUILD_REQUESTEDFOREMAIL', 'BUILD_REQUESTEDFOR'],
    // Of a repository on GitHub the id is one of Azure's own, and the number is GitHub's.
    pull: ['SYSTEM_PULLREQUEST_PULLREQUESTNUMBER', 'SYSTEM_PULLREQUEST_PULLREQUESTID'],
  },
  {
    system: 'jenkins',
    isHere: (env) => env.BUILD_TAG?.startsWith('jenkins-') === true,
    id: ['BUILD_TAG'],
    actor: ['BUILD_USER_ID', 'CHANGE_AUTHOR'],
    pull: ['CHANGE_ID'],
  },
  {
    system: 'buildkite',
    isHere: (env) => isYes(env.BUILDKITE),
    id: ['BUILDKITE_JOB_ID'],
    actor: ['BUILDKITE_UNBLOCKER', 'BUILDKITE_BUILD_CREATOR', 'BUILDKITE_BUILD_AUTHOR'],
    pull: ['BUILDKITE_PULL_REQUEST'],
  },
  {
    system: 'circleci',
    isHere: (env) => isYes(env.CIRCLECI),
    id: ['CIRCLE_WORKFLOW_ID', 'CIRCLE_BUILD_NUM'],
    actor: ['CIRCLE_USERNAME', 'CIRCLE_PR_USERNAME'],
    pull: ['CIRCLE_PR_NUMBER', 'CIRCLE_PULL_REQUEST'],
  },
  {
    system: 'bitbucket',
    isHere: (env) => isSet(env.BITBUCKET_BUILD_NUMBER),
    id: ['BITBUCKET_BUILD_NUMBER', 'BITBUCKET_STEP_UUID', 'BITBUCKET_STEP_RUN_NUMBER'],
    actor: ['BITBUCKET_STEP_TRIGGERER_UUID'],
    pull: ['BITBUCKET_PR_ID'],
  },
];

/** Systems that neither set `CI` nor are told apart any further. */
const others = ['TEAMCITY_VERSION', 'CODEBUILD_BUILD_ID', 'bamboo_buildKey', 'GO_PIPELINE_NAME'];

/** Null: by hand. `CI=false`, as build scripts set it, does not make a system another one. */
export function findCiRun(env: Env): CiRun | null {
  const found = known.find(({ isHere }) => isHere(env));
  if (found === undefined) {
    const isOther = isYes(env.CI) || others.some((name) => isSet(env[name]));
    return isOther ? { system: 'other', id: null, actor: null, pull: null } : null;
  }
  const id = idOf(found, env);
  return {
    system: found.system,
    id,
    actor: firstOf(found.actor, env),
    pull: pullOf(firstOf(found.pull, env) ?? ''),
  };
}

function idOf({ system, id }: Known, env: Env): string | null {
  const [first, ...more] = id.map((name) => cleanOf(env[name]));
  if (first === undefined || first === null) return null;
  // GitHub's has always had two parts, and is asked about by them.
  const rest = system === 'github' ? [more[0] ?? '1'] : more.flatMap((part) => part ?? []);
  return [first, ...rest].join('.');
}

/** A number by itself, at the end of an address, or in `refs/pull/12/merge`. */
function pullOf(text: string): number | null {
  const [, number] = /^(?:refs\/pull\/|https?:\/\/.*\/)?(\d{1,15})(?:\/(?:merge|head))?$/.exec(text) ?? [];
  return number === undefined ? null : Number(number);
}

function firstOf(names: readonly string[], env: Env): string | null {
  for (const name of names) {
    const text = env[name]?.trim() ?? '';
    if (text !== '') return text;
  }
  return null;
}

/** A run's name is one word with colons between its parts: what a job is called must not add any. */
function cleanOf(value: string | undefined): string | null {
  const text = value?.trim() ?? '';
  return text === '' ? null : text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-|-$/g, '');
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}

function isYes(value: string | undefined): boolean {
  return isSet(value) && !/^(?:false|0|no|off)$/i.test((value ?? '').trim());
}

/** The files of docs/ci as their systems read them: the shell lines of each job, and what a run finds around it. */

import { parse } from 'yaml';
import { adminKey } from '../helpers/world.ts';
import { readText } from './markdown.ts';

export interface CiJob {
  /** In one shell, one after the other. */
  readonly script: string;
  /** `bash -eo pipefail` or `sh -e`. */
  readonly shell: readonly string[];
}

export interface CiFacts {
  readonly apiUrl: string;
  readonly branch: string;
  readonly commit: string;
  readonly runner: string;
}

export interface CiSystemFile {
  readonly file: string;
  /** How the record names a run of it. */
  readonly run: RegExp;
  /** Jobs by what they do; a system that plans on main first does so in `plan`. */
  readonly jobs: Readonly<Record<'request' | 'fork' | 'hourly', CiJob>> & {
    readonly plan?: CiJob;
    readonly apply: CiJob;
  };
  /** What the system says of every run. */
  env(facts: CiFacts): Readonly<Record<string, string>>;
  /** … and of one for a request. */
  request(facts: CiFacts): Readonly<Record<string, string>>;
}

const bash = ['bash', '-eo', 'pipefail'];
const sh = ['sh', '-e'];
const folder = 'docs/ci/';
/** Two keys, as the page has it. */
export const readKey = 'test-read-key';
const key = { PORTKEY_READ_KEY: readKey, PORTKEY_APPLY_KEY: adminKey };

interface GitLabJob {
  readonly extends?: string;
  readonly before_script?: readonly string[];
  readonly script?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

function readGitLab(): CiSystemFile {
  const document = parse(readText(`${folder}gitlab-ci.yml`)) as Readonly<Record<string, GitLabJob>>;
  const job = (name: string): CiJob => {
    const { extends: base = '', script = [], variables = {} } = document[name] ?? {};
    const exports = Object.entries(variables).map(([variable, value]) => `export ${variable}="${value}"`);
    return { shell: bash, script: [...exports, ...(document[base]?.before_script ?? []), ...script].join('\n') };
  };
  return {
    file: 'gitlab-ci.yml',
    run: /^gitlab:50$/,
    jobs: { request: job('plan'), fork: job('validate'), apply: job('apply'), hourly: job('hourly') },
    env: ({ apiUrl, commit, branch }) => ({
      ...key,
      ...(document.variables as unknown as Record<string, string>),
      CI: 'true',
      GITLAB_CI: 'true',
      CI_JOB_ID: '50',
      CI_JOB_NAME: 'apply',
      CI_PIPELINE_IID: '3',
      CI_API_V4_URL: apiUrl,
      CI_PROJECT_ID: '7',
      CI_PROJECT_VISIBILITY: 'private',
      CI_COMMIT_SHA: commit,
      CI_COMMIT_BRANCH: branch,
      CI_JOB_TOKEN: 'job-token',
      CI_JOB_URL: 'https://gitlab.example.com/team/limits/-/jobs/50',
    }),
    request: () => ({
      GITLAB_TOKEN: 'glpat-sample-token-of-a-project',
      CI_MERGE_REQUEST_IID: '1',
      CI_MERGE_REQUEST_PROJECT_ID: '7',
      CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '7',
      CI_MERGE_REQUEST_PROJECT_URL: 'https://gitlab.example.com/team/limits',
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
    }),
  };
}

interface AzureStep {
  readonly bash?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface AzureStage {
  readonly stage: string;
  readonly jobs: readonly {
    readonly job?: string;
    readonly steps?: readonly AzureStep[];
    readonly strategy?: { readonly runOnce: { readonly deploy: { readonly steps: readonly AzureStep[] } } };
  }[];
}

function readAzure(): CiSystemFile {
  const { stages } = parse(readText(`${folder}azure-pipelines.yml`)) as { readonly stages: readonly AzureStage[] };
  const job = (stage: string, name?: string): CiJob => {
    const found = stages.find((one) => one.stage === stage)?.jobs.find((one) => name === undefined || one.job === name);
    const steps = found?.steps ?? found?.strategy?.runOnce.deploy.steps ?? [];
    const script = steps.flatMap((step) => {
      if (step.bash === undefined) return [];
      // `$(NAME)` in the environment of a step is a variable of the run.
      const exports = Object.entries(step.env ?? {}).map(
        ([variable, value]) => `export ${variable}="${value.replace(/\$\((\w+)\)/g, '$$$1')}"`,
      );
      return [...exports, step.bash];
    });
    return { shell: bash, script: script.join('\n') };
  };
  return {
    file: 'azure-pipelines.yml',
    run: /^azure:9\.12f1170f-54f2\.1$/,
    jobs: {
      request: job('request', 'plan'),
      fork: job('request', 'validate'),
      plan: job('plan'),
      apply: job('apply'),
      hourly: job('hourly'),
    },
    env: ({ runner }) => ({
      ...key,
      POLICIES: 'policies',
      TOLLGATE: 'github:OWNER/tollgate#COMMIT',
      TF_BUILD: 'True',
      BUILD_BUILDID: '9',
      SYSTEM_JOBID: '12f1170f-54f2',
      SYSTEM_JOBATTEMPT: '1',
      BUILD_ARTIFACTSTAGINGDIRECTORY: `${runner}/../staged/plan`,
      PIPELINE_WORKSPACE: `${runner}/../staged`,
    }),
    request: () => ({ SYSTEM_PULLREQUEST_TARGETBRANCH: 'refs/heads/main', SYSTEM_PULLREQUEST_PULLREQUESTID: '1' }),
  };
}

/** Of a declarative pipeline: each stage with its text, up to the next. */
export function stagesOf(jenkinsfile: string): ReadonlyMap<string, string> {
  const parts = jenkinsfile.split(/^ {4}stage\('([^']+)'\) \{$/m).slice(1);
  return new Map(parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] ?? '']] : [])));
}

function readJenkins(): CiSystemFile {
  const stages = stagesOf(readText(`${folder}Jenkinsfile`));
  const job = (name: string): CiJob => {
    const text = stages.get(name) ?? '';
    const secret = /PORTKEY_API_KEY = credentials\('portkey-(\w+)-key'\)/.exec(text)?.[1];
    const exports = secret === undefined ? '' : `export PORTKEY_API_KEY="$PORTKEY_${secret.toUpperCase()}_KEY"\n`;
    return { shell: sh, script: exports + (/sh '''\n([\s\S]*?)'''/.exec(text)?.[1] ?? '') };
  };
  return {
    file: 'Jenkinsfile',
    run: /^jenkins:jenkins-limits-main-8$/,
    jobs: {
      request: job('plan a request'),
      fork: job('validate a fork'),
      plan: job('plan'),
      apply: job('apply'),
      hourly: job('hourly'),
    },
    env: () => ({
      ...key,
      POLICIES: 'policies',
      TOLLGATE: 'github:OWNER/tollgate#COMMIT',
      BUILD_TAG: 'jenkins-limits-main-8',
      JENKINS_URL: 'https://ci.example/',
    }),
    request: () => ({ CHANGE_ID: '1', CHANGE_TARGET: 'main' }),
  };
}

interface BitbucketItem {
  readonly step: { readonly name: string; readonly script: readonly string[] };
}

function readBitbucket(): CiSystemFile {
  const { pipelines } = parse(readText(`${folder}bitbucket-pipelines.yml`)) as {
    readonly pipelines: Readonly<Record<string, Readonly<Record<string, readonly BitbucketItem[]>>>>;
  };
  const job = (kind: string, of: string, name: string): CiJob => {
    const item = pipelines[kind]?.[of]?.find(({ step }) => step.name === name);
    return { shell: sh, script: (item?.step.script ?? []).join('\n') };
  };
  return {
    file: 'bitbucket-pipelines.yml',
    run: /^bitbucket:8\.b2$/,
    jobs: {
      request: job('pull-requests', '**', 'plan'),
      // Bitbucket starts nothing for a fork.
      fork: { shell: sh, script: 'tollgate validate' },
      plan: job('branches', 'main', 'plan'),
      apply: job('branches', 'main', 'apply'),
      hourly: job('custom', 'hourly', 'notify and drift'),
    },
    env: () => ({ ...key, CI: 'true', BITBUCKET_BUILD_NUMBER: '8', BITBUCKET_STEP_UUID: '{b2}' }),
    request: () => ({ BITBUCKET_PR_ID: '1', BITBUCKET_PR_DESTINATION_BRANCH: 'main' }),
  };
}

function readPlainShell(): CiSystemFile {
  const text = readText(`${folder}tollgate.sh`);
  const job = (line: string, of = 'READ'): CiJob => ({
    shell: sh,
    script: `export PORTKEY_API_KEY="$PORTKEY_${of}_KEY"\n${line}\n${text}`,
  });
  return {
    file: 'tollgate.sh',
    run: /^local:/,
    jobs: {
      request: job('set -- plan main'),
      fork: { shell: sh, script: 'tollgate validate' },
      plan: { shell: sh, script: 'export PORTKEY_API_KEY="$PORTKEY_READ_KEY"\ntollgate plan --out plan.json' },
      apply: job('set -- apply plan.json', 'APPLY'),
      hourly: job('set -- hourly'),
    },
    env: () => ({ ...key }),
    request: () => ({}),
  };
}

export const ciSystems: readonly CiSystemFile[] = [
  readGitLab(),
  readAzure(),
  readJenkins(),
  readBitbucket(),
  readPlainShell(),
];

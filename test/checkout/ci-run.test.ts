/** Which CI run it is, by what each system sets; as its documentation lists the variables. */

import { describe, expect, test } from 'vitest';
import { type CiRun, findCiRun } from '../../src/checkout/ci-run.ts';
import { actorOf, isCi, isGone, type RunFacts, runId } from '../../src/checkout/this-run.ts';
import { isProcessAlive, readProcessStart } from '../../src/process-space.ts';
import { testSession } from '../helpers/session.ts';

const github = { GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '2', GITHUB_ACTOR: 'ana' };
const azure = { TF_BUILD: 'True', BUILD_BUILDID: '9', SYSTEM_JOBID: '12f1170f-54f2', SYSTEM_JOBATTEMPT: '1' };

test.each<[string, Readonly<Record<string, string>>, CiRun]>([
  [
    'GitHub, a push',
    { ...github, GITHUB_REF: 'refs/heads/12' },
    { system: 'github', id: '77.2', actor: 'ana', pull: null },
  ],
  [
    'GitHub, a pull request',
    { ...github, CI: 'true', GITHUB_REF: 'refs/pull/12/merge' },
    { system: 'github', id: '77.2', actor: 'ana', pull: 12 },
  ],
  [
    'GitHub, where no attempt is told',
    { GITHUB_RUN_ID: '77' },
    { system: 'github', id: '77.1', actor: null, pull: null },
  ],
  [
    'GitLab',
    {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_JOB_ID: '50',
      CI_PIPELINE_ID: '1',
      GITLAB_USER_LOGIN: 'ana',
      CI_MERGE_REQUEST_IID: '3',
    },
    { system: 'gitlab', id: '50', actor: 'ana', pull: 3 },
  ],
  [
    'Azure Pipelines, which sets no CI',
    { ...azure, BUILD_REQUESTEDFOR: 'Ana Lee', SYSTEM_PULLREQUEST_PULLREQUESTID: '500' },
    { system: 'azure', id: '9.12f1170f-54f2.1', actor: 'Ana Lee', pull: 500 },
  ],
  [
    'Azure Pipelines, of a repository on GitHub',
    {
      ...azure,
      BUILD_REQUESTEDFOREMAIL: 'ana@example.com',
      SYSTEM_PULLREQUEST_PULLREQUESTID: '98765',
      SYSTEM_PULLREQUEST_PULLREQUESTNUMBER: '12',
    },
    { system: 'azure', id: '9.12f1170f-54f2.1', actor: 'ana@example.com', pull: 12 },
  ],
  [
    'Jenkins, which sets no CI, in a folder of jobs',
    {
      JENKINS_URL: 'https://ci.example/',
      BUILD_TAG: 'jenkins-team-limits-PR%2F4-8',
      CHANGE_ID: '4',
      CHANGE_AUTHOR: 'ana',
    },
    { system: 'jenkins', id: 'jenkins-team-limits-PR-2F4-8', actor: 'ana', pull: 4 },
  ],
  [
    'Buildkite',
    {
      CI: 'true',
      BUILDKITE: 'true',
      BUILDKITE_JOB_ID: 'e44f9784',
      BUILDKITE_BUILD_CREATOR: 'Ana',
      BUILDKITE_PULL_REQUEST: 'false',
    },
    { system: 'buildkite', id: 'e44f9784', actor: 'Ana', pull: null },
  ],
  [
    'CircleCI',
    {
      CI: 'true',
      CIRCLECI: 'true',
      CIRCLE_WORKFLOW_ID: 'a1',
      CIRCLE_BUILD_NUM: '6',
      CIRCLE_USERNAME: 'ana',
      CIRCLE_PULL_REQUEST: 'https://github.com/example/budgets/pull/12',
    },
    { system: 'circleci', id: 'a1.6', actor: 'ana', pull: 12 },
  ],
  [
    'Bitbucket',
    {
      CI: 'true',
      BITBUCKET_BUILD_NUMBER: '8',
      BITBUCKET_STEP_UUID: '{b2}',
      BITBUCKET_STEP_TRIGGERER_UUID: '{c3}',
      BITBUCKET_PR_ID: '2',
    },
    { system: 'bitbucket', id: '8.b2', actor: '{c3}', pull: 2 },
  ],
  ['another that sets CI', { CI: 'true' }, { system: 'other', id: null, actor: null, pull: null }],
  ['another that does not', { TEAMCITY_VERSION: '2024.1' }, { system: 'other', id: null, actor: null, pull: null }],
  [
    'a build script that says CI=false',
    { ...azure, CI: 'false' },
    { system: 'azure', id: '9.12f1170f-54f2.1', actor: null, pull: null },
  ],
])('mistakes-C8: the variables of %s are known', (_system, env, run) => {
  expect(findCiRun(env)).toEqual(run);
  expect(isCi({ env })).toBe(true);
});

test.each([
  ['nothing', {}],
  ['empty variables', { CI: '', GITLAB_CI: '', BITBUCKET_BUILD_NUMBER: ' ', GITHUB_RUN_ID: '' }],
  ['no', { CI: 'False', TF_BUILD: 'false', GITHUB_ACTIONS: 'false', BUILDKITE: '0' }],
  ['what people keep in their shell', { JENKINS_URL: 'https://ci.example/', GITHUB_TOKEN: 'x', BUILD_TAG: 'v1' }],
])('mistakes-C8: %s is no CI system', (_what, env: Readonly<Record<string, string>>) => {
  expect(findCiRun(env)).toBeNull();
});

describe('mistakes-H13: who, and which run', () => {
  const session = (env: Readonly<Record<string, string>>) => testSession({ env, host: 'here', processSpace: '5pace' });

  test('mistakes-H13: are those of the CI system', () => {
    const env = { GITLAB_CI: 'true', CI_JOB_ID: '50', GITLAB_USER_LOGIN: 'ana' };
    expect([runId(session(env)), actorOf(session(env))]).toEqual(['gitlab:50', 'ana']);
  });

  test('mistakes-H13: are those of the machine by hand, and where the system says neither', () => {
    for (const env of [{}, { CI: 'true' }, { GITLAB_CI: 'true' }]) {
      expect(runId(session(env))).toMatch(/^local:here:5pace:4242:[0-9a-f]{8}$/);
      expect(actorOf(session(env))).toBe('platform-engineer');
    }
  });

  test('mistakes-H13: a name stands beside what the machine knows, and must be one', () => {
    expect(actorOf(session({}), ' Ana Lee ')).toBe('Ana Lee (platform-engineer)');
    expect(actorOf(session(github), 'ana')).toBe('ana');
    for (const as of ['', ' ', 'a\nb', '\u202eana', 'x'.repeat(101)]) {
      expect(() => actorOf(session({}), as)).toThrow(/^--as .* is not a name$/);
    }
  });
});

describe('mistakes-C5: a run is known by boot, process namespace, process id and start', () => {
  const facts = (more: Partial<RunFacts> = {}): RunFacts => ({
    ...testSession({ host: 'here', processSpace: '5pace', pid: 77 }),
    processStart: '1000',
    isProcessAlive: (pid, start) => pid === 77 && (start ?? '1000') === '1000',
    ...more,
  });

  test('mistakes-C5: its name says all of them', () => {
    expect(runId(facts())).toMatch(/^local:here:5pace:77@1000:[0-9a-f]{8}$/);
  });

  test.each([
    ['a process that is there', 'local:here:5pace:77@1000:abcdef12', false],
    ['one whose id another has by now', 'local:here:5pace:77@999:abcdef12', true],
    ['one that is gone', 'local:here:5pace:78@1000:abcdef12', true],
    ['one of a version that wrote no start, alive', 'local:here:5pace:77:abcdef12', false],
    ['one of a version that wrote no start, gone', 'local:here:5pace:78:abcdef12', true],
    ['another container of the same name', 'local:here:0ther:78@1000:abcdef12', false],
    ['another host', 'local:there:5pace:78@1000:abcdef12', false],
    ['a start that is none', 'local:here:5pace:78@:abcdef12', false],
    ['a CI run', 'gitlab:78', false],
  ])('mistakes-C5: %s', (_what, run, gone) => {
    expect(isGone({ run }, facts({ pid: 4343 }))).toBe(gone);
  });

  test('mistakes-C5: its own id is not taken for the dead one that had it before', () => {
    expect(isGone({ run: 'local:here:5pace:77@999:abcdef12' }, facts())).toBe(true);
    expect(isGone({ run: 'local:here:5pace:77@1000:abcdef12' }, facts({ isProcessAlive: () => false }))).toBe(false);
  });

  test.runIf(process.platform === 'linux')('mistakes-C5: the kernel says when a process began', () => {
    const start = readProcessStart(process.pid);
    expect(start).toMatch(/^\d+$/);
    expect(readProcessStart(process.ppid)).not.toBe(null);
    expect([isProcessAlive(process.pid, start), isProcessAlive(process.pid, `${start}1`)]).toEqual([true, false]);
    expect(isProcessAlive(process.pid, null)).toBe(true);
  });
});

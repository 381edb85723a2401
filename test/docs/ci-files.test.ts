/**
 * The files of docs/ci: each is of the form that its system takes, gives no key to a fork and no apply to a request, and its shell lines
 * take a change from the request to an empty plan, in a clone of a bare remote, against the emulator.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { seal, startRunner } from './ci-runner.ts';
import { ciSystems, stagesOf } from './ci-systems.ts';
import { codeBlocks, readText } from './markdown.ts';
import { parseWorkflow, tollgateStep } from './workflow.ts';

const policies = (amount: string): Record<string, string> => ({
  'org.yaml': orgFile('review:\n  require_reviewed_plan: true\n'),
  'a.yaml': workspaceFile(
    'ws-team-a',
    `policies:\n  monthly:\n    per: workspace_id\n    budget: ${amount}\n    reset: monthly\n    alert: none\n`,
  ),
});

describe.each(ciSystems.map((system) => [system.file, system] as const))('%s', (_file, system) => {
  it('takes a change from its request to live, and to an empty plan', async () => {
    const { gitlab, rig, clone, run, applyByHand, planByHand, request, lastRun } = await startRunner(system);
    rig.commit(policies('$100'));
    const first = await applyByHand();
    expect(first, first.stderr).toMatchObject({ exit: 0 });

    rig.git('checkout', '--quiet', '-b', 'raise');
    rig.commit(policies('$120'), 'raise');
    // Others merge meanwhile: the request is planned as what its merge will be.
    rig.git('checkout', '--quiet', 'main');
    rig.git('commit', '--quiet', '--allow-empty', '-m', 'something else');
    rig.git('push', '--quiet', 'origin', 'main');
    const asked = clone('raise');
    const planned = await request(asked);
    expect(planned, planned.all).toMatchObject({ exit: 0 });

    rig.git('merge', '--quiet', '--no-ff', '--no-edit', 'raise');
    rig.git('push', '--quiet', 'origin', 'main');
    if (system.file === 'gitlab-ci.yml') {
      expect(gitlab.notes(1).map(({ body }) => body)).toEqual([expect.stringContaining('120')]);
      gitlab.merge(rig.git('rev-parse', 'HEAD'), 1);
      gitlab.keep('refs/merge-requests/1/head', 'plan', 'plan.json', readFileSync(join(asked, 'plan.json'), 'utf8'));
    }
    const main = clone('main');
    if (system.jobs.plan !== undefined) {
      const made = await run(system.jobs.plan, main, 'main');
      expect(made, made.all).toMatchObject({ exit: 0 });
    }
    const applied = await run(system.jobs.apply, main, 'main');
    expect(applied, applied.all).toMatchObject({ exit: 0 });
    expect(rig.history()).toHaveLength(4);
    expect(await lastRun()).toMatch(system.run);

    const again = await planByHand();
    expect(again, again.stdout).toMatchObject({ exit: 0 });
    const hourly = await run(system.jobs.hourly, clone('main'), 'main');
    expect(hourly, hourly.all).toMatchObject({ exit: 0 });
  }, 120_000);

  it('answers a request without policy changes without a key, and one of a fork with the files alone', async () => {
    const { rig, clone, request, run } = await startRunner(system);
    rig.commit(policies('$100'));
    rig.git('checkout', '--quiet', '-b', 'raise');
    rig.git('commit', '--quiet', '--allow-empty', '-m', 'something else');
    rig.git('push', '--quiet', 'origin', 'raise');
    const none = { PORTKEY_READ_KEY: '', PORTKEY_APPLY_KEY: '' };
    const answered = await request(clone('raise'), none);
    expect(answered, answered.all).toMatchObject({ exit: 0 });
    const fork = await run(system.jobs.fork, clone('raise'), 'raise', none);
    expect(fork, fork.all).toMatchObject({ exit: 0 });
    expect(system.jobs.fork.script).not.toContain('_KEY');
  }, 60_000);
});

describe('gitlab-ci.yml', () => {
  const [gitlabFile] = ciSystems;
  if (gitlabFile === undefined) throw new Error('there is no file for GitLab');

  it.each(['gitlab-ci.yml', 'gitlab-ci-two-environments.yml'])('%s is what GitLab’s own schema takes', (file) => {
    const schema = JSON.parse(readText('test/fixtures/gitlab/ci-schema.json')) as object;
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
    const judge = ajv.compile(schema);
    judge(parse(readText(`docs/ci/${file}`), { merge: true }));
    expect(judge.errors ?? []).toEqual([]);
    judge({ apply: { script: ['x'], resource_groups: 'x', rules: [{ when: 'sometimes' }] } });
    expect(judge.errors).not.toBeNull();
  });

  it('makes the first apply by the digest that somebody read, and not before', async () => {
    const { rig, clone, run } = await startRunner(gitlabFile);
    rig.commit(policies('$100'));
    const pushed = await run(gitlabFile.jobs.apply, clone('main'), 'main');
    expect(pushed, pushed.all).toMatchObject({ exit: 3 });
    const digest = /\b[0-9a-f]{32}\b/.exec(pushed.stdout)?.[0] ?? '';
    const applied = await run(gitlabFile.jobs.apply, clone('main'), 'main', { APPROVE: digest });
    expect(applied, applied.all).toMatchObject({ exit: 0 });
  }, 60_000);

  it('applies nothing that was pushed past merge requests, and shows it', async () => {
    const { rig, clone, run, applyByHand } = await startRunner(gitlabFile);
    rig.commit(policies('$100'));
    expect((await applyByHand()).exit).toBe(0);
    rig.commit(policies('$120'));
    const pushed = await run(gitlabFile.jobs.apply, clone('main'), 'main');
    expect(pushed, pushed.all).toMatchObject({ exit: 2 });
    expect(pushed.stdout).toContain('$120');
    expect(rig.history()).toHaveLength(2);
  }, 60_000);
});

it('every file takes the whole history, one apply at a time, and no path filter', () => {
  for (const [file, wanted] of [
    ['gitlab-ci.yml', [/GIT_DEPTH: "0"/, /resource_group: tollgate-\$POLICIES/, /interruptible: false/]],
    ['azure-pipelines.yml', [/fetchDepth: 0/, /lockBehavior: sequential/]],
    ['Jenkinsfile', [/disableConcurrentBuilds\(\)/]],
    ['bitbucket-pipelines.yml', [/depth: full/, /deployment: production/]],
    ['tollgate.sh', [/flock/]],
  ] as const) {
    const text = readText(`docs/ci/${file}`);
    for (const pattern of wanted) expect(text, file).toMatch(pattern);
    expect(text, file).not.toMatch(/^\s*(?:changes|paths|includePaths|changeset):\s*$/m);
  }
  const azure = readText('docs/ci/azure-pipelines.yml');
  expect(azure.match(/checkout: self/g)?.length).toBe((azure.match(/fetchDepth: 0/g)?.length ?? 0) + 1);
});

it('Jenkinsfile: every stage says when, runs in an agent of its own, and only one of them has the key that writes', () => {
  const text = readText('docs/ci/Jenkinsfile').replace(/\/\/.*$/gm, '');
  const outside = text.replace(/'''[\s\S]*?'''|'[^'\n]*'|"[^"\n]*"/g, "''");
  for (const [open, close] of ['{}', '()', '[]'].map((pair) => [...pair])) {
    expect(outside.split(open ?? '').length, open).toBe(outside.split(close ?? '').length);
  }
  expect(text).toMatch(/^pipeline \{\n {2}agent none\n/m);
  const stages = [...stagesOf(text)];
  expect(stages.map(([name]) => name)).toEqual(['validate a fork', 'plan a request', 'plan', 'apply', 'hourly']);
  for (const [name, stage] of stages) {
    expect(stage, name).toMatch(/^ {6}when \{$/m);
    expect(stage, name).toMatch(/^ {6}agent \{ docker \{ image 'node:22' \} \}$/m);
    expect(stage, name).toMatch(/^ {6}steps \{$/m);
    expect(stage.includes('portkey-apply-key'), name).toBe(name === 'apply');
  }
});

describe('several directories', () => {
  const [gitlabFile] = ciSystems;
  if (gitlabFile === undefined) throw new Error('there is no file for GitLab');

  it('the matrix runs each job of the file once a directory, and gives each the keys of its own', () => {
    type Jobs = Readonly<
      Record<string, { readonly parallel?: { readonly matrix: unknown }; readonly environment?: unknown }>
    >;
    const base = parse(readText('docs/ci/gitlab-ci.yml')) as Readonly<Record<string, { readonly script?: unknown }>>;
    const matrix = parse(readText('docs/ci/gitlab-ci-two-environments.yml'), { merge: true }) as Jobs;
    const jobs = Object.keys(base).filter((name) => base[name]?.script !== undefined);
    expect(jobs.sort()).toEqual(['apply', 'hourly', 'plan', 'validate']);
    for (const name of jobs) {
      expect(matrix[name]?.parallel?.matrix).toEqual([{ POLICIES: ['policies/production', 'policies/staging'] }]);
    }
    expect(matrix.apply?.environment).toBe('tollgate/$POLICIES');
    for (const name of ['plan', 'hourly']) {
      expect(matrix[name]?.environment).toEqual({ name: 'tollgate-plan/$POLICIES', action: 'access' });
    }
  });

  it('each has a note, a plan, an apply and a record of its own', async () => {
    const { gitlab, rig, clone, run, request, lastRun } = await startRunner(gitlabFile);
    const both = (amount: string): Record<string, string> => {
      const of = (directory: string, workspace: string): [string, string][] => [
        [`${directory}/org.yaml`, orgFile('').replace('environment: production', `environment: ${directory}`)],
        [`${directory}/a.yaml`, policies(amount)['a.yaml']?.replace('ws-team-a', workspace) ?? ''],
      ];
      return Object.fromEntries([...of('production', 'ws-team-a'), ...of('staging', 'ws-team-b')]);
    };
    const names = ['production', 'staging'];
    rig.commit(both('$100'));
    for (const name of names) {
      const first = await rig.apply({ dir: `policies/${name}` }, { env: seal, now: () => Date.now() });
      expect(first, first.stderr).toMatchObject({ exit: 0 });
    }
    rig.git('checkout', '--quiet', '-b', 'raise');
    rig.commit(both('$120'), 'raise');
    for (const name of names) {
      const asked = clone('raise');
      const planned = await request(asked, { POLICIES: `policies/${name}` });
      expect(planned, planned.all).toMatchObject({ exit: 0 });
      const file = readFileSync(join(asked, 'plan.json'), 'utf8');
      gitlab.keep('refs/merge-requests/1/head', `plan: [policies/${name}]`, 'plan.json', file);
    }
    expect(gitlab.notes(1).map(({ body }) => /tollgate plan · \w+/.exec(body)?.[0])).toEqual([
      'tollgate plan · production',
      'tollgate plan · staging',
    ]);
    rig.git('checkout', '--quiet', 'main');
    rig.git('merge', '--quiet', '--no-ff', '--no-edit', 'raise');
    rig.git('push', '--quiet', 'origin', 'main');
    gitlab.merge(rig.git('rev-parse', 'HEAD'), 1);
    for (const name of names) {
      const of = { POLICIES: `policies/${name}`, CI_JOB_NAME: `apply: [policies/${name}]` };
      const applied = await run(gitlabFile.jobs.apply, clone('main'), 'main', of);
      expect(applied, applied.all).toMatchObject({ exit: 0 });
      expect(await lastRun('--dir', `policies/${name}`)).toBe('gitlab:50');
      const again = await rig.plan({ dir: `policies/${name}`, detailedExitcode: true }, { now: () => Date.now() });
      expect(again, again.stdout).toMatchObject({ exit: 0 });
    }
  }, 120_000);

  it('on GitHub: the matrix of the page, with an input that there is and a lock for each', () => {
    const page = readText('docs/every-ci.md');
    const { strategy } = parse(/^ {4}strategy:\n(?: {6}.*\n)+/m.exec(page)?.[0] ?? '') as {
      readonly strategy: { readonly matrix: Readonly<Record<string, readonly string[]>> };
    };
    expect(strategy.matrix).toEqual({ directory: ['policies/production', 'policies/staging'] });
    const action = parse(readText('action.yml')) as { readonly inputs: Readonly<Record<string, unknown>> };
    expect(Object.keys(action.inputs)).toContain('directory');
    const [workflow = ''] = codeBlocks(readText('docs/github-action.md')).flatMap(({ language, text }) =>
      language === 'yaml' && /^jobs:/m.test(text) ? [text] : [],
    );
    const jobs = Object.values(parseWorkflow(workflow).jobs);
    expect(jobs.filter((job) => job.concurrency !== undefined && tollgateStep(job)?.with !== undefined)).toHaveLength(
      3,
    );
  });
});

/** The workflows of this repository and those that its pages offer: what they may do, and that they do what the pages say. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderCiFiles } from '../../scripts/ci-files.ts';
import { buildFirstFiles } from '../../src/importing/first-files.ts';
import { writePage } from '../../src/render/page/shell.ts';
import { all, type Scene, startApplied, startScene, team } from '../action/scene.ts';
import type { Area, Level } from '../helpers/github/access.ts';
import { hasProgram } from '../helpers/programs.ts';
import { makeFolder } from '../record/git-fixture.ts';
import { codeBlocks, markdownFiles, readText, root } from './markdown.ts';
import { pushMain, runWorkflow } from './run-workflow.ts';
import { jobsFor, parseWorkflow, type Step, tollgateStep, type Workflow } from './workflow.ts';

const page = 'docs/github-action.md';
const offered = markdownFiles.flatMap((file) =>
  codeBlocks(readText(file))
    .filter(({ language, text }) => language === 'yaml' && /^jobs:/m.test(text))
    .map(({ text }) => ({ file, text })),
);
const folder = '.github/workflows';
const own = readdirSync(`${root}${folder}`).map((name) => ({
  file: `${folder}/${name}`,
  text: readText(`${folder}/${name}`),
}));
const action = parse(readText('action.yml')) as {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
};

const pageWorkflow = (): Workflow => parseWorkflow(offered.find(({ file }) => file === page)?.text ?? '');

it('are on one page alone', () => {
  expect(new Set(offered.map(({ file }) => file))).toEqual(new Set([page]));
});

/** What `init` writes into a repository whose directory and branch have other names. */
const written = buildFirstFiles({
  directory: 'budgets/all of them',
  environment: 'production',
  organisation: null,
  schemas: 'https://example.com/schemas',
  ci: 'github',
  defaultBranch: 'trunk',
})
  .filter(({ path }) => path.startsWith('.github/'))
  .map(({ text }) => ({ file: 'a new repository', text }));

it('what `init` writes is the one of the page (npm run generate)', () => {
  expect(readText('src/ci-files.json')).toBe(renderCiFiles(readText));
  const usual = {
    directory: 'policies',
    environment: 'production',
    organisation: null,
    schemas: 'https://example.com/schemas',
    defaultBranch: null,
  } as const;
  const made = buildFirstFiles({ ...usual, ci: 'github' }).at(-1);
  expect(made).toEqual({
    path: '.github/workflows/tollgate.yml',
    text: offered.find(({ file }) => file === page)?.text,
  });
  expect(written).toHaveLength(1);
});

describe.each([...own, ...offered, ...written])('the workflow in $file', ({ text }) => {
  const workflow = parseWorkflow(text);
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps ?? []);

  it('never runs with secrets for code that nobody has reviewed', () => {
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
    expect(text).not.toContain('pull_request_target');
  });

  it('puts nothing that somebody else writes into a script', () => {
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
    expect(steps.filter(({ uses }) => /github-script/.test(uses ?? ''))).toEqual([]);
  });

  it('names the commit of every action, and only such as are known here', () => {
    for (const uses of steps.flatMap((step) => step.uses ?? [])) {
      expect(uses).toMatch(
        /^(\.\/|[\w-]+\/tollgate@COMMIT|actions\/(checkout|setup-node|upload-artifact|download-artifact|upload-pages-artifact|deploy-pages|attest)@[0-9a-f]{40})$/,
      );
    }
    // The version that the commit is, for people and for programs that keep it new.
    for (const line of text.split('\n').filter((one) => /uses: actions\//.test(one))) {
      expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it('may do nothing but read, unless a job says otherwise, and ends by itself', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const { uses, 'timeout-minutes': minutes = 0 } of jobs) {
      if (uses === undefined) expect(minutes).toBeGreaterThan(0);
      else expect(own.map(({ file }) => `./${file}`)).toContain(uses);
    }
  });

  it('gives tollgate only inputs that there are, and takes only outputs that there are', () => {
    for (const step of jobs.flatMap((job) => tollgateStep(job) ?? [])) {
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
    }
    const used = [...text.matchAll(/steps\.plan\.outputs\.([\w-]+)/g)].map(([, name = '']) => name);
    expect(Object.keys(action.outputs)).toEqual(expect.arrayContaining(used));
  });

  it('lets no run of tollgate cancel another one', () => {
    for (const job of jobs.filter((one) => tollgateStep(one) !== undefined)) {
      const concurrency = job.concurrency ?? workflow.concurrency;
      expect(concurrency).toMatchObject({ group: expect.any(String), 'cancel-in-progress': false });
    }
  });
});

describe('the workflow that makes a page about spend', () => {
  const { on, jobs } = parseWorkflow(offered[1]?.text ?? '');
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);
  const publishes = (step: Step): boolean => /pages/.test(step.uses ?? '');

  it('runs once a week and by hand, with the key that reads', () => {
    expect(Object.keys(on).sort()).toEqual(['schedule', 'workflow_dispatch']);
    expect(offered[1]?.text).toContain('PORTKEY_READ_KEY');
    expect(offered[1]?.text).not.toContain('PORTKEY_APPLY_KEY');
  });

  it('publishes only where a variable says so, after a step that ends where people are named', () => {
    const made = jobs.page?.steps ?? [];
    const check = made.findIndex(({ run = '' }) => run.includes('tollgate-people'));
    expect(made.findIndex(publishes)).toBe(check + 1);
    for (const step of [made[check], made[check + 1]]) expect(step?.if).toBe("vars.TOLLGATE_PAGES == 'yes'");
    expect(jobs.publish?.if).toBe("vars.TOLLGATE_PAGES == 'yes'");
    expect(steps.filter(publishes)).toHaveLength(2);
  });

  it.skipIf(!hasProgram('bash')).each([
    ['counts', 0],
    ['names', 1],
  ] as const)('of a page with %s that step ends with %i', (people, exit) => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'page'));
    const parts = { title: 'x', lead: '', sections: [], foot: '', meta: { 'tollgate-people': people } };
    writeFileSync(join(folder, 'page/index.html'), writePage(parts));
    const { run = '' } = steps.find((step) => step.run?.includes('tollgate-people') === true) ?? {};
    expect(spawnSync('bash', ['-e', '-c', run], { env: { ...process.env, RUNNER_TEMP: folder } }).status).toBe(exit);
  });
});

describe('the workflow of the page', () => {
  it('starts one job for each event it is started by, and those are all that the Action handles', () => {
    const workflow = pageWorkflow();
    const commands = Object.keys(workflow.on).map((event) => {
      const jobs = jobsFor(workflow, event);
      expect(jobs, event).toHaveLength(1);
      return [event, (jobs[0] === undefined ? undefined : tollgateStep(jobs[0]))?.with?.command];
    });
    expect(Object.fromEntries(commands)).toEqual({
      pull_request: 'plan',
      pull_request_review: 'plan',
      merge_group: 'plan',
      push: 'apply',
      workflow_dispatch: 'apply',
      schedule: 'drift',
    });
  });

  it('mistakes-H16: months: applies after every push: what `extends:` names may lie outside the policies', () => {
    expect(pageWorkflow().on.push).toEqual({ branches: ['main'] });
    const howTo = readText(page).split('```yaml')[0] ?? '';
    expect(howTo).toContain('Leave `paths:` out below `push`');
    expect(readText('docs/files.md')).toMatch(/^## .*`extends`$/m);
  });

  it('gives the key that writes to the protected job alone, and every input that a person may give', () => {
    const workflow = pageWorkflow();
    for (const [name, job] of Object.entries(workflow.jobs)) {
      const inputs = JSON.stringify(tollgateStep(job)?.with);
      expect(inputs.includes('PORTKEY_APPLY_KEY'), name).toBe(job.environment !== undefined);
      expect(inputs.includes('PORTKEY_READ_KEY'), name).toBe(job.environment === undefined);
    }
    const { inputs } = workflow.on.workflow_dispatch as { readonly inputs: Readonly<Record<string, unknown>> };
    expect(Object.keys(inputs).sort()).toEqual(['allow', 'approve', 'move', 'revert-drift', 'take-over']);
  });

  it('takes a change from its pull request to live and watches over it, with these permissions and none less', async () => {
    const scene = await startScene({ isSystemClock: true });
    const { github } = scene;
    // Step 3 of the page: a push never makes the first apply, and an administrator goes on.
    const refused = await runWorkflow(scene, pageWorkflow(), 'push', pushMain(scene), 'main');
    expect(refused.outputs['exit-code']).toBe('3');
    const approve = /with approve: ([0-9a-f]{32})/.exec(refused.summary)?.[1] ?? '';
    const first = await scene.dispatch({ approve }, { actor: 'owner' });
    expect(first.exit, first.text).toBe(0);

    const pull = openRaise(scene);
    const opened = github.eventPayload('pull_request', { action: 'opened', number: pull });
    const planned = await runWorkflow(scene, pageWorkflow(), 'pull_request', opened, 'raise');
    expect(planned.code, planned.log).toBe(0);
    expect(github.comments(pull)).toHaveLength(1);
    expect(github.repository().artifacts).toHaveLength(1);
    scene.approve(pull);
    github.merge({ pull, method: 'merge', user: 'reviewer' });
    const applied = await runWorkflow(scene, pageWorkflow(), 'push', pushMain(scene), 'main');
    expect(applied.code, applied.log).toBe(0);
    expect(scene.limits()).toMatchObject({ alpha: 120 });
    expect(scene.header(pull)).toMatchObject({ state: 'applied' });

    scene.row('alpha').credit_limit = 5_000;
    const drifted = await runWorkflow(
      scene,
      pageWorkflow(),
      'schedule',
      github.eventPayload('schedule', { schedule: '17 * * * *' }),
      'main',
    );
    expect(drifted.outputs['exit-code']).toBe('2');
    expect(github.repository().issues.filter(({ title }) => title.startsWith('Drift'))).toHaveLength(1);
    expect(github.requests.filter(({ status }) => status === 403 || status === 404)).toEqual([]);
    expect(refused.log + planned.log + applied.log).not.toContain('could not be');
    expect(github.violations).toEqual([]);
  }, 120_000);

  it.each([
    ['plan', 'pull-requests'],
    ['plan', 'checks'],
    ['drift', 'issues'],
  ] as const)('needs for its job %s the permission %s', async (name, area) => {
    const job = pageWorkflow().jobs[name];
    if (job === undefined) throw new Error(`there is no job ${name}`);
    const { [area]: level, ...others } = job.permissions ?? {};
    expect(level).toBe('write');
    const scene = await startApplied();
    const pull = openRaise(scene);
    await scene.plan(pull);
    scene.github.pushTo({ branch: 'raise', user: 'author', files: team({ ...all('$100'), alpha: '$130' }) });
    scene.row('beta').credit_limit = 5_000;
    scene.grant(others as Partial<Record<Area, Level>>);
    const event = { schedule: '17 * * * *' };
    if (name === 'plan') await scene.plan(pull, { keep: false });
    else await scene.act('schedule', event, 'main', { inputs: { command: 'drift' } });
    expect(scene.github.requests.filter(({ status }) => status === 403)).not.toEqual([]);
  });

  it('needs for its job apply the permission pull-requests, to read what was reviewed', async () => {
    const { 'pull-requests': level, ...others } = pageWorkflow().jobs.apply?.permissions ?? {};
    expect(level).toBe('write');
    const scene = await startApplied();
    const pull = openRaise(scene);
    scene.approve(pull);
    scene.github.merge({ pull, method: 'merge', user: 'owner' });
    scene.grant(others as Partial<Record<Area, Level>>);
    expect((await scene.apply()).text).toContain('what was reviewed could not be read');
    expect(scene.limits()).toMatchObject({ alpha: 100 });
  });

  it('needs for its job apply the permission actions, to find the run that a dispatch approves', async () => {
    const { actions: level, ...others } = pageWorkflow().jobs.apply?.permissions ?? {};
    expect(level).toBe('read');
    const scene = await startApplied();
    scene.github.merge({ pull: openRaise(scene), method: 'merge', user: 'owner' });
    const approve = (await scene.apply()).outputs.digest ?? '';
    scene.grant(others as Partial<Record<Area, Level>>);
    expect((await scene.dispatch({ approve }, { actor: 'owner' })).text).toContain('`actions: read`');
    expect(scene.limits()).toMatchObject({ alpha: 100 });
  });
});

function openRaise(scene: Scene): number {
  return scene.open('raise', team({ ...all('$100'), alpha: '$120' }));
}

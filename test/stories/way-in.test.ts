/**
 * The way in, from nothing to an empty plan, a reviewed change and somebody who is told: without CI, on GitHub and on GitLab, in the commands,
 * edits and files that the pages show, with `tollgate` as it is shipped in processes of its own, on the sample organisation as an account
 * that has limits already.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { startScene } from '../action/scene.ts';
import { startRunner } from '../docs/ci-runner.ts';
import { ciSystems } from '../docs/ci-systems.ts';
import { codeBlocks, commandLines, readText, root } from '../docs/markdown.ts';
import { makeEdit, pageSteps, sectionOf, shellLines } from '../docs/page-steps.ts';
import { pushMain, runWorkflow } from '../docs/run-workflow.ts';
import { parseWorkflow, type Workflow } from '../docs/workflow.ts';
import { type Machine, startMachine } from '../helpers/machine.ts';
import { adminKey } from '../helpers/world.ts';
import { type MailServer, startMailServer } from '../notify/channels/mail-server.ts';
import { git } from '../record/git-fixture.ts';

const dashboard = readText('docs/coming-from-the-dashboard.md');
const editOf = (heading: string): string => {
  const edit = pageSteps(sectionOf(dashboard, heading)).find(({ what }) => what === 'diff');
  if (edit?.what !== 'diff') throw new Error(`"${heading}" shows no edit`);
  return edit.text;
};
const raise = editOf('The first change');
const channel = (mail: MailServer): string => editOf('Somebody is told').replace('port: 1025', `port: ${mail.port}`);
const told = ({ got }: MailServer): string[] => got.map(({ to, mail: { subject } }) => `${to}: ${subject}`).sort();
const budgetIsUsedUp = expect.stringMatching(/^finance@example\.com: .*budget of \$50 is used up/);

/** Files of a repository, without Git's own. */
function filesIn(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split('\\').join('/'))
    .filter((path) => !path.startsWith('.git/'));
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

async function startEmulatorOf(machine: Machine, line: string): Promise<string> {
  const running = machine.start(`exec ${line} --port 0`, { cwd: machine.home });
  onTestFinished(async () => {
    running.kill('SIGTERM');
    await running.ended;
  });
  const [address = ''] = await running.waitFor(/127\.0\.0\.1:\d+/);
  return address;
}

it('on a laptop without CI: every line of the page, in a shell', async () => {
  const machine = await startMachine();
  const mail = await startMailServer(null);
  const cwd = join(machine.home, 'limits');
  mkdirSync(cwd);
  const [start, setUp] = pageSteps(sectionOf(dashboard, 'Without an account'));
  if (start?.what !== 'sh' || setUp?.what !== 'sh') throw new Error('the page does not say how to begin');
  const address = await startEmulatorOf(machine, start.text.trim());
  const here = (text: string): string => text.replaceAll('127.0.0.1:8788', address);
  const surroundings = shellLines(here(setUp.text)).filter((line) => line.startsWith('export '));

  const type = async (text: string): Promise<string> => {
    let printed = '';
    for (const line of shellLines(here(text))) {
      if (line.startsWith('export PORTKEY_API_KEY=...')) continue;
      const wanted = Number(/# exit (\d)/.exec(line)?.[1] ?? 0);
      const ran = await machine.run([...surroundings, line].join('\n'), { cwd });
      expect(ran.exit, `${line}\n${ran.all}`).toBe(wanted);
      printed += ran.stdout;
    }
    return printed;
  };
  await type(setUp.text);
  const walk = async (heading: string): Promise<string> => {
    let printed = '';
    for (const step of pageSteps(sectionOf(dashboard, heading))) {
      if (step.what === 'sh') printed += await type(step.text);
      if (step.what === 'diff') makeEdit(cwd, step.text.replace('port: 1025', `port: ${mail.port}`));
    }
    return printed;
  };
  expect(await walk('What you need')).toContain('Everything that tollgate needs works.');
  await walk('Import');
  expect(await walk('Adopt what is there')).toContain('\nNo changes: 32 limits match the files.');
  expect(await type('tollgate plan --detailed-exitcode')).toContain('No changes: 32 limits match the files.');
  expect(await walk('The first change')).toContain('Applied 1 of 1.');
  expect(await walk('A change that is refused')).toContain('blocks-now');
  expect(await walk('Somebody reviews it')).toContain('Applied 1 of 1.');
  await walk('Somebody is told');
  expect(told(mail)).toContainEqual(budgetIsUsedUp);
  await type('tollgate plan --detailed-exitcode');
}, 600_000);

it('on GitHub: what `init` writes and says, and the jobs of the pages', async () => {
  const mail = await startMailServer(null);
  const machine = await startMachine();
  const scene = await startScene({ isSystemClock: true, state: sampleSeed(new Date()) });
  const { github } = scene;
  const folder = join(machine.home, 'budgets');
  git(machine.home, 'clone', '--quiet', scene.remote, folder);
  const removed = Object.keys(filesIn(folder)).map((path) => [path, null] as const);
  git(folder, 'rm', '--quiet', '-r', 'policies');
  const env = { PORTKEY_API_KEY: adminKey, PORTKEY_BASE_URL: scene.emulator.url };
  const type = async (line: string): Promise<string> => {
    const ran = await machine.run(line, { cwd: folder, env });
    expect(ran.exit, `${line}\n${ran.all}`).toBe(0);
    return ran.stdout;
  };

  const setUp = sectionOf(readText('docs/github-action.md'), 'Set it up');
  expect(commandLines(setUp)).toEqual([['init']]);
  const said = await type('tollgate init');
  const next = [...said.slice(said.indexOf('Then:')).matchAll(/^ {2}(tollgate .+)$/gm)].map(([, line = '']) => line);
  expect(next).toEqual(['tollgate import', 'tollgate validate', 'tollgate plan']);
  const printed: string[] = [];
  for (const line of next) printed.push(await type(line));
  expect(printed.at(-1)).toContain('no change to live');

  const push = (branch: string): void => {
    github.pushTo({ branch, user: 'author', files: { ...Object.fromEntries(removed), ...filesIn(folder) } });
  };
  push('main');
  const workflow = parseWorkflow(readFileSync(join(folder, '.github/workflows/tollgate.yml'), 'utf8'));
  // Step 3 of the page: the push shows the plan, and an administrator names its digest.
  const shown = await runWorkflow(scene, workflow, 'push', pushMain(scene), 'main');
  const approve = /with approve: ([0-9a-f]{32})/.exec(shown.summary)?.[1] ?? '';
  const first = await scene.dispatch({ approve }, { actor: 'owner' });
  expect(first.exit, first.text).toBe(0);
  const empty = await runWorkflow(scene, workflow, 'push', pushMain(scene), 'main');
  expect(empty.outputs, empty.log).toMatchObject({ 'exit-code': '0', 'has-changes': 'false' });

  makeEdit(folder, raise);
  makeEdit(folder, channel(mail));
  push('raise');
  const pull = github.openPullRequest({ head: 'raise', title: 'Raise marketing', user: 'author' }).number;
  const opened = github.eventPayload('pull_request', { action: 'opened', number: pull });
  const planned = await runWorkflow(scene, workflow, 'pull_request', opened, 'raise');
  expect(planned.code, planned.log).toBe(0);
  expect(github.comments(pull).map(({ body }) => body)).toEqual([expect.stringContaining('$400 → $500')]);
  scene.approve(pull);
  github.merge({ pull, method: 'merge', user: 'reviewer' });
  const applied = await runWorkflow(scene, workflow, 'push', pushMain(scene), 'main');
  expect(applied.code, applied.log).toBe(0);
  expect(scene.header(pull)).toMatchObject({ state: 'applied' });
  expect(scene.row('monthly-spend').credit_limit).toBe(500);

  const [job] = codeBlocks(readText('docs/notify.md')).filter(({ text }) => text.includes('beside the drift job'));
  const { jobs } = parse(`jobs:\n${job?.text}`) as Pick<Workflow, 'jobs'>;
  const hour = github.eventPayload('schedule', { schedule: '17 * * * *' });
  const notified = await runWorkflow(scene, { on: workflow.on, jobs }, 'schedule', hour, 'main');
  expect(notified.code, notified.log).toBe(0);
  expect(told(mail)).toContainEqual(budgetIsUsedUp);
  expect(github.violations).toEqual([]);
}, 600_000);

it('on GitLab: the lines of the page and the jobs of the file', async () => {
  const mail = await startMailServer(null);
  const [system] = ciSystems;
  if (system === undefined) throw new Error('there is no file for GitLab');
  const runner = await startRunner(system, sampleSeed(new Date()));
  const { machine, gitlab, rig } = runner;
  const { folder } = rig;
  const env = { PORTKEY_API_KEY: adminKey, PORTKEY_BASE_URL: rig.emulator.url, TOLLGATE_SEAL_KEY: 'a long text' };
  const type = async (line: string): Promise<string> => {
    const ran = await machine.run(line, { cwd: folder, env });
    expect(ran.exit, `${line}\n${ran.all}`).toBe(0);
    return ran.stdout;
  };
  const merge = (branch: string): void => {
    rig.git('checkout', '--quiet', 'main');
    rig.git('merge', '--quiet', '--no-ff', '--no-edit', branch);
    rig.git('push', '--quiet', 'origin', 'main');
  };
  const commit = (): void => {
    rig.git('add', '--all');
    rig.git('commit', '--quiet', '-m', 'policies');
    rig.git('push', '--quiet', 'origin', 'HEAD');
  };

  const lines = commandLines(sectionOf(readText('docs/every-ci.md'), 'What they have in common'));
  const [toImport, toApply] = ['import', 'apply'].map((name) => lines.find(([first]) => first === name)?.join(' '));
  await type(`tollgate ${toImport}`);
  copyFileSync(join(root, 'docs/ci', system.file), join(folder, '.gitlab-ci.yml'));
  commit();
  await type(`tollgate ${toApply} --yes`);
  expect(await type('tollgate plan --detailed-exitcode')).toContain('No changes:');

  rig.git('checkout', '--quiet', '-b', 'raise');
  makeEdit(folder, raise);
  makeEdit(folder, channel(mail));
  commit();
  const asked = runner.clone('raise');
  const planned = await runner.request(asked);
  expect(planned, planned.all).toMatchObject({ exit: 0 });
  // GitLab reads dollars as mathematics: they are written out.
  expect(gitlab.notes(1).map(({ body }) => body)).toEqual([expect.stringMatching(/400 → .*500/)]);
  merge('raise');
  gitlab.merge(rig.git('rev-parse', 'HEAD'), 1);
  gitlab.keep('refs/merge-requests/1/head', 'plan', 'plan.json', readFileSync(join(asked, 'plan.json'), 'utf8'));
  const applied = await runner.run(system.jobs.apply, runner.clone('main'), 'main', env);
  expect(applied, applied.all).toMatchObject({ exit: 0 });
  expect(await type('tollgate plan --detailed-exitcode')).toContain('No changes:');

  const hourly = await runner.run(system.jobs.hourly, runner.clone('main'), 'main');
  expect(hourly, hourly.all).toMatchObject({ exit: 0 });
  expect(told(mail)).toContainEqual(budgetIsUsedUp);
}, 600_000);

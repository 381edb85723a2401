/** The first files of somebody who begins: what is written, where it is refused, and that what was written holds. */

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runFormat } from '../../src/commands/fmt.ts';
import { type InitOptions, runInit } from '../../src/commands/init.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { parseWorkflow, tollgateStep } from '../docs/workflow.ts';
import { capture, parseOutput, type Ran, type Rig, startRig, succeed, writeIn } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { smallState, teamA, usagePolicyRow, uuid } from '../helpers/state.ts';
import { adminKey } from '../helpers/world.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

function init(
  cwd: string,
  options: Partial<InitOptions> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const all: InitOptions = {
    dir: 'policies',
    backend: 'portkey',
    quiet: false,
    format: 'text',
    ci: 'github',
    environment: 'production',
    dryRun: false,
    ...options,
  };
  const session = testSession({ cwd, env: { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: '1', ...env } });
  return capture(all.format, session, () => runInit(all, session), 'init');
}

function repository(files: Readonly<Record<string, string>> = {}): string {
  const folder = makeFolder();
  git(folder, 'init', '--quiet', '--initial-branch=main');
  for (const [path, text] of Object.entries(files)) writeIn(folder, path, text);
  return folder;
}

const read = (folder: string, path: string): string => readFileSync(join(folder, path), 'utf8');
const all = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !/[/\\]\.git([/\\]|$)/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

const organisation = '7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10';
const workflowPath = '.github/workflows/tollgate.yml';

describe('init', () => {
  it('without an account writes files that validate and are laid out, and says what is left to do', async () => {
    const folder = repository();
    const ran = await succeed(init(folder));
    expect(all(folder)).toEqual([workflowPath, 'policies/org.yaml', 'policies/workspaces/example.yaml']);
    const files = all(folder).filter((path) => path.startsWith('policies'));
    const { desired, diagnostics } = compilePolicies(files.map((path) => ({ path, text: read(folder, path) })));
    expect([desired?.environment, desired?.entries, diagnostics]).toEqual(['production', [], []]);
    for (const path of files) {
      expect(read(folder, path)).toMatch(/^# yaml-language-server: \$schema=https:.*\/(org|workspace)\.schema\.json\n/);
    }
    const format = { dir: 'policies', quiet: true, format: 'text', files: [], check: true } as const;
    expect(await runFormat(format, testSession({ cwd: folder }))).toMatchObject({ exit: 0, output: '' });
    expect(ran.stdout).toContain(
      'policies/org.yaml: write the id of your organisation (it could not be asked for: PORTKEY_API_KEY is not set)',
    );
    expect(ran.stdout).toMatch(/\nThen:\n {2}tollgate doctor\n {2}tollgate import\n {2}tollgate plan\n$/);
  });

  it('shows in the workspace file what validates once its marks are taken away', async () => {
    const folder = repository();
    await succeed(init(folder));
    const text = read(folder, 'policies/workspaces/example.yaml').replace(/^# (?=policies|keys| )|^#$/gm, '');
    const { desired, diagnostics } = compilePolicies([
      { path: 'org.yaml', text: read(folder, 'policies/org.yaml') },
      { path: 'a.yaml', text },
    ]);
    expect(diagnostics).toEqual([]);
    expect(desired?.entries.map(({ name }) => name)).toEqual(['monthly-spend', 'ci-runner']);
  });

  it('with a key writes the id of its organisation, and import fills the directory: nothing is left to plan', async () => {
    const folder = repository();
    const usagePolicies = [usagePolicyRow('spend', uuid(101), teamA)];
    rig = await startRig({ state: smallState({ usagePolicies }), folder });
    const env = { PORTKEY_API_KEY: adminKey, PORTKEY_BASE_URL: String(rig.env.PORTKEY_BASE_URL) };
    const ran = await succeed(init(folder, {}, env));
    expect(ran.stdout).toMatch(/\nThen:\n {2}tollgate import\n {2}tollgate validate\n {2}tollgate plan\n$/);
    expect(all(folder)).toEqual([workflowPath, 'policies/org.yaml']);
    const imported = await succeed(rig.import({ environment: undefined }));
    expect(imported.stdout).toMatch(/^Added \d+ entr/);
    await succeed(rig.validate());
    expect((await rig.plan({ detailedExitcode: true })).exit).toBe(0);
  });

  it('begins all the same where the key is refused, and says so', async () => {
    const folder = repository();
    rig = await startRig({ state: smallState(), folder });
    const env = { PORTKEY_API_KEY: 'a-wrong-key-of-somebody', PORTKEY_BASE_URL: String(rig.env.PORTKEY_BASE_URL) };
    const ran = await succeed(init(folder, { format: 'json' }, env));
    expect(parseOutput(ran)).toMatchObject({
      version: 1,
      ok: true,
      written: true,
      organisation: null,
      problem: expect.stringContaining('401'),
    });
    expect(ran.stdout).not.toContain('a-wrong-key-of-somebody');
  });

  it('fits the workflow to the directory and to the default branch', async () => {
    const folder = repository();
    const remote = makeFolder();
    git(remote, 'init', '--quiet', '--bare', '--initial-branch=trunk');
    git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'first');
    git(folder, 'remote', 'add', 'origin', remote);
    git(folder, 'push', '--quiet', 'origin', 'HEAD:trunk');
    const ran = await succeed(init(folder, { dir: 'budgets/all $& of them', organisation }));
    const { on, jobs } = parseWorkflow(read(folder, workflowPath));
    expect(on.push).toEqual({ branches: ['trunk'] });
    for (const job of Object.values(jobs)) expect(tollgateStep(job)?.with?.directory).toBe('budgets/all $& of them');
    expect(ran.stdout).toContain("tollgate plan --dir 'budgets/all $& of them'");
    expect(ran.stdout).not.toContain('default branch');
  });

  it('without Git and without CI writes the policies alone, and names `git init`', async () => {
    const folder = makeFolder();
    const ran = await succeed(init(folder, { ci: 'none', organisation, environment: '2026' }));
    expect(all(folder)).toEqual(['policies/org.yaml']);
    expect(ran.stdout).toContain('Then:\n  git init\n');
    expect(compilePolicies([{ path: 'org.yaml', text: read(folder, 'policies/org.yaml') }]).desired?.environment).toBe(
      '2026',
    );
  });

  it('with --dry-run says the same and writes nothing', async () => {
    const folder = repository();
    const ran = await succeed(init(folder, { dryRun: true, format: 'json', organisation }));
    expect(parseOutput(ran)).toMatchObject({ written: false, files: ['policies/org.yaml', workflowPath] });
    expect(all(folder)).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>, Partial<InitOptions>, string]>([
    ['policies that are there', { 'policies/a.yaml': '' }, {}, 'policies is not empty (a.yaml): nothing was written'],
    ['a hidden file there', { 'policies/.keep': '' }, {}, 'policies is not empty (.keep)'],
    ['a file in its place', { policies: '' }, {}, 'policies is a file, not a directory'],
    [
      'a workflow that is there',
      { [workflowPath]: 'mine' },
      {},
      `${workflowPath} is there already: nothing was written`,
    ],
    ['a folder that is never read', {}, { dir: '.policies' }, 'is never read'],
    ['a place outside', {}, { dir: '../elsewhere' }, '../elsewhere is outside this folder'],
    ['an environment that is no name', {}, { environment: 'a b' }, '--environment a b: write letters'],
    ['an organisation that is no id', {}, { organisation: 'acme' }, '--organisation acme: write its id'],
  ])('refuses %s, and writes nothing', async (_, files, options, said) => {
    const folder = repository(files);
    const ran = await init(folder, options);
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining(said)]);
    expect(all(folder)).toEqual(Object.keys(files));
  });

  it('refuses the middle of a repository, a repository inside, and what links lead out', async () => {
    const folder = repository({ 'deep/README.md': '' });
    const middle = await init(join(folder, 'deep'));
    expect([middle.exit, middle.stderr]).toEqual([
      1,
      expect.stringContaining(`in the middle of the Git repository ${folder}`),
    ]);
    mkdirSync(join(folder, 'inner'));
    git(join(folder, 'inner'), 'init', '--quiet');
    expect((await init(folder, { dir: 'inner/policies' })).stderr).toContain('is in a Git repository of its own');
    const other = repository();
    symlinkSync(other, join(folder, 'policies'));
    expect((await init(folder)).stderr).toContain(`policies is outside this folder: ${other}`);
    symlinkSync(other, join(folder, '.github'));
    expect((await init(folder, { dir: 'budgets' })).stderr).toContain(
      `${workflowPath} would be written through a link`,
    );
    symlinkSync('nowhere', join(folder, 'loose'));
    expect(all(other)).toEqual([]);
    expect(existsSync(join(folder, 'budgets'))).toBe(false);
  });
});

/** The hooks of `.pre-commit-hooks.yaml`, started as pre-commit starts them: at the top of the repository, with names of files. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { buildBundle, type Ended, root, startCommand } from '../helpers/bundle.ts';
import { writeIn } from '../helpers/rig.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly language: string;
  readonly files: string;
}

const hooks = parse(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8')) as readonly Hook[];
const untidy = workspaceFile('ws-one', 'keys:\n    web:\n        budget: $5\n        reset: never\n');

let cli: string;
beforeAll(async () => {
  cli = await buildBundle();
});

function run(id: string, folder: string, files: readonly string[]): Promise<Ended> {
  const [program = '', ...words] = hooks.find((hook) => hook.id === id)?.entry.split(' ') ?? [];
  expect(Object.keys(packageJson.bin)).toContain(program);
  return startCommand(process.execPath, [cli, ...words, ...files], { cwd: folder, stdin: '' }).ended;
}

function repository(files: Readonly<Record<string, string>>): string {
  const folder = makeFolder();
  git(folder, 'init', '--quiet');
  for (const [path, text] of Object.entries(files)) writeIn(folder, path, text);
  return folder;
}

const isThere = spawnSync('pre-commit', ['--version']).status === 0;

describe('the hooks', () => {
  it('are two commands of this package, which a clone of it builds by itself', () => {
    expect(hooks.map(({ id, entry, language }) => [id, entry, language])).toEqual([
      ['tollgate-validate', 'tollgate validate', 'node'],
      ['tollgate-fmt', 'tollgate fmt', 'node'],
    ]);
    // pre-commit packs the clone, which runs `prepare`, and installs what was packed.
    expect(existsSync(join(root, packageJson.scripts.prepare.replace(/^node /, '')))).toBe(true);
    expect(packageJson.files).toContain('build');
  });

  it.each([
    ['policies/org.yaml', true],
    ['policies/workspaces/a.yml', true],
    ['teams/one/policies/a.yaml', true],
    ['policies/README.md', false],
    ['.github/workflows/ci.yml', false],
    ['mypolicies/a.yaml', false],
  ])('%s: %s', (path, isGiven) => {
    for (const { files } of hooks) expect(new RegExp(files).test(path)).toBe(isGiven);
  });

  it('lay out and check the files that changed, and say nothing of others', async () => {
    const folder = repository({
      'policies/org.yaml': orgFile(),
      'policies/a.yaml': untidy,
      'policies/b.yaml': workspaceFile('ws-two', 'colour: red\n'),
    });
    const checked = await run('tollgate-validate', folder, ['policies/a.yaml', 'policies/org.yaml']);
    expect([checked.exit, checked.stdout]).toEqual([0, '']);
    expect((await run('tollgate-validate', folder, ['policies/b.yaml'])).exit).toBe(1);
    expect(await run('tollgate-fmt', folder, ['policies/a.yaml'])).toMatchObject({
      exit: 0,
      stdout: 'policies/a.yaml\n',
    });
    expect(readFileSync(join(folder, 'policies/a.yaml'), 'utf8')).toContain('\nkeys:\n  web:\n    budget: $5\n');
    expect((await run('tollgate-fmt', folder, ['policies/a.yaml'])).stdout).toBe('');
  });

  it.skipIf(!isThere)('stop a commit of pre-commit itself (skipped where it is not installed)', () => {
    const local = hooks.map((hook) => ({
      ...hook,
      language: 'system',
      entry: `${process.execPath} ${cli} ${hook.entry.split(' ')[1]}`,
    }));
    const folder = repository({
      'policies/org.yaml': orgFile(),
      'policies/a.yaml': untidy,
      '.pre-commit-config.yaml': stringify({ repos: [{ repo: 'local', hooks: local }] }),
    });
    git(folder, 'add', '--all');
    const env = { PATH: process.env.PATH, HOME: folder };
    const ran = spawnSync('pre-commit', ['run', '--all-files'], { cwd: folder, env, encoding: 'utf8' });
    expect([ran.status, ran.stdout]).toEqual([1, expect.stringMatching(/validate\.+Passed[\s\S]*fmt\.+Failed/)]);
    expect(execFileSync('git', ['diff', '--name-only'], { cwd: folder, encoding: 'utf8' })).toBe('policies/a.yaml\n');
  });
});

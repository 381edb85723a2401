/** The clone as people have it: nested, linked, sparse, of another owner, with settings for its folder and several remotes. */

import { appendFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Checkout, openCheckout } from '../../src/checkout/checkout.ts';
import { addConfig, type ConfigEntry, settingsToPass } from '../../src/checkout/git-config.ts';
import { openRepository } from '../../src/checkout/repository.ts';
import { bareEnvironment, git, makeFolder } from '../record/git-fixture.ts';

async function open(
  directory: string,
  more: { remote?: string; env?: Record<string, string> } = {},
): Promise<Checkout> {
  const checkout = await openCheckout({ directory, env: bareEnvironment(makeFolder()), ...more });
  if (checkout === null) throw new Error('no checkout');
  return checkout;
}

/** A repository of its own with a commit that holds two policy files. */
function makeRepository(folder = makeFolder()): string {
  mkdirSync(join(folder, 'policies', 'workspaces'), { recursive: true });
  writeFileSync(join(folder, 'policies', 'org.yaml'), 'version: 1\n');
  writeFileSync(join(folder, 'policies', 'workspaces', 'a.yaml'), 'kind: workspace\n');
  git(folder, 'init', '--quiet', '--initial-branch=main');
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '-m', 'first limits');
  return folder;
}

describe('mistakes-C4: files that git is told not to look at', () => {
  test('mistakes-C4: a sparse checkout is refused, and so is an edit that is hidden', async () => {
    const folder = makeRepository();
    const checkout = await open(folder);
    const look = () => checkout.uncommittedPolicyFiles(join(folder, 'policies'));
    expect(await look()).toEqual([]);
    git(folder, 'config', 'core.sparseCheckout', 'true');
    writeFileSync(join(folder, '.git', 'info', 'sparse-checkout'), '/policies/org.yaml\n');
    git(folder, 'read-tree', '-mu', 'HEAD');
    await expect(look()).rejects.toThrow(/not to look at 1 policy file: policies\/workspaces\/a\.yaml\./);
    // What lies elsewhere does not matter.
    expect(await checkout.uncommittedPolicyFiles(join(folder, 'other'))).toEqual([]);
    writeFileSync(join(folder, '.git', 'info', 'sparse-checkout'), '/*\n');
    git(folder, 'read-tree', '-mu', 'HEAD');
    git(folder, 'config', 'core.sparseCheckout', 'false');
    for (const mark of ['assume-unchanged', 'skip-worktree']) {
      git(folder, 'update-index', `--${mark}`, 'policies/org.yaml');
      writeFileSync(join(folder, 'policies', 'org.yaml'), 'version: 2\n');
      await expect(look()).rejects.toThrow(/not to look at 1 policy file: policies\/org\.yaml\./);
      git(folder, 'update-index', `--no-${mark}`, 'policies/org.yaml');
      expect(await look()).toEqual(['policies/org.yaml']);
      git(folder, 'checkout', '--quiet', '.');
    }
  });
});

describe('mistakes-C1: the repository is that of the real path', () => {
  test('mistakes-C1: of a nested repository, of a submodule, through a link, and not where one stands', async () => {
    const outer = makeRepository();
    const inner = makeRepository(join(outer, 'inner'));
    symlinkSync(join(inner, 'policies'), join(outer, 'linked'));
    const [nested, own] = [await open(join(inner, 'policies')), await open(outer)];
    expect([nested.root, nested.directoryOf(join(inner, 'policies'))]).toEqual([inner, 'policies']);
    expect(nested.directoryOf(join(outer, 'policies'))).toBe(null);
    // No commit of the outer one holds the files of the inner one.
    expect(await own.uncommittedPolicyFiles(outer)).toEqual(['inner/']);
    git(outer, '-c', 'advice.addEmbeddedRepo=false', 'add', 'inner');
    git(outer, 'commit', '--quiet', '-m', 'as a submodule');
    expect(await own.uncommittedPolicyFiles(outer)).toEqual(['inner/']);
    expect(await own.uncommittedPolicyFiles(join(outer, 'policies'))).toEqual([]);
    expect((await open(join(inner, 'policies'))).root).toBe(inner);
  });
});

describe('mistakes-H9: a repository that git does not use', () => {
  test('mistakes-H9: is never a place without Git: the reason and the remedy are git’s own', async () => {
    const folder = makeRepository();
    const passed = 'GIT_TEST_ASSUME_DIFFERENT_OWNER';
    const env = { ...bareEnvironment(makeFolder()), [passed]: '1', TOLLGATE_GIT_ENV: passed };
    const version = Number(/2\.(\d+)/.exec(git(folder, 'version'))?.[1]);
    // Upstream, ownership is looked at since 2.35.2.
    const program = join(makeFolder(), 'bin');
    mkdirSync(program);
    const words = `fatal: detected dubious ownership in repository at '${folder}'\nTo add an exception for this directory, call:\n\n\tgit config --global --add safe.directory ${folder}`;
    writeFileSync(join(program, 'git'), `#!/bin/sh\ncat >&2 <<'E'\n${words}\nE\nexit 128\n`, { mode: 0o755 });
    const asked = version >= 36 ? env : { ...env, PATH: `${program}:${process.env.PATH}` };
    const refused = await openRepository({
      directory: join(folder, 'policies'),
      env: asked,
    }).catch((error: Error) => error);
    expect(refused).toMatchObject({
      message: expect.stringMatching(/^Git does not use the repository in .*dubious ownership/),
      hint: `If it is yours, as Git says: git config --global --add safe.directory ${folder}`,
    });
  });

  test('mistakes-C7: a .git that leads nowhere is not taken for none, but one above a ceiling is none', async () => {
    const folder = makeRepository();
    renameSync(join(folder, '.git'), join(folder, 'away'));
    writeFileSync(join(folder, '.git'), 'gitdir: ../modules/limits\n');
    const env = bareEnvironment(makeFolder());
    const directory = join(folder, 'policies');
    await expect(openRepository({ directory, env })).rejects.toThrow(
      /^Git does not use the repository in .*not a git repository/,
    );
    expect(await openRepository({ directory, env: { ...env, GIT_CEILING_DIRECTORIES: folder } })).toBe(null);
  });
});

describe('mistakes-C7: which remote', () => {
  let folder = '';
  const make = (...remotes: string[]): string => {
    folder = makeRepository();
    for (const name of remotes) git(folder, 'remote', 'add', name, join(folder, `${name}.git`));
    return folder;
  };

  test('mistakes-C7: two without an origin are refused, with the ways to choose; each of them counts', async () => {
    make('team', 'mirror');
    await expect(open(folder)).rejects.toMatchObject({
      message: 'this repository has no remote origin to keep the record on',
      hint: 'Its remotes are team, mirror: name one with --remote, or for good with `git config tollgate.remote NAME`.',
    });
    expect(await open(folder, { remote: 'mirror' })).toMatchObject({
      remote: 'mirror',
      isRemoteChosen: true,
      otherRemotes: ['team'],
    });
    await expect(open(folder, { remote: 'nope' })).rejects.toThrow('has no remote nope');
    git(folder, 'config', 'tollgate.remote', 'team');
    expect(await open(folder)).toMatchObject({ remote: 'team', isRemoteChosen: true });
    expect((await open(folder, { remote: 'mirror' })).remote).toBe('mirror');
  });

  test('mistakes-H11: where origin is a fork, the other one is known', async () => {
    make('origin', 'upstream');
    expect(await open(folder)).toMatchObject({ remote: 'origin', isRemoteChosen: false, otherRemotes: ['upstream'] });
  });
});

describe('mistakes-C7: settings that hold for the folder of the clone', () => {
  const listed = (entries: readonly ConfigEntry[]) => async () => ({
    code: 0,
    stdout: Buffer.from(entries.map(({ scope, key, value }) => `${scope}\0${key}\n${value}\0`).join('')),
    stderr: '',
  });
  const from = (scope: string, key: string, value: string): ConfigEntry => ({ scope, key, value });
  const condition = from('global', 'includeif.gitdir:~/work/.path', 'work.inc');
  const ssh = (value: string) => from('global', 'core.sshcommand', value);
  const header = (value: string, scope = 'global') => from(scope, 'http.extraheader', value);

  test('mistakes-C7: git reads them from the user’s settings in the clone, and they are in force in the scratch repository', async () => {
    const folder = makeRepository();
    const home = makeFolder();
    const env = bareEnvironment(home);
    git(folder, 'remote', 'add', 'origin', 'https://git.example/budgets');
    writeFileSync(
      join(home, '.gitconfig'),
      `[core]\n\tsshCommand = ssh -i usual\n[includeIf "gitdir:${folder}/"]\n\tpath = work.inc\n`,
    );
    appendFileSync(
      join(home, 'work.inc'),
      '[core]\n\tsshCommand = ssh -i work\n[url "ssh://git@git.example/"]\n\tinsteadOf = https://git.example/\n',
    );
    const repository = await openRepository({ directory: folder, env });
    const found = await repository?.withScratch(async (scratch) => {
      const ask = async (...args: string[]) => (await scratch(args)).stdout.toString('utf8').trim();
      return [await ask('config', 'core.sshcommand'), await ask('ls-remote', '--get-url', 'origin')];
    });
    expect(found).toEqual(['ssh -i work', 'ssh://git@git.example/budgets']);
  });

  test('mistakes-C7: what git reads there by itself is not sent twice', async () => {
    const config = [condition, header('X-User: 1'), header('X-Clone: 1', 'local'), ssh('ssh -i work')];
    const there = [condition, header('X-User: 1')];
    expect(await settingsToPass(config, listed(there))).toEqual([header('X-Clone: 1', 'local'), ssh('ssh -i work')]);
  });

  test('mistakes-C7: a list that says something else there is handed on whole, behind an empty value', async () => {
    const config = [condition, header('X-Folder: 1'), header('X-User: 1'), header('X-Clone: 1', 'local')];
    const passed = await settingsToPass(config, listed([condition, header('X-User: 1')]));
    expect(passed.map(({ value }) => value)).toEqual(['', 'X-Folder: 1', 'X-User: 1', 'X-Clone: 1']);
  });

  test('mistakes-C7: the value that counts in the clone counts there, though the condition stands before it', async () => {
    const config = [condition, ssh('ssh -i work'), ssh('ssh -i usual')];
    const passed = await settingsToPass(config, listed([condition, ssh('ssh -i usual')]));
    expect(passed.map(({ value }) => value)).toEqual(['ssh -i work', 'ssh -i usual']);
  });

  test('mistakes-C7: without conditions nothing is asked', async () => {
    const config = [
      header('X-User: 1'),
      header('X-Clone: 1', 'local'),
      from('command', 'http.extraheader', 'X-Run: 1'),
    ];
    const passed = await settingsToPass(config, () => Promise.reject(new Error('asked')));
    expect(passed).toEqual([header('X-Clone: 1', 'local')]);
  });
});

test('mistakes-C6: a git that reads no numbered variables is told in the variable of its own -c', async () => {
  const folder = makeFolder();
  const env = { ...bareEnvironment(folder), GIT_CONFIG_PARAMETERS: "'tollgate.first=1'" };
  const told = addConfig(env, [{ key: 'tollgate.second', value: "it's a ! = \n sign" }], false);
  expect(Object.keys(told)).toEqual(['GIT_CONFIG_PARAMETERS']);
  git(folder, 'init', '--quiet');
  const repository = await openRepository({ directory: folder, env: { ...env, ...told } });
  const { stdout } = (await repository?.git(['config', '-z', '--get-regexp', '^tollgate\\.'])) ?? { stdout: '' };
  expect(stdout.toString()).toBe("tollgate.first\n1\0tollgate.second\nit's a ! = \n sign\0");
});

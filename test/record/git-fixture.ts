import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-'));
  folders.push(folder);
  return folder;
}

/** Nobody is at home: no user name, no mail address, no system-wide settings. */
export function bareEnvironment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, XDG_CONFIG_HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
}

/** A setting as a wrapper hands it to this Git: 2.30 reads no numbered variables. */
export function settingInEnvironment(key: string, value: string): Record<string, string> {
  const isOld = /^git version 2\.30\./.test(execFileSync('git', ['version']).toString());
  if (isOld) return { GIT_CONFIG_PARAMETERS: `'${key}=${value}'` };
  return { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: key, GIT_CONFIG_VALUE_0: value };
}

export function git(folder: string, ...args: string[]): string {
  const who = [
    '-c',
    'user.name=platform-engineer',
    '-c',
    'user.email=platform@example.com',
    '-c',
    'protocol.file.allow=always',
  ];
  const env = bareEnvironment(folder);
  return execFileSync('git', [...who, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    .toString()
    .trim();
}

/** A bare remote with three commits on main that hold a policy file. */
export function makeRemote(): { remote: string; commits: string[] } {
  const base = makeFolder();
  const remote = join(base, 'remote.git');
  const work = join(base, 'work');
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', work]);
  mkdirSync(join(work, 'policies', 'workspaces'), { recursive: true });
  const commits: string[] = [];
  for (const version of [1, 2, 3]) {
    writeFileSync(join(work, 'policies', 'org.yaml'), `version: ${version}\n`);
    writeFileSync(join(work, 'policies', 'workspaces', 'marketing.yml'), 'kind: workspace\n');
    writeFileSync(join(work, 'policies', 'notes.txt'), 'not a policy\n');
    git(work, 'add', '.');
    git(work, 'commit', '--quiet', '-m', `version ${version}`);
    commits.push(git(work, 'rev-parse', 'HEAD'));
  }
  git(work, 'push', '--quiet', remote, 'main');
  // As on the large hosts; by default a server ignores filters and sends everything.
  git(remote, 'config', 'uploadpack.allowFilter', 'true');
  git(remote, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  return { remote, commits };
}

export function clone(remote: string, ...flags: string[]): string {
  const folder = join(makeFolder(), 'clone');
  execFileSync('git', ['clone', '--quiet', ...flags, `file://${remote}`, folder], { stdio: 'pipe' });
  return folder;
}

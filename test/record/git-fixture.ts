import { execFileSync } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRefs } from '../helpers/github/loose-objects.ts';

/** Gone with the run. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 't-'));
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

const templates = new Map<string, unknown>();

/**
 * A folder with what `make` puts into it, and what `make` says of it: made once, then copied, for a repository of a
 * few commits takes a dozen processes.
 *
 * @param key equal keys have equal contents
 */
export function copyMade<Said>(key: string, make: (folder: string) => Said): { folder: string; said: Said } {
  const template = templates.get(key) as { folder: string; said: Said } | undefined;
  if (template === undefined) {
    const folder = makeFolder();
    templates.set(key, { folder, said: make(folder) });
    return copyMade(key, make);
  }
  const folder = makeFolder();
  cpSync(template.folder, folder, { recursive: true });
  return { folder, said: template.said };
}

/** A bare remote with three commits on main that hold a policy file. */
export function makeRemote(): { remote: string; commits: string[] } {
  const { folder, said } = copyMade('three commits', commitThrice);
  return { remote: join(folder, 'remote.git'), commits: [...said] };
}

function commitThrice(base: string): string[] {
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
  return commits;
}

export function clone(remote: string, ...flags: string[]): string {
  const folder = join(makeFolder(), 'clone');
  execFileSync('git', ['clone', '--quiet', ...flags, `file://${remote}`, folder], { stdio: 'pipe' });
  return folder;
}

/** What a runner's checkout leaves: a clone with the merges of pull requests, and this branch, ref or commit in its work tree. */
export function checkOut(remote: string, folder: string, ref: string): void {
  const inside = join(folder, '.git');
  linkTree(join(remote, 'objects'), join(inside, 'objects'));
  mkdirSync(join(inside, 'refs'), { recursive: true });
  const refs = [...readRefs(remote)].flatMap(([name, sha]) => {
    if (name === 'refs/heads/main') return [`${sha} refs/heads/main`, `${sha} refs/remotes/origin/main`];
    if (name.startsWith('refs/heads/')) return [`${sha} refs/remotes/origin/${name.slice('refs/heads/'.length)}`];
    return /^refs\/(pull|tags)\//.test(name) ? [`${sha} ${name}`] : [];
  });
  const sorted = refs.sort((a, b) => (a.slice(41) < b.slice(41) ? -1 : 1));
  writeFileSync(join(inside, 'packed-refs'), `# pack-refs with: sorted \n${sorted.join('\n')}\n`);
  mkdirSync(join(inside, 'refs', 'remotes', 'origin'), { recursive: true });
  writeFileSync(join(inside, 'refs', 'remotes', 'origin', 'HEAD'), 'ref: refs/remotes/origin/main\n');
  writeFileSync(join(inside, 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(
    join(inside, 'config'),
    `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
[remote "origin"]
\turl = ${remote}
\tfetch = +refs/heads/*:refs/remotes/origin/*
[branch "main"]
\tremote = origin
\tmerge = refs/heads/main
`,
  );
  git(folder, 'checkout', '--quiet', '--force', ref);
}

/** Objects never change, so that both may have the same files. */
function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else linkSync(source, target);
  }
}

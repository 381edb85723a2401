/** Tags of releases: which version one names, where the remote has it, which is the latest. Git is asked; nothing is written. */
import { execFileSync } from 'node:child_process';
import semver from 'semver';

/** What stops a release: told in one sentence, without a stack. */
export class Refusal extends Error {}

/** Every step is run alone, by the workflow or by hand, and says what it found or why it will not. */
export async function runStep(step) {
  try {
    await step(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`refused: ${error.message}`);
    process.exitCode = 1;
  }
}

export function git(...words) {
  return execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

export function succeeds(...words) {
  try {
    git(...words);
    return true;
  } catch {
    return false;
  }
}

/** @returns {semver.SemVer} of `v1.2.3` or `v1.2.3-rc.1`, written as semver itself writes it */
export function parseTag(tag = '') {
  const version = semver.parse(tag.slice(1));
  if (version === null || tag !== `v${version.version}`) {
    throw new Refusal(`${tag || 'nothing'} is no tag of a release: write v and the version, such as v0.1.0`);
  }
  return version;
}

/** @returns {Map<string, {object: string, commit: string}>} what the remote holds below refs/tags, annotated tags with what they lead to */
export function readTags() {
  const tags = new Map();
  for (const line of git('ls-remote', '--tags', 'origin').split('\n')) {
    const [, sha, name, peeled] = /^([0-9a-f]+)\trefs\/tags\/(.+?)(\^\{\})?$/.exec(line) ?? [];
    if (sha === undefined) continue;
    tags.set(
      name,
      peeled === undefined ? { object: sha, commit: sha } : { object: tags.get(name).object, commit: sha },
    );
  }
  return tags;
}

/** Versions that have a tag, but for releases before a release. */
export function stableVersions(tags) {
  return [...tags.keys()]
    .map((name) => (name.startsWith('v') ? semver.parse(name.slice(1)) : null))
    .filter((version) => version !== null && version.prerelease.length === 0);
}

/** The branch that a release has to be on. */
export function fetchDefaultBranch() {
  const name = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(git('ls-remote', '--symref', 'origin', 'HEAD'))?.[1];
  if (name === undefined) throw new Refusal('the remote names no default branch');
  git('fetch', '--quiet', '--no-tags', 'origin', `+refs/heads/${name}:refs/remotes/origin/${name}`);
  return { name, ref: `refs/remotes/origin/${name}` };
}

/**
 * Moves the tag that people follow, `v0`, to a release that is out:
 *
 *     node scripts/release/move-major.mjs v0.1.0
 *
 * Never back: a repair of an older version, and a second run of its release, leave it where it is. A release before a release moves nothing.
 */
import semver from 'semver';
import { git, parseTag, Refusal, readTags, runStep } from './tags.mjs';

await runStep(([tag]) => {
  const version = parseTag(tag);
  const major = `v${version.major}`;
  if (version.prerelease.length > 0)
    return console.log(`${major} is not moved to ${tag}, which comes before a release`);
  const tags = readTags();
  const wanted = tags.get(tag);
  if (wanted === undefined) throw new Refusal(`the remote has no tag ${tag}`);
  const there = tags.get(major);
  if (there?.commit === wanted.commit) return console.log(`${major} is at ${tag}: nothing to do`);
  if (there !== undefined) {
    const now = [...tags]
      .filter(([name, { commit }]) => commit === there.commit && semver.valid(name) !== null)
      .map(([name]) => semver.parse(name))
      .sort(semver.rcompare)[0];
    if (now === undefined) {
      throw new Refusal(`${major} is at ${there.commit}, which is no release: delete that tag, and run this again`);
    }
    if (semver.gt(now, version)) return console.log(`${major} stays at v${now.version}, which is later than ${tag}`);
  }
  git(
    ...['push', '--quiet', `--force-with-lease=refs/tags/${major}:${there?.object ?? ''}`],
    ...['origin', `${wanted.commit}:refs/tags/${major}`],
  );
  console.log(`${major} is at ${tag}`);
});

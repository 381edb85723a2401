/**
 * Whether what is checked out may be released under a tag, before anything is built:
 *
 *     node scripts/release/check.mjs v0.1.0
 *
 * The tag is package.json's version and no other file's is another; CHANGELOG.md says what is new; the commit is on the default branch; the
 * owner of the repository is named. Prints what later steps need, as `name=value`, also into `GITHUB_OUTPUT`.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import semver from 'semver';
import { readSection } from './changelog.mjs';
import { findSource } from './source.mjs';
import { parseTag, Refusal, readTags, runStep, stableVersions } from './tags.mjs';

await runStep(([tag]) => {
  const version = parseTag(tag);
  const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
  const own = read('package.json');
  const lock = read('package-lock.json');
  const server = read('server.json');
  const said = {
    'package.json': own.version,
    'package-lock.json': lock.version,
    'package-lock.json, packages': lock.packages[''].version,
    'server.json': server.version,
    'server.json, packages': server.packages[0].version,
  };
  for (const [place, other] of Object.entries(said)) {
    if (other !== version.version) {
      throw new Refusal(
        `${tag} is not the version of ${place}, ${other}: set it (npm version), npm run generate, and tag that commit`,
      );
    }
  }
  if (own.repository.url.includes('/OWNER/')) {
    throw new Refusal(
      'repository.url of package.json names no owner: write it there, then npm run generate (CONTRIBUTING.md, Releasing)',
    );
  }
  readSection(version);
  const source = findSource();

  const isEarly = version.prerelease.length > 0;
  const isLatest = !isEarly && stableVersions(readTags()).every((other) => semver.gte(version, other));
  const facts = {
    version: version.version,
    source,
    prerelease: isEarly,
    latest: isLatest,
    // Whoever installs without naming a version gets the latest; a name that is also a range is refused by npm.
    'npm-tag': isEarly ? 'next' : isLatest ? 'latest' : `release-${version.major}.${version.minor}`,
  };
  const lines = Object.entries(facts).map(([name, value]) => `${name}=${value}\n`);
  process.stdout.write(lines.join(''));
  if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, lines.join(''));
});

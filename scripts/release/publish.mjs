/**
 * Publishes a tarball, once:
 *
 *     node scripts/release/publish.mjs tollgate-0.1.0.tgz --tag latest
 *
 * A version that the registry has already is the same file, and then there is nothing to do, or another one, and then nothing is right. How
 * it is published (to everybody, with provenance) stands in `publishConfig` of the package.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Refusal, runStep } from './tags.mjs';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** @returns {string | null} the hash of what the registry has of this version */
function readPublished() {
  const asked = spawnSync('npm', ['view', `${name}@${version}`, 'dist.integrity', '--json'], { encoding: 'utf8' });
  const said = asked.stdout.trim() === '' ? null : JSON.parse(asked.stdout);
  // A package without this version is no error, and prints nothing.
  if (asked.status === 0) return said;
  if (said?.error?.code === 'E404') return null;
  throw new Refusal(`npm cannot say whether ${name}@${version} is published:\n${asked.stderr}`);
}

await runStep(([file, ...words]) => {
  const integrity = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  const published = readPublished();
  if (published === integrity) return console.log(`${name}@${version} is published: nothing to do`);
  if (published !== null) {
    throw new Refusal(
      `${name}@${version} is published and is another file (${published}, not ${integrity}): take the next version`,
    );
  }
  execFileSync('npm', ['publish', resolve(file), ...words], { stdio: 'inherit' });
  console.log(`${name}@${version} is published`);
});

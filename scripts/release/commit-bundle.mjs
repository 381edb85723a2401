/**
 * Puts the Action's bundle into the commit that a tag names, so that `uses: …@v0.1.0` finds it:
 *
 *     node scripts/release/commit-bundle.mjs v0.1.0 FILE
 *
 * The release's commit has the tagged one below it and adds `dist/action.js`; where the tagged one holds the same bundle, as long as it is
 * kept on the default branch, it is that one itself. Names and dates are those of the tagged commit, so that the same tag and the same bundle
 * are the same commit: a second run finds it and changes nothing. The tag is moved onto it, from the tagged commit and from nowhere else.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundlePath, findSource } from './source.mjs';
import { git, parseTag, Refusal, readTags, runStep } from './tags.mjs';

const bot = { name: 'github-actions[bot]', email: '41898282+github-actions[bot]@users.noreply.github.com' };

/** In an index of its own: the work tree, its index and what it ignores are as they were. */
function buildCommit(source, tag, file) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-release-'));
  const env = { ...process.env, GIT_INDEX_FILE: join(folder, 'index') };
  const inIndex = (...words) => execFileSync('git', words, { env, encoding: 'utf8' }).trim();
  try {
    inIndex('read-tree', source);
    const blob = git('hash-object', '-w', '--no-filters', file);
    inIndex('update-index', '--add', '--cacheinfo', `100644,${blob},${bundlePath}`);
    const tree = inIndex('write-tree');
    if (tree === git('rev-parse', `${source}^{tree}`)) return source;
    const date = git('show', '--no-patch', '--format=%cI', source);
    const message = `${tag}\n\n${source} with ${bundlePath}, built from it.\n`;
    return execFileSync('git', ['commit-tree', tree, '-p', source, '-m', message], {
      encoding: 'utf8',
      env: {
        ...process.env,
        GIT_AUTHOR_NAME: bot.name,
        GIT_AUTHOR_EMAIL: bot.email,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: bot.name,
        GIT_COMMITTER_EMAIL: bot.email,
        GIT_COMMITTER_DATE: date,
      },
    }).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runStep(([tag, file]) => {
  parseTag(tag);
  const source = findSource();
  const commit = buildCommit(source, tag, file);
  const there = readTags().get(tag);
  if (there === undefined) throw new Refusal(`the remote has no tag ${tag}: push it`);
  if (there.commit === commit) return console.log(`${tag} is at ${commit}: nothing to do`);
  if (there.commit !== source) {
    throw new Refusal(`${tag} is at ${there.commit}, which is neither ${source} nor its release: somebody moved it`);
  }
  // Only if nobody has moved it meanwhile.
  git('push', '--quiet', `--force-with-lease=refs/tags/${tag}:${there.object}`, 'origin', `${commit}:refs/tags/${tag}`);
  console.log(`${tag} is at ${commit}, which holds the bundle`);
});

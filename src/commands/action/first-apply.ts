/** What an administrator should look at before the first apply: nobody has reviewed any of it, as far as anybody can tell. */

import type { RecentCommit } from '../../checkout/branch.ts';
import type { GitHub } from '../../github/port.ts';
import { settingsLines } from '../../guards/settings-lines.ts';
import { noSettings, settingsOf } from '../../plan/settings.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import type { Judged } from '../../run/judge.ts';
import type { Tip } from './tip.ts';
import type { ActionRun } from './types.ts';
import { warnOnFailure } from './warn-on-failure.ts';

/** Commits of the default branch that are listed. */
const mostCommits = 10;

/** Markdown: the settings that come into force by it, and what was merged lately. */
export async function describeFirstApply(run: ActionRun, tip: Tip, { desired }: Judged): Promise<string> {
  const settings = settingsLines(noSettings, settingsOf(desired)).map(({ detail }) => `- ${escapeMarkdown(detail)}`);
  const commits = await tip.branch.readRecent(mostCommits);
  const numbers = await findNumbers(run.github, commits);
  const merged = commits.map(({ sha, author, subject }) => {
    const pull = numbers.get(sha);
    const where = pull === undefined ? 'of a pull request or not, GitHub could not tell' : (pull ?? 'pushed by hand');
    return `- \`${sha.slice(0, 8)}\` ${where} · ${escapeMarkdown(author)} · ${escapeMarkdown(subject)}`;
  });
  return [
    '#### What comes into force by this apply',
    settings.length === 0 ? 'No settings: the defaults judge.' : settings.join('\n'),
    '#### What was merged into these files lately',
    merged.join('\n'),
  ].join('\n\n');
}

/**
 * Which pull request brought a commit, by GitHub's word; null: none. Where it cannot be asked, the commits are shown all the
 * same, and are not keys here.
 */
async function findNumbers(
  github: GitHub | null,
  commits: readonly RecentCommit[],
): Promise<ReadonlyMap<string, `#${number}` | null>> {
  const numbers = new Map<string, `#${number}` | null>();
  if (github === null) return numbers;
  await warnOnFailure('which pull requests were merged lately could not be read', async () => {
    const pulls = await github.listPullsOfCommits(commits.map(({ sha }) => sha));
    for (const [sha, [pull]] of pulls) numbers.set(sha, pull === undefined ? null : `#${pull.number}`);
  });
  return numbers;
}

/**
 * What pages tell a reader to type, typed: on a new clone, with the sample organisation as the account. Their outputs are those of
 * the commands; `npm run generate` writes them anew.
 */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import type { Ran } from '../helpers/rig.ts';
import { testNow, testSession } from '../helpers/session.ts';
import { typeLine } from '../helpers/type-line.ts';
import { startMailServer } from '../notify/channels/mail-server.ts';
import { type GitRig, startGitRig } from '../stories/git-rig.ts';
import { clickAt } from './click-at.ts';
import { commandLines, commandWords, markdownFiles, readText, root } from './markdown.ts';
import { makeEdit, pageSteps, shellLines } from './page-steps.ts';

it.each(['README.md', 'docs/coming-from-the-dashboard.md'])(
  '%s is run from its first command to its last, and shows what they print',
  async (page) => {
    const rig = await startGitRig({ state: sampleSeed(new Date(testNow)) });
    try {
      await expect(await walk(rig, readText(page))).toMatchFileSnapshot(join(root, page));
    } finally {
      await rig.close();
    }
  },
);

const onTheSample = markdownFiles.flatMap((file) =>
  commandLines(readText(file))
    .filter((words) => words.includes('--backend') && words.includes('emulator'))
    .map((words) => ({ file, line: words.join(' '), words })),
);

it.each(onTheSample)('$file: tollgate $line', async ({ words }) => {
  expect(await runLine(words, { cwd: root, env: {} })).toMatchObject({ exit: 0 });
});

/**
 * The page, with each `text` block that follows a block of commands replaced by what these printed. A `diff` is an edit of the file
 * that it names; `<!-- by hand: POLICY MEMBER=NUMBER -->` is somebody at the dashboard.
 */
async function walk(rig: GitRig, page: string): Promise<string> {
  const mail = await startMailServer(null);
  let printed: string | null = null;
  let result = '';
  let from = 0;
  for (const step of pageSteps(page)) {
    let shown = step.whole;
    if (step.what === 'sh') printed = await runBlock(rig, step.text);
    else if (step.what === 'diff') makeEdit(rig.folder, step.text.replace('port: 1025', `port: ${mail.port}`));
    else if (step.what === 'click') await clickAt(rig, step.policy, step.members);
    else if (printed !== null) {
      shown = `\`\`\`text\n${printed}\`\`\``;
      printed = null;
    }
    result += page.slice(from, step.index) + shown;
    from = step.index + step.whole.length;
  }
  return result + page.slice(from);
}

/** What is typed elsewhere: in a clone of tollgate, before there is a repository, or to start what the rig is. */
const elsewhere = /^(?:npm |export |curl |tollgate emulate|git init)/;

async function runBlock(rig: GitRig, text: string): Promise<string> {
  let printed = '';
  for (const line of shellLines(text)) {
    if (elsewhere.test(line)) continue;
    const [, command = '', wanted = '0'] = /^(.*?)(?:\s+# (?:exit (\d))?.*)?$/.exec(line) ?? [];
    const [name, ...words] = commandWords(command);
    if (name === 'git') rig.git(...words);
    else if (name === 'tollgate') {
      const { exit, stdout, stderr } = await runLine(words, { cwd: rig.folder, env: rig.env });
      if (String(exit) !== wanted) throw new Error(`${line} ended with ${exit}:\n${stdout}${stderr}`);
      printed += stdout;
    } else throw new Error(`a line that this test cannot run: ${line}`);
  }
  // Digests name the port of the emulator, and commits the time.
  return printed.replace(/\b[0-9a-f]{32}\b/g, '3f9c2e1a5b7d4c608e9f1a2b3c4d5e6f').trimStart();
}

function runLine(words: readonly string[], options: Pick<GitRig, 'env'> & { readonly cwd: string }): Promise<Ran> {
  return typeLine(words, testSession({ ...options, columns: 80 }));
}

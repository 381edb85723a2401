/** Whose policies these are, where their own files do not say it any more. */

import { join } from 'node:path/posix';
import type { Branch } from '../../checkout/branch.ts';
import { compileHead } from '../../policy/compile.ts';
import type { FoundFile } from '../../policy/files.ts';

const orgLine = /^kind: *["']?org\b/m;
/** How far back somebody may have taken all files away. */
const mostCommits = 50;

/** Of the default branch, for files that do not say it themselves. */
export async function findIdentity(branch: Branch): Promise<FoundFile | null> {
  const recent = (await branch.readRecent(mostCommits)).map(({ sha }) => sha);
  const trees = await branch.treesOf([branch.tip, ...recent]);
  for (const commit of [branch.tip, ...recent]) {
    const tree = trees.get(commit) ?? null;
    const files = tree === null ? [] : ((await branch.readTrees([tree])).get(tree)?.files ?? []);
    const file = files.find(({ text }) => orgLine.test(text));
    if (file !== undefined) return { ...file, relative: file.path };
  }
  return null;
}

/**
 * The organisation's file of a directory that has none any more: whose it was, and nothing else. So everything is taken away,
 * and judged as that.
 */
export function emptiedFile(identity: FoundFile, directory: string): FoundFile | null {
  const head = compileHead([identity]);
  if (head === null) return null;
  const { environment, organisation, recordRef } = head;
  const record = recordRef === undefined ? '' : `record: {ref: ${JSON.stringify(recordRef)}}\n`;
  const text = `version: 1\nkind: org\nenvironment: ${JSON.stringify(environment)}\norganisation: ${JSON.stringify(organisation)}\n${record}`;
  return { path: join(directory, identity.relative), relative: identity.relative, text };
}

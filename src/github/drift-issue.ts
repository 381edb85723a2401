/** One issue per environment for drift: opened, edited, closed when clean, opened again. */

import type { GitHub, Issue } from './port.ts';

export interface DriftIssue {
  readonly title: string;
  /** With the marker in its first line, and the digests in its second. */
  readonly body: string;
  readonly marker: string;
  readonly isClean: boolean;
}

/** A person's word that this drift is known: such an issue stays closed. */
const acceptedLabel = 'tollgate:accepted';

export type DriftIssueResult = 'opened' | 'reopened' | 'updated' | 'unchanged' | 'closed' | 'accepted' | 'none';

export async function writeDriftIssue(github: GitHub, wanted: DriftIssue): Promise<DriftIssueResult> {
  const found = await findIssues(github, wanted);
  const issue = (await keepOldest(github, found)) ?? found.at(-1);
  if (wanted.isClean) return closeIssue(github, issue, wanted);
  if (issue === undefined) {
    await github.createIssue(wanted.title, wanted.body);
    await keepOldest(github, await findIssues(github, wanted));
    return 'opened';
  }
  if (issue.state === 'closed') {
    if (issue.labels.includes(acceptedLabel) && isSameDrift(issue.body, wanted.body)) return 'accepted';
    await github.updateIssue(issue.number, { state: 'open', title: wanted.title, body: wanted.body });
    return 'reopened';
  }
  if (headOf(issue.body) === headOf(wanted.body) && issue.title === wanted.title) return 'unchanged';
  await github.updateIssue(issue.number, { title: wanted.title, body: wanted.body });
  return 'updated';
}

/** Of what an issue is about, and of what it shows beside that for use, such as the word of a dispatch. Nothing of them shows. */
export function renderDigests({ drift, shown }: { readonly drift: string; readonly shown: string }): string {
  return `<!-- ${drift} ${shown} -->`;
}

/** Texts that say the same in other words have the same head, so that a rewording is not news. */
function headOf(body: string): string {
  return digestsIn(body)?.[0] ?? body;
}

function isSameDrift(one: string, other: string): boolean {
  return (digestsIn(one)?.[1] ?? one) === (digestsIn(other)?.[1] ?? other);
}

function digestsIn(body: string): RegExpExecArray | null {
  return /<!-- ([0-9a-f]+) [0-9a-f]+ -->/.exec(body.split('\n', 2)[1] ?? '');
}

/** Oldest first. Who the token writes as is asked only where the login expected has none. */
async function findIssues(github: GitHub, { marker }: DriftIssue): Promise<Issue[]> {
  const read = async (login: string): Promise<Issue[]> =>
    (await github.listOwnIssues(login))
      .filter(({ body }) => body.split('\n', 1)[0]?.trim() === marker)
      .sort((a, b) => a.number - b.number);
  const expected = await read(github.login);
  if (expected.length > 0) return expected;
  const login = await github.readLogin();
  return login === github.login ? [] : read(login);
}

/** The open one. Two runs at once, or a request repeated because its answer got lost, may have opened more. */
async function keepOldest(github: GitHub, found: readonly Issue[]): Promise<Issue | undefined> {
  const [oldest, ...twins] = found.filter(({ state }) => state === 'open');
  for (const { number } of twins) await github.updateIssue(number, { state: 'closed' });
  return oldest;
}

async function closeIssue(github: GitHub, issue: Issue | undefined, { body }: DriftIssue): Promise<DriftIssueResult> {
  if (issue === undefined || issue.state === 'closed') return 'none';
  await github.updateIssue(issue.number, { state: 'closed', body });
  return 'closed';
}

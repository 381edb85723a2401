/** Who had a part in what a pull request asks for: none of them can say yes to it. */

import type { Account, CommitFacts, CommitPerson, PullReviewFacts, Push } from '../github/port.ts';

export interface PartTakers {
  /** Logins in lower case. */
  readonly people: ReadonlySet<string>;
  /** Why one approval does not show that a second person has looked at it; null: it does. */
  readonly doubt: string | null;
}

/**
 * @param policyCommits those of its commits that are part of what it asks for: not merges that Git makes the same again
 * @param pushes of the branch of the pull request; null: GitHub does not tell
 */
export function findPartTakers(
  facts: PullReviewFacts,
  policyCommits: ReadonlySet<string>,
  pushes: readonly Push[] | null,
): PartTakers {
  const people = new Set<string>();
  const doubts: string[] = [];
  const take = (account: Account | null, what: string): void => {
    if (account === null) return void doubts.push(`${what} is not known`);
    people.add(account.login.toLowerCase());
    if (account.isBot) doubts.push(`${what} is a bot (${account.login})`);
  };
  take(facts.pull.author, 'who opened it');
  for (const commit of facts.commits.filter(({ sha }) => policyCommits.has(sha))) {
    const pusher = findPush(commit.sha, facts, pushes);
    if (pusher !== null) take(pusher.actor, `who pushed ${short(commit)}`);
    for (const person of peopleOf(commit)) {
      if (person.account !== null) people.add(person.account.login.toLowerCase());
      if (person.role === 'co-author' && person.isBot) continue;
      if (person.isBot) doubts.push(`the ${person.role} of ${short(commit)} is a bot`);
      else if (person.account === null && pusher === null) {
        doubts.push(
          `the ${person.role} of ${short(commit)} has an address that no account has, and who pushed it is not known`,
        );
      }
    }
    for (const login of requestersOf(commit)) {
      people.add(login);
      // A server may know its callers by other names, and somebody with an account is behind each.
      if (!isLogin(login)) doubts.push(`who asked for ${short(commit)} is named by no account`);
    }
  }
  return { people, doubt: doubts[0] ?? null };
}

function short({ sha }: CommitFacts): string {
  return `commit ${sha.slice(0, 8)}`;
}

type Role = 'author' | 'co-author' | 'committer';

function peopleOf(commit: CommitFacts): (CommitPerson & { readonly role: Role })[] {
  const { authors, committer, signature } = commit;
  const [author, ...coAuthors] = authors;
  // GitHub's name alone proves nothing: anybody can write it into a commit. Its valid signature does.
  const byGitHub = signature?.isValid === true && signature.wasSignedByGitHub;
  const isGitHub = committer?.account?.login.toLowerCase() === 'web-flow' || committer?.email === 'noreply@github.com';
  return [
    ...(author === undefined ? [] : [{ ...author, role: 'author' as const }]),
    // Who suggests a line in a review and has it committed by the author has only reviewed.
    ...(byGitHub ? [] : coAuthors.map((person) => ({ ...person, role: 'co-author' as const }))),
    ...(committer === null || (byGitHub && isGitHub) ? [] : [committerOf(committer, isGitHub)]),
  ];
}

/** Of a forged `web-flow` nobody knows who it was. */
function committerOf(committer: CommitPerson, isForged: boolean): CommitPerson & { readonly role: Role } {
  return { ...committer, ...(isForged ? { account: null, isBot: false } : {}), role: 'committer' };
}

/** `Requested-by: @login` adds to those who had a part; it never clears anybody. In small letters, without the `@`. */
function requestersOf({ message }: CommitFacts): string[] {
  return message.split('\n').flatMap((line) => {
    const [name = '', said = ''] = line.slice(0, 400).split(':', 2);
    if (name.trim().toLowerCase() !== 'requested-by') return [];
    const [login = ''] = said.trim().split(/\s/, 1);
    return login === '' ? [] : [login.replace(/^@/, '').toLowerCase()];
  });
}

/** In the form of an account's name: of a person, or of an app. */
export function isLogin(name: string): boolean {
  return /^[\w-]+(?:\[bot\])?$/.test(name);
}

/** The push that brought a commit to its branch: the first one whose tip has it in its history. */
function findPush(sha: string, { commits }: PullReviewFacts, pushes: readonly Push[] | null): Push | null {
  if (pushes === null) return null;
  const parentsOf = new Map(commits.map((commit) => [commit.sha, commit.parents]));
  const holds = (tip: string): boolean => {
    const seen = new Set<string>();
    const open = [tip];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === sha) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(parentsOf.get(next) ?? []));
    }
    return false;
  };
  const oldestFirst = [...pushes].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return oldestFirst.find(({ after }) => holds(after)) ?? null;
}

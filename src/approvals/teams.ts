/** Who is in the teams that rules name, as of now. A team that cannot be read has nobody in it who could approve. */

import { type GitHub, GitHubError } from '../github/port.ts';
import { parseApprover } from '../resources/approval-rules.ts';

/** By `@org/team`: logins in lower case, or why nobody knows. */
export type Teams = ReadonlyMap<string, ReadonlySet<string> | { readonly problem: string }>;

/** @param names `@login` and `@org/team`: each team is asked once */
export async function readTeams(github: GitHub, names: Iterable<string>): Promise<Teams> {
  const teams = new Map<string, ReadonlySet<string> | { readonly problem: string }>();
  for (const name of new Set(names)) {
    const approver = parseApprover(name);
    if (approver?.kind !== 'team') continue;
    try {
      const members = await github.listTeamMembers(approver.org, approver.slug);
      teams.set(name, new Set(members.map((login) => login.toLowerCase())));
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      teams.set(name, { problem: `who is in ${name} could not be read: ${error.message}` });
    }
  }
  return teams;
}

/** Whether one of these people is named, or in a team that is. */
export function isOneOf(by: readonly string[], logins: readonly string[], teams: Teams): boolean {
  const people = logins.map((login) => login.toLowerCase());
  return by.some((name) => {
    const approver = parseApprover(name);
    if (approver === null) return false;
    if (approver.kind === 'person') return people.includes(approver.login);
    const members = teams.get(name);
    return members instanceof Set && people.some((login) => members.has(login));
  });
}

export function problemsOf(by: readonly string[], teams: Teams): readonly string[] {
  return by.flatMap((name) => {
    const found = teams.get(name);
    return found !== undefined && 'problem' in found ? [found.problem] : [];
  });
}

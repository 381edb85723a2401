/** Teams of the organisation that owns the repository: who is in them. */

import { type Answer, answerPage, type Call, notFound, type Route } from '../call.ts';
import { renderUser } from '../render.ts';
import type { Repository } from '../state.ts';

function listMembers(call: Call): Answer {
  const { repository, params, query } = call;
  const slug = (params.team_slug ?? '').toLowerCase();
  if (!repository.teams.some((team) => team.slug === slug)) throw notFound();
  // Maintainers of teams are not told from members here: all are members.
  const rows = query.get('role') === 'maintainer' ? [] : membersOf(repository, slug);
  return answerPage(call, rows, (login) => renderUser(call, login));
}

/** With those of the teams below it. Accounts that are gone are in no team. */
function membersOf(repository: Repository, slug: string): readonly string[] {
  const own = repository.teams.find((team) => team.slug === slug)?.members ?? [];
  const below = repository.teams
    .filter(({ parent }) => parent === slug)
    .flatMap((team) => membersOf(repository, team.slug));
  return [...new Set([...own, ...below])].sort();
}

export const teamRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/orgs/{org}/teams/{team_slug}/members',
    needs: () => ['members: read'],
    handle: listMembers,
  },
];

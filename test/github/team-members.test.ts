/** Who is in a team: by a token of its own, complete, and never guessed where something goes wrong. */

import { expect, test } from 'vitest';
import { createGitHub } from '../../src/github/octokit.ts';
import { GitHubError } from '../../src/github/port.ts';
import { everyFault } from '../helpers/github/faults.ts';
import { at, startFixture } from '../helpers/github/fixture.ts';
import { actionsToken } from '../helpers/github/server.ts';

const patience = 1_000;

async function start() {
  const { github } = await startFixture();
  github.setToken('of-teams', { kind: 'actions', permissions: { members: 'read' } });
  const open = (teamsToken: string | null) =>
    createGitHub({
      token: actionsToken,
      teamsToken,
      repository: `${at.owner}/${at.repo}`,
      apiUrl: github.url,
      login: 'github-actions[bot]',
      userAgent: 'test',
      retryAfterBaseValue: 1,
      timeout: patience,
    });
  return { github, open };
}

test('all members are told, those of teams below among them', async () => {
  const { github, open } = await start();
  const many = Array.from({ length: 130 }, (_, index) => `member-${String(index).padStart(3, '0')}`);
  github.repository().teams = [
    { slug: 'finance', parent: null, members: ['zoe'] },
    { slug: 'controllers', parent: 'finance', members: many },
    { slug: 'nobody', parent: null, members: [] },
  ];
  const port = open('of-teams');
  expect(await port.listTeamMembers(at.owner.toUpperCase(), 'finance')).toEqual([...many, 'zoe']);
  expect(await port.listTeamMembers(at.owner, 'nobody')).toEqual([]);
  expect(github.takeViolations()).toEqual([]);
  await github.close();
});

test('without a token, with one that may not, of no such team or another organisation nobody is told', async () => {
  const { github, open } = await start();
  github.repository().teams = [{ slug: 'finance', parent: null, members: ['zoe'] }];
  await expect(open(null).listTeamMembers(at.owner, 'finance')).rejects.toThrow(/teams-token/);
  await expect(open(actionsToken).listTeamMembers(at.owner, 'finance')).rejects.toThrow(/403/);
  await expect(open('of-teams').listTeamMembers(at.owner, 'money')).rejects.toThrow(/404/);
  await expect(open('of-teams').listTeamMembers('elsewhere', 'finance')).rejects.toThrow(/a team of elsewhere/);
  await github.close();
});

test('whatever goes wrong, it is the list, an error or nobody, and never somebody else', async () => {
  const { github, open } = await start();
  github.repository().teams = [{ slug: 'finance', parent: null, members: ['zoe'] }];
  for (const [name, fault] of everyFault({ patience, deeds: {} })) {
    github.setFaults([{ path: '/orgs/**', fault }]);
    const found = await open('of-teams')
      .listTeamMembers(at.owner, 'finance')
      .catch((error: unknown) => error);
    // An answer of nothing is an empty page to Octokit: then nobody has approved.
    const isTold = Array.isArray(found) && (found.length === 0 || found.join() === 'zoe');
    expect([name, isTold || found instanceof GitHubError]).toEqual([name, true]);
  }
  github.takeViolations();
  await github.close();
});

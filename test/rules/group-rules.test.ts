/** Groups against the workspaces that there are. */

import { describe, expect, it } from 'vitest';
import { teamA, teamB } from '../helpers/state.ts';
import { saidOf } from './plan-facts.ts';

const groups = (...lines: readonly string[]): { readonly org: string } => ({
  org: `groups:\n${lines.map((line) => `  ${line}\n`).join('')}`,
});
const workspaces = [
  { id: teamA, slug: 'ws-team-a', name: 'Team A' },
  { id: teamB, slug: 'ws-team-b', name: 'Team B' },
];
const given = (...lines: readonly string[]) => ({ ...groups(...lines), body: '', liveRest: { workspaces } });

describe('workspace-in-two-groups', () => {
  it('finds a live one that two globs meet on', () => {
    const said = saidOf(
      'workspace-in-two-groups',
      given('b: {workspaces: ["*-b"]}', 'teams: {workspaces: ["ws-team-b*"]}'),
    );
    expect(said).toEqual([
      expect.stringMatching(/^org\.yaml:\d+:3 workspace ws-team-b is in the groups "b" and "teams"$/),
    ]);
  });

  it('says nothing of globs that meet on none', () => {
    expect(saidOf('workspace-in-two-groups', given('b: {workspaces: ["*-b"]}', 'c: {workspaces: ["*-c"]}'))).toEqual(
      [],
    );
  });
});

describe('group-means-nobody', () => {
  it('names what no live workspace is called, and a ceiling over nobody', () => {
    const said = saidOf(
      'group-means-nobody',
      given('x: {workspaces: [ws-team-a, ws-taem-b]}', 'y: {workspaces: ["z-*"], ceiling: $5}'),
    );
    expect(said.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'group "x": no live workspace is called "ws-taem-b"',
      'group "y": no live workspace is called "z-*", so that its ceiling of $5 is over nobody',
    ]);
  });

  it('says nothing where each names somebody, by id too', () => {
    expect(saidOf('group-means-nobody', given(`x: {workspaces: ["ws-*", ${teamA}]}`))).toEqual([]);
  });
});

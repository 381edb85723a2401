/** Groups against the workspaces that there are. */

import { describe, expect, it } from 'vitest';
import type { AppliedRecord } from '../../src/plan/applied-record.ts';
import { teamA, teamB } from '../helpers/state.ts';
import { recordAfter } from '../plan/kit.ts';
import { findingsOf, saidOf } from './plan-facts.ts';

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

  it.each(['aa', 'zz'])('is an error of the plan that brings a group, whichever is first by name (%s)', (name) => {
    const before = given('mm: {workspaces: ["*-b"]}');
    const after = given('mm: {workspaces: ["*-b"]}', `${name}: {workspaces: ["ws-team-b*"]}`);
    const found = (record: AppliedRecord) =>
      findingsOf('workspace-in-two-groups', { ...after, record }).map(({ severity, movedBy }) => [severity, movedBy]);
    expect(found(recordAfter(before))).toEqual([['error', 'setting']]);
    expect(found(recordAfter(after))).toEqual([['warning', undefined]]);
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

describe('except-means-nobody', () => {
  const except = (list: string, ...more: readonly string[]) => ({
    ...given(...more),
    liveRest: { workspaces: workspaces.map((one) => (one.id === teamB ? { ...one, name: 'marketing' } : one)) },
    org: `review: { undeclared: { except: ${list} } }\n`,
  });

  it('names who is not live, whose slug is another, and who has a file', () => {
    const said = saidOf('except-means-nobody', except('[ws-labb, marketing, ws-team-a]'));
    expect(said.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'no live workspace is called "marketing"; "ws-team-b" is the slug of what is shown under that name',
      'no live workspace is called "ws-labb"',
      'workspace "ws-team-a" has a file',
    ]);
  });

  it('says nothing of one without a file, by slug or by id', () => {
    expect(saidOf('except-means-nobody', except('[ws-team-b]'))).toEqual([]);
    expect(saidOf('except-means-nobody', except(`["${teamB}"]`))).toEqual([]);
  });
});

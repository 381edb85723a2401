/** What cannot be known of one workspace's live things stops that workspace, and takes nothing away there. */

import { describe, expect, it } from 'vitest';
import { nextWorkspaces } from '../../src/plan/next-record.ts';
import { teamA, teamB, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import {
  actionsOf,
  entry,
  type Given,
  keyObject,
  outcomeOf,
  planOf,
  planResult,
  policyObject,
  recordAfter,
  spend,
} from './kit.ts';

const [k1, k2, k3, p1, p2] = [uuid(11), uuid(12), uuid(13), uuid(21), uuid(22)];
const everything = { only: [], workspaces: [] };
const ofKey = (value: readonly string[], id = p1) => policyObject(id, { conditions: [{ key: 'api_key', value }] });
const byApp = spend('match: {api_key: app}');
const inTeamB = { 'policies/b.yaml': workspaceFile('ws-team-b', spend()) };
const idsOf = (given: Given) => planOf(given).changes.map(({ liveId }) => liveId);

/** Team A cannot be followed, team B can. */
function bothTeams(given: Given): ReturnType<typeof planResult> {
  return planResult({ confinesErrors: true, ...given, files: inTeamB });
}

describe("mistakes-D7: one workspace's trouble stops that workspace", () => {
  const twins = [keyObject('app', k1), keyObject('app', k2)];
  const live = [...twins, ofKey([k3])];

  it.each<readonly [string, Given, string]>([
    ['two keys of the name in a match', { body: byApp, live }, 'ambiguous-name'],
    [
      'two keys of the name that has limits',
      { body: 'keys:\n  app:\n    budget: $9\n    reset: monthly\n', live },
      'ambiguous-name',
    ],
    ['two policies of the name', { body: spend(), live: [policyObject(p1), policyObject(p2)] }, 'ambiguous-name'],
    ['a key that nobody has', { body: spend('match: {api_key: nobody}'), live }, 'unknown-key'],
    [
      'a provider that nobody has',
      { body: 'providers:\n  openai:\n    budget: $9\n    reset: monthly\n', live },
      'unknown-provider',
    ],
    ['an id that nobody has', { body: spend(`id: ${k3}`), live }, 'unknown-id'],
    [
      'one id twice',
      {
        body: `keys:\n  app:\n    budget: $9\n    reset: monthly\n  b:\n    id: ${k1}\n    budget: $8\n    reset: monthly\n`,
        live: [keyObject('app', k1)],
      },
      'duplicate-id',
    ],
  ])('%s', (_, given, code) => {
    expect(planResult({ ...given, files: inTeamB }).plan).toBeNull();
    const { plan, diagnostics } = bothTeams(given);
    expect(diagnostics.map((one) => one.code)).toEqual([code]);
    expect(plan?.changes.map(({ key }) => `${key.kind} ${key.workspace}`)).toEqual(['usage-policy ws-team-b']);
    expect(plan?.notes.filter((note) => note.code === 'workspace-stopped')).toMatchObject([{ workspace: 'ws-team-a' }]);
  });

  it('is withheld whole, also what is right in it', () => {
    const body = `${byApp}${entry('other')}`;
    const { plan } = bothTeams({ body, live });
    expect(plan?.withheld.map(({ key }) => `${key.workspace} ${key.name}`)).toEqual(['ws-team-a other']);
  });

  it('stays as it is recorded, and what was never applied is owed as of then', () => {
    const record = recordAfter({ body: spend(), live: [policyObject(p1)] });
    const body = `${spend('match: {api_key: app}', 'second')}${entry('third', '', 'budget: $7\n    reset: weekly\n    per: workspace_id')}`;
    const { plan, recordSteps } = bothTeams({ body, live: [...twins, policyObject(p1)], record });
    expect(plan?.withheld.map(({ action, key }) => `${action} ${key.name}`)).toEqual(['create third', 'delete spend']);
    const done = (plan?.changes ?? []).map((change) => outcomeOf(change));
    const held = (plan?.withheld ?? []).map((change) => outcomeOf(change, 'withheld'));
    const next = nextWorkspaces(recordSteps, [...done, ...held], { filter: everything, past: record });
    const [a] = next.filter(({ id }) => id === teamA);
    expect(a?.entries).toMatchObject([{ name: 'spend', id: p1, owed: true }]);
    expect(a?.absent?.map(({ name }) => name)).toEqual(['second', 'third']);
    expect(next.some(({ id }) => id === teamB)).toBe(true);
  });

  it('adopts and forgets nothing meanwhile', () => {
    const record = recordAfter({ body: spend(), live: [policyObject(p1)] });
    const body = `${spend('match: {api_key: app}', 'second')}forget: [policies/spend]\n`;
    const { plan, recordSteps } = bothTeams({ body, live: [...twins, policyObject(p1)], record });
    expect(plan?.recordLines.filter(({ key }) => key?.workspace === 'ws-team-a')).toEqual([]);
    const next = nextWorkspaces(recordSteps, [], { filter: everything, past: record });
    expect(next.find(({ id }) => id === teamA)?.entries).toMatchObject([{ name: 'spend', id: p1 }]);
  });

  it('is no answer to what is of no workspace', () => {
    const unknown = { 'policies/c.yaml': workspaceFile('ws-nowhere', spend()) };
    expect(planResult({ body: byApp, live, files: unknown, confinesErrors: true }).plan).toBeNull();
  });
});

describe('mistakes-D7: a second key of a name that a match is recorded with', () => {
  const record = recordAfter({ body: byApp, live: [keyObject('app', k1), ofKey([k1])] });
  const live = [keyObject('app', k1), keyObject('app', k2), ofKey([k1])];

  it('is said, and the recorded one is meant still', () => {
    const plan = planOf({ body: byApp, live, record });
    expect(actionsOf(plan)).toEqual([]);
    expect(plan.notes.filter(({ code }) => code === 'namesake')).toMatchObject([
      { workspace: 'ws-team-a', message: expect.stringContaining(k2) },
    ]);
  });

  it('is ambiguous where both were recorded, or neither', () => {
    const both = spend(`match: {api_key: [app, ${k2}]}`);
    const past = recordAfter({ body: both, live: [keyObject('app', k1), keyObject('old', k2), ofKey([k1, k2])] });
    expect(planResult({ body: both, live, record: past }).diagnostics).toMatchObject([{ code: 'ambiguous-name' }]);
    const other = live.map((one) => (one.id === k1 ? keyObject('app', k3) : one));
    expect(planResult({ body: byApp, live: other, record }).diagnostics).toMatchObject([{ code: 'ambiguous-name' }]);
  });
});

describe('mistakes-J: a policy whose key is not among the rows that can be read', () => {
  const unreadable = [{ kind: 'key-limits', workspaceId: teamA, id: k2, name: 'web', why: 'no number' }] as const;
  const record = recordAfter({ body: byApp, live: [keyObject('app', k1), ofKey([k1])] });
  const given = { live: [keyObject('app', k1), ofKey([k1])], liveRest: { unreadable }, record };

  it('is left as it is, and not taken for one that left Git', () => {
    const body = spend('match: {api_key: [app, web]}');
    const plan = planOf({ ...given, body });
    expect([...actionsOf(plan), ...plan.withheld]).toEqual([]);
    expect(plan.unmanaged).toEqual([]);
    expect(recordAfter({ ...given, body }).workspaces[0]?.entries).toMatchObject([{ name: 'spend', id: p1 }]);
  });

  it('nor under a new name, and nothing else takes its place', () => {
    const renamed = spend('previously: spend\nmatch: {api_key: [app, web]}', 'renamed');
    expect(idsOf({ ...given, body: renamed })).toEqual([]);
    // It leaves the file, and another one that cannot be known comes.
    const another = spend('match: {api_key: web}', 'another');
    expect(idsOf({ ...given, body: another })).toEqual([p1]);
  });
});

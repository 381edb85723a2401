/** Names → ids, and what `"*"` reaches. */

import { describe, expect, it } from 'vitest';
import type { LiveObject } from '../../src/live/live.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { WireRow } from '../../src/resources/kind.ts';
import { teamA, teamB, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import {
  actionsOf,
  type Given,
  keyObject,
  planOf,
  planResult,
  policyObject,
  providerObject,
  recordAfter,
  shareObject,
  spend,
} from './kit.ts';

const [k1, k2, k3] = [uuid(11), uuid(12), uuid(13)];
const star = 'keys:\n  "*":\n    budget: $10\n    reset: monthly\n';
const money = { type: 'cost', credit_limit: 10, periodic_reset: 'monthly' };

const codes = (given: Given): string[] => planResult(given).diagnostics.map(({ code }) => code);
const noteCodes = ({ notes }: Plan): string[] =>
  notes.filter(({ severity }) => severity === 'warning').map(({ code }) => code);

describe('workspaces', () => {
  it.each(['ws-team-a', teamA, teamA.toUpperCase()])('are named by slug or UUID: %s', (ref) => {
    const files = { 'policies/a.yaml': workspaceFile(ref, spend()) };
    const plan = planOf({ body: null, files, record: recordAfter({ body: '' }) });
    expect(plan.changes.map(({ id }) => id)).toEqual(['usage-policy/ws-team-a/spend']);
  });

  it('are named by a UUID in any case of letters', () => {
    const id = 'abcdef00-0000-4000-8000-00000000000a';
    const workspaces = [{ id, slug: 'ws-letters', name: 'Letters' }];
    const files = { 'policies/l.yaml': workspaceFile(id.toUpperCase(), spend()) };
    expect(planOf({ body: null, files, liveRest: { workspaces } }).changes).toMatchObject([{ workspaceId: id }]);
  });

  it('slug and UUID of one workspace are no change to each other', () => {
    const record = recordAfter({ body: spend(), live: [policyObject(k1)] });
    const files = { 'policies/a.yaml': workspaceFile(teamA, spend()) };
    const plan = planOf({ body: null, files, record, live: [policyObject(k1)] });
    expect([plan.changes, plan.recordLines]).toEqual([[], []]);
  });

  it('mistakes-H15: two files for one workspace, by slug and by UUID, are one error that names the other file', () => {
    const files = { 'policies/b.yaml': workspaceFile(teamA, spend()) };
    const { plan, diagnostics } = planResult({ body: spend(), files });
    expect(plan).toBeNull();
    expect(diagnostics).toMatchObject([
      { code: 'duplicate-workspace', message: expect.stringMatching(/ in policies\/[ab]\.yaml are one workspace/) },
    ]);
  });

  it('unknown and never recorded: an error with the nearest slug', () => {
    const files = { 'policies/b.yaml': workspaceFile('ws-team-c', spend()) };
    const { plan, diagnostics } = planResult({ body: null, files });
    expect(plan).toBeNull();
    expect(diagnostics).toMatchObject([{ code: 'unknown-workspace', message: expect.stringContaining('ws-team-') }]);
  });

  it('recorded under its UUID and archived: no error', () => {
    const record = recordAfter({ body: spend(), live: [policyObject(k1)] });
    const files = { 'policies/a.yaml': workspaceFile(teamA, spend()) };
    const liveRest = { workspaces: [{ id: teamB, slug: 'ws-team-b', name: 'B' }] };
    expect(noteCodes(planOf({ body: null, files, record, liveRest }))).toEqual(['workspace-gone']);
  });

  it('recorded and archived: a warning, no change, and everything stays remembered', () => {
    const given = { body: spend(), live: [policyObject(k1)] };
    const record = recordAfter(given);
    const gone: Given = {
      body: spend(),
      record,
      liveRest: { workspaces: [{ id: teamB, slug: 'ws-team-b', name: 'B' }] },
    };
    const plan = planOf(gone);
    expect([plan.changes, plan.recordLines]).toEqual([[], []]);
    expect(noteCodes(plan)).toEqual(['workspace-gone']);
    expect(recordAfter(gone).workspaces).toEqual(record.workspaces);
    // Without its file there is nothing to keep.
    expect(planOf({ ...gone, body: null }).recordLines.map(({ action }) => action)).toEqual(['forget']);
  });
});

describe('objects at attachment points', () => {
  const named = (section: string, name: string) => `${section}:\n  ${name}:\n    budget: $10\n    reset: monthly\n`;

  it.each<readonly [string, Given, string, string]>([
    ['key', { body: named('keys', 'ap'), live: [keyObject('app', k1)] }, 'unknown-key', 'app'],
    [
      'provider',
      { body: named('providers', 'openai-b'), live: [providerObject('openai-a', k1)] },
      'unknown-provider',
      'openai-a',
    ],
    ['integration', { body: named('integrations', 'openai-prd') }, 'unknown-integration', 'openai-prod'],
    [
      'integration without access',
      { body: named('integrations', 'openai-prod') },
      'integration-not-shared',
      'never grants',
    ],
    [
      'new workspaces of an integration',
      {
        body: '',
        org: 'integrations:\n  openai-prod:\n    new_workspaces:\n      budget: $10\n      reset: monthly\n',
      },
      'integration-not-shared',
      'never grants',
    ],
  ])('unknown %s: an error that helps', (_, given, code, hint) => {
    expect(planResult(given).diagnostics).toMatchObject([{ code, message: expect.stringContaining(hint) }]);
  });

  it('recorded and now gone: a warning, no change, and the entry is kept', () => {
    const given = { body: named('keys', 'app'), live: [keyObject('app', k1, { usage_limits: money })] };
    const record = recordAfter(given);
    const plan = planOf({ body: given.body, record });
    expect(plan.changes).toEqual([]);
    expect(noteCodes(plan)).toEqual(['gone']);
    expect(recordAfter({ body: given.body, record }).workspaces).toEqual(record.workspaces);
    // No longer declared either: there is nothing to take away.
    expect(planOf({ body: '', record }).recordLines.map(({ action }) => action)).toEqual(['forget']);
  });

  it('two keys of one name ask for an id', () => {
    const live = [keyObject('app', k1), keyObject('app', k2)];
    expect(codes({ body: named('keys', 'app'), live })).toEqual(['ambiguous-name']);
    const body = `keys:\n  app:\n    id: ${k2}\n    budget: $10\n    reset: monthly\n`;
    expect(planOf({ body, live }).changes.map(({ liveId }) => liveId)).toEqual([k2]);
  });

  it('two keys of one name are told apart by the record', () => {
    const body = named('keys', 'app');
    const record = recordAfter({ body, live: [keyObject('app', k1, { usage_limits: money })] });
    const live = [keyObject('app', k1, { usage_limits: money }), keyObject('app', k2)];
    expect(planOf({ body, record, live }).changes).toEqual([]);
  });

  it('one key under two names is an error', () => {
    const body = `keys:\n  app:\n    budget: $10\n    reset: monthly\n  same:\n    id: ${k1}\n    budget: $20\n    reset: monthly\n`;
    expect(codes({ body, live: [keyObject('app', k1)] })).toEqual(['duplicate-id']);
  });

  it('a key renamed by hand is still the recorded one, unless another has the name', () => {
    const body = named('keys', 'app');
    const record = recordAfter({ body, live: [keyObject('app', k1, { usage_limits: money })] });
    const renamed = keyObject('app-2', k1, { usage_limits: money });
    const plan = planOf({ body, record, live: [renamed] });
    expect([plan.changes, noteCodes(plan)]).toEqual([[], ['renamed-by-hand']]);
    // The written name wins: the new key gets the limits, the other keeps what it had.
    const moved = planOf({ body, record, live: [renamed, keyObject('app', k2)] });
    expect(moved.changes.map(({ liveId, action }) => [liveId, action])).toEqual([[k2, 'create']]);
  });

  it('whoever wrote an id that is gone means the recorded one before any of that name', () => {
    const body = `keys:\n  app:\n    id: ${k3}\n    name: app\n    budget: $20\n    reset: monthly\n`;
    const record = recordAfter({ body: named('keys', 'app'), live: [keyObject('app', k1, { usage_limits: money })] });
    const live = [keyObject('renamed', k1, { usage_limits: money }), keyObject('app', k2)];
    expect(planOf({ body, record, live }).changes.map(({ liveId }) => liveId)).toEqual([k1]);
  });

  it('shares of an integration', () => {
    const body = named('integrations', 'openai-prod');
    expect(actionsOf(planOf({ body, live: [shareObject()] }))).toEqual(['create integration-limits/openai-prod']);
    const org = 'integrations:\n  openai-prod:\n    new_workspaces:\n      budget: $10\n      reset: monthly\n';
    expect(planOf({ body: '', org, live: [shareObject({}, null)] }).changes.map(({ id }) => id)).toEqual([
      'integration-limits/-/openai-prod',
    ]);
  });
});

describe('key names in a match', () => {
  const body = spend('match: {api_key: {any: "*", except: [app]}}');

  it('become ids', () => {
    const [change] = planOf({ body, live: [keyObject('app', k1)] }).changes;
    expect(change?.after?.match).toEqual([{ key: 'api_key', any: '*', except: [k1] }]);
    const live = [
      keyObject('app', k1),
      policyObject(k3, { conditions: [{ key: 'api_key', value: '*', excludes: [k1] }] }),
    ];
    expect(planOf({ body, live }).changes).toEqual([]);
  });

  it('unknown: an error; two of the name: an error; recorded and gone: a warning', () => {
    expect(codes({ body })).toEqual(['unknown-key']);
    expect(codes({ body, live: [keyObject('app', k1), keyObject('app', k2)] })).toEqual(['ambiguous-name']);
    const applied = policyObject(k3, { conditions: [{ key: 'api_key', value: '*', excludes: [k1] }] });
    const record = recordAfter({ body, live: [keyObject('app', k1), applied] });
    const plan = planOf({ body, record, live: [applied] });
    expect([plan.changes, noteCodes(plan)]).toEqual([[], ['gone']]);
  });
});

describe('key ids in a match', () => {
  const id = 'abcdef00-0000-4000-8000-00000000000b';
  it.each<readonly [string, string]>([
    ['in any case of letters', `[${id.toUpperCase()}]`],
    ['beside the name of the same key', `[app, ${id}]`],
  ])('%s are those of the service', (_, keys) => {
    const [change] = planOf({ body: spend(`match: {api_key: ${keys}}`), live: [keyObject('app', id)] }).changes;
    expect(change?.after?.match).toEqual([{ key: 'api_key', any: [id], except: [] }]);
  });
});

describe('"*" reaches', () => {
  const reached = (...keys: readonly LiveObject[]) =>
    planOf({ body: star, live: keys }).changes.map(({ liveId }) => liveId);

  it.each<readonly [string, WireRow, boolean]>([
    ['a service key', {}, true],
    ['a key with an expiry to come', { expires_at: '2027-01-01T00:00:00.000Z' }, true],
    ['an exhausted key', { status: 'exhausted' }, true],
    ['no expired key', { expires_at: '2026-11-20T12:00:00.000Z' }, false],
    ['no key that is called expired', { status: 'expired' }, false],
    ['no user key', { type: 'workspace-user' }, false],
    ['no key made for a member', { creation_mode: 'auto' }, false],
  ])('%s', (_, row, isReached) => {
    expect(reached(keyObject('app', k1, row))).toEqual(isReached ? [k1] : []);
  });

  it('keys of one name, each by its id', () => {
    const plan = planOf({ body: star, live: [keyObject('app', k1), keyObject('app', k2)] });
    expect(plan.changes.map(({ key }) => key.name).sort()).toEqual([`app#${k1}`, `app#${k2}`]);
  });

  it('says that it was by "*", and adopts nothing twice', () => {
    const live = [keyObject('app', k1)];
    expect(planOf({ body: star, live }).changes).toMatchObject([{ viaStar: true, action: 'create' }]);
    const limited = [keyObject('app', k1, { usage_limits: money })];
    const record = recordAfter({ body: star, live: limited });
    const plan = planOf({ body: star, live: limited, record });
    expect([plan.changes, plan.recordLines]).toEqual([[], []]);
  });

  it('user keys only by name', () => {
    const body = 'keys:\n  ana:\n    budget: $10\n    reset: monthly\n';
    expect(planOf({ body, live: [keyObject('ana', k1, { type: 'workspace-user' })] }).changes).toHaveLength(1);
  });

  it('a key that expires later keeps its limits', () => {
    const limited = keyObject('app', k1, { usage_limits: money });
    const record = recordAfter({ body: star, live: [limited] });
    const expired = keyObject('app', k1, { usage_limits: money, status: 'expired' });
    const plan = planOf({ body: star, live: [expired], record });
    expect([plan.changes, plan.recordLines]).toEqual([[], []]);
    // What `"*"` says from then on is not for it.
    expect(planOf({ body: star.replace('$10', '$20'), live: [expired], record }).changes).toEqual([]);
  });

  it('no expired key that had a name of its own', () => {
    const limited = { usage_limits: money };
    const own = 'keys:\n  app:\n    budget: $10\n    reset: monthly\n';
    const record = recordAfter({ body: own, live: [keyObject('app', k1, limited)] });
    const plan = planOf({ body: star, live: [keyObject('app', k1, { ...limited, status: 'expired' })], record });
    expect(plan.changes).toEqual([]);
    expect(plan.recordLines).toMatchObject([
      { action: 'forget', detail: expect.stringContaining('expired: live keeps its limits') },
    ]);
  });

  it('a key that is renamed stays with it', () => {
    const record = recordAfter({ body: star, live: [keyObject('app', k1, { usage_limits: money })] });
    const plan = planOf({ body: star, live: [keyObject('app-2', k1, { usage_limits: money })], record });
    expect(plan.changes).toEqual([]);
  });

  it('a key that is deleted leaves the record', () => {
    const record = recordAfter({ body: star, live: [keyObject('app', k1, { usage_limits: money })] });
    const plan = planOf({ body: star, live: [], record });
    expect(plan.changes).toEqual([]);
    expect(plan.recordLines.map(({ action }) => action)).toEqual(['forget']);
  });

  it('a named entry overrides it field by field', () => {
    const body = `keys:\n  "*":\n    budget: $10\n    reset: monthly\n    rate: 5 requests/minute\n  app:\n    budget: $99\n    reset: monthly\n`;
    const plan = planOf({ body, live: [keyObject('app', k1), keyObject('batch', k2)] });
    const after = Object.fromEntries(plan.changes.map((change) => [change.key.name, change.after]));
    expect(after).toMatchObject({
      app: { budget: { amount: 9900 }, 'rate[requests/minute]': 5 },
      batch: { budget: { amount: 1000 }, 'rate[requests/minute]': 5 },
    });
  });

  it('a named user key gets nothing of it', () => {
    const body = `${star}    rate: 5 requests/minute\n  ana:\n    budget: $99\n    reset: monthly\n`;
    const [change] = planOf({ body, live: [keyObject('ana', k1, { type: 'workspace-user' })] }).changes;
    expect(change?.after).not.toHaveProperty('rate[requests/minute]');
  });

  it('a key that moves between it and a name of its own keeps its limits', () => {
    const limited = [keyObject('app', k1, { usage_limits: money })];
    const own = 'keys:\n  app:\n    budget: $10\n    reset: monthly\n';
    const viaStar = recordAfter({ body: star, live: limited });
    expect(planOf({ body: own, live: limited, record: viaStar }).changes).toEqual([]);
    const byName = recordAfter({ body: own, live: limited });
    expect(planOf({ body: star, live: limited, record: byName }).changes).toEqual([]);
    expect(planOf({ body: '', live: limited, record: viaStar }).changes).toMatchObject([{ action: 'delete' }]);
  });

  it('never a key of another workspace or of the organisation', () => {
    const foreign = { ...keyObject('app', k1), workspaceId: teamB };
    const own = { ...keyObject('app', k2, { type: 'organisation-service' }), workspaceId: null };
    expect(reached(foreign, own)).toEqual([]);
  });
});

describe('without a record', () => {
  it('nothing is deleted, and the plan says so', () => {
    const plan = planOf({ body: '', live: [policyObject(k1), keyObject('app', k2, { usage_limits: money })] });
    expect(plan.changes).toEqual([]);
    expect([plan.hasRecord, noteCodes(plan)]).toEqual([false, ['no-record']]);
  });
});

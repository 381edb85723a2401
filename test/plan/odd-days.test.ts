/** Keys that expire, go and come back, and what stands in their names. */

import { describe, expect, it } from 'vitest';
import type { LiveObject } from '../../src/live/live.ts';
import { findDrift } from '../../src/plan/find-drift.ts';
import type { WireRow } from '../../src/resources/kind.ts';
import { teamA, uuid } from '../helpers/state.ts';
import {
  actionsOf,
  type Given,
  keyObject,
  onlyChange,
  planOf,
  planResult,
  policyObject,
  providerObject,
  recordAfter,
  spend,
} from './kit.ts';

const [k1, k2, k3] = [uuid(11), uuid(12), uuid(13)];
const money = { type: 'cost', credit_limit: 90, periodic_reset: 'monthly' };
const limited = { usage_limits: money };
const app = 'keys:\n  app:\n    budget: $90\n    reset: monthly\n';
const star = 'keys:\n  "*":\n    budget: $90\n    reset: monthly\n';

const codesOf = (given: Given): string[] => planResult(given).diagnostics.map(({ code }) => code);
const warningsOf = (given: Given): string[] =>
  planOf(given).notes.flatMap(({ code, severity }) => (severity === 'warning' && code !== 'no-record' ? [code] : []));
const expired = (id: string, row: WireRow = {}): LiveObject => keyObject('app', id, { status: 'expired', ...row });

describe('mistakes-D1: a key that was made anew under its name', () => {
  const record = recordAfter({ body: app, live: [keyObject('app', k1, limited)] });

  it.each<readonly [string, WireRow]>([
    ['by its status', { status: 'expired' }],
    ['by its date', { expires_at: '2026-11-19T00:00:00.000Z' }],
  ])('gets the limits of the one that has expired, %s', (_, row) => {
    const live = [keyObject('app', k1, { ...limited, ...row }), keyObject('app', k2)];
    const given = { body: app, live, record };
    expect(onlyChange(given)).toMatchObject({ action: 'create', liveId: k2, cause: 'edited' });
    expect(warningsOf(given)).toEqual(['another-object']);
    expect(planOf(given).recordLines).toMatchObject([{ action: 'adopt', liveId: k2 }]);
    expect(recordAfter(given).workspaces[0]?.entries).toMatchObject([{ name: 'app', id: k2 }]);
    // Without a record it is the same one.
    expect(onlyChange({ body: app, live })).toMatchObject({ liveId: k2 });
  });

  it.each([
    ['with a record', record],
    ['without one', null],
  ])('is ambiguous where two of the name are in use, %s', (_, known) => {
    const live = [expired(k1, limited), keyObject('app', k2), keyObject('app', k3)];
    expect(codesOf({ body: app, live, record: known })).toEqual(['ambiguous-name']);
  });

  it('is what the name stands for in a match, too', () => {
    const body = spend('match: {api_key: app}');
    const given = { body, live: [expired(k1), keyObject('app', k2)] };
    expect(onlyChange(given).after?.match).toEqual([{ key: 'api_key', any: [k2], except: [] }]);
    // The policy that counted the old key moves on to the new one.
    const applied = policyObject(k3, { conditions: [{ key: 'api_key', value: [k1] }] });
    const past = recordAfter({ body, live: [keyObject('app', k1), applied] });
    expect(onlyChange({ ...given, live: [...given.live, applied], record: past })).toMatchObject({
      action: 'update',
      after: { match: [{ any: [k2] }] },
    });
  });

  it('stays the recorded one while nobody has taken its place, or while it works', () => {
    expect(actionsOf(planOf({ body: app, live: [expired(k1, limited)], record }))).toEqual([]);
    expect(actionsOf(planOf({ body: app, live: [expired(k1, limited), expired(k2)], record }))).toEqual([]);
    const beside = { body: app, live: [keyObject('app', k1, limited), keyObject('app', k2)], record };
    expect(actionsOf(planOf(beside))).toEqual([]);
    expect(warningsOf(beside)).toEqual(['namesake']);
  });

  it('is meant by its id whatever has expired', () => {
    const body = `keys:\n  app:\n    id: ${k1}\n    budget: $90\n    reset: monthly\n`;
    const live = [expired(k1), keyObject('app', k2)];
    expect(onlyChange({ body, live })).toMatchObject({ liveId: k1 });
  });

  it('has no limits that were only recorded for the old one, nor loses its own', () => {
    const both = `${app}    rate: 5 requests/minute\n`;
    const past = recordAfter({ body: both, live: [keyObject('app', k1, limited)] });
    const rates = { rate_limits: [{ type: 'requests', unit: 'rpm', value: 7 }] };
    const live = [expired(k1, limited), keyObject('app', k2, rates)];
    // The rate left the file in the same edit: that of the new key was set by somebody else.
    expect(onlyChange({ body: app, live, record: past }).after).toEqual({
      budget: { unit: 'cost', amount: 9000, reset: 'monthly' },
    });
  });

  it('holds for providers as well', () => {
    const body = 'providers:\n  openai:\n    budget: $90\n    reset: monthly\n';
    const past = recordAfter({ body, live: [providerObject('openai', k1, limited)] });
    const live = [providerObject('openai', k1, { ...limited, status: 'expired' }), providerObject('openai', k2)];
    expect(onlyChange({ body, live, record: past })).toMatchObject({ liveId: k2 });
  });
});

describe('mistakes-D14: a key is renamed while a new one takes its name', () => {
  const record = recordAfter({ body: app, live: [keyObject('app', k1, limited)] });
  const live = [keyObject('app-old', k1, limited), keyObject('app', k2)];
  const given = { body: app, live, record };

  it('is said as what it is, and nothing of it has drifted', () => {
    const { plan, recordSteps } = planResult(given);
    expect(plan?.changes).toMatchObject([{ action: 'create', liveId: k2, cause: 'edited' }]);
    const note = plan?.notes.find(({ code }) => code === 'another-object');
    expect(note?.message).toBe(
      `key "app" is another live object now (${k2}): the recorded one (${k1}) is called "app-old" now, and keeps its limits without being managed by this entry`,
    );
    expect(plan === null ? [] : findDrift(plan, recordSteps).drifts).toEqual([]);
    expect(plan?.unmanaged).toMatchObject([{ kind: 'key-limits', id: k1 }]);
  });

  it('has hand-made limits adopted, not called drift', () => {
    const made = [
      keyObject('app-old', k1, limited),
      keyObject('app', k2, { usage_limits: { ...money, credit_limit: 5 } }),
    ];
    expect(onlyChange({ ...given, live: made })).toMatchObject({ action: 'update', cause: 'adopted' });
  });
});

describe('mistakes-D8: names in a match, each by itself', () => {
  const body = (keys: string) => spend(`match: {api_key: ${keys}}`);
  const keys = [keyObject('ci', k1), keyObject('bot', k2)];
  const applied = policyObject(uuid(20), { conditions: [{ key: 'api_key', value: [k1, k2] }] });
  const record = recordAfter({ body: body('[ci, bot]'), live: [...keys, applied] });
  const fresh = keyObject('fresh', k3);

  it('one is gone and one is new: the new one is covered, the gone one is kept and said', () => {
    const given = { body: body('[ci, bot, fresh]'), live: [keyObject('ci', k1), fresh, applied], record };
    expect(onlyChange(given).after?.match).toEqual([{ key: 'api_key', any: [k1, k2, k3], except: [] }]);
    expect(warningsOf(given)).toEqual(['gone']);
    // Afterwards nothing is left to do, and the warning stays until the file is right.
    const next = policyObject(uuid(20), { conditions: [{ key: 'api_key', value: [k1, k2, k3] }] });
    const again = { ...given, live: [keyObject('ci', k1), fresh, next], record: recordAfter(given) };
    expect([actionsOf(planOf(again)), warningsOf(again)]).toEqual([[], ['gone']]);
  });

  it('one is gone and Git takes another out: that one goes', () => {
    const given = { body: body('[bot, fresh]'), live: [keyObject('ci', k1), fresh, applied], record };
    expect(onlyChange(given).after?.match).toEqual([{ key: 'api_key', any: [k2, k3], except: [] }]);
  });

  it('a name that never was is an error, recorded or not', () => {
    expect(codesOf({ body: body('[ci, bot, frehs]'), live: [...keys, fresh, applied], record })).toEqual([
      'unknown-key',
    ]);
    // Of two names without a key only one can be the recorded one.
    const live = [keyObject('ci', k1), fresh, applied];
    expect(codesOf({ body: body('[ci, bot, frehs]'), live, record })).toEqual(['unknown-key', 'unknown-key']);
    const unmatched = recordAfter({ body: spend(), live: [...keys, policyObject(uuid(20))] });
    expect(codesOf({ body: body('[ci, bto]'), live: [...keys, policyObject(uuid(20))], record: unmatched })).toEqual([
      'unknown-key',
    ]);
  });

  it('holds for exceptions', () => {
    const except = (names: string) => spend(`match: {api_key: {any: "*", except: ${names}}}`);
    const live = policyObject(uuid(20), { conditions: [{ key: 'api_key', value: '*', excludes: [k1, k2] }] });
    const past = recordAfter({ body: except('[ci, bot]'), live: [...keys, live] });
    const given = { body: except('[ci, bot, fresh]'), live: [keyObject('ci', k1), fresh, live], record: past };
    expect(onlyChange(given).after?.match).toEqual([{ key: 'api_key', any: '*', except: [k1, k2, k3] }]);
  });

  it('holds under a name that Git changes in the same edit', () => {
    const renamed = `policies:\n  calls:\n    budget: $500\n    reset: monthly\n    per: workspace_id\n    previously: spend\n    match: {api_key: [ci, bot, fresh]}\n`;
    const given = { body: renamed, live: [keyObject('ci', k1), fresh, applied], record };
    expect(onlyChange(given).after?.match).toEqual([{ key: 'api_key', any: [k1, k2, k3], except: [] }]);
  });
});

describe('mistakes-D10: a key that `"*"` reached and that has expired', () => {
  const record = recordAfter({ body: star, live: [keyObject('app', k1, limited)] });
  const tighter = star.replace('$90', '$80');

  it('is left as it is when `"*"` moves, and comes back to it when it is prolonged', () => {
    const given = { body: tighter, live: [expired(k1, limited), keyObject('bot', k2)], record };
    expect(planOf(given).changes.map(({ liveId }) => liveId)).toEqual([k2]);
    expect(planOf(given).unmanaged).toEqual([]);
    const kept = recordAfter(given);
    expect(kept.workspaces[0]?.entries).toMatchObject([{ name: 'app', id: k1, viaStar: true }, { name: 'bot' }]);
    const back = [
      keyObject('app', k1, limited),
      keyObject('bot', k2, { usage_limits: { ...money, credit_limit: 80 } }),
    ];
    expect(actionsOf(planOf({ ...given, live: back, record: { ...kept } }))).toContain('update key-limits/app');
  });

  it('is left as it is when `"*"` goes, and when its own entry goes', () => {
    for (const past of [record, recordAfter({ body: app, live: [keyObject('app', k1, limited)] })]) {
      const plan = planOf({ body: '', live: [expired(k1, limited)], record: past });
      expect(plan.changes).toEqual([]);
      expect(plan.recordLines).toMatchObject([{ action: 'forget', why: 'gone' }]);
    }
  });
});

describe('mistakes-D6: what is forgotten is never touched', () => {
  const written = spend('alert: 80%\ndescription: shared');
  const live = [policyObject(k1, { alert_threshold: 400, description: 'shared' })];
  const record = recordAfter({ body: written, live });
  const forget = (...paths: readonly string[]) => `forget: [${paths.map((path) => `"${path}"`).join(', ')}]\n`;

  it.each(['budget', 'alert', 'reset', 'description', 'api', 'match', 'per', 'name', 'owner'])(
    'a policy no longer declared, its `%s` forgotten: it stays whole',
    (field) => {
      const plan = planOf({ body: forget(`policies/spend/${field}`), live, record });
      expect(plan.changes).toEqual([]);
      expect(plan.recordLines).toMatchObject([{ action: 'forget', why: 'forget' }]);
    },
  );

  it('a policy that is still declared only stops managing the part', () => {
    const plan = planOf({ body: `${forget('policies/spend/alert')}${spend('description: shared')}`, live, record });
    expect(plan.changes).toEqual([]);
    expect(plan.recordLines).toMatchObject([{ action: 'forget', detail: expect.stringContaining('alert') }]);
  });

  it('the other sort of policy of that name goes', () => {
    const rate = spend().replace('budget: $500\n    reset: monthly', 'rate: 100 requests/minute');
    const rates = [policyObject(k1, {}, 'rate-policy')];
    const past = recordAfter({ body: rate, live: rates });
    expect(actionsOf(planOf({ body: forget('policies/spend/budget'), live: rates, record: past }))).toEqual([
      'delete rate-policy/spend',
    ]);
    expect(actionsOf(planOf({ body: forget('policies/spend/rate'), live: rates, record: past }))).toEqual([]);
  });

  it.each(['keys/app/alert', 'keys/app/reset', 'keys/app/budget'])('%s keeps the whole budget of a key', (path) => {
    const budget = { ...money, alert_threshold: 50 };
    const rates = [{ type: 'requests', unit: 'rpm', value: 5 }];
    const keys = [keyObject('app', k1, { usage_limits: budget, rate_limits: rates })];
    const past = recordAfter({ body: `${app}    alert: $50\n    rate: 5 requests/minute\n`, live: keys });
    expect(onlyChange({ body: forget(path), live: keys, record: past }).after).toEqual({
      'rate[requests/minute]': null,
    });
  });

  it('`keys/*` is what `"*"` reached', () => {
    const keys = [keyObject('app', k1, limited)];
    const past = recordAfter({ body: star, live: keys });
    expect(actionsOf(planOf({ body: forget('keys/*'), live: keys, record: past }))).toEqual([]);
    expect(actionsOf(planOf({ body: '', live: keys, record: past }))).toEqual(['delete key-limits/app']);
  });

  it('a key of which a part is forgotten gets no such part of `"*"`, and one that is forgotten gets nothing', () => {
    const both = `${star}    rate: 5 requests/minute\n`;
    const keys = [keyObject('app', k1, { rate_limits: [{ type: 'requests', unit: 'rpm', value: 99 }] })];
    const past = recordAfter({ body: star, live: keys });
    for (const known of [past, null]) {
      const change = onlyChange({ body: `${forget('keys/app/rate')}${both}`, live: keys, record: known });
      expect(Object.keys(change.after ?? {})).toEqual(['budget']);
      expect(actionsOf(planOf({ body: `${forget('keys/app')}${both}`, live: keys, record: known }))).toEqual([]);
    }
    const named = `${both}  app:\n    budget: $70\n    reset: monthly\n`;
    expect(Object.keys(onlyChange({ body: `${forget('keys/app/rate')}${named}`, live: keys }).after ?? {})).toEqual([
      'budget',
    ]);
  });

  it('an entry whose name goes on behind the slash is not its neighbour', () => {
    const two = `policies:\n  a:\n    budget: $500\n    reset: monthly\n    per: workspace_id\n  a/b:\n    budget: $500\n    reset: weekly\n    per: workspace_id\n`;
    const both = [policyObject(k1, { name: 'a' }), policyObject(k2, { name: 'a/b', periodic_reset: 'weekly' })];
    const past = recordAfter({ body: two, live: both });
    expect(actionsOf(planOf({ body: forget('policies/a/b'), live: both, record: past }))).toEqual([
      'delete usage-policy/a',
    ]);
  });

  it('a path that names nothing is said, with the nearest name', () => {
    const read = new Set([`${teamA}/usage-policy`]);
    const plan = planOf({ body: forget('policies/spnd'), live, record, liveRest: { read } });
    expect(plan.notes.find(({ code }) => code === 'forget-of-nothing')?.message).toBe(
      '`forget`: `policies/spnd` names nothing that is recorded or live; did you mean "spend"?',
    );
    for (const path of ['policies/spend', 'policies/spend/alert', 'policies']) {
      expect(warningsOf({ body: forget(path), live, record, liveRest: { read } })).toEqual([]);
    }
    // Forgotten at the last apply: it is there, and the line does no harm.
    const after = recordAfter({ body: forget('policies/spend'), live, record });
    expect(warningsOf({ body: forget('policies/spend'), live, record: after, liveRest: { read } })).toEqual([]);
  });

  it('`none` and a forgotten part of it contradict each other', () => {
    expect(() => planOf({ body: `${forget('policies/spend/alert')}policies:\n  spend: none\n`, live, record })).toThrow(
      'declared-and-forgotten',
    );
  });

  it('a period that is declared cannot be forgotten', () => {
    const keys = [keyObject('app', k1, limited)];
    expect(() => planOf({ body: `${forget('keys/app/reset')}${app}`, live: keys })).toThrow('declared-and-forgotten');
  });
});

/** Which live policy is which declared one. */

import { describe, expect, it } from 'vitest';
import type { Fields } from '../../src/resources/types.ts';
import { uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';
import {
  actionsOf,
  entry,
  type Given,
  onlyChange,
  planOf,
  planResult,
  policyObject,
  recordAfter,
  recorded,
  spend,
} from './kit.ts';

const [a, b, c] = [uuid(41), uuid(42), uuid(43)];
const fields: Fields = { unit: 'cost', amount: 50_000, reset: 'monthly', match: 'all', per: ['workspace_id'] };
const recordedSpend = (name = 'spend', id = a) => ({
  kind: 'usage-policy' as const,
  name,
  id,
  fields: { ...fields, name },
});
const codes = (given: Given): string[] => planResult(given).diagnostics.map(({ code }) => code);

describe('by id, by record, by name', () => {
  it.each<readonly [string, Given, readonly (readonly [string, string | null])[]]>([
    ['nothing live: create', { body: spend(), record: recorded() }, [['create', null]]],
    [
      'one of that name: that one',
      { body: spend('alert: 80%'), record: recorded(), live: [policyObject(a)] },
      [['update', a]],
    ],
    [
      'id goes before the record',
      {
        body: spend(`id: ${b}\nname: spend`),
        record: recorded(recordedSpend()),
        live: [policyObject(a), policyObject(b, { credit_limit: 1 })],
      },
      [['update', b]],
    ],
    [
      'an id that is not live: the recorded one',
      { body: spend(`id: ${c}\nname: spend\nalert: 80%`), record: recorded(recordedSpend()), live: [policyObject(a)] },
      [['update', a]],
    ],
    [
      'the record goes before the name',
      {
        body: spend('alert: 80%'),
        record: recorded(recordedSpend()),
        live: [policyObject(a, { name: 'other' }), policyObject(b)],
      },
      [['update', a]],
    ],
    [
      'recorded id gone, another of that name: adopted',
      { body: spend('alert: 80%'), record: recorded(recordedSpend()), live: [policyObject(b)] },
      [['update', b]],
    ],
    [
      'recorded id gone, nothing of that name: created again',
      { body: spend(), record: recorded(recordedSpend()) },
      [['create', null]],
    ],
    [
      'not declared: deleted by its id, whatever its name',
      { body: '', record: recorded(recordedSpend()), live: [policyObject(a, { name: 'x' }), policyObject(b)] },
      [['delete', a]],
    ],
    ['not declared and gone: nothing', { body: '', record: recorded(recordedSpend()), live: [policyObject(b)] }, []],
    [
      'declared none',
      { body: 'policies:\n  spend: none\n', record: recorded(), live: [policyObject(a)] },
      [['delete', a]],
    ],
    ['declared none and gone', { body: 'policies:\n  spend: none\n', record: recorded(recordedSpend()) }, []],
  ])('%s', (_, given, changes) => {
    expect(planOf(given).changes.map(({ action, liveId }) => [action, liveId])).toEqual(changes);
  });

  it('never takes by name an object whose id another entry holds', () => {
    const body = `policies:\n${entry('spend')}${entry('other', `id: ${a}\nname: other`)}`;
    expect(actionsOf(planOf({ body, record: recorded(), live: [policyObject(a)] }))).toEqual([
      'update usage-policy/other',
      'create usage-policy/spend',
    ]);
  });

  it('warns of a twin, which stays unmanaged', () => {
    const plan = planOf({ body: spend(), record: recorded(recordedSpend()), live: [policyObject(a), policyObject(b)] });
    expect(plan.changes).toEqual([]);
    expect(plan.notes.filter(({ code }) => code === 'twin')).toHaveLength(1);
    expect(plan.unmanaged.map(({ id }) => id)).toEqual([b]);
  });

  it('asks for an id where nothing decides', () => {
    expect(codes({ body: spend(), record: recorded(), live: [policyObject(a), policyObject(b)] })).toEqual([
      'ambiguous-name',
    ]);
  });

  it('refuses two entries of one object', () => {
    const body = `policies:\n${entry('spend')}${entry('other', `id: ${a}\nname: other`)}`;
    const record = recorded(recordedSpend());
    const result = planResult({ body, record, live: [policyObject(a)] });
    expect(result.plan).toBeNull();
    expect(result.diagnostics.map(({ code }) => code)).toEqual(['duplicate-id']);
  });

  it('does not manage the name of an entry that has an id and no name', () => {
    const given = { body: spend(`id: ${a}`), record: recorded(), live: [policyObject(a, { name: 'whatever' })] };
    expect(planOf(given).changes).toEqual([]);
  });

  it('keeps the two kinds apart', () => {
    const rate = policyObject(b, {}, 'rate-policy');
    expect(actionsOf(planOf({ body: spend(), record: recorded(), live: [rate] }))).toEqual([
      'create usage-policy/spend',
    ]);
  });

  it('names a look-alike that nobody manages, and the line that adopts it', () => {
    const given = { body: spend(), record: recorded(), live: [policyObject(b, { name: 'by hand', credit_limit: 7 })] };
    expect(onlyChange(given).notes).toEqual([expect.stringContaining(`id: ${b}`)]);
    const other = policyObject(b, { name: 'by hand', group_by: [{ key: 'api_key' }] });
    expect(onlyChange({ ...given, live: [other] }).notes).toEqual([]);
  });
});

describe('renames', () => {
  const past = (...names: readonly string[]) =>
    recorded(...names.map((name, index) => recordedSpend(name, uuid(41 + index))));
  const live = (...names: readonly string[]) => names.map((name, index) => policyObject(uuid(41 + index), { name }));

  it('sees one removed and one added that are equal but for name and description', () => {
    const given = {
      body: `policies:\n${entry('new', 'description: said now')}`,
      record: past('old'),
      live: live('old'),
    };
    const change = onlyChange(given);
    expect([change.action, change.reason, change.liveId]).toEqual(['update', 'renamed', a]);
    expect(change.fieldChanges.map(({ field }) => field)).toEqual(['name', 'description']);
  });

  it.each<readonly [string, Given]>([
    [
      'two removed are alike',
      { body: `policies:\n${entry('new')}`, record: past('old-1', 'old-2'), live: live('old-1', 'old-2') },
    ],
    [
      'two added are alike',
      { body: `policies:\n${entry('new-1')}${entry('new-2')}`, record: past('old'), live: live('old') },
    ],
    [
      'more than the name changed',
      { body: `policies:\n${entry('new', 'alert: 80%')}`, record: past('old'), live: live('old') },
    ],
    ['the removed one is gone', { body: `policies:\n${entry('new')}`, record: past('old'), live: [] }],
  ])('guesses nothing where %s', (_, given) => {
    expect(planOf(given).changes.filter(({ reason }) => reason === 'renamed')).toEqual([]);
  });

  it('believes `previously`, however much changed', () => {
    const body = `policies:\n${entry('new', 'previously: old\nalert: 80%').replace('$500', '$900')}`;
    const change = onlyChange({ body, record: past('old'), live: live('old') });
    expect([change.action, change.liveId]).toEqual(['update', a]);
  });

  it('lets `previously` decide between equals', () => {
    const body = `policies:\n${entry('new', 'previously: old-2')}`;
    const plan = planOf({ body, record: past('old-1', 'old-2'), live: live('old-1', 'old-2') });
    expect(plan.changes.map(({ action, liveId }) => [action, liveId])).toEqual([
      ['update', b],
      ['delete', a],
    ]);
  });

  it('is inert once the new name is recorded', () => {
    const body = `policies:\n${entry('new', 'previously: old')}`;
    const given = { body, record: past('new'), live: [...live('new'), policyObject(c, { name: 'old' })] };
    const plan = planOf(given);
    expect(plan.changes).toEqual([]);
    expect(plan.unmanaged.map(({ id }) => id)).toEqual([c]);
  });

  it('finds the old name live when there is no record yet', () => {
    const body = `policies:\n${entry('new', 'previously: old')}`;
    expect(onlyChange({ body, live: live('old') })).toMatchObject({ action: 'update', liveId: a });
  });

  it('takes protection along', () => {
    const record = recorded({ ...recordedSpend('old'), protect: true });
    const body = `policies:\n${entry('new', 'previously: old\nprotect: true')}`;
    expect(planOf({ body, record, live: live('old') }).recordLines).toEqual([]);
  });
});

describe('what an entry does not take', () => {
  const keyed = { group_by: [{ key: 'api_key' }] };
  const renamed = (name: string, lines = '') => `policies:\n${entry(name, lines)}`;

  it('by name, what another one is removed from', () => {
    // Somebody gave the removed policy the name of the new one.
    const record = recorded(recordedSpend('old'));
    const live = [policyObject(a, { name: 'new', credit_limit: 9 })];
    const plan = planOf({ body: renamed('new', 'alert: 80%'), record, live });
    expect(plan.changes.map(({ action, liveId }) => [action, liveId])).toEqual([
      ['create', null],
      ['delete', a],
    ]);
  });

  it('by name, what a replacement left behind', () => {
    const record = recorded({ ...recordedSpend('other'), leftovers: [b], owed: true });
    const live = [policyObject(a, { name: 'other', ...keyed }), policyObject(b)];
    const body = `policies:\n${entry('other', '', 'budget: $500\n    reset: monthly\n    per: api_key')}${entry('spend')}`;
    expect(planOf({ body, record, live }).changes.map(({ action, liveId }) => [action, liveId])).toEqual([
      ['create', null],
      ['delete', b],
    ]);
  });

  it('by `previously`, another one where its own is recorded and gone', () => {
    const given = { body: renamed('new', 'previously: old'), record: recorded(recordedSpend('new')) };
    expect(onlyChange({ ...given, live: [policyObject(b, { name: 'old' })] })).toMatchObject({ action: 'create' });
  });

  it('by `previously`, one of several', () => {
    const live = [policyObject(a, { name: 'old' }), policyObject(b, { name: 'old' })];
    expect(onlyChange({ body: renamed('new', 'previously: old'), live }).action).toBe('create');
  });

  it('by an id, the record of another that has it by name', () => {
    const body = `policies:\n${entry('one')}${entry('two', `id: ${a}`)}`;
    const record = recorded(recordedSpend('one'));
    expect(codes({ body, record, live: [policyObject(a, { name: 'one' })] })).toEqual(['duplicate-id']);
    // Where it is gone too, one of them was there and the other was not.
    const gone = planResult({ body, record, live: [] });
    expect(gone.diagnostics.map(({ code }) => code)).toEqual(['unknown-id']);
  });

  it('the id of another, where two have changed places', () => {
    const body = `policies:\n${entry('one', `id: ${b}\nname: one`)}${entry('two', `id: ${a}\nname: two`)}`;
    const record = recorded(recordedSpend('one', a), recordedSpend('two', b));
    const live = [policyObject(a, { name: 'one' }), policyObject(b, { name: 'two' })];
    expect(planOf({ body, record, live }).changes.map(({ key, liveId }) => [key.name, liveId])).toEqual([
      ['one', b],
      ['two', a],
    ]);
  });

  it('with `none`, what is removed elsewhere', () => {
    const body = 'policies:\n  new: none\n';
    const plan = planOf({ body, record: recorded(recordedSpend('old')), live: [policyObject(a, { name: 'old' })] });
    expect(plan.changes).toMatchObject([{ action: 'delete', key: { name: 'old' }, reason: 'no-longer-declared' }]);
  });

  it('what is gone, as a rename', () => {
    const body = renamed('new');
    expect(onlyChange({ body, record: recorded(recordedSpend('old')) })).toMatchObject({
      action: 'create',
      reason: 'new',
    });
  });
});

describe('replacement', () => {
  const perKey = 'policies:\n  spend:\n    budget: $500\n    reset: monthly\n    per: api_key\n';
  const keyed = { group_by: [{ key: 'api_key' }] };
  const record = recorded(recordedSpend());

  it('is for immutable fields alone', () => {
    expect(onlyChange({ body: perKey, record, live: [policyObject(a)] })).toMatchObject({
      action: 'replace',
      direction: 'loosen',
      reason: 'immutable-field',
      notes: [expect.stringContaining('restart')],
    });
    expect(onlyChange({ body: spend('match: {metadata.a: x}'), record, live: [policyObject(a)] }).action).toBe(
      'update',
    );
  });

  it.each(['1.15', '1.15.9', '1.14.0'])('is for conditions too on backend %s', (version) => {
    const org = `gateway:\n  backend: "${version}"\n`;
    const given = { body: spend('match: {metadata.a: x}'), org, record, live: [policyObject(a)] };
    expect(onlyChange(given).action).toBe('replace');
  });

  it.each(['1.16', '1.24', '2.0'])('is not for conditions on backend %s', (version) => {
    const org = `gateway:\n  backend: "${version}"\n`;
    const given = { body: spend('match: {metadata.a: x}'), org, record, live: [policyObject(a)] };
    expect(onlyChange(given).action).toBe('update');
  });

  it('carries every declared field over, also those that are as they should be', () => {
    const change = onlyChange({ body: perKey, record, live: [policyObject(a, { credit_limit: 9 })] });
    expect(change.after).toEqual({ ...fields, name: 'spend', per: ['api_key'] });
  });

  /** As a claim left it: both are there, and the record knows of the new one. */
  const halfway = recorded({ ...recordedSpend(), leftovers: [b], owed: true });

  it('that was cut short ends with the old one deleted', () => {
    const plan = planOf({ body: perKey, record: halfway, live: [policyObject(a), policyObject(b, keyed)] });
    expect(plan.changes).toMatchObject([{ action: 'delete', liveId: a, reason: 'replacement-cut-short' }]);
  });

  it('that was cut short and then edited updates the new one and deletes the old one', () => {
    const edited = perKey.replace('$500', '$900');
    const plan = planOf({ body: edited, record: halfway, live: [policyObject(a), policyObject(b, keyed)] });
    expect(plan.changes.map(({ action, liveId }) => [action, liveId])).toEqual([
      ['update', b],
      ['delete', a],
    ]);
    expect(new Set(plan.changes.map(({ id }) => id)).size).toBe(2);
  });

  it('that was cut short and is to be made once more knows what the first has left over', () => {
    const edited = perKey.replace('api_key', 'virtual_key');
    const plan = planOf({ body: edited, record: halfway, live: [policyObject(a), policyObject(b, keyed)] });
    const [replacement, left] = plan.changes;
    expect([replacement?.action, left?.action]).toEqual(['replace', 'delete']);
    expect(replacement?.twins).toEqual([left?.liveId]);
  });

  it('that was cut short knows its leftovers also where everything is as it should be', () => {
    const plan = planOf({ body: spend(), record: halfway, live: [policyObject(a)] });
    expect([plan.changes, plan.recordLines.map(({ action }) => action)]).toEqual([[], ['record']]);
    // Its leftover is all that is live.
    const left = planOf({ body: perKey, record: halfway, live: [policyObject(b, keyed)] });
    expect([left.changes, left.unmanaged]).toEqual([[], []]);
    expect(planOf({ body: '', record: halfway, live: [policyObject(b, keyed)] }).changes).toMatchObject([
      { action: 'delete', liveId: b },
    ]);
  });

  it('that was cut short keeps the one whose id is written', () => {
    const body = `${perKey}    id: ${a}\n    name: spend\n`;
    const plan = planOf({ body, record: halfway, live: [policyObject(a), policyObject(b, keyed)] });
    expect(plan.changes.map(({ action, liveId }) => [action, liveId])).toEqual([
      ['replace', a],
      ['delete', b],
    ]);
  });

  it('that was cut short twice takes neither for the successor', () => {
    const twice = recorded({ ...recordedSpend(), leftovers: [b, c], owed: true });
    const live = [policyObject(a), policyObject(b, keyed), policyObject(c, keyed)];
    expect(planOf({ body: perKey, record: twice, live }).changes.map(({ action, liveId }) => [action, liveId])).toEqual(
      [
        ['replace', a],
        ['delete', b],
        ['delete', c],
      ],
    );
  });

  it('does not take a twin for a successor where the bound one is as it should be', () => {
    const plan = planOf({ body: spend(), record, live: [policyObject(a), policyObject(b, keyed)] });
    expect(plan.changes).toEqual([]);
  });
});

describe('fields that change in place', () => {
  it('says that a window of N days restarts with its reset', () => {
    const body = 'policies:\n  spend:\n    budget: $500\n    reset: every 10 days\n    per: workspace_id\n';
    const change = onlyChange({ body, record: recorded(recordedSpend()), live: [policyObject(a)] });
    expect(change.notes).toEqual(['the window starts anew with the change: next reset 2026-11-30, if applied today']);
  });

  it('refuses a limit at or below an alert that no file declares', () => {
    const given = {
      body: spend(),
      record: recordAfter({ body: '' }),
      live: [policyObject(a, { credit_limit: 900, alert_threshold: 500 })],
    };
    expect(codes(given)).toEqual(['alert-overtaken']);
    expect(codes({ ...given, body: spend('alert: none') })).toEqual([]);
  });

  it('sends the start of a window again only when it differs from the record', () => {
    const body = (start: string) =>
      `policies:\n  spend:\n    budget: $500\n    reset: {every: 10 days, starting: "${start}"}\n    per: workspace_id\n`;
    const live = [policyObject(a, { periodic_reset: null, periodic_reset_days: 10 })];
    const record = recordAfter({ body: body('2026-12-01'), live });
    expect(planOf({ body: body('2026-12-01'), live, record }).changes).toEqual([]);
    expect(onlyChange({ body: body('2026-12-05'), live, record })).toMatchObject({
      action: 'update',
      cause: 'edited',
      starting: '2026-12-05T00:00:00.000Z',
    });
  });
});

it('leaves the policies of a workspace without a file alone', () => {
  const files = { 'policies/b.yaml': `version: 1\nkind: workspace\nworkspace: ws-team-b\n` };
  expect(planOf({ body: null, files, record: recorded(), live: [policyObject(a)] }).changes).toEqual([]);
  expect(orgFile()).toContain('kind: org');
});

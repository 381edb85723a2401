/** What a change of the period does to the window, what a replacement hands on, and what waits for what is held back. */

import { describe, expect, it } from 'vitest';
import type { LiveObject } from '../../src/live/live.ts';
import { filterPlan } from '../../src/plan/mode.ts';
import type { WireRow } from '../../src/resources/kind.ts';
import { registry } from '../../src/resources/registry.ts';
import type { AttachmentKind, Fields } from '../../src/resources/types.ts';
import { uuid } from '../helpers/state.ts';
import {
  actionsOf,
  type Given,
  keyObject,
  onlyChange,
  planOf,
  policyObject,
  providerObject,
  recordAfter,
  shareObject,
  spend,
  workspaceObject,
} from './kit.ts';

const [k1, k2] = [uuid(11), uuid(12)];

describe('mistakes-D2: a changed period starts the window anew', () => {
  const end = '2026-12-01T00:00:00.000Z';
  const monthly = { type: 'cost', credit_limit: 90, periodic_reset: 'monthly', next_usage_reset_at: end };
  const everyTen = { type: 'cost', credit_limit: 90, periodic_reset_days: 10, next_usage_reset_at: end };
  const body = (section: string, reset: string, amount = '$90') =>
    section === 'limits'
      ? `limits:\n  budget: ${amount}\n  reset: ${reset}\n`
      : `${section}:\n  app:\n    budget: ${amount}\n    reset: ${reset}\n`;
  const objects: readonly [AttachmentKind, string, (budget: WireRow) => LiveObject][] = [
    ['key-limits', 'keys', (budget) => keyObject('app', k1, { usage_limits: budget })],
    ['provider-limits', 'providers', (budget) => providerObject('app', k1, { usage_limits: budget })],
    [
      'integration-limits',
      'integrations',
      (budget) => ({ ...shareObject({ usage_limits: [budget] }), id: `app/${uuid(1)}`, name: 'app' }),
    ],
    ['workspace-limits', 'limits', (budget) => workspaceObject({ usage_limits: [budget] })],
  ];

  function sentFor(kind: AttachmentKind, given: Given, live: LiveObject): WireRow {
    const { before, after, starting, fieldChanges } = onlyChange(given);
    const changed = Object.fromEntries(fieldChanges.map((change) => [change.field, change.after ?? null]));
    const move = { before: before ?? {}, after: after ?? {}, changed: changed as Fields, starting };
    const { usage_limits: sent } = registry[kind].buildLimits(live.row, move);
    return (Array.isArray(sent) ? sent[0] : sent) as WireRow;
  }

  describe.each(objects)('%s', (kind, section, objectOf) => {
    it('the end of the old month is not sent along; mistakes-G4: nor is another one promised', () => {
      const live = objectOf(monthly);
      const record = recordAfter({ body: body(section, 'monthly'), live: [live] });
      const given = { body: body(section, 'every 14 days'), live: [live], record };
      const sent = sentFor(kind, given, live);
      expect(sent).toMatchObject({ periodic_reset: null, periodic_reset_days: 14 });
      expect(sent).not.toHaveProperty('next_usage_reset_at');
      expect(onlyChange(given).notes).toEqual([
        'the window starts anew with the change, or keeps its end of 2026-12-01: the apply says which',
      ]);
    });

    it('the plan shows the date that will be where the service shows none that it could keep', () => {
      for (const shown of [null, '2026-11-01T00:00:00.000Z']) {
        const live = objectOf({ ...monthly, next_usage_reset_at: shown });
        const record = recordAfter({ body: body(section, 'monthly'), live: [live] });
        expect(onlyChange({ body: body(section, 'every 14 days'), live: [live], record }).notes).toContain(
          'the window starts anew with the change: next reset 2026-12-04, if applied today',
        );
      }
    });

    it('nor that of another number of days, nor into a calendar window', () => {
      const live = objectOf(everyTen);
      const record = recordAfter({ body: body(section, 'every 10 days'), live: [live] });
      const given = (reset: string) => ({ body: body(section, reset), live: [live], record });
      expect(sentFor(kind, given('every 14 days'), live)).not.toHaveProperty('next_usage_reset_at');
      expect(sentFor(kind, given('weekly'), live)).not.toHaveProperty('next_usage_reset_at');
      expect(onlyChange(given('weekly')).notes).toEqual([
        'the window starts anew with the change, or keeps its end of 2026-12-01: the apply says which',
      ]);
      expect(onlyChange(given('never')).notes).toEqual(['the counter is never reset from then on']);
    });

    it('a window whose period stays goes on', () => {
      const live = objectOf(everyTen);
      const record = recordAfter({ body: body(section, 'every 10 days'), live: [live] });
      const given = { body: body(section, 'every 10 days', '$80'), live: [live], record };
      expect(sentFor(kind, given, live)).toMatchObject({ credit_limit: 80, next_usage_reset_at: end });
      expect(onlyChange(given).notes).toEqual([]);
    });

    it('a written start is sent whatever the period was', () => {
      const live = objectOf(monthly);
      const record = recordAfter({ body: body(section, 'monthly'), live: [live] });
      const reset = '{every: 14 days, starting: "2026-12-24"}';
      const given = { body: body(section, reset), live: [live], record };
      expect(sentFor(kind, given, live)).toMatchObject({ next_usage_reset_at: '2026-12-24T00:00:00.000Z' });
      expect(onlyChange(given).notes).toEqual([]);
    });
  });

  it('is said of policies, too, whose weeks begin on Monday', () => {
    const weekly = { body: spend().replace('monthly', 'weekly'), live: [policyObject(k1)] };
    const record = recordAfter({ body: spend(), live: weekly.live });
    expect(onlyChange({ ...weekly, record }).notes).toEqual([
      'the window starts anew with the change: next reset 2026-11-23',
    ]);
  });
});

describe('mistakes-D9: a replacement hands on what no file declares', () => {
  const perKey = spend().replace('per: workspace_id', 'per: api_key');
  const record = recordAfter({ body: spend(), live: [policyObject(k1)] });
  const replaced = (row: WireRow, body = perKey) => onlyChange({ body, live: [policyObject(k1, row)], record });

  it('alert and description set by hand', () => {
    const change = replaced({ alert_threshold: 400, description: 'ask Ana' });
    expect(change).toMatchObject({
      action: 'replace',
      before: { alert: 40_000, description: 'ask Ana' },
      after: { alert: 40_000, description: 'ask Ana', per: ['api_key'] },
    });
    expect(change.fieldChanges.map(({ field }) => field)).toEqual(['per']);
    expect(registry['usage-policy'].buildCreate(change.after ?? {}, '', null)).toMatchObject({
      alert_threshold: 400,
      description: 'ask Ana',
    });
    // It is handed on, not adopted.
    expect(change.entry?.fields).not.toHaveProperty('alert');
  });

  it('what the file says of them wins', () => {
    const body = `${perKey}    description: ours\n    alert: $100\n`;
    expect(replaced({ alert_threshold: 400, description: 'ask Ana' }, body).after).toMatchObject({
      alert: 10_000,
      description: 'ours',
    });
    expect(replaced({ alert_threshold: 400 }, `${perKey}    alert: $100\n`).after).toMatchObject({ alert: 10_000 });
  });

  it('the name of one that is declared by its id', () => {
    const body = (per: string) =>
      `policies:\n  spend:\n    id: ${k1}\n    budget: $500\n    reset: monthly\n    per: ${per}\n`;
    const live = [policyObject(k1, { name: 'Summer 2024' })];
    const past = recordAfter({ body: body('workspace_id'), live });
    expect(onlyChange({ body: body('api_key'), live, record: past }).after).toMatchObject({ name: 'Summer 2024' });
  });

  it('what cannot be is said', () => {
    const tokens = spend().replace('$500', '500M tokens');
    expect(replaced({ alert_threshold: 400 }, tokens).notes).toContain(
      'the alert that was set by hand is in another unit and goes: write `alert:` to have one',
    );
    expect(replaced({ priority: 3, note: null }).notes).toContain(
      'the new policy lacks `priority`, which no file declares: write it under `api:` to keep it',
    );
    const kept = `${perKey}    api: {priority: 3}\n`;
    const change = replaced({ priority: 3 }, kept);
    expect(change.after).toMatchObject({ 'api.priority': 3 });
    expect(change.notes).toEqual(['replacement: counters restart at zero']);
  });
});

describe('mistakes-D13: what waits for something held back', () => {
  const two = (a: string, b: string) => `${spend('', a)}${spend('', b).replace('policies:\n', '')}`;
  const record = recordAfter({ body: spend('', 'old'), live: [policyObject(k1, { name: 'old' })] });
  const filter = { mode: 'sync', only: [], workspaces: [] } as const;

  it('is said by the plan, with what it waits for', () => {
    const body = spend('', 'new').replace('$500', '$400');
    const plan = planOf({ body, live: [policyObject(k1, { name: 'old' })], record });
    expect(actionsOf(plan)).toEqual(['create usage-policy/new', 'delete usage-policy/old']);
    const narrowed = filterPlan(plan, { ...filter, only: ['usage-policy/old'] });
    expect(narrowed.notes.filter(({ code }) => code === 'waits-for-withheld')).toMatchObject([
      {
        severity: 'warning',
        message:
          'usage-policy/ws-team-a/old waits for usage-policy/ws-team-a/new, which this run holds back: it will be skipped',
      },
    ]);
    expect(filterPlan(plan, filter).notes).toEqual(plan.notes);
    // What waits for nothing is not spoken of.
    const created = filterPlan(plan, { ...filter, only: ['usage-policy/new'] });
    expect(created.notes).toEqual(plan.notes);
  });

  it('holds for a loosening beside a tightening, and counts what else it waits for', () => {
    const live = [policyObject(k1, { name: 'a' }), policyObject(k2, { name: 'b', periodic_reset: 'weekly' })];
    const past = recordAfter({ body: two('a', 'b').replace(/monthly(?![\s\S]*monthly)/, 'weekly'), live });
    const body = two('a', 'b')
      .replace(/monthly(?![\s\S]*monthly)/, 'weekly')
      .replace('$500', '$600')
      .replace(/\$500/, '$400');
    const plan = filterPlan(planOf({ body, live, record: past }), { ...filter, only: ['usage-policy/a'] });
    expect(plan.notes.map(({ message }) => message).join()).toContain(
      'usage-policy/ws-team-a/a waits for usage-policy/ws-team-a/b, which this run holds back',
    );
  });
});

/** Numbers of the page at their ends: nothing, next to nothing, what never resets, and what is known in part. */

import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EntityRow, UsagePolicyRow } from '../../src/emulator/store.ts';
import { testNow } from '../helpers/session.ts';
import { requestRow, teamA, teamB, usagePolicyRow, uuid } from '../helpers/state.ts';
import { orgFile } from '../helpers/world.ts';
import { day, owned, type Page, pageOf, spending, startPageRig as start } from './reading.ts';

describe('spend by day', () => {
  it('draws nothing where nothing was spent, and says so', async () => {
    const rig = await start({ state: spending({ requestLogs: [] }), files: owned });
    const { section, document } = await pageOf(rig);
    expect(section('Spend by day')).toBe('Spend by day Nothing was spent from Wed 2026-10-21 to Fri 2026-11-20.');
    expect(document.querySelector('[aria-labelledby="days-title"]')).toBeNull();
  });

  it('draws less than a cent by its size', async () => {
    const requestLogs = [
      requestRow({ id: uuid(1), created_at: new Date(testNow - day).toISOString(), cost: 0.1 }),
      requestRow({ id: uuid(2), created_at: new Date(testNow - 2 * day).toISOString(), cost: 0.2 }),
    ];
    const rig = await start({ state: spending({ requestLogs }), files: owned });
    const { document, rows } = await pageOf(rig);
    const heights = [...document.querySelectorAll('[aria-labelledby="days-title"] rect')]
      .map((bar) => Number(bar.getAttribute('height')))
      .filter((height) => height > 1);
    expect(heights).toHaveLength(2);
    expect((heights[0] ?? 0) / (heights[1] ?? 1)).toBeCloseTo(2, 0);
    expect(rows('spend by day, UTC').at(-2)).toEqual(['Thu 2026-11-19', 'less than $0.01']);
  });
});

describe('lists that are refused', () => {
  const refused = ['/policies/usage-limits', '/api-keys', '/providers'].map((path) => ({
    path,
    fault: { kind: 'status', status: 403 } as const,
  }));
  const unread =
    'API keys of 2 workspaces and the organisation, providers of 2 workspaces and usage policies of 2 workspaces';

  it('are named beside the number of budgets, in every format', async () => {
    const rig = await start({ state: spending(), files: owned, faults: refused });
    for (const format of ['text', 'markdown', 'html'] as const) {
      const { stdout } = await rig.status({ format, since: 0 });
      expect(stdout.replace(/\s+/g, ' ')).toContain(
        `0 budgets of those that could be read: 0 exhausted, 0 at 80 % or more; ${unread} were not.`,
      );
    }
  });

  it('are named by the tiles, and it is not said that there is no budget', async () => {
    const rig = await start({ state: spending(), files: owned, faults: refused });
    const { section, text } = await pageOf(rig);
    expect(text).toContain('Used up0of 0 budgets that could be read');
    expect(text).toContain(`${unread}: their budgets are in none of these numbers`);
    expect(section('What is left, and when it runs out')).toContain(`No budget could be read: ${unread} were not.`);
    expect(text).not.toContain('There is no budget.');
  });

  it('are not spoken of where all were read', async () => {
    const rig = await start({ state: spending({ usagePolicies: [] }), files: owned });
    const { text } = await pageOf(rig);
    expect(text).toContain('0 budgets: 0 exhausted');
    expect(text).toContain('There is no budget.');
    expect(text).not.toMatch(/could be read|Not read/);
  });
});

const counter = (used: number | null, id: number): EntityRow => ({
  id: uuid(id),
  current_usage: used as number,
  status: 'active',
  is_threshold_alerts_sent: false,
  is_exhausted_alerts_sent: false,
});

/** $100 of team A that never starts again, since the year began. */
const forever = (row: Partial<UsagePolicyRow>): UsagePolicyRow =>
  usagePolicyRow('spend', uuid(101), teamA, {
    created_at: '2026-01-01T00:00:00.000Z',
    last_reset_at: null,
    periodic_reset: null,
    entities: { [`workspace_id:${teamA}`]: counter(10, 700) },
    ...row,
  });

/** The line ahead is dashed so. */
const aheadOf = (document: Page['document']): unknown[] => [
  ...document.querySelectorAll('[aria-labelledby="burn-1-title"] [stroke-dasharray="5,4"]'),
];

describe('what is left', () => {
  it('has no forecast where a counter cannot be known: none is drawn, and the table says why', async () => {
    const entities = { [`api_key:${uuid(11)}`]: counter(2_000, 700), [`api_key:${uuid(12)}`]: counter(null, 701) };
    const usagePolicies = [
      usagePolicyRow('each', uuid(101), teamA, {
        created_at: '2026-01-01T00:00:00.000Z',
        last_reset_at: '2026-11-01T00:00:00.000Z',
        group_by: [{ key: 'api_key' }],
        entities,
      }),
    ];
    const rig = await start({ state: spending({ usagePolicies }) });
    const { document, rows, text } = await pageOf(rig);
    expect(document.querySelector('[aria-labelledby="burn-1-title"]')).not.toBeNull();
    expect(aheadOf(document)).toEqual([]);
    const which = 'the fullest of 2 counters, of which 1 cannot be known';
    expect(rows(`what is left of each, ws-team-a: ${which}`).at(-1)).toEqual([
      'later',
      'not known',
      'the use of some counters is unknown',
    ]);
    expect(text).toContain('Run out before their reset0at the present pace; known for 0 of 1');
  });

  it('of a budget per key is of the fullest counter, which title, description and table say', async () => {
    const entities = { [`api_key:${uuid(11)}`]: counter(2_000, 700), [`api_key:${uuid(12)}`]: counter(7_000, 701) };
    const usagePolicies = [usagePolicyRow('each', uuid(101), teamA, { group_by: [{ key: 'api_key' }], entities })];
    const rig = await start({ state: spending({ usagePolicies }) });
    const { document, rows } = await pageOf(rig);
    const said = (part: string): string => document.getElementById(`burn-1-${part}`)?.textContent ?? '';
    expect(said('title')).toBe('What is left of each, ws-team-a: the fullest of 2 counters');
    expect(said('desc')).toContain('drawn is the fullest of 2 counters');
    expect(rows('what is left of each, ws-team-a: the fullest of 2 counters').map(([, left]) => left)).toContain('$30');
  });

  it('is drawn by the exact pace, however slow', async () => {
    const usagePolicies = [
      forever({ type: 'tokens', credit_limit: 10, entities: { [`workspace_id:${teamA}`]: counter(9, 700) } }),
    ];
    const rig = await start({ state: spending({ usagePolicies, requestLogs: [] }) });
    const slow = forever({
      type: 'tokens',
      credit_limit: 100,
      conditions: [{ key: 'metadata.team', value: 'nlp' }],
      entities: { [`workspace_id:${teamA}`]: counter(40, 700) },
    });
    const other = await start({ state: spending({ usagePolicies: [slow] }) });
    expect((await pageOf(rig)).text).toContain('pace 0 tokens a day; lasts');
    const { rows, text } = await pageOf(other);
    expect(text).toContain('pace less than 1 token a day since its window began; runs out');
    // 40 in 323.5 days are 3.7 in 30.
    expect(rows('what is left of spend, ws-team-a').slice(-2)).toEqual([
      ['2026-11-20 12:00 UTC', '60 tokens', 'now'],
      ['2026-12-20 12:00 UTC', '56 tokens', 'in 30 days, by the pace'],
    ]);
  });

  it('is drawn 30 days ahead where it never resets, and years stand on the axis where they differ', async () => {
    const usagePolicies = [
      forever({
        created_at: '2025-06-01T00:00:00.000Z',
        conditions: [{ key: 'metadata.team', value: 'nlp' }],
        entities: { [`workspace_id:${teamA}`]: counter(10, 700) },
      }),
    ];
    const rig = await start({ state: spending({ usagePolicies }) });
    const { document, rows, text } = await pageOf(rig);
    expect(rows('what is left of spend, ws-team-a').at(-1)?.[0]).toBe('2026-12-20 12:00 UTC');
    const ticks = document.querySelector('[aria-labelledby="burn-1-title"]')?.textContent ?? '';
    expect(ticks).toMatch(/1 \w{3} 2025/);
    expect(text).toMatch(/runs out Fri 3497-01-15/);
    expect(text).toContain('Run out before their reset0at the present pace, or in 30 days where they never reset');
  });

  it('runs out before its reset, or within 30 days: two of these', async () => {
    const used = (amount: number, id: number) => ({ [`workspace_id:${teamA}`]: counter(amount, id) });
    const usagePolicies = [
      // At $8 a day the first has a week, the second four months, the third less than a day.
      forever({ id: uuid(101), name: 'soon', credit_limit: 100, entities: used(4_400, 700) }),
      forever({ id: uuid(102), name: 'later', credit_limit: 1_000, entities: used(10_000, 701) }),
      usagePolicyRow('monthly', uuid(103), teamA, {
        last_reset_at: '2026-11-01T00:00:00.000Z',
        entities: used(9_500, 702),
      }),
    ];
    const rig = await start({ state: spending({ usagePolicies }) });
    expect((await pageOf(rig)).text).toContain(
      'Run out before their reset2at the present pace, or in 30 days where they never reset',
    );
  });
});

describe('numbers that agree', () => {
  it('as many budgets are unknown in the summary as in the tile, where one is near its limit besides', async () => {
    const per = { group_by: [{ key: 'api_key' }] };
    const entities = { [`api_key:${uuid(11)}`]: counter(9_000, 700), [`api_key:${uuid(12)}`]: counter(null, 701) };
    const usagePolicies = [
      usagePolicyRow('near', uuid(101), teamA, { ...per, entities }),
      usagePolicyRow('none', uuid(102), teamA, { ...per, entities: { [`api_key:${uuid(11)}`]: counter(null, 702) } }),
    ];
    const rig = await start({ state: spending({ usagePolicies }) });
    const { text } = await pageOf(rig);
    expect(text).toContain('2 budgets: 0 exhausted, 1 at 80 % or more, 2 unknown.');
    expect(text).toContain('Not known2budgets whose use cannot be known');
  });

  it('the spend is at least what is known of some workspaces', async () => {
    const fault = { kind: 'status', status: 403 } as const;
    const requestLogs = [teamA, teamB].map((id, index) =>
      requestRow({ id: uuid(index + 1), workspace_id: id, cost: 7_900 }),
    );
    // The two windows of one of them are asked for first.
    const faults = [{ path: '/analytics/groups/model', after: 2, fault }];
    const rig = await start({ state: spending({ requestLogs }), files: owned, faults });
    expect((await pageOf(rig)).text).toContain('Spent in 30 daysat least $79known for 1 of 2 workspaces');
  });

  it('what names no user is said beside those who are named, and where users are counted', async () => {
    const requestLogs = [
      requestRow({ id: uuid(1), cost: 7_000, metadata: { _user: 'lovelace' } }),
      requestRow({ id: uuid(2), cost: 500, metadata: {} }),
    ];
    for (const org of [orgFile(), orgFile('review: { show_people: counts }\n')]) {
      const rig = await start({ state: spending({ requestLogs }), files: { ...owned, 'org.yaml': org } });
      expect((await pageOf(rig)).section('Spend by user')).toContain('$5 of $75 names no user');
    }
    const rig = await start({ state: spending(), files: owned });
    expect((await pageOf(rig)).section('Spend by user')).not.toContain('names no user');
  });

  it('0.3 cents of $1 are less than a cent, and not nothing', async () => {
    const usagePolicies = [
      usagePolicyRow('spend', uuid(101), teamA, {
        credit_limit: 1,
        entities: { [`workspace_id:${teamA}`]: counter(0.3, 700) },
      }),
    ];
    const rig = await start({ state: spending({ usagePolicies }) });
    for (const format of ['text', 'markdown', 'html'] as const) {
      const { stdout } = await rig.status({ format, since: 0 });
      expect(stdout).toContain('less than $0.01 of $1');
    }
  });

  it('a page that names nobody names no file of the record either', async () => {
    const rig = await start({
      state: spending(),
      files: { ...owned, 'org.yaml': orgFile('review: { show_people: counts }\n') },
    });
    writeFileSync(rig.recordFile, 'no record');
    const { html, section } = await pageOf(rig);
    expect(section('Changed in the last 7 days')).toContain(
      'What has changed is not known: the record cannot be read.',
    );
    expect(html).not.toContain(rig.folder);
  });
});

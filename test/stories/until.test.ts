/** `until:`, told in full: raised for a while, reviewed, applied, returned by itself, taken out of Git. */

import { describe, expect, it } from 'vitest';
import { dayOf } from '../../src/consumption/windows.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { formatText } from '../../src/policy/format-text.ts';
import { describeChange } from '../../src/render/describe-change.ts';
import type { DriftMode } from '../../src/resources/review-settings.ts';
import { desiredOn } from '../../src/resources/until.ts';
import { smallState, uuid } from '../helpers/state.ts';
import { orgFile, startWorld, workspaceFile } from '../helpers/world.ts';

async function startStory(from: string) {
  let now = new Date(`${from}T12:00:00Z`);
  const world = await startWorld({ state: smallState(), now: () => now });
  const filesOf = (body: string) => ({
    'policies/org.yaml': orgFile(),
    'policies/a.yaml': workspaceFile('ws-team-a', body),
  });
  const liveAmounts = () =>
    world.emulator.store.state.usagePolicies
      .filter(({ status }) => status === 'active')
      .map(({ name, credit_limit }) => `${name} ${credit_limit}`);
  return {
    world,
    filesOf,
    liveAmounts,
    day: (day: string, time = '00:00:00') => {
      now = new Date(`${day}T${time}Z`);
    },
    plan: async (body: string, drift: DriftMode = 'revert') => {
      const { changes, recordLines, left } = await world.planOk(filesOf(body), { drift });
      return [
        ...left.map(({ change }) => `left ${change.key.name}`),
        ...changes.map(({ key, action, cause, due }) => `${action} ${key.name} ${cause}${due ? ` due ${due}` : ''}`),
        ...recordLines.map(({ action, detail }) => `${action}: ${detail}`),
      ];
    },
    apply: async (body: string) => (await world.apply(filesOf(body))).map(({ status }) => status),
    entry: (name: string) => world.record?.workspaces[0]?.entries.find((entry) => entry.name === name),
  };
}

const plain = 'policies:\n  spend: { budget: $500, reset: monthly, per: workspace_id }\n';
const raised =
  'policies:\n  spend: { budget: $800, reset: monthly, per: workspace_id, until: { date: 2026-12-15, then: $500 } }\n';

describe('a raise until a date', () => {
  it('holds to the last second before its midnight UTC, and from then on the other one, without an edit', async () => {
    const story = await startStory('2026-12-01');
    try {
      await story.apply(plain);
      expect(await story.plan(raised)).toEqual(['update spend edited']);
      const [change] = (await story.world.planOk(story.filesOf(raised))).changes;
      expect(change && describeChange(change, {})).toContain(
        '$500 → $800 monthly, shared by the workspace, through 14 Dec 2026, from 15 Dec (00:00 UTC) $500',
      );
      await story.apply(raised);
      expect(story.liveAmounts()).toEqual(['spend 800']);
      expect(story.entry('spend')?.until).toEqual({ date: '2026-12-15', later: { amount: 50000 }, day: '2026-12-01' });

      story.day('2026-12-14', '23:59:59');
      expect(await story.plan(raised)).toEqual([]);
      story.day('2026-12-15');
      expect(await story.plan(raised)).toEqual(['update spend edited due 2026-12-15']);
      expect(await story.apply(raised)).toEqual(['applied']);
      expect(story.liveAmounts()).toEqual(['spend 500']);
      expect(story.entry('spend')?.until?.day).toBe('2026-12-15');
      expect(await story.plan(raised)).toEqual([]);

      story.day('2027-01-20');
      expect(await story.plan(raised)).toEqual([]);
      // Taken out of Git: the record forgets the date, and nothing live moves.
      expect(await story.plan(plain)).toEqual([
        'record: stays as it is; it was through 14 Dec 2026, from 15 Dec (00:00 UTC) $500',
      ]);
      await story.apply(plain);
      expect(story.entry('spend')).not.toHaveProperty('until');
      expect(await story.plan(plain)).toEqual([]);
    } finally {
      await story.world.close();
    }
  });

  it('counts days in UTC, whatever zone the machine is in, and 29 February where there is one', () => {
    const zone = process.env.TZ;
    try {
      for (const name of ['Pacific/Kiritimati', 'America/New_York', 'Europe/Berlin']) {
        process.env.TZ = name;
        expect(dayOf(Date.parse('2028-02-28T23:59:59.999Z'))).toBe('2028-02-28');
        expect(dayOf(Date.parse('2028-02-29T00:00:00Z'))).toBe('2028-02-29');
        expect(dayOf(Date.parse('2028-03-26T01:30:00Z'))).toBe('2028-03-26');
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('lets an emergency cap outlive the date, and a raise by hand not', async () => {
    const story = await startStory('2026-12-01');
    try {
      await story.apply(raised);
      const [row] = story.world.emulator.store.state.usagePolicies;
      if (row === undefined) throw new Error('no policy');
      story.day('2026-12-15');
      row.credit_limit = 300;
      expect(await story.plan(raised)).toEqual(['update spend both']);
      expect((await story.plan(raised, 'safe'))[0]).toBe('left spend');
      expect((await story.plan(raised, 'leave'))[0]).toBe('left spend');
      row.credit_limit = 2000;
      expect(await story.plan(raised, 'safe')).toEqual(['update spend both due 2026-12-15']);
      row.credit_limit = 600;
      expect(await story.plan(raised, 'safe')).toEqual(['update spend both due 2026-12-15']);
      row.credit_limit = 800;
      expect(await story.plan(raised, 'leave')).toEqual(['update spend edited due 2026-12-15']);
    } finally {
      await story.world.close();
    }
  });

  it('is a record line of its own where the date alone moves, and another plan', async () => {
    const story = await startStory('2026-12-01');
    try {
      await story.apply(raised);
      const later = raised.replace('2026-12-15', '2026-12-20');
      expect(await story.plan(later)).toEqual([
        'record: through 19 Dec 2026, from 20 Dec (00:00 UTC) $500; it was through 14 Dec 2026, from 15 Dec (00:00 UTC) $500',
      ]);
      const fingerprints = await Promise.all(
        [raised, later].map(async (body) => {
          story.world.record = null;
          return (await story.world.planOk(story.filesOf(body.replace('$800', () => '$900')))).changes[0]?.fingerprint;
        }),
      );
      expect(new Set(fingerprints).size).toBe(2);
    } finally {
      await story.world.close();
    }
  });

  it('takes a policy away that was there for a while, and is no return without a record of it', async () => {
    const story = await startStory('2026-12-01');
    const launch =
      'policies:\n  launch: { rate: 100 requests/minute, per: api_key, until: { date: 2026-12-08, then: none } }\n';
    const rates = () =>
      story.world.emulator.store.state.ratePolicies.filter(({ status }) => status === 'active').length;
    try {
      await story.apply(launch);
      expect(rates()).toBe(1);
      story.day('2026-12-08');
      expect(await story.plan(launch)).toEqual(['delete launch edited due 2026-12-08']);
      const { record } = story.world;
      story.world.record = null;
      expect(await story.plan(launch)).toEqual(['delete launch unknown']);
      story.world.record = record;
      await story.apply(launch);
      expect([rates(), await story.plan(launch)]).toEqual([0, []]);
    } finally {
      await story.world.close();
    }
  });

  it('leaves alone what somebody makes by hand under its name, once it has gone by its date', async () => {
    const story = await startStory('2026-12-01');
    const ending = raised.replace('then: $500', 'then: none');
    const { usagePolicies } = story.world.emulator.store.state;
    try {
      await story.apply(ending);
      const [row] = structuredClone(usagePolicies);
      story.day('2026-12-15');
      await story.apply(ending);
      expect(story.liveAmounts()).toEqual([]);
      if (row === undefined) throw new Error('no policy');
      story.world.emulator.store.state.usagePolicies.push({ ...row, id: uuid(0xabcde), credit_limit: 42 });
      const { changes, unmanaged, notes } = await story.world.planOk(story.filesOf(ending));
      expect([changes, unmanaged.map(({ name }) => name)]).toEqual([[], ['spend']]);
      expect(notes.filter(({ code }) => code === 'ended').map(({ message }) => message)).toEqual([
        '"spend" went by its date, and a live policy is called so (00000000-0000-4000-8000-0000000abcde): no apply made it, and it stays; delete the entry, or write what it is to be',
      ]);
      // Written without a date it is declared again, and adopted as everything is.
      expect(await story.plan(plain)).toEqual(['update spend adopted', 'adopt: live object of that name, first seen']);
    } finally {
      await story.world.close();
    }
  });

  it('is adopted by a newcomer whose account has the raise already, and returns as theirs', async () => {
    const story = await startStory('2026-12-01');
    try {
      await story.apply(plain.replace('$500', () => '$800'));
      story.world.record = null;
      expect((await story.plan(raised))[0]).toContain('adopt: ');
      await story.apply(raised);
      story.day('2026-12-16');
      expect(await story.plan(raised)).toEqual(['update spend edited due 2026-12-15']);
    } finally {
      await story.world.close();
    }
  });
});

describe('an entry with a date that is edited otherwise', () => {
  it('is taken out of Git before its day as any other: live and record lose it, and no return is left', async () => {
    const story = await startStory('2026-12-01');
    try {
      await story.apply(raised);
      expect(await story.plan('')).toEqual(['delete spend edited']);
      await story.apply('');
      expect([story.liveAmounts(), story.entry('spend')]).toEqual([[], undefined]);
      story.day('2026-12-15');
      expect(await story.plan('')).toEqual([]);
    } finally {
      await story.world.close();
    }
  });

  it('is renamed with its date, and returns under its new name', async () => {
    const story = await startStory('2026-12-01');
    const renamed = raised.replace('spend: {', 'costs: { previously: spend,');
    try {
      await story.apply(raised);
      expect(await story.plan(renamed)).toEqual(['update costs edited']);
      await story.apply(renamed);
      expect(story.entry('costs')?.until?.date).toBe('2026-12-15');
      story.day('2026-12-15');
      expect(await story.plan(renamed)).toEqual(['update costs edited due 2026-12-15']);
      await story.apply(renamed);
      expect(story.liveAmounts()).toEqual(['costs 500']);
    } finally {
      await story.world.close();
    }
  });

  it('is no return where it is renamed on the day itself: that was not reviewed with it', async () => {
    const story = await startStory('2026-12-01');
    try {
      await story.apply(raised);
      story.day('2026-12-15');
      expect(await story.plan(raised.replace('spend: {', 'costs: { previously: spend,'))).toEqual([
        'update costs edited',
      ]);
    } finally {
      await story.world.close();
    }
  });

  it('goes to another workspace with its date', async () => {
    const story = await startStory('2026-12-01');
    const moved = {
      'policies/org.yaml': orgFile(),
      'policies/a.yaml': workspaceFile('ws-team-a'),
      'policies/b.yaml': workspaceFile('ws-team-b', raised),
    };
    try {
      await story.apply(raised);
      const outcomes = await story.world.apply(moved);
      expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied']);
      expect(story.liveAmounts()).toEqual(['spend 800']);
      story.day('2026-12-15');
      const { changes } = await story.world.planOk(moved);
      expect(changes.map(({ key, due }) => [key.workspace, key.name, due])).toEqual([
        ['ws-team-b', 'spend', '2026-12-15'],
      ]);
    } finally {
      await story.world.close();
    }
  });
});

describe('tools that edit files', () => {
  it('keep a date: fmt moves blanks alone', () => {
    const dated = '      until: { date: 2026-12-15, then: $500 }\n';
    const text = workspaceFile(
      'ws-team-a',
      `policies:\n    spend:\n      budget: $800\n      reset: monthly\n${dated}`,
    );
    const done = formatText(text);
    if (!('text' in done)) throw new Error('not formatted');
    expect([done.text === text, done.text]).toEqual([false, expect.stringContaining(dated.trim())]);
  });
});

describe('without a date in the files', () => {
  it('nothing depends on the day: the same value, whatever day it is asked for', () => {
    const files = [
      { path: 'org.yaml', text: orgFile() },
      { path: 'a.yaml', text: workspaceFile('ws-team-a', plain) },
    ];
    const { desired } = compilePolicies(files);
    if (desired === null) throw new Error('does not compile');
    expect(desiredOn(desired, '2099-01-01')).toBe(desired);
    expect(compilePolicies(files, new Map(), '2099-01-01').desired).toEqual(desired);
  });

  it('no record and no plan has a member more than it had', async () => {
    const story = await startStory('2026-12-01');
    try {
      const [change] = (await story.world.planOk(story.filesOf(plain))).changes;
      expect(change).not.toHaveProperty('until');
      expect(change).not.toHaveProperty('due');
      await story.apply(plain);
      expect(Object.keys(story.entry('spend') ?? {}).sort()).toEqual(['fields', 'id', 'kind', 'name', 'protect']);
    } finally {
      await story.world.close();
    }
  });
});

/** `until:`, told in full: raised for a while, reviewed, applied, returned by itself, taken out of Git. */

import { describe, expect, it } from 'vitest';
import { describeChange } from '../../src/render/describe-change.ts';
import { smallState } from '../helpers/state.ts';
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
    plan: async (body: string) => {
      const { changes, recordLines } = await world.planOk(filesOf(body));
      return [
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
        '$500 → $800 monthly, shared by the workspace, until 15 Dec 2026, then $500',
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
      expect(await story.plan(plain)).toEqual(['record: no longer until 15 Dec 2026, then $500: it stays as it is']);
      await story.apply(plain);
      expect(story.entry('spend')).not.toHaveProperty('until');
      expect(await story.plan(plain)).toEqual([]);
    } finally {
      await story.world.close();
    }
  });
});

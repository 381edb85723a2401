/** Settings in force in the words of plans: what `tollgate show` prints of a record. */

import { expect, test } from 'vitest';
import { settingsInWords, settingsLines } from '../../src/guards/settings-lines.ts';
import type { RecordedSettings } from '../../src/plan/settings-schema.ts';

const none: RecordedSettings = { review: {}, gateway: {}, pricing: {} };

test('each setting is said as a plan says it, and no cents without a unit', () => {
  const inForce: RecordedSettings = {
    ...none,
    review: {
      drift: 'safe',
      require: [],
      max_monthly_budget: null,
      approvals: [
        { above: 100_000, by: ['@example/finance'] },
        { kind: 'provider', by: ['@octocat'] },
        { owner: true },
      ],
      undeclared: { above: 10_000 },
    },
    owners: { 'workspace/search': '@ada' },
    groups: { market: { workspaces: ['ws-market-*'], ceiling: 200_000 } },
  };
  expect(settingsInWords(inForce)).toEqual([
    'review.drift: "safe"',
    'review.approvals: above $1,000 per 30 days: by @example/finance, provider: by @octocat, everything: by its owner, where that names somebody',
    'review.undeclared.above: $100',
    'owner of workspace/search: "@ada"',
    'groups.market: $2,000 monthly over ws-market-*',
  ]);
  expect(settingsInWords(none)).toEqual([]);
});

test('an amount that comes stands in its line as it is written', () => {
  const written: RecordedSettings = { ...none, review: { undeclared: { above: 10_000 } } };
  expect(settingsLines(none, written).map(({ detail }) => detail)).toEqual([
    'review.undeclared.above: none (default) → $100',
  ]);
});

test('a group without a ceiling says which period it is summed over, where only that becomes another', () => {
  const of = (reset: object): RecordedSettings => ({ ...none, groups: { research: { workspaces: ['a'], ...reset } } });
  expect(settingsLines(of({ reset: 'weekly' }), of({})).map(({ detail }) => detail)).toEqual([
    'groups.research: no ceiling weekly → no ceiling monthly',
  ]);
});

/** Settings in force: the stricter of two, what is filled in where, and what a record of 0.1 said. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsInForce } from '../../src/guards/in-force.ts';
import { fillReview, stricterOf } from '../../src/guards/review.ts';
import { settingsLines } from '../../src/guards/settings-lines.ts';
import { noSettings, settingsOfFormatOne } from '../../src/plan/settings.ts';
import { type Review, type ReviewSettings, switchNames } from '../../src/resources/review-settings.ts';
import { ruleNames } from '../../src/rule-names.ts';
import { effort } from '../helpers/effort.ts';
import { inForce, onTerminal } from './in-force.ts';

const switches = fc.constantFrom('on' as const, 'warn' as const, 'off' as const);
const few = (max: number) => fc.integer({ min: 0, max });
const counted = fc.oneof(
  fc.constantFrom('on' as const, 'off' as const),
  fc.record({ count: few(12), percent: few(40) }, { requiredKeys: [] }),
);
const domains = fc.subarray(['a.example', 'b.example', 'c.example']);
const written: fc.Arbitrary<ReviewSettings> = fc.record(
  {
    require: fc.subarray(['alert', 'description', 'owner'] as const),
    max_monthly_budget: fc.oneof(fc.constant(null), few(5)),
    recipient_domains: domains,
    unmanaged: fc.constantFrom('report' as const, 'fail' as const),
    show_people: fc.constantFrom('names' as const, 'counts' as const),
    drift: fc.constantFrom('safe' as const, 'revert' as const, 'leave' as const),
    require_reviewed_plan: fc.boolean(),
    alone: fc.boolean(),
    guards: fc.record(
      {
        deletes: counted,
        updates: counted,
        empties_scope: switches,
        rewind: switches,
        blocks_now: switches,
        spend_up: fc.oneof(switches, fc.record({ percent: few(60) })),
        counter_reset: switches,
        impact_unknown: switches,
      },
      { requiredKeys: [] },
    ),
    rules: fc.dictionary(
      fc.constantFrom(...ruleNames.slice(0, 4)),
      fc.constantFrom('error' as const, 'warning' as const, 'info' as const, 'off' as const),
    ),
  },
  { requiredKeys: [] },
);
const surroundings = fc.record({ isPublic: fc.boolean(), inAction: fc.boolean() });
const reviews = (count: number): fc.Arbitrary<Review[]> =>
  fc
    .tuple(fc.array(written, { minLength: count, maxLength: count }), surroundings)
    .map(([all, place]) => all.map((one) => fillReview(one, { ...onTerminal, ...place })));
const runs = { numRuns: effort('pairs of settings', 300, 20_000) };

describe('the stricter of two', () => {
  it('is a setting with itself, the same in either order, and the same however three are grouped', () => {
    fc.assert(
      fc.property(reviews(3), ([a, b, c]) => {
        if (a === undefined || b === undefined || c === undefined) return;
        expect(stricterOf(a, a)).toEqual(a);
        expect(stricterOf(a, b)).toEqual(stricterOf(b, a));
        expect(stricterOf(stricterOf(a, b), c)).toEqual(stricterOf(a, stricterOf(b, c)));
      }),
      runs,
    );
  });

  it('is never looser than either: what either objects to, it objects to', () => {
    fc.assert(
      fc.property(reviews(2), ([a, b]) => {
        if (a === undefined || b === undefined) return;
        const both = objections(stricterOf(a, b));
        for (const side of [a, b])
          for (const [what, level] of objections(side)) expect(both.get(what), what).toBeGreaterThanOrEqual(level);
      }),
      runs,
    );
  });

  it('of two lists of domains that have nothing in common allows nobody, not everybody', () => {
    const both = inForce({ recipient_domains: ['a.example'] }, { recipient_domains: ['b.example'] });
    expect(both.recipient_domains).toEqual([]);
    expect(inForce({}, { recipient_domains: [] }).recipient_domains).toBeNull();
  });

  it('of `revert` and `leave` keeps both promises', () => {
    expect(inForce({ drift: 'revert' }, { drift: 'leave' }).drift).toBe('safe');
  });
});

/** How strongly settings answer to a set of situations: 0 says nothing, 1 warns, 2 objects. */
function objections(review: Review): Map<string, number> {
  const answers = new Map<string, number>();
  const level = { off: 0, info: 0.5, report: 0, warn: 1, warning: 1, asked: 1.5, on: 2, error: 2, fail: 2 };
  for (const name of switchNames) answers.set(name, level[review.guards[name]]);
  for (const guard of ['deletes', 'updates'] as const) {
    const said = review.guards[guard];
    for (const [count, percent] of [
      [1, 5],
      [5, 10],
      [9, 35],
      [13, 41],
    ] as const) {
      const trips = said !== 'off' && count > said.count && percent > said.percent;
      answers.set(`${guard} of ${count}, ${percent} %`, trips ? 2 : 0);
    }
  }
  const { spend_up: spendUp } = review.guards;
  for (const percent of [1, 20, 30, 50, 90]) {
    const trips = spendUp !== 'off' && percent > spendUp.percent;
    answers.set(`spend up ${percent} %`, trips ? level[spendUp.said] : 0);
  }
  for (const field of ['alert', 'owner', 'description'] as const)
    answers.set(`without ${field}`, review.require.includes(field) ? 2 : 0);
  for (const cents of [0, 1, 3, 5])
    answers.set(`${cents} cents`, review.max_monthly_budget !== null && cents > review.max_monthly_budget ? 2 : 0);
  for (const domain of ['a.example', 'b.example', 'd.example'])
    answers.set(`told ${domain}`, review.recipient_domains?.includes(domain) === false ? 2 : 0);
  for (const rule of ruleNames) answers.set(rule, level[review.rules[rule]]);
  answers.set('unmanaged', level[review.unmanaged]);
  answers.set('names shown', review.show_people === 'counts' ? 2 : 0);
  answers.set('cap in the night lost', review.drift === 'revert' ? 0 : 2);
  answers.set('loosened by hand stays', review.drift === 'leave' ? 0 : 2);
  answers.set('not reviewed', review.require_reviewed_plan ? 2 : 0);
  answers.set('own word', review.alone ? 0 : 2);
  return answers;
}

describe('in force', () => {
  it('are those of the record; what the files loosen is not, what they tighten is at once', () => {
    const review = inForce(
      { guards: { deletes: { count: 1 }, blocks_now: 'on' }, require_reviewed_plan: true, unmanaged: 'report' },
      { guards: { deletes: 'off', blocks_now: 'off' }, unmanaged: 'fail', alone: true },
    );
    expect(review).toMatchObject({
      guards: { deletes: { count: 1, percent: 30 }, blocks_now: 'on' },
      require_reviewed_plan: true,
      unmanaged: 'fail',
      alone: false,
    });
  });

  it("what has no order of strictness is the record's", () => {
    const recorded = { ...noSettings, gateway: { usageUnit: 'cents' as const }, pricing: { source: 'prices' } };
    const written = {
      ...noSettings,
      gateway: { usageUnit: 'dollars' as const },
      pricing: { source: 'https://x.example' },
    };
    expect(settingsInForce(recorded, [written], onTerminal)).toMatchObject({
      gateway: { usageUnit: 'cents' },
      pricing: { source: 'prices' },
    });
  });

  it('without a record are the strictest of the defaults, the files and the commits before them', () => {
    const settings = (review: ReviewSettings) => ({ ...noSettings, review });
    const all = [settings({ guards: { rewind: 'off' }, alone: true }), settings({ require_reviewed_plan: true })];
    expect(settingsInForce(null, all, onTerminal).review).toMatchObject({
      guards: { rewind: 'on' },
      require_reviewed_plan: true,
      alone: false,
    });
  });

  it('without a record are never looser than the defaults, whatever the files say', () => {
    const loose = {
      deletes: { count: 99, percent: 99 },
      spend_up: 'off',
      impact_unknown: 'off',
      blocks_now: 'off',
    } as const;
    expect(inForce(null, { guards: loose, alone: true }).guards).toEqual(inForce(null, {}).guards);
    expect(inForce(null, { alone: true }).alone).toBe(false);
  });

  it('what no file says is the default of where the run takes place', () => {
    expect(inForce({}, {}).require_reviewed_plan).toBe(false);
    expect(inForce({}, {}, { ...onTerminal, inAction: true }).require_reviewed_plan).toBe(true);
    expect(inForce({ require_reviewed_plan: false }, {}, { ...onTerminal, inAction: true }).require_reviewed_plan).toBe(
      true,
    );
    expect(inForce({}, {}, { ...onTerminal, isPublic: true }).show_people).toBe('counts');
  });

  it('a silence counts where record and files both have it', () => {
    const a = { 'usage-policy/w/a': { 'alert-missing': 'agreed', 'alert-too-late': 'agreed' } };
    const b = { 'usage-policy/w/a': { 'alert-missing': 'reworded' }, 'workspace/w': { 'key-unused': 'mine' } };
    const { silences } = settingsInForce({ ...noSettings, silences: a }, [{ ...noSettings, silences: b }], onTerminal);
    expect(silences).toEqual({ 'usage-policy/w/a': { 'alert-missing': 'agreed' } });
  });
});

describe('a record of 0.1', () => {
  const filled: ReviewSettings = {
    require: [],
    max_monthly_budget: null,
    recipient_domains: [],
    unmanaged: 'report',
    drift: 'revert',
    require_reviewed_plan: false,
    rules: {},
    guards: {
      deletes: { count: 2, percent: 30 },
      updates: { count: 10, percent: 30 },
      empties_scope: 'on',
      rewind: 'on',
      blocks_now: 'on',
      spend_up: { percent: 100 },
      counter_reset: 'on',
      impact_unknown: 'warn',
    },
  };

  it('whose files do not compile said what differs from the defaults of then', () => {
    const said = settingsOfFormatOne({ ...noSettings, review: filled }, null);
    expect(said.review).toEqual({ guards: { spend_up: { percent: 100 } } });
  });

  it('shows each default that is another one now, and nobody has to review it', () => {
    const said = settingsOfFormatOne({ ...noSettings, review: filled }, null);
    const lines = settingsLines(said, said, filled);
    expect(lines.map(({ detail }) => detail)).toEqual([
      'review.drift: "revert" (filled in by 0.1) → "safe" (default)',
      'review.guards.impact_unknown: "warn" (filled in by 0.1) → "on" (default)',
      'review.require_reviewed_plan: false (filled in by 0.1) → default (true in the Action)',
    ]);
    expect(lines.every(({ why }) => why === 'default')).toBe(true);
  });
});

describe('lines of settings', () => {
  const lines = (was: ReviewSettings, now: ReviewSettings): string[] =>
    settingsLines({ ...noSettings, review: was }, { ...noSettings, review: now }).map(({ detail }) => detail);

  it('name each setting, and say what a missing one means', () => {
    expect(
      lines(
        { guards: { deletes: { count: 5 } }, max_monthly_budget: 500_000 },
        {
          alone: true,
          rules: { 'alert-missing': 'off' },
          guards: { spend_up: 'off' },
          recipient_domains: ['a.example'],
        },
      ),
    ).toEqual([
      'review.alone: false (default) → true',
      'review.guards.deletes: {"count":5} → {"count":2,"percent":30} (default)',
      'review.guards.spend_up: {"percent":25} (default) → "off"',
      'review.max_monthly_budget: "$5,000" → none (default)',
      'review.recipient_domains: none (default) → ["a.example"]',
      'review.rules.alert-missing: the rule\'s own (default) → "off"',
    ]);
  });

  it('are none where another text means the same', () => {
    expect(lines({ guards: { deletes: 'on' } }, { guards: { deletes: { count: 2 } }, drift: 'safe' })).toEqual([]);
  });
});

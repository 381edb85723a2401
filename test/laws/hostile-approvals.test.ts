/**
 * A hostile author against `review.approvals`: with colleagues who approve whatever they are asked, edits of amounts, of the
 * rule, of who is named and of settings that let changes through. What rises above the amount reaches the control plane only
 * if the one whom the rule names has approved that amount.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { effort } from '../helpers/effort.ts';
import { startInMemory } from './hostile/memory-stage.ts';
import { capNames, type Files, type Model, render, startModel } from './hostile/model.ts';

const most = 1_000;
const rules = {
  asked: '  approvals: [{ above: "$1000 per 30 days", by: ["@carol"] }]',
  wider: '  approvals: [{ above: "$1000 per 30 days", by: ["@alice", "@bob", "@carol"] }]',
  higher: '  approvals: [{ above: "$90000 per 30 days", by: ["@carol"] }]',
  other: '  approvals: [{ above: "$1000 per 30 days", kind: provider, by: ["@carol"] }]',
  owner: '  approvals: [{ owner: true }]',
  gone: '# nobody is asked',
} as const;
type Rule = keyof typeof rules;

type Edit =
  | { readonly edit: 'amount'; readonly cap: (typeof capNames)[number]; readonly budget: number }
  | { readonly edit: 'rule'; readonly rule: Rule }
  | { readonly edit: 'remove'; readonly cap: (typeof capNames)[number] }
  | { readonly edit: 'floor' | 'star'; readonly budget: number }
  | { readonly edit: 'skip'; readonly skips: boolean }
  | { readonly edit: 'setting'; readonly setting: 'alone' | 'reviewed'; readonly value: boolean };

interface Step {
  readonly edits: readonly Edit[];
  readonly by: 'alice' | 'bob';
  readonly approvers: readonly ('alice' | 'bob' | 'carol')[];
  readonly way: 'merge' | 'push';
  /** Who starts a run with the plan's digest; null: nobody does. */
  readonly dispatch: 'alice' | 'bob' | 'carol' | null;
}

const cap = fc.constantFrom(...capNames);
const budget = fc.constantFrom(90, 400, 900, 1_000, 1_001, 1_500, 6_000);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ edit: fc.constant('amount' as const), cap, budget }) },
  {
    weight: 3,
    arbitrary: fc.record({
      edit: fc.constant('rule' as const),
      rule: fc.constantFrom(...(Object.keys(rules) as Rule[])),
    }),
  },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant('remove' as const), cap }) },
  { weight: 1, arbitrary: fc.record({ edit: fc.constantFrom('floor' as const, 'star' as const), budget }) },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant('skip' as const), skips: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      edit: fc.constant('setting' as const),
      setting: fc.constantFrom('alone' as const, 'reviewed' as const),
      value: fc.boolean(),
    }),
  },
);
const step: fc.Arbitrary<Step> = fc.record({
  edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
  by: fc.constantFrom('alice' as const, 'bob' as const),
  approvers: fc.uniqueArray(fc.constantFrom('alice' as const, 'bob' as const, 'carol' as const), { maxLength: 3 }),
  way: fc.constantFrom('merge' as const, 'merge' as const, 'merge' as const, 'push' as const),
  dispatch: fc.option(fc.constantFrom('alice' as const, 'bob' as const, 'carol' as const), { freq: 3 }),
});

interface World {
  readonly model: Model;
  readonly rule: Rule;
}

function editWorld({ model, rule }: World, one: Edit): World {
  const { caps } = model;
  const withCap = (name: (typeof capNames)[number], found: Model['caps']['alpha']): World => {
    return { model: { ...model, caps: { ...caps, [name]: found } }, rule };
  };
  switch (one.edit) {
    case 'amount':
      return withCap(one.cap, { ...(caps[one.cap] ?? caps.alpha ?? sample), budget: one.budget });
    case 'remove':
      // The protected one stays, or nothing of the pull request would be applied.
      return one.cap === 'gamma' ? { model, rule } : withCap(one.cap, null);
    case 'rule':
      return { model, rule: one.rule };
    case 'floor':
    case 'star':
      return { model: { ...model, [one.edit]: one.budget }, rule };
    case 'skip':
      return { model: { ...model, skips: one.skips }, rule };
    case 'setting':
      return { model: { ...model, settings: { ...model.settings, [one.setting]: one.value } }, rule };
  }
}

const sample = { ...startModel.caps.beta } as NonNullable<Model['caps']['beta']>;

/** Guards are out of the way: they would stop what a rule has to stop. */
function filesOf({ model, rule }: World): Files {
  const files = render({ ...model, settings: { ...model.settings, deletes: false, spendUp: false } });
  return { ...files, 'org.yaml': files['org.yaml'].replace('review:\n', `review:\n${rules[rule]}\n`) };
}

const start: World = { model: { ...startModel, floor: 900, star: 500 }, rule: 'asked' };

/** The most that carol has seen move and said yes to, by what is limited. @param from null: she saw all of it */
function note(said: Map<string, number>, from: World | null, to: World): void {
  const before = from === null ? new Map() : amountsOf(from);
  for (const [name, amount] of amountsOf(to)) {
    if (before.get(name) !== amount) said.set(name, Math.max(amount, said.get(name) ?? 0));
  }
}

function amountsOf({ model: { caps, floor, star, skips } }: World): ReadonlyMap<string, number> {
  const all: (readonly [string, number | null | undefined])[] = [
    ...capNames.map((name) => [`a/${name}`, caps[name]?.budget] as const),
    ['a/floor', skips ? null : floor],
    ['b/floor', floor],
    ['star', star],
  ];
  return new Map(all.filter((one): one is [string, number] => typeof one[1] === 'number'));
}

async function play(
  steps: readonly Step[],
): Promise<{ readonly problems: string[]; readonly high: number; readonly held: number }> {
  const stage = await startInMemory(start.model, filesOf(start));
  const problems: string[] = [];
  const log: string[] = [];
  let [high, held] = [0, 0];
  const said = new Map<string, number>();
  let main = start;
  /** Carol has said yes to the end of her rule, or to a set of files without it: from then on she may not be asked. */
  let isReleased = false;
  const apply = async (approve: string | null, actor: string) => {
    const event = approve === null ? 'push' : 'dispatch';
    return stage.run({ event, actor, triggeringActor: actor, approve, allow: [], rerun: null, workTree: null });
  };
  const first = await apply(null, 'alice');
  await apply(first.digest, 'owner');
  for (const { edits, by, approvers, way, dispatch } of steps) {
    const wanted = edits.reduce(editWorld, main);
    log.push(JSON.stringify({ edits, by, approvers, way, dispatch }));
    if (way === 'push') stage.push(filesOf(wanted), by);
    else {
      const pull = stage.open(filesOf(wanted), { by, opener: by, from: 'tip' });
      for (const approver of approvers)
        stage.review(pull, { by: approver, state: 'APPROVED', back: 0, body: '', isEdited: false });
      if (stage.merge(pull, 'squash', null) === null) continue;
      if (approvers.includes('carol')) {
        note(said, main, wanted);
        isReleased ||= main.rule === 'asked' && wanted.rule !== 'asked';
      }
    }
    main = wanted;
    const ran = await apply(null, by);
    if (ran.text.includes('waits for @carol') || ran.text.includes('&#64;')) held += 1;
    if (dispatch !== null) {
      if (dispatch === 'carol') {
        note(said, null, main);
        isReleased ||= main.rule !== 'asked';
      }
      await apply(ran.digest, dispatch);
    }
    if (isReleased) break;
    for (const [name, { budget: live }] of Object.entries(stage.live())) {
      if (live <= most || name === 'foreign') continue;
      high += 1;
      const known = said.get(name.startsWith('key/') ? 'star' : name);
      if (known === undefined || known < live)
        problems.push(`${name} is $${live}, and carol never said so:\n${log.join('\n')}`);
    }
  }
  await stage.close();
  return { problems, high, held };
}

test('what rises above the amount of a rule arrives only on the word of whom it names', {
  timeout: 4 * 3_600_000,
}, async () => {
  const sum = { stories: 0, high: 0, held: 0 };
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
    const { problems, high, held } = await play(steps);
    expect(problems).toEqual([]);
    sum.stories += 1;
    sum.high += high;
    sum.held += held;
  });
  await fc.assert(property, { seed: 30, numRuns: effort('hostile authors against approvals', 50, 2_000) });
  process.stdout.write(`against approvals: ${JSON.stringify(sum)}\n`);
  // Some of it was held, and some of it arrived: neither door nor wall alone.
  expect(sum.held).toBeGreaterThan(0);
  expect(sum.high).toBeGreaterThan(0);
});

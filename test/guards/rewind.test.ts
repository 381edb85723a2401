import { afterAll, beforeAll, expect, it } from 'vitest';
import { judgePlan } from '../../src/guards/judge.ts';
import type { Plan } from '../../src/plan/types.ts';
import { isWordProblem, parseWord } from '../../src/plan/words.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, startWorld, type World } from '../helpers/world.ts';
import { inForce } from '../plan/in-force.ts';

let world: World;
let plan: Plan;
beforeAll(async () => {
  world = await startWorld({ state: smallState() });
  plan = await world.planOk({ 'policies/org.yaml': orgFile() });
});
afterAll(() => world.close());

it.each([
  ['no', 'is not in the history of'],
  ['unknown', 'cannot be found in the history of'],
] as const)('a commit whose place is answered with "%s" refuses, until it is allowed', (answer, words) => {
  const input = {
    plan,
    steps: [],
    settings: inForce(null, {}),
    allowances: [],
    rewind: { commit: 'c'.repeat(40), answer },
  };
  const [violation] = judgePlan(input);
  expect(violation).toMatchObject({ guard: 'rewind', count: 1, severity: 'error', lifted: false });
  expect(violation?.details).toEqual([
    `the commit applied last, cccccccccccc, ${words} this checkout: applying would roll back what came since`,
  ]);
  const word = parseWord(violation?.allow ?? '');
  const allowances = isWordProblem(word) ? [] : [word];
  expect(judgePlan({ ...input, allowances })).toMatchObject([{ lifted: true }]);
  expect(
    judgePlan({ ...input, settings: inForce({ guards: { rewind: 'warn' } }, { guards: { rewind: 'off' } }) }),
  ).toMatchObject([{ severity: 'warning' }]);
  expect(
    judgePlan({ ...input, settings: inForce({ guards: { rewind: 'off' } }, { guards: { rewind: 'off' } }) }),
  ).toEqual([]);
  expect(judgePlan({ ...input, rewind: null })).toEqual([]);
});

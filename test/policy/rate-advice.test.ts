/** What is said of a rate that cannot be, and that what is said can be written. */

import { expect, it } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { followAdvice } from './follow-advice.ts';
import { orgHead } from './helpers.ts';

const fileOf = (rate: string) =>
  `version: 1\nkind: workspace\nworkspace: ws-one\npolicies:\n  calls:\n    rate: ${rate}\n    per: api_key\n`;
const check = (text: string) =>
  compilePolicies([
    { path: 'org.yaml', text: orgHead },
    { path: 'a.yaml', text },
  ]);

it.each([
  ['10 requests/second', /write `600 requests\/minute`, of which all may come at once/, 'rate: 600 requests/minute'],
  ['2k tokens/second', /write `120k tokens\/minute`/, 'rate: 120k tokens/minute'],
  [
    'none',
    /`rate: none`: without its rate a policy holds nothing: write `none` behind the name of the policy/,
    'calls: none',
  ],
])('%s', (rate, says, becomes) => {
  const text = fileOf(rate);
  const [problem] = check(text).diagnostics;
  if (problem === undefined) throw new Error('nothing is said');
  expect(problem.message).toMatch(says);
  const [advice] = problem.advice ?? [];
  if (advice === undefined) throw new Error('nothing is advised');
  const followed = followAdvice(text, problem, advice);
  expect(followed).toContain(becomes);
  expect(check(followed).diagnostics).toEqual([]);
});

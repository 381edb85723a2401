/** What is said of dates that are over: what holds now, and nothing that says the contrary. */

import { expect, it } from 'vitest';
import { messagesOf } from './facts.ts';

const none = 'limits:\n  budget: none\n  reset: monthly\n';

it.each([
  ['a rate', 'keys:\n  web:\n    rate: none\n  ', '5 requests/minute', '`rate: 5 requests/minute` holds now'],
  ['a budget', none, '$900', '`budget: $900` holds now'],
  [
    'a budget where the rate goes',
    `${none}  rate: 9 requests/minute\n`,
    '{ budget: $900, rate: none }',
    '`budget: $900` and `rate: none` hold now',
  ],
])('until-over says nothing of the `none` that ended as a limit came: %s', (_, body, then, said) => {
  expect(messagesOf('until-over', `${body}  until: { date: 2026-11-20, then: ${then} }\n`)).toEqual([
    `its \`until\` is over since 20 Nov 2026, 00:00 UTC: ${said}`,
  ]);
});

/** What still holds where a limit of tokens, requests or rates is taken out, as the plan reads it of what is live. */

import { afterEach, expect, it } from 'vitest';
import type { Rig } from '../helpers/rig.ts';
import { workspaceFile } from '../helpers/world.ts';
import { impactOf, startMoved } from './kit.ts';

let rig: Rig;
afterEach(() => rig.close());

const file = (...entries: readonly string[]): string => workspaceFile('ws-team-a', `policies:\n${entries.join('')}`);
const rate = (name: string, value: string, more = ''): string =>
  `  ${name}:\n    rate: ${value}\n    per: api_key\n${more}`;
const budget = (name: string, value: string, more = ''): string =>
  `  ${name}:\n    budget: ${value}\n    reset: monthly\n    per: workspace_id\n${more}`;

it.each([
  [
    'the closest of its unit, in whatever window',
    file(rate('loose', '50 requests/minute'), rate('close', '900 requests/hour'), rate('gone', '9 requests/minute')),
    file(rate('loose', '50 requests/minute'), rate('close', '900 requests/hour')),
    'removed; close still holds at 900 requests/hour per api_key',
  ],
  [
    'as the plan leaves it',
    file(rate('loose', '50 requests/minute'), rate('gone', '9 requests/minute')),
    file(rate('loose', '70 requests/minute')),
    'removed; loose still holds at 70 requests/minute per api_key',
  ],
  [
    'or nothing: a limit of tokens holds no requests, and one of some calls not all',
    file(
      rate('tokens', '50 tokens/minute'),
      rate('some', '5 requests/minute', '    match:\n      metadata.team: nlp\n'),
      rate('gone', '9 requests/minute'),
    ),
    file(
      rate('tokens', '50 tokens/minute'),
      rate('some', '5 requests/minute', '    match:\n      metadata.team: nlp\n'),
    ),
    'removed; no other rate of requests holds here',
  ],
  [
    'of a budget of tokens another of tokens, and none of money',
    file(budget('all', '$100'), budget('month', '5M tokens'), budget('gone', '2M tokens')),
    file(budget('all', '$100'), budget('month', '5M tokens')),
    'removed; month still holds at 5M tokens monthly',
  ],
])('%s', async (_, before, after, said) => {
  rig = await startMoved({}, before, after);
  expect((await rig.plan()).stdout.replace(/\s+/g, ' ')).toContain(said);
});

it('says nothing of it where a limit only moves', async () => {
  rig = await startMoved({}, file(rate('calls', '9 requests/minute')), file(rate('calls', '12 requests/minute')));
  expect(await impactOf(rig)).not.toHaveProperty('removed');
});

/** Which of several limits is told, beside which other, and where. */

import { describe, expect, it } from 'vitest';
import type { RuleName } from '../../src/rule-names.ts';
import { orgHead, workspaceHead } from '../policy/helpers.ts';
import { findIn } from './facts.ts';

/** `line:column message`; the first line of the body is line 4, lines of the organisation's file begin with `org`. */
function said(rule: RuleName, body: string, org = ''): string[] {
  const files = [
    { path: 'org.yaml', text: orgHead + org },
    { path: 'ws-one.yaml', text: workspaceHead + body },
  ];
  return findIn(files)
    .filter((finding) => finding.rule === rule)
    .map(({ source, message }) => {
      return `${source.file === 'org.yaml' ? 'org ' : ''}${source.line}:${source.column} ${message}`;
    });
}

const entry = (name: string, ...lines: readonly string[]): string =>
  `  ${name}:\n${lines.map((line) => `    ${line}\n`).join('')}`;
const money = (amount: string, reset = 'monthly'): string[] => [`budget: ${amount}`, `reset: ${reset}`, 'alert: none'];
const policies = (...entries: readonly string[]): string => `policies:\n${entries.join('')}`;
const keys = (...entries: readonly string[]): string => `keys:\n${entries.join('')}`;
const whole = 'per: workspace_id';
const limits = (...lines: readonly string[]): string => `limits:\n${lines.map((line) => `  ${line}\n`).join('')}`;

describe('duplicate-limit', () => {
  const words = (a: string, b: string): string => `policy "${a}" and policy "${b}" are one limit written twice`;

  it('names the first of several, at each that comes later', () => {
    const body = policies(
      entry('a', ...money('$5'), whole),
      entry('b', ...money('$6'), whole),
      entry('c', ...money('$7'), 'match: all', whole),
    );
    expect(said('duplicate-limit', body)).toEqual([`10:3 ${words('b', 'a')}`, `15:3 ${words('c', 'a')}`]);
  });

  it('tells rates too, whatever the order of conditions, values and groupings', () => {
    const match = (text: string): string => `match: {${text}}`;
    const body = policies(
      entry('a', 'rate: 5 requests/minute', match('provider: [x, y], model: "@x/*"'), 'per: [model, api_key]'),
      entry('b', 'rate: 9 requests/minute', match('model: "@x/*", provider: [y, x]'), 'per: [api_key, model]'),
    );
    expect(said('duplicate-limit', body)).toEqual([`9:3 ${words('b', 'a')}`]);
  });

  it.each([
    ['unit', ['rate: 5 tokens/minute', whole]],
    ['window', ['rate: 5 requests/hour', whole]],
    ['grouping', ['rate: 5 requests/minute', 'per: api_key']],
    ['match', ['rate: 5 requests/minute', 'match: {model: "@openai/*"}', whole]],
    ['target', ['target: mcp_tools', 'rate: 5 requests/minute', whole]],
    ['kind', [...money('5 requests'.replace('5', '500')), whole]],
  ])('tells apart by %s', (_, lines) => {
    expect(
      said('duplicate-limit', policies(entry('a', 'rate: 5 requests/minute', whole), entry('b', ...lines))),
    ).toEqual([]);
  });

  it('tells rates behind the budgets of a key', () => {
    const two = policies(entry('a', 'rate: 5 requests/minute', whole), entry('b', 'rate: 6 requests/minute', whole));
    expect(said('duplicate-limit', two + keys(entry('app', ...money('$5'))))).toEqual([`8:3 ${words('b', 'a')}`]);
  });

  it('is no matter of attachment points', () => {
    const section = (name: string): string => entry(name, 'rate: 5 requests/minute');
    expect(said('duplicate-limit', keys(section('a'), section('b')))).toEqual([]);
    expect(
      said(
        'duplicate-limit',
        policies(entry('a', 'rate: 5 requests/minute', whole)) + limits('rate: 5 requests/minute'),
      ),
    ).toEqual([]);
  });

  it.each(['a', 'z'])('beside the default "%s" is told of what the workspace wrote', (name) => {
    const org = `defaults:\n  policies:\n    ${name}:\n      rate: 5 requests/minute\n      ${whole}\n`;
    const [finding] = said('duplicate-limit', policies(entry('m', 'rate: 6 requests/minute', whole)), org);
    expect(finding).toMatch(/^5:3 /);
  });
});

describe('budget-never-reached', () => {
  it('tells the smaller of two that end each other, and both where a third ends them', () => {
    const body = policies(
      entry('a', ...money('$100', 'weekly'), whole),
      entry('b', ...money('$100', 'every 7 days'), whole),
      entry('c', ...money('$100', 'never'), whole),
    );
    expect(said('budget-never-reached', body)).toEqual([
      '6:5 $100 weekly is never reached: policy "c" allows $100 in all for the same calls and ends first',
      '11:5 $100 every 7 days is never reached: policy "a" allows $100 weekly for the same calls and ends first, unless it starts anew in between',
    ]);
  });

  it('tells two that are written twice where a third ends them', () => {
    const body = policies(
      entry('a', ...money('$100'), whole),
      entry('b', ...money('$100'), whole),
      entry('c', ...money('$90', 'never'), whole),
    );
    const words = '$100 monthly is never reached: policy "c" allows $90 in all for the same calls and ends first';
    expect(said('budget-never-reached', body)).toEqual([`6:5 ${words}`, `11:5 ${words}`]);
  });

  it('is ended by the workspace, a key by a policy on it, and each by the first that does', () => {
    const body = [
      policies(
        entry('on-web', ...money('$20'), 'match: {api_key: web}', whole),
        entry('on-web-too', ...money('$19'), 'match: {api_key: web}', 'per: model'),
      ),
      keys(entry('app', ...money('$30')), entry('web', ...money('$25'))),
      limits(...money('$30')),
    ].join('');
    expect(said('budget-never-reached', body)).toEqual([
      '19:5 $30 monthly is never reached: the workspace allows $30 monthly for the same calls and ends first',
      '23:5 $25 monthly is never reached: policy "on-web" allows $20 monthly for the same calls and ends first',
    ]);
  });

  it('is ended by the least of many alike, whatever stands first, and by none of another unit', () => {
    const body = [
      policies(
        entry('a', ...money('$90'), whole),
        entry('b', ...money('$80'), whole),
        entry('c', ...money('$70'), whole),
        entry('d', ...money('500 tokens'), whole),
        entry('e', ...money('600 requests'), whole),
      ),
      keys(entry('app', ...money('$75'))),
    ].join('');
    expect(said('budget-never-reached', body).at(-1)).toBe(
      '32:5 $75 monthly is never reached: policy "c" allows $70 monthly for the same calls and ends first',
    );
  });

  it('ends a policy on a key by the budget of the key', () => {
    const body =
      policies(entry('p', ...money('$30'), 'match: {api_key: app}', whole)) + keys(entry('app', ...money('$20')));
    expect(said('budget-never-reached', body)).toEqual([
      '6:5 $30 monthly is never reached: key "app" allows $20 monthly for the same calls and ends first',
    ]);
  });

  it('looks behind a key that has its budget from "*"', () => {
    const body = keys(
      entry('"*"', ...money('$50')),
      entry('app', 'rate: 5 requests/minute'),
      entry('web', ...money('$60')),
    );
    expect(said('budget-never-reached', body + limits(...money('$40')))).toEqual([
      '6:5 $50 monthly is never reached: the workspace allows $40 monthly for the same calls and ends first',
      '12:5 $60 monthly is never reached: the workspace allows $40 monthly for the same calls and ends first',
    ]);
  });

  it('calls a key by its live name where the file has another', () => {
    const body =
      policies(entry('p', ...money('$20'), 'match: {api_key: live-name}', whole)) +
      keys(entry('app', 'name: live-name', ...money('$25')));
    expect(said('budget-never-reached', body)).toHaveLength(1);
    expect(said('budget-never-reached', body.replace('    name: live-name\n', ''))).toEqual([]);
  });

  it.each([
    ['provider', 'providers', 'virtual_key'],
    ['integration', 'integrations', null],
  ])('calls a %s by what it is', (word, section, condition) => {
    const other = `${section}:\n${entry('main', ...money('$25'))}`;
    expect(said('budget-never-reached', other + limits(...money('$20')))).toEqual([
      '6:5 $25 monthly is never reached: the workspace allows $20 monthly for the same calls and ends first',
    ]);
    if (condition === null) return;
    const inner = policies(entry('p', ...money('$30'), `match: {${condition}: main}`, whole));
    expect(said('budget-never-reached', other + inner)).toEqual([
      `11:5 $30 monthly is never reached: ${word} "main" allows $25 monthly for the same calls and ends first`,
    ]);
  });

  it('is told at "*" and not again at each key beside it, unless the key has a limit of its own', () => {
    const star = entry('"*"', ...money('$50'));
    const bare = entry('app', 'rate: 5 requests/minute');
    expect(said('budget-never-reached', keys(star, bare) + limits(...money('$40')))).toEqual([
      '6:5 $50 monthly is never reached: the workspace allows $40 monthly for the same calls and ends first',
    ]);
    const onApp = policies(entry('p', ...money('$40'), 'match: {api_key: app}', whole));
    expect(said('budget-never-reached', keys(star, bare) + onApp)).toEqual([
      '9:3 $50 monthly is never reached: policy "p" allows $40 monthly for the same calls and ends first',
    ]);
  });

  it('is told at "*" where a policy for each key allows as much', () => {
    const both = keys(entry('"*"', ...money('$50'))) + policies(entry('a', ...money('$50'), 'per: api_key'));
    expect(said('budget-never-reached', both)).toEqual([
      '6:5 $50 monthly is never reached: policy "a" allows $50 monthly for the same calls and ends first',
    ]);
  });

  it('compares within a workspace alone', () => {
    const files = [
      { path: 'a.yaml', text: orgHead },
      { path: 'b.yaml', text: workspaceHead + limits(...money('$20')) },
      { path: 'c.yaml', text: workspaceHead.replace('ws-one', 'ws-two') + keys(entry('app', ...money('$30'))) },
    ];
    expect(findIn(files)).toEqual([]);
  });

  it('says the reset as it is written', () => {
    const body =
      policies(entry('a', ...money('$50', 'every 7 days'), whole)) + keys(entry('app', ...money('$50', 'every 1 day')));
    expect(said('budget-never-reached', body)).toEqual([
      '12:5 $50 every 1 day is never reached: policy "a" allows $50 every 7 days for the same calls and ends first, unless it starts anew in between',
    ]);
  });

  it.each([
    ['monthly', 'monthly', true],
    ['weekly', 'weekly', false],
    ['never', 'weekly', true],
  ])('says of %s and %s whether one starts anew, weeks being of two sorts', (outer, inner, isHeld) => {
    const body = policies(entry('a', ...money('$50', outer), whole)) + keys(entry('app', ...money('$60', inner)));
    const own = limits(...money('$50', outer)) + keys(entry('app', ...money('$60', inner)));
    expect(said('budget-never-reached', body)[0]?.endsWith('and ends first')).toBe(isHeld);
    expect(said('budget-never-reached', own)[0]?.endsWith('and ends first')).toBe(true);
  });
});

describe('rate-never-reached', () => {
  it('tells one of two that keep each other below, and both where a third does', () => {
    const two = policies(entry('a', 'rate: 60 requests/minute', whole)) + limits('rate: 60 requests/minute');
    expect(said('rate-never-reached', two)).toHaveLength(1);
    const three = two + keys(entry('app', 'rate: 61 requests/minute'));
    expect(said('rate-never-reached', three)).toHaveLength(2);
    const slower = policies(entry('a', 'rate: 60 requests/minute', whole), entry('c', 'rate: 1 request/hour', whole));
    expect(said('rate-never-reached', slower + limits('rate: 60 requests/minute'))).toHaveLength(2);
  });

  it('leaves what is written twice to its own rule, and rates of one entry to theirs', () => {
    expect(
      said(
        'rate-never-reached',
        policies(entry('a', 'rate: 5 requests/minute', whole), entry('b', 'rate: 6 requests/minute', whole)),
      ),
    ).toEqual([]);
    expect(said('rate-never-reached', keys(entry('app', 'rates: [60 requests/second, 5 requests/minute]')))).toEqual(
      [],
    );
  });

  it('names the first that does, at the rate', () => {
    const body = [
      policies(
        entry('a', 'rate: 70 requests/minute', whole),
        entry('b', 'rate: 50 requests/minute', 'per: api_key'),
        entry('c', 'rate: 40 requests/minute', whole),
      ),
      keys(entry('app', 'rates: [5 tokens/minute, 41 requests/minute]')),
    ].join('');
    expect(said('rate-never-reached', body)).toEqual([
      '9:5 50 requests/minute is never reached: policy "c" allows 40 requests/minute for the same calls',
      '16:30 41 requests/minute is never reached: policy "c" allows 40 requests/minute for the same calls',
    ]);
  });

  it.each(['providers', 'integrations'])('compares %s with the workspace and with policies', (section) => {
    const part = `${section}:\n${entry('main', 'rate: 50 requests/minute')}`;
    expect(said('rate-never-reached', part + limits('rate: 40 requests/minute'))).toEqual([
      '6:5 50 requests/minute is never reached: the workspace allows 40 requests/minute for the same calls',
    ]);
    expect(said('rate-never-reached', part + policies(entry('a', 'rate: 50 requests/minute', whole)))).toEqual([
      '6:5 50 requests/minute is never reached: policy "a" allows 50 requests/minute for the same calls',
    ]);
    const tools = policies(entry('a', 'target: mcp_tools', 'rate: 40 requests/minute', whole));
    expect(said('rate-never-reached', part + tools)).toEqual([]);
  });

  it('is told at "*" and not again at each key beside it', () => {
    const body =
      keys(entry('"*"', 'rate: 50 requests/minute'), entry('app', ...money('$5'))) + limits('rate: 40 requests/minute');
    expect(said('rate-never-reached', body)).toEqual([
      '6:5 50 requests/minute is never reached: the workspace allows 40 requests/minute for the same calls',
    ]);
  });

  it('is told at "*" where a policy for each key allows as much', () => {
    const both =
      keys(entry('"*"', 'rate: 50 requests/minute')) + policies(entry('a', 'rate: 50 requests/minute', 'per: api_key'));
    expect(said('rate-never-reached', both)).toEqual([
      '6:5 50 requests/minute is never reached: policy "a" allows 50 requests/minute for the same calls',
    ]);
  });

  it('is told at a key for what the key has of its own', () => {
    const star = entry('"*"', 'rates: [900 requests/hour, 50 requests/minute]');
    const own = entry('web', 'rate: 60 requests/minute');
    const words = 'is never reached: the workspace allows 40 requests/minute for the same calls';
    expect(
      said('rate-never-reached', keys(star, entry('app', ...money('$5')), own) + limits('rate: 40 requests/minute')),
    ).toEqual([`6:32 50 requests/minute ${words}`, `12:5 60 requests/minute ${words}`]);
    const onApp = policies(entry('p', 'rate: 40 requests/minute', 'match: {api_key: app}', whole));
    expect(said('rate-never-reached', keys(star, entry('app', ...money('$5'))) + onApp)).toEqual([
      '7:3 50 requests/minute is never reached: policy "p" allows 40 requests/minute for the same calls',
    ]);
  });

  it.each([
    ['60', 1],
    ['59', 0],
  ])('compares a second of a key with %s requests a minute', (amount, count) => {
    const body = policies(entry('p', `rate: ${amount} requests/minute`, 'match: {api_key: app}', whole));
    expect(said('rate-never-reached', body + keys(entry('app', 'rate: 1 request/second')))).toHaveLength(count);
  });

  it('compares windows of all lengths', () => {
    const body = [
      policies(entry('a', 'rate: 10 requests/minute', whole), entry('b', 'rate: 900 requests/day', whole)),
      limits('rate: 20 requests/minute'),
      keys(entry('app', 'rate: 1000 requests/day')),
    ].join('');
    expect(said('rate-never-reached', body)).toContain(
      '15:5 1k requests/day is never reached: policy "b" allows 900 requests/day for the same calls',
    );
  });

  it('lets "*" keep no other below', () => {
    const body =
      policies(entry('a', 'rate: 50 requests/minute', 'per: api_key')) + keys(entry('"*"', 'rate: 40 requests/minute'));
    expect(said('rate-never-reached', body)).toEqual([]);
  });
});

describe('oversubscribed', () => {
  const parts = (section: string, ...amounts: readonly string[]): string =>
    `${section}:\n${amounts.map((amount, index) => entry(`k${index}`, ...money(amount))).join('')}`;

  it.each(['keys', 'providers', 'integrations'])('adds up %s', (section) => {
    expect(said('oversubscribed', limits(...money('$100')) + parts(section, '$60', '$70', '$70'))).toEqual([
      `5:3 3 ${section} may spend $200 of $100 in 30 days: 100 % more than there is`,
    ]);
  });

  it('says how little more there may be', () => {
    expect(said('oversubscribed', limits(...money('$1,000')) + parts('keys', '$500', '$501'))).toEqual([
      '5:3 2 keys may spend $1,001 of $1,000 in 30 days: less than 1 % more than there is',
    ]);
    expect(said('oversubscribed', limits(...money('$1,000')) + parts('keys', '$500', '$510'))).toEqual([
      '5:3 2 keys may spend $1,010 of $1,000 in 30 days: 1 % more than there is',
    ]);
  });

  it('adds each sort for itself, to the lowest budget over all calls', () => {
    const body = [
      policies(
        entry('a', ...money('$90'), whole),
        entry('b', ...money('$80'), whole),
        entry('c', ...money('$85'), whole),
      ),
      limits(...money('$100')),
      parts('keys', '$40', '$41'),
      parts('providers', '$40', '$40'),
    ].join('');
    expect(said('oversubscribed', body)).toEqual([
      '11:5 2 keys may spend $81 of $80 in 30 days: 1 % more than there is',
    ]);
  });

  it('has no parent in a budget of tokens, of each key, of some calls, or of all keys', () => {
    const many = parts('keys', '$60', '$70');
    expect(said('oversubscribed', limits(...money('5k tokens')) + many)).toEqual([]);
    expect(said('oversubscribed', policies(entry('a', ...money('$100'), 'per: api_key')) + many)).toEqual([]);
    expect(
      said('oversubscribed', policies(entry('a', ...money('$100'), 'match: {model: "@openai/*"}', whole)) + many),
    ).toEqual([]);
    expect(
      said(
        'oversubscribed',
        keys(entry('"*"', ...money('$100')), entry('a', ...money('$60')), entry('b', ...money('$70'))),
      ),
    ).toEqual([]);
  });

  it('points at the first of two budgets that are equally low, in each workspace that has one', () => {
    const two =
      policies(entry('a', ...money('$80'), whole), entry('b', ...money('$80'), whole)) + parts('keys', '$50', '$50');
    expect(said('oversubscribed', two)).toEqual([
      '6:5 2 keys may spend $100 of $80 in 30 days: 25 % more than there is',
    ]);
    const files = [
      { path: 'a.yaml', text: orgHead },
      { path: 'b.yaml', text: workspaceHead.replace('ws-one', 'ws-none') + parts('keys', '$50', '$50') },
      { path: 'c.yaml', text: workspaceHead + two },
    ];
    expect(findIn(files).filter(({ rule }) => rule === 'oversubscribed')).toHaveLength(1);
  });

  it('does not count "*" as a key', () => {
    expect(
      said(
        'oversubscribed',
        limits(...money('$100')) + keys(entry('"*"', ...money('$90')), entry('a', ...money('$95'))),
      ),
    ).toEqual([]);
  });
});

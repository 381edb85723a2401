/** Alerts, resets, rates and recipients of single entries: exact words and places, one step on either side. */

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

const several = (...budgets: readonly string[]): string =>
  `limits:\n  budgets:\n${budgets.map((budget) => `    - ${budget.replaceAll('; ', '\n      ')}\n`).join('')}`;

describe('alert-missing', () => {
  it('is told of each budget of an entry, in its unit', () => {
    const body = several(
      'budget: $500; reset: monthly',
      'budget: 2M tokens; reset: weekly; alert: none',
      'budget: 9M tokens; reset: never',
    );
    expect(said('alert-missing', body)).toEqual([
      '6:7 nobody is told before $500 is used up',
      '11:7 nobody is told before 9M tokens is used up',
    ]);
  });

  it('is told at "*" and not again at each key beside it', () => {
    const body = 'keys:\n  "*":\n    budget: $9\n    reset: monthly\n  app:\n    rate: 5 requests/minute\n';
    expect(said('alert-missing', body)).toEqual(['6:5 nobody is told before $9 is used up']);
    expect(said('alert-missing', body.replace('rate: 5 requests/minute', 'budget: $7\n    reset: weekly'))).toEqual([
      '6:5 nobody is told before $9 is used up',
      '9:5 nobody is told before $7 is used up',
    ]);
  });
});

describe('alert-too-late', () => {
  it('says the percentage as it was written, also of an amount with cents', () => {
    const body = 'policies:\n  p:\n    budget: $150.50\n    reset: monthly\n    alert: 98%\n    per: workspace_id\n';
    expect(said('alert-too-late', body)).toEqual(['8:5 the alert at 98% leaves $3.01 to act in']);
  });

  it('says the percentage as it was written where whole dollars are sent', () => {
    const body = 'keys:\n  app:\n    budget: $333\n    reset: monthly\n    alert: 98%\n';
    expect(said('alert-too-late', body)).toEqual(['8:5 the alert at 98% leaves $7 to act in']);
  });

  it('looks at every budget of an entry, and at the alert of each', () => {
    const body = several(
      'budget: $500; reset: monthly; alert: none',
      'budget: 2M tokens; reset: weekly; alert: 80%',
      'budget: 9M tokens; reset: never',
      'budget: 10M tokens; reset: monthly; alert: 96%',
    );
    expect(said('alert-too-late', body)).toEqual(['16:7 the alert at 96% leaves 400k tokens to act in']);
  });

  it('is told at "*" and not again at each key beside it', () => {
    const star = 'keys:\n  "*":\n    budget: $100\n    reset: monthly\n    alert: 99%\n';
    expect(said('alert-too-late', `${star}  app:\n    rate: 5 requests/minute\n`)).toEqual([
      '8:5 the alert at 99% leaves $1 to act in',
    ]);
    expect(said('alert-too-late', `${star}  app:\n    budget: $200\n    reset: monthly\n    alert: 97%\n`)).toEqual([
      '8:5 the alert at 99% leaves $1 to act in',
      '12:5 the alert at 97% leaves $6 to act in',
    ]);
  });
});

describe('alert-too-late at a key with the alert of "*"', () => {
  it('is told of its own budget', () => {
    const star = 'keys:\n  "*":\n    budget: $300\n    reset: monthly\n    alert: $195\n';
    expect(said('alert-too-late', `${star}  app:\n    budget: $200\n    reset: monthly\n`)).toEqual([
      '9:3 the alert at $195 leaves $5 to act in',
    ]);
  });
});

describe('weeks-differ', () => {
  const policy = (name: string): string =>
    `  ${name}:\n    budget: $5\n    reset: weekly\n    alert: none\n    per: workspace_id\n`;
  const key = (name: string, reset = 'weekly'): string =>
    `  ${name}:\n    budget: $4\n    reset: ${reset}\n    alert: none\n`;

  it('names the first of each sort, once', () => {
    const body = `policies:\n${policy('a')}${policy('b')}keys:\n${key('c')}${key('d')}`;
    expect(said('weeks-differ', body)).toEqual([
      '7:5 the week of policy "a" starts on Monday, that of key "c" on Sunday (00:00 UTC)',
    ]);
  });

  it.each([
    ['limits:\n  budget: $4\n  reset: weekly\n  alert: none\n', 'the workspace'],
    [`keys:\n${key('"*"')}`, 'each key by "*"'],
    [`providers:\n${key('openai-a')}`, 'provider "openai-a"'],
    [`integrations:\n${key('openai-prod')}`, 'integration "openai-prod"'],
  ])('compares a policy with %j', (section, what) => {
    expect(said('weeks-differ', `policies:\n${policy('a')}${section}`)).toEqual([
      `7:5 the week of policy "a" starts on Monday, that of ${what} on Sunday (00:00 UTC)`,
    ]);
  });

  it('is no matter of what is not weekly, nor of what new workspaces are given', () => {
    expect(said('weeks-differ', `policies:\n${policy('a')}keys:\n${key('c', 'monthly')}`)).toEqual([]);
    expect(said('weeks-differ', `keys:\n${key('c')}${key('d')}`)).toEqual([]);
    const org =
      'integrations:\n  openai-prod:\n    new_workspaces:\n      budget: $4\n      reset: weekly\n      alert: none\n';
    expect(said('weeks-differ', `policies:\n${policy('a')}`, org)).toEqual([]);
    expect(said('weeks-differ', `policies:\n${policy('a')}keys:\n${key('c')}`, org)).toHaveLength(1);
  });

  it('points at the budget of the workspace where the policy is a default', () => {
    const org = `defaults:\n  policies:\n  ${policy('a').replaceAll('\n  ', '\n    ').trimEnd()}\n`;
    const body = several('budget: $9; reset: monthly; alert: none', 'budget: 4M tokens; reset: weekly; alert: none');
    expect(said('weeks-differ', body, org)).toEqual([
      '9:7 the week of policy "a" starts on Monday, that of the workspace on Sunday (00:00 UTC)',
    ]);
  });
});

describe('lifetime-amount-like-monthly', () => {
  const policy = (name: string, amount: string, reset: string): string =>
    `  ${name}:\n    budget: ${amount}\n    reset: ${reset}\n    alert: none\n    per: api_key\n`;

  it('points at the reset of each, and names the first monthly one', () => {
    const body = [
      policy('a', '$9', 'never'),
      policy('b', '$5', 'never'),
      policy('c', '$5', 'monthly'),
      policy('d', '$5', 'monthly'),
      policy('e', '$5', 'never'),
    ].join('');
    const words = '$5 is never given again, while policy "c" has it every month';
    expect(said('lifetime-amount-like-monthly', `policies:\n${body}`)).toEqual([`12:5 ${words}`, `27:5 ${words}`]);
  });

  it('is told at "*" and not again at each key beside it', () => {
    const budget = (reset: string): string => `    budget: $9\n    reset: ${reset}\n    alert: none\n`;
    const body = `keys:\n  "*":\n${budget('never')}  app:\n    rate: 5 requests/minute\n  web:\n${budget('monthly')}`;
    expect(said('lifetime-amount-like-monthly', body)).toEqual([
      '6:5 $9 is never given again, while key "web" has it every month',
    ]);
  });

  it('compares neither other periods nor other units', () => {
    const body = policy('a', '$5', 'never') + policy('b', '$5', 'weekly') + policy('c', '500 tokens', 'monthly');
    expect(said('lifetime-amount-like-monthly', `policies:\n${body}`)).toEqual([]);
  });
});

describe('rate-never-binds-itself', () => {
  const rates = (...each: readonly string[]): string => `keys:\n  app:\n    rates: [${each.join(', ')}]\n`;

  it('names the first longer window that is used up before', () => {
    expect(
      said('rate-never-binds-itself', rates('60 requests/second', '50 requests/minute', '40 requests/hour')),
    ).toEqual([
      '6:13 60 requests/second is never reached beside 40 requests/hour',
      '6:33 50 requests/minute is never reached beside 40 requests/hour',
    ]);
  });

  it('compares each unit with itself', () => {
    expect(said('rate-never-binds-itself', rates('60 requests/second', '50 tokens/minute'))).toEqual([]);
  });

  it('is told at "*", and at a key whose own rate makes it so', () => {
    const star = 'keys:\n  "*":\n    rates: [60 requests/second, 50 requests/minute]\n';
    expect(said('rate-never-binds-itself', `${star}  app:\n    rate: 900 requests/day\n`)).toEqual([
      '6:13 60 requests/second is never reached beside 50 requests/minute',
    ]);
    const fast = 'keys:\n  "*":\n    rate: 60 requests/minute\n  app:\n    rate: 60 requests/second\n';
    expect(said('rate-never-binds-itself', fast)).toEqual([
      '8:5 60 requests/second is never reached beside 60 requests/minute',
    ]);
    const wide = 'keys:\n  "*":\n    rate: 60 requests/second\n  app:\n    rate: 60 requests/hour\n';
    expect(said('rate-never-binds-itself', wide)).toEqual([
      '8:5 60 requests/second is never reached beside 60 requests/hour',
    ]);
  });
});

describe('token-rate-below-one-call', () => {
  it('is told at "*" and not again at each key beside it', () => {
    const body =
      'keys:\n  "*":\n    rate: 999 tokens/hour\n  app:\n    rate: 5 requests/minute\n  web:\n    rate: 7 tokens/day\n';
    const words = 'is less than one call of ordinary length uses';
    expect(said('token-rate-below-one-call', body)).toEqual([
      `6:5 999 tokens/hour ${words}`,
      `10:5 7 tokens/day ${words}`,
    ]);
  });
});

describe('recipients', () => {
  const to = (...addresses: readonly string[]): string => `    recipients: [${addresses.join(', ')}]\n`;
  const budget = '    budget: $5\n    reset: monthly\n    alert: 80%\n';
  const rate = '    rate: 5 requests/minute\n';
  const [one, two] = ['ops@example.com', 'team@example.com'];

  it('without a budget, by name and for all keys', () => {
    const body = `keys:\n  "*":\n${rate}${to(one)}  app:\n${rate}${to(one, two)}  web:\n${budget}${to(one, two)}`;
    expect(said('recipients-without-budget', body)).toEqual([
      '7:5 the recipients of keys without a budget are never told anything',
      '10:5 the recipients of key "app", which has no budget, are never told anything',
    ]);
  });

  it('are no matter of keys to which they come from above', () => {
    const body = `alerts:\n  recipients: [${one}]\nkeys:\n  app:\n${rate}  web:\n${budget}`;
    expect(said('recipients-without-budget', body)).toEqual([]);
    expect(said('single-recipient', body)).toEqual([]);
  });

  it('alone, by name and for all keys', () => {
    const body = `keys:\n  "*":\n${budget}${to(one)}  app:\n${budget}${to(one, two)}  web:\n${budget}${to(two)}`;
    expect(said('single-recipient', body)).toEqual([
      `9:5 only ${one} is told about these keys`,
      `19:5 only ${two} is told about key "web"`,
    ]);
  });
});

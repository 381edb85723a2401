/** What is said of `until:` that is wrong: advice keeps what was written, and is accepted. */

import { expect, it } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { laterOf } from '../../src/resources/until.ts';
import { describeLater, describeUntil } from '../../src/resources/until-text.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const compile = (body: string) =>
  compilePolicies([
    { path: 'org.yaml', text: orgFile() },
    { path: 'a.yaml', text: workspaceFile('ws-team-a', body) },
  ]);
const errorsOf = (body: string): readonly string[] =>
  compile(body).diagnostics.flatMap(({ severity, code, message }) =>
    severity === 'error' ? [`${code}: ${message}`] : [],
  );
const spend = (until: string): string =>
  `policies:\n  spend:\n    budget: $480\n    reset: monthly\n    per: workspace_id\n    until: ${until}\n`;

it.each([
  ['{ date: 2026-12-20 }', 'until-incomplete', '`until: { date: 2026-12-20, then: none }` or with an amount'],
  ['{ then: "$1,400" }', 'until-incomplete', 'write `until: { date: 2026-12-15, then: "$1,400" }`'],
  ['2026-12-20', 'not-a-map', 'write `{ date: 2026-12-20, then: none }`, or with an amount'],
  ['tomorrow', 'not-a-map', 'write `{ date: 2026-12-15, then: none }`, or with an amount'],
  [
    '{ date: 2026-12-15T10:00:00Z, then: $400 }',
    'invalid-date',
    'a whole day in UTC, without a time, such as `2026-12-15`',
  ],
  ['{ date: 2026-12-15, then: "1,000 tokens" }', 'until-unit', '`then` is in tokens, and what holds before in dollars'],
  ['{ date: 2026-12-15, then: $0 }', 'invalid-amount', 'write `none` for no such policy'],
])('until: %s', (until, code, said) => {
  const [first = '', ...more] = errorsOf(spend(until));
  expect(more).toEqual([]);
  expect(first).toMatch(new RegExp(`^${code}: `));
  expect(first).toContain(said);
  const advised = /write.* `(?:until: )?(\{ .* \})`/.exec(first)?.[1];
  if (advised !== undefined) expect(errorsOf(spend(advised))).toEqual([]);
});

it.each(['', '    alert: 80%\n'])('a key may have a budget from a date on, with its reset beside it%s', (alert) => {
  const body = (reset: string) =>
    `keys:\n  app:\n    budget: none\n${reset}    until: { date: 2026-12-15, then: $500 }\n`;
  expect(errorsOf(body(''))).toEqual([expect.stringContaining('`reset: monthly`')]);
  const { desired } = compile(body(`    reset: monthly\n${alert}`));
  const [entry] = desired?.entries ?? [];
  expect(entry?.fields).toEqual({ budget: null });
  expect(entry?.until?.later.fields?.budget).toEqual({ amount: 50_000, unit: 'cost', reset: 'monthly' });
  const later = { budget: entry?.until?.later.fields?.budget ?? null };
  expect(describeUntil({ date: '2027-01-01', later }, entry?.fields ?? {})).toBe(
    'through 31 Dec 2026, from 1 Jan 2027 (00:00 UTC) $500 monthly',
  );
});

it.each([
  ['a rate', 'keys:\n  app:\n    rate: none\n', '5 requests/minute', '5 requests/minute'],
  ['a budget', 'limits:\n    budget: none\n    reset: monthly\n', '$100', '$100 monthly'],
  [
    'both',
    'limits:\n    budget: none\n    reset: monthly\n    rate: none\n',
    '{ budget: $100, rate: 5 requests/minute }',
    '$100 monthly and 5 requests/minute',
  ],
  [
    'a budget where the rate goes',
    'limits:\n    budget: none\n    reset: monthly\n    rate: 9 requests/minute\n',
    '{ budget: $100, rate: none }',
    '$100 monthly and no rate',
  ],
])('says nothing of the `none` that ends as a limit comes: %s', (_, body, then, said) => {
  const { desired, diagnostics } = compile(`${body}    until: { date: 2026-12-15, then: ${then} }\n`);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const [entry] = desired?.entries ?? [];
  if (entry?.until === undefined) throw new Error('no date');
  expect(describeLater(laterOf(entry.until), entry.until.first.fields)).toBe(said);
});

import { expect, test } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { isOfKind, wordsOfKinds } from '../../src/resources/approval-rules.ts';
import { specOf } from '../../src/resources/registry.ts';
import { kinds } from '../../src/resources/types.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

function read(rules: string) {
  const text = orgFile(`review:\n  approvals: ${rules}\n`);
  const { desired, diagnostics } = compilePolicies([{ path: 'org.yaml', text }]);
  return { rules: desired?.settings.approvals, codes: diagnostics.map(({ code }) => code) };
}

test.each([
  [
    'an amount, as it is said',
    '[{ above: "$1,000 per 30 days", by: ["@org/finance"] }]',
    [{ above: 100_000, by: ['@org/finance'] }],
  ],
  ['an amount alone', '[{ above: $1000, by: ["@org/finance"] }]', [{ above: 100_000, by: ['@org/finance'] }]],
  [
    'people with and without the sign, in any case, each once',
    '[{ by: [Octocat, "@octocat", "@Org/Team"] }]',
    [{ by: ['@octocat', '@org/team'] }],
  ],
  ['a kind by its short name', '[{ kind: provider, by: [one] }]', [{ kind: 'provider', by: ['@one'] }]],
  [
    'a kind by the name that plans print',
    '[{ kind: usage-policy, by: [one] }]',
    [{ kind: 'usage-policy', by: ['@one'] }],
  ],
  ['owners', '[{ owner: true }]', [{ owner: true }]],
  [
    'equal rules once, in one order',
    '[{ owner: true }, { by: [two] }, { by: ["@two"] }]',
    [{ by: ['@two'] }, { owner: true }],
  ],
  ['no rule', '[]', undefined],
])('%s', (_what, written, rules) => {
  expect(read(written)).toEqual({ rules, codes: [] });
});

test.each([
  ['nobody', '[{ above: $1000 }]', 'approvals-by-nobody'],
  ['both', '[{ owner: true, by: [one] }]', 'approvals-by-and-owner'],
  ['an empty list', '[{ by: [] }]', 'empty-list'],
  ['everybody', '[{ by: ["*"] }]', 'invalid-approver'],
  ['the account of an app', '[{ by: ["dependabot[bot]"] }]', 'invalid-approver'],
  ['an address', '[{ by: [a@example.com] }]', 'invalid-approver'],
  ['a team without its organisation', '[{ by: ["@/finance"] }]', 'invalid-approver'],
  ['an owner who is not asked', '[{ owner: false }]', 'unknown-word'],
  ['a kind that there is not', '[{ kind: budget, by: [one] }]', 'unknown-word'],
  ['a key that there is not', '[{ over: $1000, by: [one] }]', 'unknown-key'],
  ['tokens', '[{ above: 5M tokens, by: [one] }]', 'unit-not-at-level'],
  ['a month', '[{ above: $1000 per month, by: [one] }]', 'invalid-amount'],
  ['a map in the place of the list', '{ above: $1000, by: [one] }', 'not-a-list'],
])('%s is an error, and there is no plan', (_what, written, code) => {
  const found = read(written);
  expect(found.rules).toBeUndefined();
  expect(found.codes).toContain(code);
});

test('a word for a section of the files is about every kind that it holds, and each kind has a word', () => {
  for (const [word, said] of Object.entries(wordsOfKinds)) {
    const sections = said.map((kind) => specOf(kind).section);
    const ofSection = kinds.filter((kind) => sections.includes(specOf(kind).section));
    // Policies are of one section and of two words, and prices have one of their own.
    if (!word.endsWith('policy') && word !== 'integration-prices') expect(said).toEqual(ofSection);
    expect(kinds.filter((kind) => isOfKind(word, kind))).toEqual(said);
  }
  for (const kind of kinds) expect(Object.keys(wordsOfKinds).some((word) => isOfKind(word, kind))).toBe(true);
  expect(kinds.every((kind) => isOfKind(undefined, kind))).toBe(true);
});

test('what is no kind is told which words there are, each of them documented', () => {
  const { diagnostics } = compilePolicies([
    { path: 'org.yaml', text: orgFile('review:\n  approvals: [{ kind: policy, by: [one] }]\n') },
  ]);
  const [found] = diagnostics.filter(({ code }) => code === 'unknown-word');
  expect(found?.message).toContain(
    '`workspace`, `key`, `provider`, `integration`, `integration-prices`, `usage-policy`',
  );
});

const ownersFound = (
  owner: string,
  rule = '{ owner: true }',
  where: 'workspace' | 'entry' | 'default' = 'workspace',
): string[] => {
  const said = `    owner: ${JSON.stringify(owner)}\n`;
  const policy = `policies:\n  total:\n    budget: $5\n    reset: monthly\n    per: workspace_id\n`;
  const org = orgFile(`review:\n  approvals: [${rule}]\n`);
  const inDefault = where === 'default' ? `defaults:\n  ${policy.replaceAll('\n  ', '\n    ')}  ${said}` : '';
  const own = workspaceFile('ws-team-a', where === 'entry' ? `${policy}${said}` : policy.replace('total', 'own'));
  const text = where === 'workspace' ? own.replace(/owner: .*/, `owner: ${JSON.stringify(owner)}`) : own;
  const { diagnostics } = compilePolicies([
    { path: 'org.yaml', text: `${org}${inDefault}` },
    { path: 'a.yaml', text },
  ]);
  return diagnostics.map(({ code }) => code);
};

test.each([
  ...['@one, @two', '@one ', ' @one two', '@org/team two', '@one-x[bot]', '@', '\uFF20one'],
  ...[
    'Jane (@jane)',
    'search @example/finance',
    'one, @two',
    'a@example.com, @one',
    '\u200B@octocat',
    'Jane \uFE6Bjane',
  ],
])('an owner %j is meant as a name and is none, where owners are asked', (owner) => {
  for (const where of ['workspace', 'entry', 'default'] as const) {
    expect(ownersFound(owner, '{ owner: true }', where), where).toEqual(['owner-names-nobody']);
  }
  expect(ownersFound(owner, '{ by: [one] }')).toEqual([]);
});

test.each([
  ...['@one', '@org/team', 'platform', 'one, two'],
  ...['a@example.com', 'Jane <jane.doe+x@example.com>', 'a-@example.com', 'a@example.com, b@example.com'],
])('an owner %j is a name, or a text for people', (owner) => {
  expect(ownersFound(owner)).toEqual([]);
});

test.each(['$1,000 monthly', '$1,000/month', '$1,000 per month', '$1,000 a month', '$1,000 / 30 days'])(
  'above: %s is told the form that counts',
  (written) => {
    const { diagnostics } = compilePolicies([
      { path: 'org.yaml', text: orgFile(`review:\n  approvals: [{ above: "${written}", by: [one] }]\n`) },
    ]);
    expect(diagnostics.map(({ message }) => message).join()).toContain('write `$1,000 per 30 days`');
    expect(read('[{ above: "$1,000 per 30 days", by: [one] }]').codes).toEqual([]);
  },
);

test('a team without its sign is told a name in quotes, which YAML needs', () => {
  const { diagnostics } = compilePolicies([
    { path: 'org.yaml', text: orgFile('review:\n  approvals: [{ by: [example/finance] }]\n') },
  ]);
  expect(diagnostics.map(({ message }) => message).join()).toContain('`"@org/finance"`');
});

/** docs/rules.md: what each rule finds, why, and what to do. Written from the rules themselves. */

import { allRules } from '../src/rules/find.ts';
import type { Rule } from '../src/rules/types.ts';
import { renderContents } from './contents.ts';

/** Rows of the catalogue that are errors of the grammar: checked while a file is read, by these codes. */
const grammar: readonly (readonly [ids: string, what: string, codes: readonly string[]])[] = [
  ['A1, A2', 'amounts below what the service takes', ['budget-too-small']],
  ['A3', 'fractions where whole numbers are held', ['whole-dollars', 'fraction-of-a-cent', 'fraction-of-a-count']],
  ['A4', 'amounts without a unit', ['amount-without-unit']],
  ['A5', 'a comma in a flow map that cut an amount', ['comma-in-flow']],
  ['A6, A8', 'windows and units that a level does not have', ['invalid-rate', 'rate-window', 'unit-not-at-level']],
  ['A9', 'rate 0', ['rate-zero']],
  ['T1, T3', 'alerts that do not fit their budget', ['alert-not-below-budget', 'alert-too-small', 'alert-unit']],
  ['T5, T6, T7', 'resets', ['missing-reset', 'invalid-reset', 'reset-days']],
  ['M1', 'no `per:`', ['missing-per']],
  ['M5', 'metadata values', ['metadata-too-long', 'not-text']],
  [
    'M7',
    'conditions that the target or the limit does not have',
    ['condition-not-for-target', 'condition-not-for-budget'],
  ],
  ['M9', 'the workspace or organisation as a condition', ['scope-condition']],
  [
    'M10, M15',
    'models that are not spelled as policies spell them',
    ['model-form', 'model-wildcard', 'literal-asterisk'],
  ],
  [
    'M12, M13, M14',
    'names that are not live, or not unique (in `plan`)',
    ['unknown-key', 'unknown-workspace', 'unknown-integration', 'unknown-model', 'ambiguous-name'],
  ],
  ['O6', 'two live policies of one name (in `plan`)', ['twin']],
  ['O7', 'one thing declared twice', ['duplicate-name', 'duplicate-id', 'duplicate-workspace']],
  ['K1', 'recipients', ['invalid-recipient', 'duplicate-recipient', 'recipient-domain']],
  ['K2', 'recipients that reach nobody', ['recipients-reach-no-key', 'misplaced-key', 'unknown-key']],
  ['K8', 'expiry dates', ['invalid-date']],
  ['K11', '`virtual_keys:`', ['unknown-key', 'api-word']],
];

/** Rows that other parts of tollgate speak of. */
const elsewhere: readonly (readonly [ids: string, where: string])[] = [
  [
    'D1, D2, D3, D4, D9',
    'guards `blocks-now`, `counter-reset`, `deletes`, `updates` and `spend-up` ([guards](guards.md), [impact](impact.md))',
  ],
  ['D6', 'a plan that is stale is not applied (exit 4)'],
  ['D7', '`review.unmanaged`'],
  ['D8, P8', 'decided in the program: apply resets no counter, and spend is always asked for by workspace'],
  ['A7', 'limits of tokens are printed as `tokens/minute` everywhere, whatever the service calls their unit'],
  ['T10, D5', 'the impact of a plan: counters that are new, when they start again, and what a raise does not wake'],
  ['P7', 'the footnote of every impact and status'],
];

/** @param exampleOf the file in which a rule over files finds something (test/fixtures/rules); null for other rules */
export function renderRules(exampleOf: (name: string) => string | null): string {
  const section = (rule: Rule): string[] => describe(rule, exampleOf(rule.name));
  const file = allRules.filter(({ where }) => where === 'file');
  const live = allRules.filter(({ where }) => where === 'live');
  const price = allRules.filter(({ where }) => where === 'price');
  const page = `${[
    '# Rules',
    '<!-- Written by `npm run generate` from src/rules and scripts/rules-doc.ts. -->',
    'A finding is about something that the grammar allows and few people mean. It has a place in a file, says what is so there, and',
    'what to do about it. Look its name up below.',
    '',
    '- `tollgate validate` finds what the files alone tell. `tollgate plan` also finds what the control plane knows, from what it reads',
    '  anyway; what the price files say of models that policies name ([prices.md](prices.md)); and what was called in the last 30 days',
    '  in workspaces where the plan moves a budget, and the configs of the gateway where it sets a limit (not with `--no-impact`).',
    '  What cannot be read is never an error: the rule is silent.',
    '- **error** ends `validate` with exit 1. In a plan, the guard `rules` objects to it (exit 3); `--allow rules=N@DIGEST` lifts it for',
    '  one plan. A rule about live things that is raised to an error only warns of what the plan does not change.',
    '- **warning** stops nobody. **info** is worth knowing.',
    '- `validate` shows everything, and so do JSON and SARIF. A plan shows errors, what is silenced, and five of each other rule, those',
    '  about its own changes first; notes only about its changes. The others are counted, and in `--verbose` and the details of the comment.',
    '',
    '<!-- generated: contents -->',
    '<!-- /generated -->',
    '',
    '## Too strict, or not for us',
    '',
    'Set the severity of a rule for the whole organisation: `off`, `info`, `warning` or `error`.',
    '',
    '```yaml',
    '# org.yaml',
    'version: 1',
    'kind: org',
    'environment: production',
    'organisation: 7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10',
    'review:',
    '  rules:',
    '    alert-too-late: warning',
    '    oversubscribed: off',
    '```',
    '',
    '`validate` goes by the file. A plan goes by the settings of the last apply, so that a pull request cannot lower the rules that judge',
    'it; without a record, by the stricter of the file and the table below.',
    '',
    'Or excuse one entry, with a reason. The finding stays in every plan, with the reason instead of the fix, and stops nobody. The same',
    'key at the top of a workspace file is for findings about the workspace as a whole, and only for those.',
    '',
    '```yaml',
    'version: 1',
    'kind: workspace',
    'workspace: ws-grants',
    'owner: research',
    'policies:',
    '  grant:',
    '    budget: $500',
    '    reset: never',
    '    alert: 98%',
    '    per: workspace_id',
    '    silence:',
    '      alert-too-late: the last $10 are booked by hand',
    '```',
    '',
    'A silence counts from the apply of the change that brings it: it does not silence the plan that judges that change, which says so. One that\nis taken out is gone at once.',
    '',
    '## In editors and code scanning',
    '',
    '`tollgate validate --format sarif` writes SARIF 2.1.0, with all rules and their explanations; silenced findings are suppressions there.',
    'Paths are relative to the working directory, so run it at the top of the repository:',
    '',
    '```sh',
    'tollgate validate --format sarif > tollgate.sarif',
    '```',
    '',
    "In a workflow, a step with `github/codeql-action/upload-sarif` and `sarif_file: tollgate.sarif` hands it to GitHub's code scanning; it",
    'needs `security-events: write`, and `if: always()`, since findings of severity error end `validate` with exit 1.',
    '',
    '## All rules',
    '',
    '| rule | | severity | finds |',
    '|---|---|---|---|',
    ...allRules.map(
      ({ name, id, severity, finds }) => `| [\`${name}\`](#${name}) | ${id} | ${severity} | ${cell(finds)} |`,
    ),
    '',
    'The second column groups rules by what they are about; `G` is what gateways were measured to do.',
    '',
    '## From the files',
    '',
    ...file.flatMap(section),
    '## From what is live',
    '',
    ...live.flatMap(section),
    '## From prices',
    '',
    ...price.flatMap(section),
    '## What is not a rule',
    '',
    'These rows of the catalogue are errors in a file, or answers of the plan: there is no severity to lower.',
    '',
    '| row | what | code |',
    '|---|---|---|',
    ...grammar.map(([ids, what, codes]) => `| ${ids} | ${what} | ${codes.map((code) => `\`${code}\``).join(', ')} |`),
    '',
    ...elsewhere.map(([ids, where]) => `- ${ids}: ${where}.`),
  ].join('\n')}\n`;
  return page.replace('<!-- generated: contents -->\n', `<!-- generated: contents -->\n\n${renderContents(page)}\n\n`);
}

/** Codes that the table of the grammar names, for the test that knows them all. */
export const namedCodes = grammar.flatMap(([, , codes]) => codes);

function describe({ name, id, severity, finds, why, fix }: Rule, example: string | null): string[] {
  const told = example === null ? [] : showExample(example);
  return [`### ${name}`, '', `**${id} · ${severity}.** Finds ${finds}.`, '', why, '', ...told, `**Fix.** ${fix}`, ''];
}

/** Without the head of the file, and with what is said of it. */
function showExample(text: string): string[] {
  const linesAfter = (word: string): string[] =>
    [...text.matchAll(new RegExp(`^# ${word}: (.*)$`, 'gm'))].map(([, line = '']) => line);
  const body = text.split('\n').filter((line) => line !== '' && !line.startsWith('# '));
  const org = linesAfter('org');
  const [said = ''] = linesAfter('expect');
  return [
    '```yaml',
    ...body.slice(body.indexOf('owner: platform') + 1),
    ...(org.length === 0 ? [] : ['# and in org.yaml:', ...org]),
    '```',
    '',
    `> ${said.replace(/^\d+:\d+ (?:error|warning|info): /, '').replace(/^[a-z](?=[a-z]* )/, (first) => first.toUpperCase())}.`,
    '',
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

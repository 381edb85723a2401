/** Hostile YAML ends in a diagnostic, never in a crash or a hang. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { parsePolicyFile } from '../../src/policy/parse.ts';
import { compileWorkspace, desiredOf, entryNamed, orgHead, summarize, workspaceHead } from './helpers.ts';

const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]
${'bcdefghijk'
  .split('')
  .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghij'[index]}`).join(', ')}]`)
  .join('\n')}
`;

const chain = `a0: &a0 [x]\n${Array.from({ length: 20_000 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}]`).join('\n')}\n`;

describe('hostile text', () => {
  it.each<[string, string, string]>([
    ['an alias bomb', bomb, 'too-many-values'],
    ['a chain of aliases', chain, 'too-many-values'],
    ['more than 1 MiB', `# ${'x'.repeat(1024 * 1024)}\n`, 'file-too-large'],
    ['lists 10,000 deep', '['.repeat(10_000), 'too-deep'],
    ['lists half a million deep', '['.repeat(500_000), 'too-deep'],
    ['closed lists 10,000 deep', '['.repeat(10_000) + ']'.repeat(10_000), 'too-deep'],
    ['maps 10,000 deep', '{a: '.repeat(10_000), 'too-deep'],
    ['block lists 10,000 deep', `${'- '.repeat(10_000)}x`, 'too-deep'],
    ['complex keys 10,000 deep', '? '.repeat(10_000), 'too-deep'],
    ['block maps 1,000 deep', Array.from({ length: 1000 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'), 'too-deep'],
    ['a million commas', `[${','.repeat(900_000)}]`, 'too-many-values'],
    ['a hundred thousand documents', '---\n'.repeat(200_000), 'too-many-values'],
    ['nothing but errors', 'a: @x\n'.repeat(20_000), 'unquoted-value'],
    ['nothing but NUL', '\0'.repeat(1000), 'not-a-map'],
    ['a circular alias', 'a: &a [*a]\n', 'circular-alias'],
  ])(
    '%s',
    (_, text, code) => {
      const { desired, diagnostics } = compilePolicies([{ path: 'x.yaml', text }]);
      expect(desired).toBeNull();
      expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
      expect(diagnostics.length).toBeLessThan(250);
    },
    20_000,
  );

  it('never throws, whatever the text', () => {
    const words = fc.constantFrom(
      'a',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '"',
      "'",
      '#',
      '|',
      '>',
      '!x ',
      '? ',
      '<<',
      '\t',
      '%',
      ',',
      '@',
      '`',
      '---\n',
      '$5',
      'keys',
      'policies',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words, { maxLength: 60 }).map((list) => list.join('')),
        ),
        (text) => {
          parsePolicyFile(text, 'x.yaml');
          compilePolicies([
            { path: 'org.yaml', text: orgHead },
            { path: 'x.yaml', text: workspaceHead + text },
          ]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

it('accepts a byte order mark and aliases within limits', () => {
  const text = `\uFEFF${workspaceHead}policies:\n  a: &a { budget: $5, reset: monthly, per: api_key }\n  b: *a\n`;
  const compiled = compilePolicies([
    { path: 'org.yaml', text: orgHead },
    { path: 'x.yaml', text },
  ]);
  expect(compiled.diagnostics).toEqual([]);
  expect(entryNamed(compiled, 'b').fields).toMatchObject({ name: 'b', amount: 500 });
});

it('takes keys that YAML reads as something else for names', () => {
  const names = ['2231', 'null', 'true', '1.20', '0x10', '~', 'none', '__proto__', 'constructor', 'toString'];
  const compiled = compileWorkspace(
    `keys:\n${names.map((name) => `  ${name}: { rate: 5 requests/minute }\n`).join('')}`,
  );
  expect(desiredOf(compiled).entries.map((entry) => entry.name)).toEqual([...names].sort());
});

it.each([
  'policies: { a: { budget: $5, reset: monthly, per: api_key, until: { date: !!timestamp 2026-12-15, then: $4 } } }',
  'owner: !!binary aGVsbG8=',
])('knows no tags, those of YAML itself included: %s', (body) => {
  const { diagnostics } = compileWorkspace(`${body}\n`);
  expect(diagnostics.map(({ code, message }) => [code, message])).toContainEqual([
    'yaml-tag',
    'a YAML tag (`!…`) has no meaning here: leave it out',
  ]);
  expect(diagnostics.map(({ code }) => code)).not.toContain('empty-value');
});

it('keeps prototypes as they are', () => {
  const compiled = compileWorkspace('__proto__: { polluted: true }\nconstructor: x\n');
  expect(summarize(compiled)).toEqual(['4:1 unknown-key', '5:1 unknown-key']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

it('reports every problem of every file, in stable order', () => {
  const files = [
    { path: 'b.yaml', text: `${workspaceHead}policies:\n  x: { budget: 5, reset: month, per: key }\n` },
    { path: 'a.yaml', text: 'kind: workspace\nversion: 1\nworkspace: @x\n' },
    { path: 'org.yaml', text: `${orgHead}gateway: { version: 2.18 }\n` },
  ];
  const { diagnostics } = compilePolicies(files);
  const told = diagnostics.map(({ source, code }) => `${source.file}:${source.line}:${source.column} ${code}`);
  expect(told).toEqual([
    'a.yaml:3:12 unquoted-value',
    'b.yaml:5:16 amount-without-unit',
    'b.yaml:5:26 invalid-reset',
    'b.yaml:5:38 unknown-grouping',
    'org.yaml:5:21 unquoted-version',
  ]);
  expect(compilePolicies([...files].reverse()).diagnostics).toEqual(diagnostics);
});

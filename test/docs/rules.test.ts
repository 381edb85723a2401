import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { namedCodes, renderRules } from '../../scripts/rules-doc.ts';
import { ruleNames } from '../../src/rule-names.ts';
import { allRules } from '../../src/rules/find.ts';

const root = new URL('../../', import.meta.url);

it('docs/rules.md is up to date (npm run generate)', () => {
  const exampleOf = (name: string): string | null => {
    const file = new URL(`test/fixtures/rules/${name}.bad.yaml`, root);
    return name !== 'secret-in-file' && existsSync(file) ? readFileSync(file, 'utf8') : null;
  };
  expect(readFileSync(new URL('docs/rules.md', root), 'utf8')).toBe(renderRules(exampleOf));
});

it('every name has one rule', () => {
  expect(allRules.map(({ name }) => name).sort()).toEqual([...ruleNames].sort());
});

it.each(allRules.map((rule) => [rule.name, rule] as const))('%s reads as a sentence', (_, { finds, why, fix, id }) => {
  expect(finds).toMatch(/^(?:`|[a-z]).*[^.]$/);
  expect(why).toMatch(/^[A-Z].{60,}[.]$/s);
  expect(fix).toMatch(/^[A-Z].*[.]$/);
  expect(fix).not.toMatch(/[.] [A-Z]/);
  expect(id).toMatch(/^[ADGKMNOPT]\d{1,2}$/);
});

it('names only codes that there are', () => {
  const files = ['policy', 'plan', 'resources'].flatMap((folder) =>
    readdirSync(new URL(`src/${folder}/`, root)).map((file) =>
      readFileSync(new URL(`src/${folder}/${file}`, root), 'utf8'),
    ),
  );
  const text = files.join('\n');
  // Some codes are put together from a word and a kind.
  const known = (code: string): boolean => text.includes(`'${code}'`) || /^(?:unknown|duplicate|invalid)-/.test(code);
  expect(namedCodes.filter((code) => !known(code))).toEqual([]);
});

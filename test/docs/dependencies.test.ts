import { expect, it } from 'vitest';
import { readText } from './markdown.ts';

const packageJson = JSON.parse(readText('package.json')) as Readonly<Record<string, Readonly<Record<string, string>>>>;

it.each(['dependencies', 'devDependencies'])('docs/dependencies.md lists all %s', (group) => {
  const text = readText('docs/dependencies.md');
  const missing = Object.keys(packageJson[group] ?? {})
    .map((name) => (name.startsWith('@types/') ? '@types/*' : name))
    .filter((name) => !text.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

/**
 * Each rule that needs files alone, on a file that has what it finds and on one that just has not. `# expect:` lines say what
 * is found where, `# org:` lines stand in the organisation's file.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fileRules } from '../../src/rules/find.ts';
import { orgHead } from '../policy/helpers.ts';
import { findIn } from './facts.ts';

const directory = new URL('../fixtures/rules/', import.meta.url);

function linesOf(text: string, word: string): string[] {
  return [...text.matchAll(new RegExp(`^# ${word}: (.*)$`, 'gm'))].map(([, line = '']) => line);
}

describe.each(fileRules.map(({ name }) => name))('%s', (name) => {
  const find = (kind: 'bad' | 'good') => {
    const file = `${name}.${kind}.yaml`;
    const text = readFileSync(new URL(file, directory), 'utf8');
    const org = `${orgHead}${linesOf(text, 'org').join('\n')}\n`;
    const findings = findIn([
      { path: 'a-org.yaml', text: org },
      { path: file, text },
    ]);
    const found = findings.filter(({ rule }) => rule === name);
    return { findings: found, expected: linesOf(text, 'expect') };
  };

  it('is found at its place', () => {
    const { findings, expected } = find('bad');
    const said = findings.map(
      ({ source, severity, message }) => `${source.line}:${source.column} ${severity}: ${message}`,
    );
    expect(said).not.toEqual([]);
    expect(said).toEqual(expected);
    for (const { message } of findings) expect(message).not.toMatch(/undefined|NaN|\[object|\.$/);
  });

  it('is not found in a file that is as it should be', () => {
    expect(find('good').findings).toEqual([]);
  });
});

it('has no fixture without a rule', () => {
  const names = readdirSync(directory).map((file) => file.replace(/\.(?:bad|good)\.yaml$/, ''));
  expect([...new Set(names)].sort()).toEqual(fileRules.map(({ name }) => name as string).sort());
});

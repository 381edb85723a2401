import { expect, it } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

const entry = (name: string, previously: string, indent = '  ') =>
  [`${name}:`, '  budget: $5', '  reset: monthly', '  per: api_key', `  previously: ${previously}`]
    .map((line) => `${indent}${line}\n`)
    .join('');

function errorsOf(...texts: readonly string[]): string[] {
  const files = texts.map((text, index) => ({ path: `${index}.yaml`, text }));
  return compilePolicies(files).diagnostics.map(({ code, message, source }) => `${code} ${source.line}: ${message}`);
}

it('mistakes-D11: two entries cannot both have been one', () => {
  const own = workspaceFile('ws-team-a', `policies:\n${entry('a', 'old')}${entry('b', 'old')}`);
  const said = '`previously`: `a` and `b` cannot both have been `old`: keep the line in one of them';
  expect(errorsOf(orgFile(), own)).toEqual([`previously-twice 11: ${said}`]);
});

it('mistakes-D11: nor can an entry and a default that reaches its workspace; in two workspaces they are two', () => {
  const org = orgFile(`defaults:\n  policies:\n${entry('a', 'old', '    ')}`);
  const b = workspaceFile('ws-team-a', `policies:\n${entry('b', 'old')}`);
  expect(errorsOf(org, b).map((error) => error.split(' ')[0])).toEqual(['previously-twice']);
  expect(errorsOf(org, workspaceFile('ws-team-a'), workspaceFile('ws-team-b'))).toEqual([]);
  expect(errorsOf(orgFile(), b, workspaceFile('ws-team-b', `policies:\n${entry('b', 'old')}`))).toEqual([]);
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { bundle } from './runner.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

// It leaves the default branch with the first release (CONTRIBUTING.md, Releasing), and is then as new as the last build.
const isKept = execFileSync('git', ['ls-files', 'dist/action.js'], { cwd: root }).length > 0;

it.skipIf(!isKept)('is up to date: `npm run build:action` writes dist/action.js', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bundle-'));
  try {
    const file = join(folder, 'action.js');
    execFileSync(process.execPath, ['scripts/bundle-action.mjs', file], { cwd: root });
    expect(readFileSync(bundle).equals(readFileSync(file))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('is described by action.yml', () => {
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly runs: Readonly<Record<string, string>>;
  };
  expect(action.runs).toEqual({ using: 'node24', main: 'dist/action.js' });
  const source = readFileSync(join(root, 'src/action.ts'), 'utf8');
  const read = [...source.matchAll(/(?:getInput|getMultilineInput|readWord)\('([\w-]+)'/g)].map(([, name]) => name);
  expect(Object.keys(action.inputs).sort()).toEqual([...new Set(read)].sort());
});

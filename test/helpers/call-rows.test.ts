/** Rows that are made here are those of the reference, wherever that lies beside this tree. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../record/git-fixture.ts';
import { generateCalls, writeCalls } from './call-rows.ts';

const reference = ['../../../shared/reference/gen.mjs', '../../../../shared/reference/gen.mjs']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

function digest(texts: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text);
  return hash.digest('hex');
}

function* linesOf(rows: number, seed: number): Generator<string> {
  for (const { name, lines } of generateCalls(rows, seed)) {
    yield `${name}\n`;
    for (const line of lines) yield `${line}\n`;
  }
}

describe('generated calls', () => {
  it('are equal for a seed: 2,000 rows of seed 42, by their digest', () => {
    expect(digest(linesOf(2_000, 42))).toBe('59da4c46c1b0e3e1aca080093f3193c8bc2e1695200113653eab4d6b69a731e8');
    expect(digest(linesOf(2_000, 43))).not.toBe(digest(linesOf(2_000, 42)));
  });

  it.skipIf(reference === undefined)('are those of the reference, to the byte', () => {
    const folder = makeFolder();
    execFileSync(process.execPath, [reference ?? '', '3000', folder, '7']);
    const names = readdirSync(folder).sort();
    const theirs = names.flatMap((name) => [`${name}\n`, readFileSync(join(folder, name), 'utf8')]);
    expect(digest(linesOf(3_000, 7))).toBe(digest(theirs));
  });

  it('are written packed, a file for each 50,000 of a workspace', () => {
    expect(writeCalls(makeFolder(), 400)).toHaveLength(40);
  });
});

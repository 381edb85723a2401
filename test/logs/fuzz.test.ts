/** Lines that nobody meant: each is a row that counts, or one that is counted. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCalls } from '../../src/logs/open-rows.ts';
import { generateCalls } from '../helpers/call-rows.ts';
import { effort } from '../helpers/effort.ts';
import { makeFolder } from '../record/git-fixture.ts';

const signal = new AbortController().signal;

const hostile = [
  ...["'; DROP TABLE calls; --", '"', '\\', '\u0000', '\ud800', '\u202e', '😀', '%s', '{{x}}', '=1+1', ''],
  ...[null, true, 0, -1, 1e300, 1e-300, 123456789012345680000, 0.1, [], {}, [[]], { key: ['_user'], value: ['x'] }],
  ...['x'.repeat(5_000), '2026-13-45T99:99:99.999Z', '0001-01-01 00:00:00', '9999999-01-01T00:00:00.000Z'],
];

/** What becomes of a line. */
const change = fc.oneof(
  fc.constant((line: Buffer) => line),
  fc.nat().map((at) => (line: Buffer) => line.subarray(0, at % line.length)),
  fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]) => (line: Buffer) => {
    const changed = Buffer.from(line);
    changed[at % line.length] = byte === 10 ? 11 : byte;
    return changed;
  }),
  fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 12 })).map(([at, bytes]) => (line: Buffer) => {
    const place = at % line.length;
    return Buffer.concat([
      line.subarray(0, place),
      Buffer.from(bytes.filter((byte) => byte !== 10)),
      line.subarray(place),
    ]);
  }),
  fc.tuple(fc.nat(), fc.nat(hostile.length - 1)).map(([member, value]) => (line: Buffer) => {
    const row = JSON.parse(line.toString()) as Record<string, unknown>;
    const names = Object.keys(row);
    row[names[member % names.length] ?? 'id'] = hostile[value];
    return Buffer.from(JSON.stringify(row));
  }),
  fc.constant((line: Buffer) => Buffer.concat([line, line])),
  fc.constant((line: Buffer) => Buffer.concat([line, Buffer.from('\r')])),
  fc
    .constantFrom('', '   ', '{}', '[]', 'null', '"x"', '{"id":', '!', ']', '{"id":"a","id":"b"}')
    .map((text) => () => Buffer.from(text)),
);

describe('fuzzed lines', () => {
  it('are rows or are counted, each with its file and line; none is lost, and none stops the others', async () => {
    const count = effort('fuzzed lines', 4_000, 100_000);
    const lines = [...generateCalls(count, 11)].flatMap((file) => file.lines).map((line) => Buffer.from(line));
    const changes = fc.sample(change, { numRuns: count, seed: 28 });
    const size = 2_000;
    for (let from = 0; from < count; from += size) {
      const folder = makeFolder();
      const fuzzed = lines.slice(from, from + size).map((line, at) => changes[from + at]?.(line) ?? line);
      const bytes = Buffer.concat(fuzzed.flatMap((line) => [line, Buffer.from('\n')]));
      const name = from % (2 * size) === 0 ? 'fuzzed.jsonl' : 'fuzzed.jsonl.gz';
      writeFileSync(join(folder, name), name.endsWith('.gz') ? gzipSync(bytes) : bytes);
      const { facts, database } = await openCalls(
        { from: [name], dims: ['user', 'model', 'workspace', 'endpoint', 'metadata.team'], workspaces: [] },
        { folder, signal },
      );
      const blank = fuzzed.filter((line) => /^[ \t\r]*$/.test(line.toString('latin1'))).length;
      expect(facts.rows + facts.duplicates + facts.malformed.count).toBe(fuzzed.length - blank);
      expect(facts.malformed.first.length).toBe(Math.min(20, facts.malformed.count));
      for (const { line, file } of facts.malformed.first) {
        expect([file, isUntouched(lines[from + line - 1], fuzzed[line - 1])]).toEqual([name, false]);
      }
      const untouched = fuzzed.filter((line, at) => isUntouched(lines[from + at], line));
      const ids = untouched.map((line) => `'${(JSON.parse(line.toString()) as { id: string }).id}'`);
      const [[found] = []] = await database.rows(`SELECT count(*) FROM calls WHERE id IN (${ids.join(', ')})`);
      expect(Number(found)).toBe(untouched.length);
      await database.close();
    }
  }, 600_000);
});

function isUntouched(line: Buffer | undefined, fuzzed: Buffer | undefined): boolean {
  return line !== undefined && fuzzed !== undefined && line.equals(fuzzed);
}

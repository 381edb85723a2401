/** Ten thousand broken policy files: every one ends in diagnostics or in a compiled result, none in a throw or a hang. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../src/emulator/random.ts';
import { compilePolicies, type PolicyFile } from '../../src/policy/compile.ts';
import { root } from '../helpers/bundle.ts';
import { effort } from '../helpers/effort.ts';

const samples: readonly PolicyFile[] = readdirSync(join(root, 'policies'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.ya?ml$/.test(path))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, 'policies', path), 'utf8') }));

const pick = <T>(random: Random, list: readonly T[]): T => {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};
const between = (random: Random, from: number, to: number): number => from + Math.floor(random() * (to - from));

/** Pieces that have broken a parser somewhere. */
const oddities: readonly string[] = [
  '\u0000',
  '\ufeff',
  '\u202e',
  '\ud800',
  '\u2028',
  '\u0085',
  '\t',
  '\r',
  '\r\n',
  '🏳️‍🌈',
  'e\u0301',
  '---\n',
  '...\n',
  '%YAML 9.9\n',
  '!!binary ',
  '!!js/function ',
  '!<tag:x> ',
  '&a ',
  '*a',
  '*nowhere',
  '<<: *a\n',
  '<<: {}\n',
  '? ',
  ': ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|\n',
  '>-\n',
  '#',
  '@',
  '`',
  '~',
  'null',
  'yes',
  '.nan',
  '.inf',
  '-.inf',
  '0x7fffffffffffffffff',
  '1e999',
  '-0',
  '1_000',
  '9'.repeat(400),
  '$1e308',
  '$-5',
  '$0.001',
  '2026-02-30',
  '12:30:45',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '""',
  'every 0 days',
  'every 99999999999 days',
  '0 requests/minute',
  '1/0',
];

const hostileKeys = ['__proto__', 'constructor', 'prototype', 'toString', '"*"', '""', '? [a]', 'null', '1', '~', '<<'];

type Mutation = (text: string, random: Random) => string;

const mutations: Readonly<Record<string, Mutation>> = {
  'a byte flipped': (text, random) => {
    const bytes = Buffer.from(text);
    for (let count = between(random, 1, 6); count > 0; count--) {
      const at = between(random, 0, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << between(random, 0, 8));
    }
    return bytes.toString('utf8');
  },
  truncated: (text, random) => text.slice(0, between(random, 0, text.length)),
  'the beginning lost': (text, random) => text.slice(between(random, 0, text.length)),
  'two lines swapped': (text, random) => {
    const lines = text.split('\n');
    const [a, b] = [between(random, 0, lines.length), between(random, 0, lines.length)];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
    return lines.join('\n');
  },
  'lines repeated': (text, random) => {
    const lines = text.split('\n');
    const at = between(random, 0, lines.length);
    return [...lines.slice(0, at), ...lines.slice(Math.max(0, at - 5))].join('\n');
  },
  'a line lost': (text, random) => {
    const lines = text.split('\n');
    lines.splice(between(random, 0, lines.length), between(random, 1, 4));
    return lines.join('\n');
  },
  'indented otherwise': (text, random) => {
    const lines = text.split('\n');
    const at = between(random, 0, lines.length);
    lines[at] = `${' '.repeat(between(random, 0, 9))}${(lines[at] ?? '').trimStart()}`;
    return lines.join('\n');
  },
  'an oddity put in': (text, random) => {
    const at = between(random, 0, text.length);
    return text.slice(0, at) + pick(random, oddities) + text.slice(at);
  },
  'a value replaced': (text, random) =>
    replaceOne(text, random, /(?<=: )[^\n]+/g, () => pick(random, oddities).replaceAll('\n', ' ')),
  'a key replaced': (text, random) => replaceOne(text, random, /[\w"*-]+(?=:)/g, () => pick(random, hostileKeys)),
  'a number replaced': (text, random) =>
    replaceOne(text, random, /\d+/g, () => pick(random, ['-1', '0', '1e21', '0.1', '9'.repeat(40), 'NaN', '007'])),
  'a value nested deep': (text, random) =>
    replaceOne(text, random, /(?<=: )[^\n]+/g, () => {
      const depth = between(random, 1, 400);
      return random() < 0.5 ? '['.repeat(depth) + ']'.repeat(depth) : '{a: '.repeat(depth) + '}'.repeat(depth);
    }),
  'aliases of aliases': (text, random) =>
    `${text}\nx0: &x0 [a, a]\n${Array.from({ length: random() < 0.1 ? 30 : between(random, 1, 6) }, (_, i) => `x${i + 1}: &x${i + 1} [*x${i}, *x${i}, *x${i}]`).join('\n')}\n`,
  'another file appended': (text, random) => `${text}${random() < 0.5 ? '---\n' : ''}${pick(random, samples).text}`,
};

function replaceOne(text: string, random: Random, pattern: RegExp, make: () => string): string {
  const hits = [...text.matchAll(pattern)];
  if (hits.length === 0) return text;
  const hit = pick(random, hits);
  return text.slice(0, hit.index) + make() + text.slice(hit.index + hit[0].length);
}

/** YAML that nobody would write, from nothing. */
function generate(random: Random, depth = 0): string {
  const pad = '  '.repeat(depth);
  const words = [
    'version',
    'kind',
    'workspace',
    'policies',
    'keys',
    'limits',
    'budget',
    'match',
    'rate',
    'defaults',
    'x',
  ];
  return Array.from({ length: between(random, 1, 5) }, () => {
    const key = random() < 0.8 ? pick(random, words) : pick(random, hostileKeys);
    if (depth < 5 && random() < 0.5) return `${pad}${key}:\n${generate(random, depth + 1)}`;
    const value =
      random() < 0.4 ? pick(random, ['1', 'workspace', 'org', '$5', 'none', 'monthly']) : pick(random, oddities);
    return `${pad}${random() < 0.1 ? '- ' : ''}${key}: ${value.replaceAll('\n', ' ')}\n`;
  }).join('');
}

const seed = 20_261_120;
const perShare = effort('broken policy files in each of ten shares', 100, 1_000);

function fuzzFile(random: Random): { name: string; files: readonly PolicyFile[] } {
  const victim = pick(random, samples);
  if (random() < 0.15) return { name: 'generated', files: replaceIn(victim, generate(random)) };
  const names = Array.from({ length: between(random, 1, 4) }, () => pick(random, Object.keys(mutations)));
  let text = victim.text;
  for (const name of names) text = mutations[name]?.(text, random) ?? text;
  return { name: names.join(', '), files: replaceIn(victim, text) };
}

/** Now and then among its neighbours, else alone: most of the time goes into reading files that are sound. */
function replaceIn(victim: PolicyFile, text: string): readonly PolicyFile[] {
  const organisation = samples.find(({ path }) => path === 'org.yaml');
  const rest = organisation === undefined || organisation === victim ? [] : [organisation];
  return [...rest, { path: victim.path, text }];
}

describe('ten thousand files', () => {
  it.each(Array.from({ length: 10 }, (_, share) => share))('share %i ends in diagnostics or a result', (share) => {
    const random = createRandom(seed + share);
    const odd: string[] = [];
    let refused = 0;
    let slowest = { ms: 0, name: '' };
    for (let index = 0; index < perShare; index++) {
      const { name, files } = fuzzFile(random);
      const began = performance.now();
      const place = `seed ${seed + share}, file ${index}: ${name}`;
      const result = compileOrFail(files, place);
      const ms = performance.now() - began;
      if (ms > slowest.ms) slowest = { ms, name: place };
      const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
      // One assertion a share: a million of them would take longer than the files.
      if ((result.desired === null) !== errors.length > 0) odd.push(`${place}: a result and errors, or neither`);
      for (const { code, message, source } of result.diagnostics) {
        const isSound = /^[a-z0-9-]+$/.test(code) && message !== '' && (source?.line ?? 1) > 0;
        if (!isSound) odd.push(`${place}: ${code} ${message} at line ${source?.line}`);
      }
      if (errors.length > 0) refused += 1;
    }
    expect(odd).toEqual([]);
    // Otherwise the mutations have gone blunt.
    expect(refused).toBeGreaterThan(perShare / 2);
    expect(refused).toBeLessThan(perShare);
    // Far above what any takes, and far below a hang.
    expect(slowest.ms, slowest.name).toBeLessThan(5_000);
  });
});

function compileOrFail(files: readonly PolicyFile[], place: string): ReturnType<typeof compilePolicies> {
  try {
    return compilePolicies(files);
  } catch (error) {
    throw new Error(`${place} throws\n${files.at(-1)?.text}`, { cause: error });
  }
}

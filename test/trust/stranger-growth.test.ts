/** What a stranger writes costs time in proportion to its length: no text makes a regular expression go over it again and again. */

import { describe, expect, test } from 'vitest';
import { readableLines } from '../../src/approvals/words.ts';
import { describeFailure } from '../../src/checkout/git-child.ts';
import { checkBaseUrl } from '../../src/client/base-url.ts';
import { createCleaner, parseErrorBody } from '../../src/client/failure.ts';
import { parseRetryAfter } from '../../src/client/retry.ts';
import { parseEvent } from '../../src/github/event.ts';
import { nearestName } from '../../src/nearest-name.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { limits } from '../../src/policy/parse.ts';
import { patterns } from '../../src/policy/patterns.ts';
import { quote } from '../../src/policy/quote.ts';
import { parsePriceSource } from '../../src/prices/source.ts';
import { escapeInvisible } from '../../src/printable.ts';
import { isSafePath } from '../../src/record/record-tree.ts';
import { escapeMarkdown } from '../../src/render/escape-markdown.ts';
import { wrap } from '../../src/render/wrap.ts';
import { parseAmount, parsePercent, parseRate, parseReset } from '../../src/resources/amounts.ts';
import { looksSecret } from '../../src/secret-shape.ts';

/** Nothing thrown here is of interest: a refusal has to be quick as well. */
function attempt(work: () => unknown): void {
  try {
    work();
  } catch {}
}

const org = 'version: 1\nkind: org\nenvironment: production\norganisation: 0a1b2c3d-0000-4000-8000-000000000001\n';

function compile(text: string): void {
  compilePolicies([
    { path: 'org.yaml', text: org },
    { path: 'a.yaml', text },
  ]);
}

const inFields = (render: (value: string) => string) => (text: string) =>
  compile(`version: 1\nkind: workspace\nworkspace: a\n${render(JSON.stringify(text))}\n`);

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  looksSecret,
  quote,
  escapeInvisible,
  escapeMarkdown,
  parseAmount,
  parseRate,
  parsePercent,
  parseReset,
  parsePriceSource,
  checkBaseUrl,
  readableLines,
  isSafePath,
  'wrapping a sentence': (text) => wrap(text, 80),
  'cleaning what the service says': createCleaner('pk-live-0123456789abcdef'),
  'reading an error body': (text) => parseErrorBody(text, 'text/plain'),
  'reading Retry-After': (text) => parseRetryAfter(text, 0),
  'telling why git failed': (text) => describeFailure({ code: 1, stdout: Buffer.from(text), stderr: text }),
  'nearest name': (text) => nearestName(text, ['monthly', 'weekly']),
  'reading an event': (text) => parseEvent('push', { ref: text, repository: { full_name: text } }, {}),
  'every shape of the grammar': (text) => Object.values(patterns).map((shape) => shape.test(text)),
  'a policy file as it is': compile,
  'recipients of a file': inFields((value) => `alerts: {recipients: [${value}]}`),
  'the amount of a budget': inFields((value) => `policies: {a: {budget: ${value}}}`),
  'a model': inFields((value) => `policies: {a: {budget: $1, match: {model: ${value}}}}`),
  'a condition': inFields((value) => `policies: {a: {budget: $1, match: {${value}: x}}}`),
  'a name': inFields((value) => `policies: {${value}: {budget: $1}}`),
  'a member that is passed on': inFields((value) => `policies: {a: {budget: $1, api: {x: ${value}}}}`),
  'a path to forget': inFields((value) => `forget: [${value}]`),
  'a date': inFields((value) => `keys: {a: {expires: ${value}}}`),
};

/** Of each a text of about this many characters: what comes again and again, and an end that spoils the match. */
const shapes: Readonly<Record<string, readonly [again: string, end: string]>> = {
  'a prefix of a secret, again and again': ['hf-', ''],
  'the same with a blank at its end': ['sk-', ' '],
  'starts of a web token': ['eyJ-', ' '],
  'starts of web tokens with dots': ['eyJabcdefgh.', '!'],
  'starts of keys': ['-----BEGIN ', ''],
  'hexadecimal digits': ['0123456789abcdef', 'g'],
  'zeros behind a point': ['0', '1'],
  'an amount of zeros': ['$0.0', '1'],
  'thousands that never end': ['1,000', ','],
  digits: ['9', 'x'],
  blanks: [' ', 'x'],
  tabs: ['\t', 'x'],
  'line ends': ['\n', 'x'],
  'lines of carriage returns': ['\r\n', ' x'],
  slashes: ['/', 'x'],
  dots: ['a.', '@'],
  'at signs': ['a@', ' '],
  'underscores of a model': ['a__', ' '],
  'words that lift guards': ['/tollgate allow a=1@aaaaaaaaaaaaaaaa', '!'],
  'words that lift guards on one line': ['a=1@aaaaaaaaaaaaaaaaa', '!'],
  'bars and stars': ['|*`_', '\n'],
  entities: ['&#64;', '@'],
  'ends of addresses': ['://a', '@'],
  'invisible characters': ['\u3164\u200b\u0301', ''],
  brackets: ['[', ''],
  'closed brackets and commas': [',]}', '\n#'],
  colons: ['a: ', ''],
  'dashes of a list': ['- ', 'x'],
  anchors: ['&a *a ', ''],
  quotes: ['"\'', ''],
  comments: [' #', '\n'],
  'percent signs': ['% ', ''],
};

const longest = 1 << 14;

/** Between the two, see `growth`. */
const most = 120;

function build([again, end]: readonly [string, string], length: number): string {
  return again.repeat(Math.ceil(length / again.length)) + end;
}

/** Microseconds of this process; the least of three, since others share the machine. */
function measure(read: (text: string) => unknown, text: string): number {
  const once = (): number => {
    const before = process.cpuUsage();
    attempt(() => read(text));
    // Without the system's share, which is finding memory.
    return process.cpuUsage(before).user;
  };
  const first = once();
  return first > 20_000 ? first : Math.min(first, once(), once());
}

/**
 * How much more sixteen times the text costs: 16 in proportion, some more where memory has to be found for it, 256 by the
 * square. 0 where even the longest text costs too little to be measured.
 */
function growth(read: (text: string) => unknown, shape: readonly [string, string]): number {
  for (let length = 1 << 11; length <= longest; length *= 2) {
    const cost = measure(read, build(shape, length));
    if (cost < 1_500) continue;
    return measure(read, build(shape, 16 * length)) / cost;
  }
  return 0;
}

describe('trust-D3: the time that a text takes', () => {
  for (const [name, read] of Object.entries(readers)) {
    test(`trust-D3: ${name} grows with the length of the text, whatever its shape`, { timeout: 120_000 }, () => {
      const wrong = Object.entries(shapes).flatMap(([what, shape]) => {
        const measured = [growth(read, shape)];
        // The first look may have met a busy moment; what grows by the square does so every time.
        while ((measured.at(-1) ?? 0) > most && measured.length < 3) measured.push(growth(read, shape));
        return (measured.at(-1) ?? 0) > most ? [`${what}: ${measured.map(Math.round).join(', ')} times`] : [];
      });
      expect(wrong).toEqual([]);
    });
  }

  test('trust-D3: a value of more characters than any that has a meaning is refused by its length', () => {
    const file = (text: string) => [
      { path: 'org.yaml', text: org },
      { path: 'a.yaml', text: `version: 1\nkind: workspace\nworkspace: a\nalerts: {recipients: ["${text}"]}\n` },
    ];
    const { diagnostics } = compilePolicies(file('hf-'.repeat(limits.valueLength / 3 + 1)));
    expect(diagnostics.map(({ code }) => code)).toContain('text-too-long');
    expect(JSON.stringify(diagnostics).length).toBeLessThan(1_000);
  });
});

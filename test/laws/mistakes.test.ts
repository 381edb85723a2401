/** No honest mistake passes in silence, no cause is told three times, and all advice is what it says. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/diagnostics.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { effort } from '../helpers/effort.ts';
import { followAdvice } from '../policy/follow-advice.ts';
import { orgHead } from '../policy/helpers.ts';
import { type Mistake, mistake, sound } from './mistakes.ts';

const compile = (text: string) =>
  compilePolicies([
    { path: 'org.yaml', text: orgHead },
    { path: 'ws-one.yaml', text },
  ]);
const meanings = new Map<string, string>();

const errorsIn = (text: string): readonly Diagnostic[] =>
  compile(text).diagnostics.filter(({ severity }) => severity === 'error');

/** What a file asks for, without where it stands there. */
function meaningOf(text: string): string {
  const known = meanings.get(text);
  if (known !== undefined) return known;
  const { desired } = compile(text);
  const meaning = JSON.stringify(desired, (key, value) => (/[sS]ource/.test(key) ? undefined : value));
  meanings.set(text, meaning);
  return meaning;
}

/** Texts in backticks that a message tells people to write. */
function commandsIn(message: string): string[] {
  return [...message.matchAll(/(?:\bwrite|did you mean) `([^`]+)`/g)].flatMap(([, text = '']) =>
    text.includes('…') ? [] : [text],
  );
}

function complaints({ text, line, meant }: Mistake): string[] {
  const errors = errorsIn(text);
  const found: string[] = [];
  // One more blank before a line alone in its map says the same.
  if (errors.length === 0 && meaningOf(text) !== meaningOf(sound)) found.push('passes');
  if (errors.length > 2) found.push('is told more than twice');
  if (errors.length > 0 && !errors.some(({ source }) => source.line === line))
    found.push(`is told elsewhere than on line ${line}`);
  const readings = meant.map(meaningOf);
  for (const error of errors) {
    const advice = error.advice ?? [];
    for (const written of commandsIn(error.message)) {
      if (!advice.some((one) => one.write === written)) found.push(`${written} is advice that nobody checks`);
    }
    for (const one of advice) {
      if (!error.message.includes(`\`${one.write}\``)) found.push(`${one.write} is advice that nobody reads`);
      const followed = followAdvice(text, error, one);
      const refused = errorsIn(followed).find(
        ({ code, source }) => errors.length === 1 || (code === error.code && source.line === error.source.line),
      );
      if (refused !== undefined) found.push(`${one.write} is refused: ${refused.message}`);
      const isMeant =
        one.isExample === true || readings.length === 0 || errors.length > 1 || readings.includes(meaningOf(followed));
      if (refused === undefined && !isMeant) found.push(`${one.write} means something else`);
    }
  }
  return found;
}

test('the file without a mistake is sound', () => expect(errorsIn(sound)).toEqual([]));

test('mistakes-A3: a generated mistake is told at its line, at most twice, with advice that is accepted and means what it says', () => {
  const runs = effort('generated mistakes', 200, 5000);
  const told = new Map<string, string>();
  fc.assert(
    fc.property(mistake, (one) => {
      const found = complaints(one);
      const key = found[0]?.replace(/\d+/g, 'N') ?? '';
      if (found.length > 0 && told.size < 25 && !told.has(key)) {
        const errors = errorsIn(one.text).map(({ source, message }) => `${source.line}: ${message}`);
        told.set(key, [one.text.split('\n')[one.line - 1], ...found, ...errors].join('\n  '));
      }
    }),
    { numRuns: runs, seed: 20_261_129 },
  );
  expect([...told.values()].join('\n')).toBe('');
}, 1_800_000);

/** The schemas of documents: one for each command that prints JSON, and what all of them promise. */

import { Ajv } from 'ajv';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { renderMembers } from '../../scripts/document-members.ts';
import { runSchema } from '../../src/commands/schema.ts';
import { ServiceError, UserError } from '../../src/errors.ts';
import { buildProgram } from '../../src/program.ts';
import { closedSchema } from '../../src/render/documents/json-schema.ts';
import { renderFailure, renderUsageError } from '../../src/render/failure.ts';
import { moneyOf } from '../../src/render/money.ts';
import { documentCommands, documentForms } from '../../src/tools/documents.ts';
import { readText } from '../docs/markdown.ts';
import { checkDocument, commandOf, DocumentProblem } from '../helpers/check-document.ts';

/** Words of every command that offers JSON. */
function jsonCommands(parent: Command, before: readonly string[] = []): string[] {
  return parent.commands.flatMap((command) => {
    const words = [...before, command.name()];
    const isJson = command.options.some(({ long, argChoices }) => long === '--format' && argChoices?.includes('json'));
    return [...(isJson ? [commandOf(words)] : []), ...jsonCommands(command, words)];
  });
}

it('there is one for each command that prints JSON, and for no other', () => {
  const program = buildProgram('0.0.0', async () => {});
  expect(jsonCommands(program).sort()).toEqual([...documentCommands].sort());
});

describe.each(documentCommands)('tollgate schema %s', (command) => {
  it('is a JSON Schema that says what it is of, and lets members pass that it does not name', async () => {
    const { output } = await runSchema(command.split(' '));
    const schema = JSON.parse(output) as { title: string };
    expect(schema.title).toBe(`tollgate ${command}`);
    const isValid = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    const failure = { version: 1, ok: false, error: { kind: 'user', message: 'no', hint: null } };
    expect(isValid({ ...failure, added_later: 1 })).toBe(true);
    expect(isValid({ ...failure, version: 2 })).toBe(false);
  });

  it('has money in whole cents, or as exact text: never as a number with a fraction', () => {
    const forms = (documentForms(command) ?? []).map(closedSchema);
    const odd = membersNamed(/cents|dollars|usd|^spent/, forms).filter(
      ({ type }) => !['integer', 'string'].includes(type),
    );
    expect(odd).toEqual([]);
  });

  it('has the document of a failure, and of a line that is not understood', () => {
    for (const error of [
      new UserError('no', { hint: 'Do.' }),
      new ServiceError('down', { method: 'GET', path: '/x', maybeApplied: false }),
      new Error('odd'),
    ]) {
      checkDocument(command, renderFailure(error, 'json').output, 1);
    }
    checkDocument(command, renderUsageError("error: unknown option '--x'\n(Did you mean --y?)"), 1);
  });
});

it('version 1: no member goes away or changes; what is added is written down (npm run generate)', () => {
  const promised = readText('test/fixtures/documents/version-1.txt').trimEnd().split('\n');
  const now = renderMembers().trimEnd().split('\n');
  const gone = promised.filter((line) => !now.includes(line));
  expect(gone, 'raise jsonVersion, or keep the member').toEqual([]);
  expect(now).toEqual(promised);
});

describe('the check of every document that a test makes a command print', () => {
  const failure = { version: 1, ok: false, error: { kind: 'user', message: 'no', hint: null } };
  const check = (command: string, document: object, exit = 1) => checkDocument(command, JSON.stringify(document), exit);

  it('notices a member that no schema names, one that is missing, and a command without a schema', () => {
    expect(() => check('plan', failure)).not.toThrow();
    expect(() => check('plan', { ...failure, more: 1 })).toThrow(DocumentProblem);
    expect(() => check('plan', { version: 1, ok: false })).toThrow(DocumentProblem);
    expect(() => check('emulate', { ...failure, ok: true }, 0)).toThrow('there is no schema for it');
  });

  it('mistakes-F12: notices an exit code that the document does not tell of', () => {
    expect(() => check('plan', { ...failure, ok: true }, 3)).toThrow('does not say that it is not ok');
  });
});

it.each([
  [189_541n, 100n, { cents: 1895, exact_cents: '1895.41', usd: '$18.95' }],
  [3n, 10n, { cents: 0, exact_cents: '0.3', usd: '$0.00' }],
  [-1n, 2n, { cents: -1, exact_cents: '-0.5', usd: '-$0.01' }],
  [123_456_700n, 1n, { cents: 123_456_700, exact_cents: '123456700', usd: '$1,234,567.00' }],
])('%d/%d cents are whole cents, exact text and dollars', (n, d, money) => {
  expect(moneyOf({ n, d })).toEqual(money);
});

interface Typed {
  readonly type?: string | readonly string[];
}

interface Named {
  readonly name: string;
  readonly type: string;
}

function membersNamed(pattern: RegExp, value: unknown): Named[] {
  if (Array.isArray(value)) return value.flatMap((one) => membersNamed(pattern, one));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(name === 'properties' ? Object.entries(inner as object).flatMap((entry) => typesOf(pattern, entry)) : []),
    ...membersNamed(pattern, inner),
  ]);
}

/** Objects hold their money in members of their own. */
function typesOf(pattern: RegExp, [name, schema]: [string, Typed & { anyOf?: Typed[] }]): Named[] {
  if (!pattern.test(name)) return [];
  return [schema, ...(schema.anyOf ?? [])]
    .flatMap(({ type = [] }) => type)
    .filter((type) => !['null', 'object', 'array'].includes(type))
    .map((type) => ({ name, type }));
}

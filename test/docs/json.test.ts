/** docs/json.md: its examples are run, and the policy for OPA reads nothing that the schema does not promise. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { closedSchema, type JsonSchema } from '../../src/render/documents/json-schema.ts';
import { documentForms } from '../../src/tools/documents.ts';
import { commandOf } from '../helpers/check-document.ts';
import { testSession } from '../helpers/session.ts';
import { typeLine } from '../helpers/type-line.ts';
import { makeFolder } from '../record/git-fixture.ts';
import { codeBlocks, commandWords, readText, root } from './markdown.ts';

const has = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

const examples = codeBlocks(readText('docs/json.md'))
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n'))
  .flatMap((line) => {
    const [, words = '', filter = ''] = /^tollgate (.*?) \| jq (.*)$/.exec(line) ?? [];
    return words === '' ? [] : [{ words: commandWords(words), line: words, jq: commandWords(filter) }];
  });

describe('the examples for jq', () => {
  it('are there', () => {
    expect(examples.length).toBeGreaterThan(5);
  });

  it.each(examples)('tollgate $line: $jq names members of the document', ({ words, jq }) => {
    const known = new Set(namesIn((documentForms(commandOf(words)) ?? []).map(closedSchema)));
    // `map({rule: .[0].rule})` makes members of its own, which are read by no name.
    const named = [...(jq.at(-1) ?? '').matchAll(/\.([a-z_]+)/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  // Without jq the names alone are looked at.
  test.skipIf(!has('jq', '--version')).each(examples)('tollgate $line | jq $jq', async ({ words, jq }) => {
    const { exit, stdout } = await typeLine(words, testSession({ cwd: root }));
    expect(exit).toBe(0);
    const { status, stderr } = spawnSync('jq', [...jq], { input: stdout, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test.skipIf(!has('jq', '--version'))('find what they say', async () => {
    const answerOf = async (part: string): Promise<string> => {
      const found = examples.find(({ jq }) => jq.join(' ').includes(part));
      if (found === undefined) throw new Error(`no example with ${part}`);
      const { stdout } = await typeLine(found.words, testSession({ cwd: root }));
      return spawnSync('jq', [...found.jq], { input: stdout, encoding: 'utf8' }).stdout;
    };
    expect(await answerOf('.digest')).toMatch(/^1\ntrue\n[0-9a-f]{64}\n$/);
    expect(await answerOf('add')).toMatch(/^\d+\n$/);
    const near = (await answerOf('@tsv')).trimEnd().split('\n');
    expect(near.every((row) => row.split('\t').length === 4)).toBe(true);
  });
});

describe('the policy for OPA', () => {
  const folder = 'docs/examples/opa';
  const policy = readText(`${folder}/plan.rego`).replace(/#.*$/gm, '');
  const [plan] = (documentForms('plan') ?? []).map(closedSchema);

  it('reads no member that the schema of `plan` does not have', () => {
    const bound = new Map([['input', '']]);
    for (const [, name = '', of = ''] of policy.matchAll(/some (\w+) in input\.([\w.]+)/g)) bound.set(name, `${of}.[]`);
    const read = [...policy.matchAll(/\b(\w+)\.([a-z_.]+)/g)].flatMap(([, name = '', path = '']) => {
      const of = bound.get(name);
      return of === undefined ? [] : [`${of}.${path}`.replace(/^\./, '')];
    });
    expect(read.length).toBeGreaterThan(12);
    expect(read.filter((path) => !hasPath(plan ?? {}, path.split('.')))).toEqual([]);
  });

  it('would notice one', () => {
    expect(hasPath(plan ?? {}, ['spend', 'limits', '[]', 'after_cents'])).toBe(true);
    expect(hasPath(plan ?? {}, ['spend', 'limits', '[]', 'after'])).toBe(false);
  });

  /** The sample's plan, and the same with a budget above the bound. */
  const writePlans = async (): Promise<readonly [kept: string, broken: string]> => {
    const words = ['plan', '--backend', 'emulator', '--format', 'json'];
    const { stdout } = await typeLine(words, testSession({ cwd: root }));
    const document = JSON.parse(stdout) as { spend: { limits: object[] } };
    const limit = { change: 'usage-policy/x/y', unit: 'cost', before_cents: 10_000, after_cents: 600_000 };
    const into = makeFolder();
    mkdirSync(into, { recursive: true });
    const write = (name: string, text: object): string => {
      writeFileSync(join(into, name), JSON.stringify(text));
      return join(into, name);
    };
    const spend = { ...document.spend, limits: [{ ...limit, delta_cents: 590_000 }] };
    return [
      write('kept.json', { ...document, changes: [], spend: null }),
      write('broken.json', { ...document, spend }),
    ];
  };

  test.skipIf(!has('opa', 'version'))('denies what it says, with opa', async () => {
    const [kept, broken] = await writePlans();
    const denied = (input: string): string => {
      const args = ['eval', '--input', input, '--data', join(root, folder), 'data.main.deny'];
      return spawnSync('opa', args, { encoding: 'utf8' }).stdout;
    };
    expect(denied(kept)).not.toContain('cents per 30 days');
    expect(denied(broken)).toContain('600000 cents per 30 days are more than 500000');
  });

  test.skipIf(!has('conftest', '--version'))('denies what it says, with conftest', async () => {
    const [kept, broken] = await writePlans();
    const ended = (input: string) => spawnSync('conftest', ['test', input, '--policy', join(root, folder)]).status;
    expect([ended(kept), ended(broken)]).toEqual([0, 1]);
  });
});

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const [, name = ''] = /^#\/definitions\/(.*)$/.exec(String(schema.$ref ?? '')) ?? [];
  return name === '' ? schema : ((root.definitions as Record<string, JsonSchema> | undefined)?.[name] ?? {});
}

function hasPath(schema: JsonSchema, path: readonly string[], root: JsonSchema = schema): boolean {
  const [name, ...rest] = path;
  const { anyOf, properties, items } = resolve(schema, root);
  if (name === undefined) return true;
  if (Array.isArray(anyOf)) return (anyOf as JsonSchema[]).some((branch) => hasPath(branch, path, root));
  const next = name === '[]' ? items : (properties as Record<string, JsonSchema> | undefined)?.[name];
  return next !== undefined && hasPath(next as JsonSchema, rest, root);
}

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(name === 'properties' ? Object.keys(inner as object) : []),
    ...namesIn(inner),
  ]);
}

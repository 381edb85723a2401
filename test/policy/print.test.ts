import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compilePolicies } from '../../src/policy/compile.ts';
import { explainUnprintable, printPolicies } from '../../src/policy/print.ts';
import type { PrintedEntry } from '../../src/policy/print-values.ts';
import { renderYaml } from '../../src/policy/yaml-text.ts';
import { sortFields } from '../../src/resources/fields.ts';
import type { Fields, Kind, Reset } from '../../src/resources/types.ts';
import { effort } from '../helpers/effort.ts';
import { entryOf, kindOfEntry } from './arbitraries.ts';

const organisation = '7f3c1f8e-2b1d-4a57-9a44-0c7d2b6e9a10';

function roundTrip(entries: readonly PrintedEntry[], workspace: string | null) {
  const files = printPolicies({
    environment: 'production',
    organisation,
    entries: workspace === null ? entries : [],
    workspaces: workspace === null ? [] : [{ slug: workspace, entries }],
  });
  return { files, ...compilePolicies(files) };
}

describe.each<Kind>([
  'usage-policy',
  'rate-policy',
  'workspace-limits',
  'key-limits',
  'provider-limits',
  'integration-limits',
])('%s', (kind) => {
  it('compiles what it prints to the same fields', () => {
    fc.assert(
      fc.property(entryOf(kind), (entry) => {
        const { desired, diagnostics, files } = roundTrip([entry], 'ws-one');
        expect(
          diagnostics.filter((diagnostic) => diagnostic.severity === 'error'),
          files[1]?.text ?? '',
        ).toEqual([]);
        const [compiled] = desired?.entries ?? [];
        expect(compiled).toMatchObject({
          kind,
          workspace: 'ws-one',
          name: entry.name,
          protect: entry.protect ?? false,
        });
        expect(JSON.stringify(compiled?.fields)).toBe(JSON.stringify(sortFields(entry.fields)));
        expect(compiled?.id).toBe(entry.id);
        expect(compiled?.starting).toBe(entry.starting);
        expect(explainUnprintable(entry, 'ws-one')).toBeNull();
      }),
      { numRuns: effort('printed files', 75, 750) },
    );
  });
});

it('writes out what nobody sees, and reads it back: direction marks, separators, blanks that are none', () => {
  const odd = [
    '\u202e',
    '\u2028',
    '\u2029',
    '\u00a0',
    '\u3000',
    '\u200b',
    '\u00ad',
    '\u3164',
    '\u{e0041}',
    '\u{1d159}',
    '\u2800',
  ];
  for (const character of ['é', '日', '😀', ...odd]) {
    for (const value of [`a${character}b`, character, `a\n ${character}\n`, `"${character}\\u202e`]) {
      for (const style of [{}, { flow: true }, { indent: 4 }, { quotes: 'single' as const }]) {
        const text = renderYaml(new Map([[value, value]]), { ...style, comment: ` of ${character}` });
        expect(parse(text), text).toEqual({ [value]: value });
        if (odd.includes(character)) expect(text).not.toContain(character);
        else expect(text).toContain(character);
      }
    }
  }
});

interface Named {
  readonly name: string;
  readonly fields: Fields;
}

/** A policy may be called otherwise live, and two of one live name are an error in the files (`duplicate-name`). */
function isOneName(a: Named, b: Named): boolean {
  const liveName = ({ name, fields }: Named) => (typeof fields.name === 'string' ? fields.name : name);
  return a.name === b.name || liveName(a) === liveName(b);
}

it('keeps any mix of entries, and prints equal bytes for equal input in any order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(kindOfEntry, { maxLength: 8, comparator: isOneName }), (entries) => {
      const limits = entries.filter(
        (entry, index) =>
          entry.kind !== 'workspace-limits' || entries.findIndex((e) => e.kind === entry.kind) === index,
      );
      const there = roundTrip(limits, 'ws-one');
      const back = roundTrip([...limits].reverse(), 'ws-one');
      expect(back.files).toEqual(there.files);
      expect(there.diagnostics.filter((diagnostic) => diagnostic.severity === 'error')).toEqual([]);
      expect(there.desired?.entries).toHaveLength(limits.length);
    }),
    { numRuns: effort('printed texts', 100, 1_000) },
  );
});

it("keeps the organisation's own entries", () => {
  const owned = fc.constantFrom<Kind>('key-limits', 'integration-limits').chain(entryOf);
  fc.assert(
    fc.property(owned, (entry) => {
      const { desired, diagnostics } = roundTrip([entry], null);
      expect(diagnostics.filter((diagnostic) => diagnostic.severity === 'error')).toEqual([]);
      expect(JSON.stringify(desired?.entries[0]?.fields)).toBe(JSON.stringify(sortFields(entry.fields)));
    }),
  );
});

describe('findRefusal', () => {
  const policy: Fields = { name: 'p', unit: 'cost', amount: 50_000, reset: 'monthly', match: 'all', per: ['api_key'] };
  it.each<[string, Fields]>([
    ['an amount below the minimum', { ...policy, amount: 50 }],
    ['a fraction of a cent', { ...policy, amount: 1000.5 }],
    [
      'two conditions on one key',
      {
        ...policy,
        match: [
          { key: 'model', any: ['@a/b'], except: [] },
          { key: 'model', any: ['@a/c'], except: [] },
        ],
      },
    ],
    ['an unknown condition', { ...policy, match: [{ key: 'nothing', any: ['x'], except: [] }] }],
    ['an unknown grouping', { ...policy, per: ['organisation_id'] }],
    ['an unknown reset', { ...policy, reset: 'yearly' as Reset }],
    ['an alert above the budget', { ...policy, alert: 60_000 }],
  ])('refuses %s', (_, fields) => {
    expect(explainUnprintable({ kind: 'usage-policy', name: 'p', fields }, 'ws-one')).not.toBeNull();
  });

  it('lets a writable policy pass', () =>
    expect(explainUnprintable({ kind: 'usage-policy', name: 'p', fields: policy }, 'ws-one')).toBeNull());
});

it('prints block style, with the schema for editors', () => {
  const fields: Fields = {
    name: 'spend',
    unit: 'cost',
    amount: 200_000,
    reset: 'monthly',
    alert: 160_000,
    match: [{ key: 'model', any: ['@openai/*'], except: ['@openai/gpt-4o'] }],
    per: ['api_key'],
  };
  const { files } = roundTrip([{ kind: 'usage-policy', name: 'spend', fields }], 'ws-one');
  expect(files[1]).toEqual({
    path: 'workspaces/ws-one.yaml',
    text: `# yaml-language-server: $schema=../../schemas/workspace.schema.json

version: 1
kind: workspace
workspace: ws-one

policies:
  spend:
    budget: $2,000
    reset: monthly
    alert: 80%
    match:
      model:
        any: "@openai/*"
        except: "@openai/gpt-4o"
    per: api_key
`,
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { addEntry, removeEntry, rewriteEntry, setField } from '../../src/policy/edit.ts';
import type { PrintedEntry } from '../../src/policy/print-values.ts';
import { type EditedText, isRefused, readValue, setValue } from '../../src/policy/yaml-splice.ts';
import type { DesiredEntry, Fields, Kind } from '../../src/resources/types.ts';
import { effort } from '../helpers/effort.ts';
import { orgFile } from '../helpers/world.ts';
import { entryOf, kindOfEntry } from './arbitraries.ts';

function textOf(edited: EditedText): string {
  if (isRefused(edited)) throw new Error(edited.refusal);
  return edited.text;
}

function compile(workspace: string, org = orgFile()): readonly DesiredEntry[] {
  const files = [
    { path: 'org.yaml', text: org },
    { path: 'ws.yaml', text: workspace },
  ];
  const { desired, diagnostics } = compilePolicies(files);
  if (desired === null) throw new Error(`${diagnostics.map(({ message }) => message).join('\n')}\n${workspace}`);
  return desired.entries;
}

function sorted(fields: Fields | undefined): string {
  return JSON.stringify(Object.entries(fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether all lines stand in the other text, in their order. */
function isSubsequence(lines: readonly string[], text: string): boolean {
  const left = [...lines];
  for (const line of text.split('\n')) if (line === left[0]) left.shift();
  return left.length === 0;
}

const plain = `version: 1
kind: workspace
workspace: ws-one
owner: platform
`;

const commented = `# head
version: 1 # grammar
kind: workspace
workspace: 'ws-one'   # quoted on purpose

# who
owner: "platform"

policies: # ours
    # the first
    zz-first: # why not
        budget: $1.5k  # raised in May
        reset:   monthly
        alert: 80%
        per: [ workspace_id ]   # shared

    # about the second

    zz-second:
        rate: "100 requests/minute"
        per:
        # who
        - api_key # each key
        - model
        description: |
            one

            two   # no comment
    # below the second

# keys come here
keys:
  zz-key:
    rates:
      - 10 requests/second # burst
      # the other
      - '200 requests/day'
    recipients: [a@example.com, "b@example.com"] # team
  zz-flow: {budget: "$2,000", reset: never} # short

# the end
`;

const bases: Readonly<Record<string, string>> = {
  plain,
  commented,
  'with CRLF': commented.replaceAll('\n', '\r\n'),
  'with a byte order mark': `\uFEFF${commented}`,
  'with a document start and end': `---\n${commented}...\n`,
  'without a newline at its end': `${plain}keys:\n  zz-key:\n    rate: 5 requests/minute`,
  'with a text in a block at its end': `${plain}policies:\n  zz:\n    rate: 5 requests/minute\n    per: api_key\n    description: |+\n      text\n\n`,
};

/** Names of the bases start with zz. */
const entry = kindOfEntry.filter(({ name }) => !name.startsWith('zz'));

describe.each(Object.entries(bases))('a file %s', (_, base) => {
  it('takes any entry, which compiles to what was wished, and keeps every line', () => {
    const before = compile(base);
    fc.assert(
      fc.property(entry, (wished) => {
        const text = textOf(addEntry(base, wished));
        const lines = base.split('\n').filter((line) => line !== '' && line !== '    rate: 5 requests/minute');
        expect(isSubsequence(lines, text)).toBe(true);
        const after = compile(text);
        expect(after).toHaveLength(before.length + 1);
        const found = after.find(({ kind, name }) => kind === wished.kind && name === wished.name);
        expect(sorted(found?.fields)).toBe(sorted(wished.fields));
        expect(found).toMatchObject({ protect: wished.protect ?? false });
        expect(found?.id).toBe(wished.id);
        if (base.includes('\r\n')) expect(text.replaceAll('\r\n', '')).not.toContain('\n');
      }),
      { numRuns: effort('entries added', 30, 300) },
    );
  });

  it('is as it was once the entry is taken out again', () => {
    fc.assert(
      fc.property(entry, (wished) => {
        const withIt = textOf(addEntry(base, wished));
        const without = textOf(removeEntry(withIt, wished));
        const trim = (text: string) => text.replace(/\s*(?:\r?\n\s*)+/g, '\n').trim();
        expect(trim(without)).toBe(trim(base));
      }),
      { numRuns: effort('entries added and taken out', 20, 200) },
    );
  });
});

/** Two states of one entry. */
const pairOf = (kind: Kind): fc.Arbitrary<readonly [PrintedEntry, PrintedEntry]> =>
  fc.tuple(entryOf(kind), entryOf(kind)).map(([a, b]) => {
    const { liveName: _, id: __, ...rest } = b;
    const named = kind.endsWith('-policy') ? { ...b.fields, name: a.fields.name ?? a.name } : b.fields;
    return [
      { ...a, protect: false },
      { ...rest, name: a.name, protect: false, ...(a.id === undefined ? {} : { id: a.id }), fields: named as Fields },
    ] as const;
  });

describe.each<Kind>([
  'usage-policy',
  'rate-policy',
  'workspace-limits',
  'key-limits',
  'provider-limits',
  'integration-limits',
])('%s', (kind) => {
  it('is rewritten field by field to any other state, and the rest of the file stays', () => {
    fc.assert(
      fc.property(pairOf(kind), fc.constantFrom(plain, commented), ([before, after], base) => {
        fc.pre(!before.name.startsWith('zz') && Object.keys(before.fields).length > 0);
        const text = textOf(rewriteEntry(textOf(addEntry(base, before)), before, after));
        expect(isSubsequence(base.split('\n'), text)).toBe(true);
        const found = compile(text).find((candidate) => candidate.kind === kind && candidate.name === before.name);
        expect(sorted(found?.fields)).toBe(sorted(after.fields));
      }),
      { numRuns: effort(`entries rewritten, ${kind}`, 40, 400) },
    );
  });
});

/** What lines an edit takes out of `commented` and puts in. */
function changedLines(edited: EditedText): { readonly out: string[]; readonly in: string[] } {
  const [old, next] = [commented.split('\n'), textOf(edited).split('\n')];
  return { out: old.filter((line) => !next.includes(line)), in: next.filter((line) => !old.includes(line)) };
}

const place = (kind: Kind, name: string) => ({ kind, name });

describe('one field', () => {
  const first = place('usage-policy', 'zz-first');
  const second = place('rate-policy', 'zz-second');
  const key = place('key-limits', 'zz-key');

  it.each([
    [
      'keeps the comment beside it',
      setField(commented, first, 'budget', '$2,000'),
      'budget: $1.5k  # raised in May',
      'budget: $2,000  # raised in May',
    ],
    [
      'keeps the spaces before it',
      setField(commented, first, 'reset', 'weekly'),
      'reset:   monthly',
      'reset:   weekly',
    ],
    [
      'keeps its quotes',
      setField(commented, second, 'rate', '5 requests/hour'),
      'rate: "100 requests/minute"',
      'rate: "5 requests/hour"',
    ],
    [
      'loses its quotes for a keyword',
      setField(commented, second, 'rate', 'none'),
      'rate: "100 requests/minute"',
      'rate: none',
    ],
  ])('%s', (_, edited, before, after) => {
    const { out, in: added } = changedLines(edited);
    expect(out.map((line) => line.trim())).toEqual([before]);
    expect(added.map((line) => line.trim())).toEqual([after]);
  });

  it('becomes a map below the comment beside its key', () => {
    const window = new Map([
      ['every', '10 days'],
      ['starting', '2026-12-01'],
    ]);
    const text = textOf(setField(commented, first, 'budget', '$9'));
    expect(textOf(setField(text, first, 'reset', window))).toContain(
      '        reset:\n            every: 10 days\n            starting: 2026-12-01\n        alert: 80%\n',
    );
    expect(textOf(setField(commented, first, 'budget', window))).toContain(
      '        budget:  # raised in May\n            every: 10 days\n',
    );
  });

  it('that is a text in a block becomes one line, and the reverse', () => {
    const text = textOf(setField(commented, second, 'description', 'short'));
    expect(text).toContain('        description: short\n    # below the second\n');
    const again = textOf(setField(text, second, 'description', 'a\n\nb\n'));
    expect(again).toContain('        description: |\n            a\n\n            b\n    # below the second\n');
  });

  it('goes with its lines alone', () => {
    expect(changedLines(setField(commented, first, 'alert', undefined))).toEqual({
      out: ['        alert: 80%'],
      in: [],
    });
    expect(changedLines(setField(commented, second, 'description', undefined)).out).toHaveLength(3);
    expect(setField(commented, first, 'expires', undefined)).toEqual({ text: commented });
  });

  it('that is a list keeps the lines of what stays', () => {
    const { out, in: added } = changedLines(setField(commented, key, 'rates', ['5 tokens/hour', '10 requests/second']));
    expect(out).toEqual(["      - '200 requests/day'"]);
    expect(added).toEqual(['      - 5 tokens/hour']);
    const edited = setField(commented, key, 'recipients', ['c@example.com', 'b@example.com']);
    expect(changedLines(edited).in).toEqual(['    recipients: ["b@example.com", c@example.com] # team']);
    expect(changedLines(setField(commented, second, 'per', ['api_key'])).out).toEqual(['        - model']);
  });

  it('stands in braces where its entry does', () => {
    const flow = place('key-limits', 'zz-flow');
    const text = textOf(setField(commented, flow, 'budget', '$3,000'));
    expect(text).toContain('zz-flow: {budget: "$3,000", reset: never} # short');
    expect(textOf(setField(text, flow, 'expires', 'none'))).toContain('reset: never, expires: none} # short');
    expect(textOf(setField(text, flow, 'reset', undefined))).toContain('{budget: "$3,000"} # short');
    expect(textOf(removeEntry(commented, flow))).not.toContain('zz-flow');
  });
});

describe('sections', () => {
  const added: PrintedEntry = {
    kind: 'key-limits',
    name: 'ci',
    fields: { budget: { unit: 'cost', amount: 200_000, reset: 'monthly' }, recipients: ['a@example.com'] },
  };

  it.each([
    ['an empty one', `${plain}keys: {} # none yet\n# end\n`, 'keys: # none yet\n  ci:\n    budget: $2,000\n'],
    [
      'braces',
      `${plain}keys: {a: {rate: 5 requests/minute}} # all\n`,
      'keys: {a: {rate: 5 requests/minute}, ci: { budget: "$2,000"',
    ],
    ['braces over lines', `${plain}keys: {\n  a: {rate: 5 requests/minute}, # x\n}\n`, 'ci: { budget: "$2,000"'],
    [
      'none at all',
      `${plain}# end\n`,
      'owner: platform\nkeys:\n  ci:\n    budget: $2,000\n    reset: monthly\n    recipients:\n      - a@example.com\n# end\n',
    ],
  ])('%s', (_, base, expected) => {
    const text = textOf(addEntry(base, added));
    expect(text).toContain(expected);
    expect(compile(text).find(({ name }) => name === 'ci')?.fields).toEqual(added.fields);
  });

  it('go when their last entry does, with all comments outside it kept', () => {
    const text = `${plain}keys: # ours\n  # about ci\n  ci:\n    rate: 5 requests/minute # x\n  # below\nproviders: {}\n`;
    const next = textOf(removeEntry(text, place('key-limits', 'ci')));
    expect(next).toBe(`${plain}  # about ci\n  # below\nproviders: {}\n`);
  });

  it('of the organisation', () => {
    const org = orgFile('# keys\nkeys:\n  ops:\n    rate: 5 requests/minute\n');
    const text = textOf(addEntry(org, { ...added, kind: 'integration-limits', fields: { budget: null } }, true));
    expect(text).toBe(`${org}integrations:\n  ci:\n    new_workspaces:\n      budget: none\n`);
  });
});

describe('what is refused', () => {
  it.each([
    ['an entry that is there', addEntry(commented, { kind: 'key-limits', name: 'zz-key', fields: { budget: null } })],
    [
      'a value that others share by alias',
      setField(
        `${plain}keys:\n  a: &x\n    rate: 5 requests/minute\n  b: *x\n`,
        place('key-limits', 'a'),
        'rate',
        'none',
      ),
    ],
    [
      'an entry written by alias',
      setField(
        `${plain}keys:\n  a: &x\n    rate: 5 requests/minute\n  b: *x\n`,
        place('key-limits', 'b'),
        'rate',
        'none',
      ),
    ],
    ['a file that is not a map', setValue('- a\n', ['a'], 1)],
    ['a file that does not parse', setValue('a: [\n', ['a'], 1)],
    ['the last value of a file', setValue('a: 1\n', ['a'], undefined)],
  ])('%s', (_, edited) => {
    expect(isRefused(edited)).toBe(true);
  });

  it('never an alias that is only replaced', () => {
    const text = textOf(setValue('a: &x 5\nb: *x # same\n', ['b'], 6));
    expect(text).toBe('a: &x 5\nb: 6 # same\n');
  });
});

it('edits any file or refuses, and never says more or less than was wished', () => {
  const lines = fc.array(
    fc.constantFrom(
      'a: 1',
      'b:',
      '  c: [1, 2]',
      '  d: {x: y}',
      '  - e',
      '# f',
      '',
      '  g: |',
      '    h',
      '"i": \'j\'',
      '? k',
      '&l m: *l',
      '\t',
      '...',
      '---',
      '   n: o',
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(
      lines,
      fc.constantFrom('a', 'b', 'b/c', 'b/z', 'z/y', 'i'),
      fc.constantFrom(1, 'x', null, undefined),
      (all, path, value) => {
        const keys = path.split('/');
        const edited = setValue(all.join('\n'), keys, value);
        if (!isRefused(edited)) expect(readValue(edited.text, keys)).toEqual(value);
      },
    ),
    { numRuns: effort('settings in odd files', 200, 2_000) },
  );
});

/** The layout of policy files: that of `import`, and nothing but layout. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { compareDesired, hasDifference } from '../../src/importing/compare-desired.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { addEntry } from '../../src/policy/edit.ts';
import { formatFile } from '../../src/policy/format-file.ts';
import { formatText } from '../../src/policy/format-text.ts';
import { printPolicies, printWorkspaceFile } from '../../src/policy/print.ts';
import { type EditedText, isRefused } from '../../src/policy/yaml-splice.ts';
import { effort } from '../helpers/effort.ts';
import { orgFile } from '../helpers/world.ts';
import { kindOfEntry } from './arbitraries.ts';

function textOf(edited: EditedText): string {
  if (isRefused(edited)) throw new Error(edited.refusal);
  return edited.text;
}

const format = (text: string): string => textOf(formatText(text));

/** What each of the two says, beside an organisation file. */
function expectSameMeaning(before: string, after: string): void {
  const compile = (text: string) =>
    compilePolicies([
      { path: 'org.yaml', text: orgFile() },
      { path: 'ws.yaml', text },
    ]);
  const [old, next] = [compile(before), compile(after)];
  expect(next.diagnostics.map(({ code }) => code).sort()).toEqual(old.diagnostics.map(({ code }) => code).sort());
  if (old.desired === null || next.desired === null) expect(next.desired).toBe(old.desired);
  else expect(hasDifference(compareDesired(old.desired, next.desired))).toBe(false);
}

const words = (text: string): string => text.replace(/\s+/g, '');

describe('the layout', () => {
  it.each([
    ['four columns a level', 'a:\n    b:\n        c: 1\n', 'a:\n  b:\n    c: 1\n'],
    ['a list in the column of its key', 'a:\n- b: 1\n  c: 2\n', 'a:\n  - b: 1\n    c: 2\n'],
    ['blanks behind a dash', 'a:\n  -   b: 1\n      c: 2\n', 'a:\n  - b: 1\n    c: 2\n'],
    ['lists of lists', 'a:\n-   - 1\n    - 2\n', 'a:\n  - - 1\n    - 2\n'],
    ['blanks around a colon', 'a :   1\n"b" : 2\n', 'a: 1\n"b": 2\n'],
    ['the blank that ends an alias', 'a: &x k\n*x : 1\n', 'a: &x k\n*x : 1\n'],
    ['blanks behind lines', 'a: 1  \n \t\nb: 2\t\n', 'a: 1\n\nb: 2\n'],
    ['a map that begins further right', '  a: 1\n  b: 2\n', 'a: 1\nb: 2\n'],
    ['no line break at the end', 'a: 1', 'a: 1\n'],
    ['blank lines at the end', 'a: 1\n\n\n', 'a: 1\n'],
    ['blank lines elsewhere, which stay', '\n\na: 1\n\n\nb: 2\n', '\n\na: 1\n\n\nb: 2\n'],
    ['a value below its key', 'a:\n      1\n', 'a:\n  1\n'],
    ['a text over lines', 'a:\n    b: one\n       two\n    c: 1\n', 'a:\n  b: one\n     two\n  c: 1\n'],
    ['a quoted text over lines', 'a:\n      b: "one\n\n       two"\n', 'a:\n  b: "one\n\n   two"\n'],
    [
      'braces over lines',
      'a:\n    b: {\n      c: 1, # c\n      d: 2\n    }\n',
      'a:\n  b: {\n    c: 1, # c\n    d: 2\n   }\n',
    ],
    ['the insides of braces', 'a: {b:   1,c: [ 1,2 ]}\n', 'a: {b:   1,c: [ 1,2 ]}\n'],
    [
      'a text in a block',
      'a:\n    b: |\n            one\n              two\n\n    c: 1\n',
      'a:\n  b: |\n    one\n      two\n\n  c: 1\n',
    ],
    [
      'blanks in a block, which are its own',
      'a:\n    b: |\n        x  \n          \n        y\n',
      'a:\n  b: |\n    x  \n      \n    y\n',
    ],
    ['a block of a given depth', 'a:\n    b: |2\n        x\n', 'a:\n  b: |2\n      x\n'],
    ['a block that keeps its end', 'a:\n    b: |+\n      x\n\n\n', 'a:\n  b: |+\n    x\n\n\n'],
    ['a block without a line break at the end', 'a:\n    b: |\n      x', 'a:\n  b: |\n    x'],
    [
      'quotes, numbers and words',
      'a: "1"\nb: 1\nc: \'$5\'\nd: 0x10\n2231: "none"\n',
      'a: "1"\nb: 1\nc: \'$5\'\nd: 0x10\n2231: "none"\n',
    ],
    [
      'anchors and merges',
      'x-a: &a\n    b: 1\nc:\n    <<: *a\n    d: *a\n',
      'x-a: &a\n  b: 1\nc:\n  <<: *a\n  d: *a\n',
    ],
    ['a document start and end', '---\na:\n    b: 1\n...\n', '---\na:\n  b: 1\n...\n'],
    ['empty documents behind it', 'a:   1\n---\n# nothing\n', 'a: 1\n---\n# nothing\n'],
    ['CRLF, which stays', 'a:\r\n    b: 1  \r\n', 'a:\r\n  b: 1\r\n'],
    [
      'mixed line ends, which become those of the first line',
      'a: 1\r\nb: 2\nc: |\n  x\n',
      'a: 1\r\nb: 2\r\nc: |\r\n  x\r\n',
    ],
    ['a byte order mark, which stays', '\uFEFFa:   1\n', '\uFEFFa: 1\n'],
  ])('%s', (_, before, after) => {
    expect(format(before)).toBe(after);
    expect(format(after)).toBe(after);
  });

  it('takes comments along with what they stand beside, and leaves the gap before those behind a value', () => {
    const before = `# file
a:    # a
    # about b
    b:   1     # b
      # further right
    # below b
# left
    c:
    # of the list
    -   x
        # below x
# end
`;
    const after = `# file
a:    # a
  # about b
  b: 1     # b
  # further right
  # below b
# left
  c:
    # of the list
    - x
    # below x
# end
`;
    expect(format(before)).toBe(after);
    expect(format(after)).toBe(after);
  });

  it('refuses what it cannot prove to mean the same, or cannot read', () => {
    expect(formatText('- a\n')).toHaveProperty('refusal');
    expect(formatText('a:\n\tb: 1\n')).toHaveProperty('refusal');
    expect(formatText('a: 1\n---\nb: 2\n')).toHaveProperty('refusal');
  });
});

describe('a file', () => {
  const head = 'version: 1\nkind: workspace\nworkspace: ws-one\n';

  it.each([
    ['a tab', `${head}keys:\n\tweb:\n\t\tbudget: $5\n`, 'tab-indent'],
    ['two documents', `${head}---\n${head}`, 'several-documents'],
    ['an unknown alias', `${head}keys: *nobody\n`, 'unknown-alias'],
    ['a conflict', `${head}<<<<<<< HEAD\n=======\n>>>>>>> other\n`, 'conflict-marker'],
    ['no kind', 'services:\n    web: 1\n', 'missing-kind'],
    ['a kind of another program', 'kind:   Deployment\n', 'missing-kind'],
  ])('with %s stays as it is, and says why', (_, text, code) => {
    const { text: after, diagnostics } = formatFile(text, 'a.yaml');
    expect(after).toBe(text);
    expect(diagnostics.map((one) => [one.code, one.severity])).toEqual([[code, 'error']]);
  });

  it('whose grammar is wrong is laid out all the same', () => {
    const { text, diagnostics } = formatFile(`${head}keys:\n    web:\n        bugdet:   $5\n`, 'a.yaml');
    expect([text, diagnostics]).toEqual([`${head}keys:\n  web:\n    bugdet: $5\n`, []]);
  });
});

describe('any file', () => {
  const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
  const root = fileURLToPath(new URL('../../policies/', import.meta.url));
  const texts = [fixtures, root].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => ({ name, text: readFileSync(folder + name, 'utf8') })),
  );

  it('of the fixtures keeps its words and its meaning, and is laid out once', () => {
    let count = 0;
    for (const { name, text } of texts) {
      const formatted = formatFile(text, name);
      if (formatted.diagnostics.length > 0) {
        expect(formatted.text, name).toBe(text);
        continue;
      }
      count += 1;
      expect(format(formatted.text), name).toBe(formatted.text);
      expect(words(formatted.text), name).toBe(words(text));
      expectSameMeaning(text, formatted.text);
    }
    expect(count).toBeGreaterThan(150);
  });

  it('that import prints, or an edit of such a file, is in its layout', () => {
    fc.assert(
      fc.property(fc.uniqueArray(kindOfEntry, { selector: ({ name }) => name, maxLength: 3 }), (entries) => {
        const [first, ...others] = entries;
        const printed = printWorkspaceFile({ slug: 'ws-one', entries: first === undefined ? [] : [first] });
        expect(format(printed)).toBe(printed);
        let edited = printed;
        for (const one of others) {
          const added = addEntry(edited, one);
          if (!isRefused(added)) edited = added.text;
        }
        expect(format(edited)).toBe(edited);
      }),
      { numRuns: effort('printed files', 100, 1000) },
    );
    for (const { text } of printPolicies({ environment: 'a', organisation: 'b', entries: [], workspaces: [] })) {
      expect(format(text)).toBe(text);
    }
  });

  it('printed in another layout comes back to that of import', () => {
    fc.assert(
      fc.property(kindOfEntry, fc.constantFrom(3, 4, 8), fc.boolean(), fc.boolean(), (entry, indent, seq, crlf) => {
        const printed = printWorkspaceFile({ slug: 'ws-one', entries: [entry] });
        const other = stringify(parse(printed, { intAsBigInt: true }), {
          indent,
          indentSeq: seq,
          lineWidth: 0,
          compat: 'yaml-1.1',
        });
        const text = crlf ? other.replaceAll('\n', '\r\n') : other;
        const formatted = formatText(text);
        // As a block whose depth is a number may be.
        if (isRefused(formatted)) return;
        expect(format(formatted.text)).toBe(formatted.text);
        expect(words(formatted.text)).toBe(words(text));
        expectSameMeaning(text, formatted.text);
        const usual = stringify(parse(text, { intAsBigInt: true }), { lineWidth: 0, compat: 'yaml-1.1' });
        if (!/[|>][-+1-9]*\n|\\/.test(usual)) expect(formatted.text.replaceAll('\r\n', '\n')).toBe(usual);
      }),
      { numRuns: effort('files of other layouts', 100, 1000) },
    );
  });
});

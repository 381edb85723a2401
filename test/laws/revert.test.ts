/** Applies taken back in the files: the last one gives the state before it, an earlier one moves nothing but what it changed. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { compareDesired, hasDifference } from '../../src/importing/compare-desired.ts';
import { findUnreverted } from '../../src/importing/prove-revert.ts';
import { type Reversal, revertFiles } from '../../src/importing/revert-files.ts';
import { compilePolicies } from '../../src/policy/compile.ts';
import { printWorkspaceFile } from '../../src/policy/print.ts';
import type { PrintedEntry } from '../../src/policy/print-values.ts';
import type { Desired } from '../../src/resources/types.ts';
import { canonicalJson } from '../../src/stable-json.ts';
import { effort } from '../helpers/effort.ts';
import { orgFile } from '../helpers/world.ts';
import { kindOfEntry } from '../policy/arbitraries.ts';

type Files = Readonly<Record<string, string>>;

const names = ['ws-one', 'ws-two'] as const;

/** Few names, so that states of a history speak of the same entries. */
const entries: fc.Arbitrary<readonly PrintedEntry[]> = fc.uniqueArray(
  fc.tuple(kindOfEntry, fc.constantFrom('a', 'b', 'c')).map(([entry, name]): PrintedEntry => {
    const { id: _, liveName: __, ...rest } = entry;
    const fields = 'name' in rest.fields ? { ...rest.fields, name } : rest.fields;
    return { ...rest, name: rest.kind === 'workspace-limits' ? 'limits' : name, fields };
  }),
  { selector: ({ kind, name }) => `${kind.replace('rate-', 'usage-')} ${name}`, maxLength: 4 },
);

const state: fc.Arbitrary<Files> = fc
  .record({
    guard: fc.constantFrom('', 'review:\n  drift: leave\n', 'review:\n  drift: revert\n  unmanaged: fail\n'),
    files: fc.tuple(...names.map(() => fc.option(entries))),
  })
  .map(({ guard, files }) => ({
    'org.yaml': orgFile(guard),
    ...Object.fromEntries(
      files.flatMap((held, index) => {
        const slug = names[index] ?? '';
        return held === null ? [] : [[`${slug}.yaml`, printWorkspaceFile({ slug, entries: held })]];
      }),
    ),
  }));

const history = fc
  .array(state, { minLength: 2, maxLength: 4 })
  .filter((states) => states.every((one) => compile(one) !== null));

function compile(files: Files): Desired | null {
  return compilePolicies(Object.entries(files).map(([path, text]) => ({ path, text }))).desired;
}

function desiredOf(files: Files): Desired {
  const desired = compile(files);
  if (desired === null) throw new Error(`it does not compile:\n${Object.values(files).join('---\n')}`);
  return desired;
}

function revert(before: Files | undefined, applied: Files | undefined, present: Files): Reversal {
  const files = Object.entries(present).map(([path, text]) => ({ path, relative: path, text }));
  return revertFiles({ before: before ?? {}, applied: applied ?? {}, present: files });
}

function write(present: Files, { files }: Reversal): Files {
  const next = new Map(Object.entries(present));
  for (const { relative, text } of files) {
    if (text === null) next.delete(relative);
    else next.set(relative, text);
  }
  return Object.fromEntries(next);
}

/** The same in another layout, so that no file is as it was applied. */
function inOtherLayout(files: Files, newline: string): Files {
  const render = (text: string): string =>
    `# ours\n${stringify(parse(text, { intAsBigInt: true }), { indent: 4, lineWidth: 0, compat: 'yaml-1.1' })}`;
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, render(text).replaceAll('\n', newline)]),
  );
}

const runs = { numRuns: effort('histories of applies', 60, 1500) };

describe('an apply that is taken back', () => {
  it('and is the last one gives the files before it, to the byte', () => {
    fc.assert(
      fc.property(history, (states) => {
        const [before, applied] = states.slice(-2);
        const reversal = revert(before, applied, applied ?? {});
        expect(reversal.conflicts).toEqual([]);
        expect(write(applied ?? {}, reversal)).toEqual(before);
      }),
      runs,
    );
  });

  it('over files in another layout means what was before it, and keeps comments', () => {
    fc.assert(
      fc.property(history, fc.constantFrom('\n', '\r\n'), (states, newline) => {
        const [before = {}, applied = {}] = states.slice(-2);
        const present = inOtherLayout(applied, newline);
        const reversal = revert(before, applied, present);
        // Which file comes or goes is then a matter of names.
        const isAll =
          Object.keys(before).every((path) => path in applied) && Object.keys(applied).every((path) => path in before);
        if (reversal.conflicts.length > 0 || !isAll) return;
        const after = write(present, reversal);
        expect(hasDifference(compareDesired(desiredOf(before), desiredOf(after)))).toBe(false);
        for (const text of Object.values(after)) {
          expect(text.startsWith('# ours')).toBe(true);
          if (newline === '\r\n') expect(text).not.toMatch(/[^\r]\n/);
        }
      }),
      runs,
    );
  });

  it('and is an earlier one moves what it changed and nothing else, or writes nothing', () => {
    let reverted = 0;
    fc.assert(
      fc.property(history, fc.nat(), (states, seed) => {
        const index = 1 + (seed % (states.length - 1));
        const [before = {}, applied = {}, present = {}] = [states[index - 1], states[index], states.at(-1)];
        const reversal = revert(before, applied, present);
        for (const { relative, line } of reversal.conflicts) {
          expect(line).toBeLessThanOrEqual((present[relative] ?? '\n').split('\n').length);
        }
        const after = write(present, reversal);
        const next = compile(after);
        if (reversal.conflicts.length > 0 || next === null) return;
        reverted += 1;
        const own = new Set(compareDesired(desiredOf(before), desiredOf(applied)).entries.map(canonicalJson));
        const moved = compareDesired(desiredOf(present), next);
        expect(moved.entries.map(canonicalJson).filter((key) => !own.has(key))).toEqual([]);
        expect(findUnreverted({ before, applied, present, reverted: after })).toEqual([]);
        // Once more there is nothing to do.
        expect(revert(before, applied, after)).toMatchObject({ files: [], conflicts: [] });
      }),
      runs,
    );
    expect(reverted).toBeGreaterThan(runs.numRuns / 6);
  });
});

it('an edit that would leave something of the apply is found out: the text `none` and the keyword are one value of YAML', () => {
  const policy = (description: string, more = ''): Files => ({
    'org.yaml': orgFile(),
    'a.yaml': `version: 1\nkind: workspace\nworkspace: ws-one\n${more}policies:\n  p:\n    description: ${description}\n    budget: $5\n    reset: never\n    per: workspace_id\n`,
  });
  const [before, applied, present] = [policy('none'), policy('"none"'), policy('"none"', 'x-by: somebody\n')];
  const reverted = write(present, revert(before, applied, present));
  expect(findUnreverted({ before, applied, present, reverted })).toEqual([
    { kind: 'usage-policy', workspace: 'ws-one', name: 'p' },
  ]);
  expect(findUnreverted({ before, applied, present: applied, reverted: before })).toEqual([]);
});

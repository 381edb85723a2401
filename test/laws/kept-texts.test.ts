/** What was kept of an earlier look at the files changes nothing, whatever became of it meanwhile. */

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Compiled, compilePolicies, type KnownTexts, type PolicyFile } from '../../src/policy/compile.ts';
import { collectTexts, type KeptFor, openTexts, recallTexts, sealTexts } from '../../src/policy/kept-texts.ts';
import { effort } from '../helpers/effort.ts';
import { orgFile } from '../helpers/world.ts';
import { declaration, toFiles } from './declarations.ts';
import { organisation } from './organisations.ts';

const context: KeptFor = { secret: 'a key of the run', build: 'this one', directory: '/repository/policies' };

/** Directories that are right, and some that have a mistake or a doubtful place in one file. */
const directories: fc.Arbitrary<readonly PolicyFile[]> = organisation
  .chain((state) => declaration(state))
  .chain((declared) => {
    const files = Object.entries(toFiles(declared)).map(([path, text]) => ({ path, text }));
    const spoilt = fc.constantFrom('', '', 'limtis: {}\n', 'alerts: []\n', '\tx', '# a comment\n');
    return fc
      .array(spoilt, { minLength: files.length, maxLength: files.length })
      .map((more) => files.map(({ path, text }, index) => ({ path, text: `${text}${more[index]}` })));
  });

function look(files: readonly PolicyFile[], known: KnownTexts = new Map()): Compiled & { texts: KnownTexts } {
  return { ...compilePolicies(files, known), texts: known };
}

function keep(files: readonly PolicyFile[], of: KeptFor = context): Buffer {
  return sealTexts(collectTexts(files, look(files)), of);
}

function lookAgain(files: readonly PolicyFile[], bytes: Buffer, of: KeptFor = context) {
  const kept = openTexts(bytes, of);
  const { desired, diagnostics } = look(files, kept === null ? new Map() : recallTexts(files, kept));
  return { desired, diagnostics };
}

function lookFresh(files: readonly PolicyFile[]) {
  const { desired, diagnostics } = look(files);
  return { desired, diagnostics };
}

it('of the same files', () => {
  fc.assert(
    fc.property(directories, (files) => {
      expect(lookAgain(files, keep(files))).toEqual(lookFresh(files));
    }),
    { numRuns: effort('directories, read and read again', 60, 1_000) },
  );
});

it('of files of which some were changed, moved, copied or deleted since', () => {
  const moves = fc.array(fc.constantFrom('keep', 'change', 'move', 'copy', 'delete'), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(directories, directories, moves, (before, others, steps) => {
      const now = before.flatMap(({ path, text }, index): PolicyFile[] => {
        switch (steps[index % steps.length]) {
          case 'change':
            return [{ path, text: others[index % others.length]?.text ?? '' }];
          case 'move':
            return [{ path: `moved/${path}`, text }];
          case 'copy':
            return [
              { path, text },
              { path: `copy/${path}`, text },
            ];
          case 'delete':
            return [];
          default:
            return [{ path, text }];
        }
      });
      expect(lookAgain(now, keep(before))).toEqual(lookFresh(now));
    }),
    { numRuns: effort('directories that moved on', 60, 1_000) },
  );
});

it('where it is damaged, cut short, or not ours', () => {
  const files = [
    { path: 'org.yaml', text: orgFile() },
    {
      path: 'a.yaml',
      text: 'version: 1\nkind: workspace\nworkspace: ws-a\nkeys:\n  app:\n    budget: $5\n    reset: monthly\n',
    },
  ];
  const bytes = keep(files);
  expect(openTexts(bytes, context)?.size).toBe(1);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ by;
      expect(openTexts(damaged, context)).toBeNull();
      expect(openTexts(bytes.subarray(0, at), context)).toBeNull();
    }),
    { numRuns: effort('damages', 200, 5_000) },
  );
});

it.each([
  ['another key', { secret: 'a key that somebody chose' }],
  ['another build of tollgate', { build: 'that one' }],
  ['another directory', { directory: '/elsewhere/policies' }],
])('where it was made with %s', (_what, other) => {
  const cheap = [
    { path: 'org.yaml', text: orgFile() },
    {
      path: 'a.yaml',
      text: 'version: 1\nkind: workspace\nworkspace: ws-a\nkeys:\n  app:\n    budget: $5\n    reset: monthly\n',
    },
  ];
  const files = cheap.map(({ path, text }) => ({ path, text: text.replace('$5', '$5000') }));
  const bytes = keep(cheap, { ...context, ...other });
  expect(openTexts(bytes, context)).toBeNull();
  expect(lookAgain(files, bytes)).toEqual(lookFresh(files));
});

it('an unchanged file is not read again', () => {
  const files = [
    { path: 'org.yaml', text: orgFile() },
    {
      path: 'a.yaml',
      text: 'version: 1\nkind: workspace\nworkspace: ws-a\nkeys:\n  app:\n    budget: $5\n    reset: monthly\n',
    },
  ];
  const kept = openTexts(keep(files), context);
  expect([...recallTexts(files, kept ?? new Map()).keys()]).toEqual([files[1]?.text]);
});

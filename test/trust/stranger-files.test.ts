/** Names of files, and what may be written over. */

import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { checkFileNames } from '../../src/policy/file-names.ts';
import { readPolicyFiles, writeFileAtomic, writeNamedFile } from '../../src/policy/files.ts';
import { escapeInvisible } from '../../src/printable.ts';
import { createFileStore } from '../../src/record/file.ts';
import { isSafePath } from '../../src/record/record-tree.ts';
import { describeLookalike } from '../../src/rules/name-rules.ts';
import { makeFolder } from '../record/git-fixture.ts';

describe('trust-D6: names of policy files', () => {
  const bad = [
    'a:b.yaml',
    'a\\b.yaml',
    'a\nb.yaml',
    'a\tb.yaml',
    'a\u0001b.yaml',
    'a\u007fb.yaml',
    'a\u001b[31m.yaml',
    'a\u202eb.yaml',
    'a\u3164.yaml',
    'a\u200bb.yaml',
    'c:/a.yaml',
    'x\n/a.yaml',
    '.GIT/a.yaml',
    'a/.git/b.yaml',
    'git~1/a.yaml',
    `${'a'.repeat(256)}.yaml`,
    `${'a/'.repeat(600)}a.yaml`,
  ];

  test.each(bad)('trust-D6: %j is refused', (path) => {
    const [problem, ...more] = checkFileNames([path]);
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ code: expect.stringMatching(/^file-name/), path });
    expect(escapeInvisible(problem?.message ?? '')).toBe(problem?.message);
  });

  test('trust-D6: what is taken can be recorded', () => {
    const good = ['org.yaml', 'workspaces/marketing.yml', 'Ünïcode 東京.yaml', 'a.b-c_d (1).yaml', "it's.yaml"];
    expect(checkFileNames(good)).toEqual([]);
    for (const path of good) expect(isSafePath(path)).toBe(true);
  });

  test.each([
    ['Org.yaml', 'org.yaml'],
    ['A/x.yaml', 'a/X.yaml'],
    ['caf\u00e9.yaml', 'cafe\u0301.yaml'],
    ['\uff41.yaml', 'a.yaml'],
  ])('trust-D6: %j and %j are one file on other systems', (first, second) => {
    expect(checkFileNames([first, second])).toMatchObject([{ code: 'file-name-twice', path: second }]);
  });

  test('trust-D6: a directory names each of them, and a repository inside', async () => {
    const folder = makeFolder();
    for (const name of ['a:b.yaml', 'a\nb.yaml', 'Org.yaml', 'org.yaml']) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'inner', '.git'), { recursive: true });
    writeFileSync(join(folder, 'inner', 'c.yaml'), '');
    const { files, diagnostics } = await readPolicyFiles(folder, folder);
    const said = diagnostics.map(({ code, severity }) => `${severity} ${code}`).sort();
    expect(said).toEqual(['error file-name', 'error file-name', 'error file-name-twice', 'error repository-inside']);
    expect(files.map(({ relative }) => relative)).not.toContain('inner/c.yaml');
  });

  test('trust-D6: a policy file that is a pipe is named, and nothing waits for it', async () => {
    const folder = makeFolder();
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    const { diagnostics } = await readPolicyFiles(folder, folder);
    expect(diagnostics).toMatchObject([{ code: 'not-a-file' }]);
  });
});

describe('trust-D10: characters that are not seen, and letters that look like others', () => {
  test.each(['\u3164', '\u2800', '\u00ad', '\u115f', '\u034f', '\u180e', '\ufeff', '\ufe0f', '\u{e0041}', '\u00a0'])(
    'trust-D10: %j is written out',
    (character) => {
      const code = (character.codePointAt(0) ?? 0).toString(16);
      expect(escapeInvisible(`a${character}b`)).toBe(`a\\u{${code}}b`);
    },
  );

  test('trust-D10: a mark without a letter is written out, one on its letter is not, and no letter carries a tower', () => {
    expect(escapeInvisible('\u0301a')).toBe('\\u{301}a');
    expect(escapeInvisible('cafe\u0301 नमस्ते สวัสดี 한국')).toBe('cafe\u0301 नमस्ते สวัสดี 한국');
    expect(escapeInvisible(`a${'\u0300'.repeat(50)}`)).toBe(`a${'\u0300'.repeat(4)}${'\\u{300}'.repeat(46)}`);
  });

  test.each(['mаrketing', 'pаypal', 'Αpi', 'сосо', 'te\u200bam', 'ａpi', 'x\u0455'])(
    'trust-D10: %j is told',
    (name) => {
      expect(describeLookalike(name)).not.toBeNull();
    },
  );

  test.each(['marketing', 'продажи', 'продажи EU', '東京API', 'café', 'ci-2', 'β'])('trust-D10: %j is not', (name) => {
    expect(describeLookalike(name)).toBeNull();
  });
});

describe('trust-E12: what is written over', () => {
  async function refused(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
      () => null,
      (caught: unknown) => caught,
    );
    if (!(error instanceof UserError)) throw new Error(`not refused: ${String(error)}`);
    expect(error.exit).toBe('invalid');
    return error.message;
  }

  test('trust-E12: a device, a directory, a pipe, and links to them are refused and stay', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'directory'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('/dev/full', join(folder, 'link-to-device'));
    symlinkSync(join(folder, 'directory'), join(folder, 'link-to-directory'));
    symlinkSync(join(folder, 'none'), join(folder, 'link-to-nothing'));
    const before = readdirSync(folder).map((name) => lstatSync(join(folder, name)).mode);
    for (const name of readdirSync(folder)) {
      expect(await refused(writeNamedFile(join(folder, name), 'x', name))).toContain(`cannot write ${name}: it is a`);
      await refused(writeFileAtomic(join(folder, name), 'x'));
      if (name === 'link-to-nothing') continue;
      await refused(createFileStore({ path: join(folder, name) }).read());
    }
    await refused(writeNamedFile('/dev/full', 'x', '/dev/full'));
    await refused(writeNamedFile('/dev/null', 'x', '/dev/null'));
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true);
    expect(readdirSync(folder).map((name) => lstatSync(join(folder, name)).mode)).toEqual(before);
  });

  test('trust-E12: a file is made only where its directory is, and through a link in its place', async () => {
    const folder = makeFolder();
    expect(await refused(writeNamedFile(join(folder, 'none', 'plan.json'), 'x', 'plan.json'))).toContain(
      'its directory is not there',
    );
    expect(existsSync(join(folder, 'none'))).toBe(false);
    writeFileSync(join(folder, 'real.json'), 'before');
    symlinkSync('real.json', join(folder, 'link.json'));
    await writeNamedFile(join(folder, 'link.json'), 'after', 'link.json');
    expect(readFileSync(join(folder, 'real.json'), 'utf8')).toBe('after');
    expect(lstatSync(join(folder, 'link.json')).isSymbolicLink()).toBe(true);
  });
});

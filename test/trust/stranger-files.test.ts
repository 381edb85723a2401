/** Names of files, and what may be written over. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { checkFileNames } from '../../src/policy/file-names.ts';
import { readPolicyFiles } from '../../src/policy/files.ts';
import { writeFileAtomic, writeNamedFile } from '../../src/policy/named-files.ts';
import { escapeInvisible } from '../../src/printable.ts';
import { createFileStore } from '../../src/record/file.ts';
import { isSafePath } from '../../src/record/record-tree.ts';
import { describeLookalike } from '../../src/rules/name-rules.ts';
import { hasProgram } from '../helpers/programs.ts';
import { makeFolder } from '../record/git-fixture.ts';

const hasPipes = hasProgram('mkfifo');

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

  test.skipIf(!hasPipes)('trust-D6: a policy file that is a pipe is named, and nothing waits for it', async () => {
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
    // One that a letter of its own exists for is told from that letter (mistakes-J13).
    expect(escapeInvisible('cafe\u0301 x\u0301 नमस्ते สวัสดี 한국')).toBe('cafe\\u{301} x\u0301 नमस्ते สวัสดี 한국');
    expect(escapeInvisible(`x${'\u0300'.repeat(50)}`)).toBe(`x${'\u0300'.repeat(4)}${'\\u{300}'.repeat(46)}`);
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

  test.skipIf(!hasPipes)(
    'trust-E12, mistakes-K2: a device, a directory, a pipe, and links to them are never replaced',
    async () => {
      const folder = makeFolder();
      mkdirSync(join(folder, 'directory'));
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      symlinkSync('/dev/full', join(folder, 'link-to-device'));
      symlinkSync(join(folder, 'directory'), join(folder, 'link-to-directory'));
      const before = readdirSync(folder).map((name) => lstatSync(join(folder, name)).mode);
      for (const name of readdirSync(folder)) {
        expect(await refused(writeNamedFile(join(folder, name), 'x', name))).toMatch(
          /: it is a directory$|\(ENOSPC\)$|\(nobody reads this pipe: start its reader first\)$/,
        );
        await refused(writeFileAtomic(join(folder, name), 'x'));
        await refused(createFileStore({ path: join(folder, name) }).read());
      }
      expect(await refused(writeNamedFile('/dev/full', 'x', '/dev/full'))).toBe('cannot write /dev/full (ENOSPC)');
      await writeNamedFile('/dev/null', 'x', '/dev/null');
      expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
      expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true);
      expect(readdirSync(folder).map((name) => lstatSync(join(folder, name)).mode)).toEqual(before);
    },
  );

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

  test('mistakes-K2: links are followed to where there is no file yet, and only where its directory is', async () => {
    const folder = makeFolder();
    symlinkSync('later.json', join(folder, 'link.json'));
    symlinkSync(join(folder, 'link.json'), join(folder, 'link-to-link.json'));
    symlinkSync('none/later.json', join(folder, 'link-outside.json'));
    symlinkSync('loop.json', join(folder, 'loop.json'));
    await writeNamedFile(join(folder, 'link-to-link.json'), 'text', 'link-to-link.json');
    expect(readFileSync(join(folder, 'later.json'), 'utf8')).toBe('text');
    expect(lstatSync(join(folder, 'link.json')).isSymbolicLink()).toBe(true);
    expect(await refused(writeNamedFile(join(folder, 'link-outside.json'), 'x', 'it'))).toContain('is not there');
    expect(await refused(writeNamedFile(join(folder, 'loop.json'), 'x', 'it'))).toMatch(/^cannot write it/);
    expect(await refused(writeNamedFile(join(folder, 'new/'), 'x', 'new/'))).toContain('name of a directory');
  });

  test.skipIf(!hasPipes || !hasProgram('sh'))(
    'mistakes-K2: a pipe gets the whole text, however slowly it is read',
    async () => {
      const folder = makeFolder();
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const reader = spawn('sh', ['-c', `echo started; exec dd bs=700 status=none < pipe | wc -c`], { cwd: folder });
      let said = '';
      const hasStarted = new Promise<void>((resolve) => {
        reader.stdout.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          resolve();
        });
      });
      const ended = once(reader, 'close');
      await hasStarted;
      // The reader may still be on its way to the pipe.
      const write = async (): Promise<void> => {
        try {
          await writeNamedFile(pipe, 'x'.repeat(300_000), 'pipe');
        } catch (error) {
          if (!(error instanceof UserError) || !error.message.includes('nobody reads')) throw error;
          await new Promise((resolve) => setImmediate(resolve));
          await write();
        }
      };
      await write();
      await ended;
      expect(said.trim().split(/\s+/)).toEqual(['started', '300000']);
      expect(lstatSync(pipe).isFIFO()).toBe(true);
    },
  );
});

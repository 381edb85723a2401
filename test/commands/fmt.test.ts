/** Policy files laid out: which are written, which are left, and what is said of them. */

import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FormatOptions, runFormat } from '../../src/commands/fmt.ts';
import { capture, parseOutput, type Ran, writeIn } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { orgFile } from '../helpers/world.ts';
import { makeFolder } from '../record/git-fixture.ts';

const head = 'version: 1\nkind: workspace\nworkspace: ws-team-a\n';
const untidy = `${head}keys:\n    web: # ours\n        budget:   $5\n        reset: never\n`;
const tidy = `${head}keys:\n  web: # ours\n    budget: $5\n    reset: never\n`;
const broken = `${head}keys:\n\tweb: 1\n`;

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = makeFolder();
  for (const [path, text] of Object.entries(files)) writeIn(folder, path, text);
  return folder;
}

function fmt(folder: string, options: Partial<FormatOptions> = {}, input?: string): Promise<Ran> {
  const all: FormatOptions = { dir: 'policies', quiet: false, format: 'text', files: [], check: false, ...options };
  const session = testSession({ cwd: folder });
  const readInput = input === undefined ? undefined : async () => Buffer.from(input);
  return capture(all.format, session, () => runFormat(all, { ...session, readInput }), 'fmt');
}

const read = (folder: string, path: string): string => readFileSync(join(folder, path), 'utf8');

describe('fmt', () => {
  it('writes the files that are in another layout, names them, and then has nothing more to do', async () => {
    const folder = folderWith({ 'policies/org.yaml': orgFile(), 'policies/a.yaml': untidy });
    const ran = await fmt(folder);
    expect([ran.exit, ran.stdout, ran.stderr]).toEqual([0, 'policies/a.yaml\n', '2 files: 1 changed.\n']);
    expect(read(folder, 'policies/a.yaml')).toBe(tidy);
    const again = await fmt(folder);
    expect([again.exit, again.stdout, again.stderr]).toEqual([0, '', '2 files: 0 changed.\n']);
  });

  it('with --check writes nothing, and ends with 1 where a file would change', async () => {
    const folder = folderWith({ 'policies/org.yaml': orgFile(), 'policies/a.yaml': untidy });
    const ran = await fmt(folder, { check: true });
    expect([ran.exit, ran.stdout, ran.stderr]).toEqual([1, 'policies/a.yaml\n', '2 files: 1 would change.\n']);
    expect(read(folder, 'policies/a.yaml')).toBe(untidy);
    await fmt(folder, { quiet: true });
    expect((await fmt(folder, { check: true })).exit).toBe(0);
  });

  it('takes files and folders by name, each once, and leaves the others', async () => {
    const folder = folderWith({ 'policies/a.yaml': untidy, 'policies/deep/b.yml': untidy, 'policies/c.yaml': untidy });
    const ran = await fmt(folder, { files: ['policies/deep', './policies/a.yaml', 'policies/a.yaml'] });
    expect(ran.stdout.split('\n').sort()).toEqual(['', 'policies/a.yaml', 'policies/deep/b.yml']);
    expect(read(folder, 'policies/c.yaml')).toBe(untidy);
  });

  it('leaves files with errors as they are, says why, and writes the others', async () => {
    const folder = folderWith({ 'policies/a.yaml': untidy, 'policies/b.yaml': broken, 'compose.yaml': 'web:   1\n' });
    const ran = await fmt(folder, { files: ['policies/b.yaml', 'compose.yaml', 'policies/a.yaml', 'gone.yaml'] });
    expect([ran.exit, ran.stdout]).toEqual([1, 'policies/a.yaml\n']);
    expect(ran.stderr).toContain('policies/b.yaml:5:1  tab-indent  ');
    expect(ran.stderr).toContain('compose.yaml:1:1  missing-kind  ');
    expect(ran.stderr).toContain('gone.yaml:1:1  unreadable  cannot read this file (ENOENT)');
    expect([read(folder, 'policies/b.yaml'), read(folder, 'compose.yaml')]).toEqual([broken, 'web:   1\n']);
    expect((await fmt(folder, { files: ['README.md'] })).stderr).toContain('README.md is not a policy file');
  });

  it('writes through a link, which stays, and keeps who may read the file', async () => {
    const folder = folderWith({ 'policies/real.yaml': untidy });
    symlinkSync('real.yaml', join(folder, 'policies/link.yaml'));
    chmodSync(join(folder, 'policies/real.yaml'), 0o640);
    expect((await fmt(folder, { files: ['policies/link.yaml'] })).exit).toBe(0);
    expect(read(folder, 'policies/real.yaml')).toBe(tidy);
    expect(lstatSync(join(folder, 'policies/link.yaml')).isSymbolicLink()).toBe(true);
    expect(statSync(join(folder, 'policies/real.yaml')).mode & 0o777).toBe(0o640);
  });

  it('leaves a file that may only be read, and writes the others', async () => {
    const folder = folderWith({ 'policies/a.yaml': untidy, 'policies/b.yaml': untidy });
    chmodSync(join(folder, 'policies/a.yaml'), 0o444);
    const ran = await fmt(folder, { files: ['policies/a.yaml', 'policies/b.yaml'] });
    expect([ran.exit, ran.stdout]).toEqual([1, 'policies/b.yaml\n']);
    expect(ran.stderr).toContain('policies/a.yaml:1:1  unwritable  cannot write policies/a.yaml: it may only be read');
    expect(read(folder, 'policies/a.yaml')).toBe(untidy);
  });

  it('does not touch shared defaults of other directories that the organisation file extends', async () => {
    const shared = 'version:   1\nkind: defaults\n';
    const folder = folderWith({
      'policies/org.yaml': orgFile('extends: ../shared/defaults.yaml\n'),
      'shared/defaults.yaml': shared,
      '.git/HEAD': '',
    });
    expect((await fmt(folder)).stdout).toBe('');
    expect((await fmt(folder, { files: ['shared/defaults.yaml'] })).stdout).toBe('shared/defaults.yaml\n');
  });

  it('reads stdin with `-`, and gives back what it cannot read', async () => {
    const folder = makeFolder();
    const ran = await fmt(folder, { files: ['-'] }, untidy);
    expect([ran.exit, ran.stdout]).toEqual([0, tidy]);
    const wrong = await fmt(folder, { files: ['-'] }, broken);
    expect([wrong.exit, wrong.stdout]).toEqual([1, broken]);
    expect(wrong.stderr).toContain('stdin:5:1  tab-indent  ');
    const check = await fmt(folder, { files: ['-'], check: true }, untidy);
    expect([check.exit, check.stdout]).toEqual([1, 'stdin\n']);
    expect((await fmt(folder, { files: ['-', 'a.yaml'] }, untidy)).exit).toBe(1);
  });

  it('says the same in JSON', async () => {
    const folder = folderWith({ 'policies/a.yaml': untidy, 'policies/b.yaml': broken });
    const ran = await fmt(folder, { format: 'json', check: true, files: ['policies'] });
    expect(ran.exit).toBe(1);
    expect(parseOutput(ran)).toMatchObject({
      version: 1,
      ok: false,
      check: true,
      files: [
        { path: 'policies/a.yaml', changed: true },
        { path: 'policies/b.yaml', changed: false },
      ],
      diagnostics: [{ code: 'tab-indent', file: 'policies/b.yaml' }],
    });
    expect(parseOutput(await fmt(folder, { format: 'json', files: ['-'] }, untidy))).toMatchObject({ text: tidy });
  });
});

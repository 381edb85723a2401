import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { readPolicyFiles } from '../../src/policy/files.ts';
import { writeFileAtomic } from '../../src/policy/named-files.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'tollgate-files-'));
  await mkdir(path.join(cwd, 'policies/workspaces'), { recursive: true });
  await writeFile(path.join(cwd, 'policies/org.yaml'), 'kind: org\n');
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const read = async () => {
  const { files, diagnostics } = await readPolicyFiles('policies', cwd);
  return {
    files: files.map((file) => file.path),
    problems: diagnostics.map(({ source, code }) => `${source.file} ${code}`),
  };
};
const write = (name: string, data: string | Uint8Array) => writeFile(path.join(cwd, 'policies', name), data);

describe('readPolicyFiles', () => {
  it('finds *.yaml and *.yml at any depth, sorted', async () => {
    await write('workspaces/b.yml', 'kind: workspace\n');
    await write('workspaces/a.yaml', '\uFEFFkind: workspace\n');
    await write('README.md', 'no policy');
    await write('.hidden.yaml', 'no policy');
    const { files } = await readPolicyFiles('policies', cwd);
    expect(files).toEqual([
      { path: 'policies/org.yaml', relative: 'org.yaml', text: 'kind: org\n' },
      { path: 'policies/workspaces/a.yaml', relative: 'workspaces/a.yaml', text: '\uFEFFkind: workspace\n' },
      { path: 'policies/workspaces/b.yml', relative: 'workspaces/b.yml', text: 'kind: workspace\n' },
    ]);
  });

  it('follows links that stay inside, and no other', async () => {
    await write('workspaces/a.yaml', '');
    await writeFile(path.join(cwd, 'outside.yaml'), 'secret: x');
    await mkdir(path.join(cwd, 'elsewhere'));
    await symlink('a.yaml', path.join(cwd, 'policies/workspaces/inside.yaml'));
    await symlink('../outside.yaml', path.join(cwd, 'policies/link.yaml'));
    await symlink('../elsewhere', path.join(cwd, 'policies/linked'));
    expect(await read()).toEqual({
      files: ['policies/org.yaml', 'policies/workspaces/a.yaml', 'policies/workspaces/inside.yaml'],
      problems: ['policies/link.yaml link-outside', 'policies/linked link-outside'],
    });
  });

  it('ends at loops of links', async () => {
    await symlink('..', path.join(cwd, 'policies/workspaces/up'));
    await symlink('self.yaml', path.join(cwd, 'policies/self.yaml'));
    await symlink('nowhere.yaml', path.join(cwd, 'policies/broken.yaml'));
    expect((await read()).problems).toEqual([
      'policies/broken.yaml unreadable',
      'policies/self.yaml link-loop',
      'policies/workspaces/up link-loop',
    ]);
  });

  it('refuses what is no UTF-8 text, too large, or no file', async () => {
    await write('latin.yaml', Uint8Array.of(0x61, 0xe9, 0x0a));
    await write('large.yaml', '#'.repeat(1024 * 1024 + 1));
    await mkdir(path.join(cwd, 'policies/directory.yaml'));
    expect(await read()).toEqual({
      files: ['policies/org.yaml'],
      problems: ['policies/large.yaml file-too-large', 'policies/latin.yaml not-utf8'],
    });
  });

  it.skipIf(process.getuid?.() === 0)('reports what it may not read', async () => {
    await write('closed.yaml', 'kind: org\n');
    await chmod(path.join(cwd, 'policies/closed.yaml'), 0);
    expect((await read()).problems).toEqual(['policies/closed.yaml unreadable']);
  });

  it.each([
    ['nowhere', /there is no directory nowhere/],
    ['policies/org.yaml', /is a file, not a directory/],
    ['policies/workspaces', /no policy files in policies\/workspaces/],
  ])('says what is wrong with --dir %s', async (directory, message) => {
    const failure = readPolicyFiles(directory, cwd);
    await expect(failure).rejects.toThrow(UserError);
    await expect(failure).rejects.toThrow(message);
  });
});

it('writes a file whole, and leaves nothing behind', async () => {
  const file = path.join(cwd, 'new/dir/a.yaml');
  await writeFileAtomic(file, 'one');
  await writeFileAtomic(file, 'two');
  expect(await readFile(file, 'utf8')).toBe('two');
  expect(await readdir(path.dirname(file))).toEqual(['a.yaml']);
  await expect(writeFileAtomic(path.join(cwd, 'policies'), 'x')).rejects.toThrow();
  expect((await readdir(cwd)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Checkout, openCheckout } from '../../src/checkout/checkout.ts';
import { bareEnvironment, clone, git, makeFolder, makeRemote } from '../record/git-fixture.ts';

async function open(directory: string): Promise<Checkout> {
  const checkout = await openCheckout({ directory, env: bareEnvironment(makeFolder()) });
  if (checkout === null) throw new Error('no checkout');
  return checkout;
}

describe('a checkout', () => {
  test('is null outside a work tree, and has no head before the first commit', async () => {
    const folder = makeFolder();
    expect(await openCheckout({ directory: folder, env: bareEnvironment(folder) })).toBeNull();
    git(folder, 'init', '--quiet');
    expect(await (await open(folder)).headCommit()).toBeNull();
  });

  test('names policy files that no commit holds, ignored ones too', async () => {
    const { remote, commits } = makeRemote();
    const folder = clone(remote);
    const checkout = await open(join(folder, 'policies'));
    expect(await checkout.headCommit()).toBe(commits[2]);
    expect(await checkout.uncommittedPolicyFiles(join(folder, 'policies'))).toEqual([]);

    writeFileSync(join(folder, 'policies', 'org.yaml'), 'changed\n');
    writeFileSync(join(folder, 'policies', 'new file.yaml'), 'new\n');
    writeFileSync(join(folder, 'policies', 'notes.txt'), 'changed\n');
    writeFileSync(join(folder, 'elsewhere.yaml'), 'not below\n');
    mkdirSync(join(folder, 'policies', 'private'));
    writeFileSync(join(folder, 'policies', 'private', 'p.yml'), 'ignored\n');
    writeFileSync(join(folder, '.gitignore'), 'private/\n');
    git(folder, 'rm', '--quiet', 'policies/workspaces/marketing.yml');
    expect(await checkout.uncommittedPolicyFiles(join(folder, 'policies'))).toEqual([
      'policies/new file.yaml',
      'policies/org.yaml',
      'policies/private/p.yml',
      'policies/workspaces/marketing.yml',
    ]);
  });

  test('reads the policy files of a commit, fetched when the clone is too shallow to have it', async () => {
    const { remote, commits } = makeRemote();
    const files = (version: number) => [
      { path: 'org.yaml', text: `version: ${version}\n` },
      { path: 'workspaces/marketing.yml', text: 'kind: workspace\n' },
    ];
    for (const folder of [clone(remote), clone(remote, '--depth=1')]) {
      const checkout = await open(folder);
      expect(await checkout.readFilesAtCommit(commits[0] ?? '', join(folder, 'policies'))).toEqual(files(1));
      expect(await checkout.readFilesAtCommit('HEAD', join(folder, 'policies'))).toEqual(files(3));
      expect(await checkout.readFilesAtCommit('HEAD', folder)).toHaveLength(2);
    }
    const checkout = await open(clone(remote));
    await expect(checkout.readFilesAtCommit('nonsense', checkout.root)).rejects.toMatchObject({ exit: 'invalid' });
    await expect(checkout.readFilesAtCommit('a'.repeat(40), checkout.root)).rejects.toMatchObject({ exit: 'invalid' });
    await expect(checkout.readFilesAtCommit('--upload-pack=x', checkout.root)).rejects.toMatchObject({
      exit: 'invalid',
    });
    await expect(checkout.readFilesAtCommit('HEAD', '/')).rejects.toMatchObject({ exit: 'invalid' });
  });
});

describe('whether a commit is an ancestor', () => {
  test.each([{ flags: [] }, { flags: ['--depth=1'] }, { flags: ['--depth=2'] }])(
    'is told in a clone made with $flags',
    async ({ flags }) => {
      const { remote, commits } = makeRemote();
      const [first = '', second = '', third = ''] = commits;
      // A commit of the remote that is on another branch.
      const side = clone(remote);
      git(side, 'checkout', '--quiet', '-b', 'side', first);
      git(side, 'commit', '--quiet', '--allow-empty', '-m', 'side');
      git(side, 'push', '--quiet', 'origin', 'side');

      const folder = clone(remote, ...flags);
      const shallow = git(folder, 'rev-parse', '--is-shallow-repository');
      const config = git(folder, 'config', '--local', '--list');
      const checkout = await open(folder);
      for (const commit of [first, second, third]) expect(await checkout.isAncestor(commit, third)).toBe('yes');
      expect(await checkout.isAncestor(git(side, 'rev-parse', 'HEAD'), third)).toBe('no');
      expect(await checkout.isAncestor('b'.repeat(40), third)).toBe('no');

      // A head that the remote has never seen.
      git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'local');
      expect(await checkout.isAncestor(first, git(folder, 'rev-parse', 'HEAD'))).toBe('yes');
      expect(await checkout.isAncestor(git(folder, 'rev-parse', 'HEAD'), third)).toBe('no');
      expect(git(folder, 'rev-parse', '--is-shallow-repository')).toBe(shallow);
      expect(git(folder, 'config', '--local', '--list')).toBe(config);
    },
  );

  test('is unknown in a shallow clone whose remote is gone, and for what is not a commit id', async () => {
    const { remote, commits } = makeRemote();
    const folder = clone(remote, '--depth=1');
    git(folder, 'remote', 'set-url', 'origin', `${remote}.gone`);
    const checkout = await open(folder);
    const head = commits[2] ?? '';
    expect(await checkout.isAncestor(commits[0] ?? '', head)).toBe('unknown');
    expect(await checkout.isAncestor(head, head)).toBe('yes');
    expect(await checkout.isAncestor('--all', head)).toBe('unknown');
    expect(await checkout.isAncestor(head, 'c'.repeat(40))).toBe('unknown');
  });
});

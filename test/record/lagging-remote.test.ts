/** Remotes that show what is pushed to them only later, and servers that take nothing but branches. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import { bareEnvironment, git, makeFolder } from './git-fixture.ts';
import { sampleRecord } from './sample-record.ts';

const ref = 'refs/tollgate/production';

/** A clone that reads from a mirror, which is never brought up to date, and pushes to what it mirrors. */
function start() {
  const [primary, mirror, directory] = [makeFolder(), makeFolder(), makeFolder()];
  for (const folder of [primary, mirror]) git(folder, 'init', '--quiet', '--bare', '--initial-branch=main');
  git(directory, 'init', '--quiet', '--initial-branch=main');
  git(directory, 'remote', 'add', 'origin', mirror);
  git(directory, 'remote', 'set-url', '--push', 'origin', primary);
  const open = () => createGitRefStore({ directory, env: bareEnvironment(makeFolder()), ref, now: () => 0 });
  return { primary, mirror, open };
}

test('mistakes-H10: a run goes on from what it has pushed, though a mirror shows it later', async () => {
  const { primary, mirror, open } = start();
  const store = open();
  const first = await store.write(sampleRecord('a'), null, 'claim');
  expect(await store.readToken()).toBe(first);
  const second = await store.write(sampleRecord('b'), first, 'renew');
  // The mirror has caught up with the first push alone.
  git(primary, 'push', '--quiet', mirror, `${first}:${ref}`);
  expect(await store.readToken()).toBe(second);
  const third = await store.write(sampleRecord('c'), second, 'outcomes');
  expect(git(primary, 'log', '--format=%H %s', ref).split('\n')).toEqual([
    `${third} outcomes`,
    `${second} renew`,
    `${first} claim`,
  ]);
  // Another run reads what the mirror shows, and hears why it cannot write.
  const other = open();
  const read = await other.read();
  expect(read?.token).toBe(first);
  await expect(other.write(sampleRecord('d'), first, 'claim')).rejects.toMatchObject({
    exit: 'stale',
    message: `reads of origin lag behind pushes: ${ref}: where origin is pushed to it is at ${third.slice(0, 12)}, and where it is read at ${first.slice(0, 12)}`,
  });
  // What somebody else pushed is not written over.
  git(primary, 'update-ref', ref, first);
  await expect(store.write(sampleRecord('e'), third, 'more')).rejects.toMatchObject({ exit: 'stale' });
  expect(git(primary, 'rev-parse', ref)).toBe(first);
});

test('mistakes-H10: where reads do not lag, a ref that was moved back is not a mirror', async () => {
  const { primary, open, mirror } = start();
  git(mirror, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  const hook = join(primary, 'hooks');
  mkdirSync(hook, { recursive: true });
  // A mirror that is brought up to date at once.
  writeFileSync(
    join(hook, 'post-receive'),
    `#!/bin/sh\nexec git push --quiet --force ${mirror} '+refs/tollgate/*:refs/tollgate/*'\n`,
  );
  chmodSync(join(hook, 'post-receive'), 0o755);
  const store = open();
  const first = await store.write(sampleRecord('a'), null, 'claim');
  git(mirror, 'update-ref', '-d', ref);
  expect(await store.readToken()).toBe(null);
  await expect(store.write(sampleRecord('b'), first, 'outcomes')).rejects.toMatchObject({ exit: 'stale' });
});

test('mistakes-H12: a server that takes nothing but branches: the setting that names one', async () => {
  const { primary, open } = start();
  const hook = join(primary, 'hooks');
  mkdirSync(hook, { recursive: true });
  writeFileSync(
    join(hook, 'update'),
    '#!/bin/sh\ncase "$1" in refs/heads/*) exit 0;; esac\necho "deny updating a hidden ref" >&2\nexit 1\n',
  );
  chmodSync(join(hook, 'update'), 0o755);
  await expect(open().write(sampleRecord('a'), null, 'claim')).rejects.toMatchObject({
    exit: 'unreachable',
    hint: expect.stringContaining('`record: {ref: refs/heads/tollgate-record}`'),
  });
});

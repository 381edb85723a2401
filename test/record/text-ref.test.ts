/** A text on a ref of its own: one commit that is replaced, with compare-and-swap. */

import { expect, it } from 'vitest';
import { requireRepository } from '../../src/checkout/repository.ts';
import { createTextRef } from '../../src/record/text-ref.ts';
import { bareEnvironment, clone, git, makeFolder, makeRemote } from './git-fixture.ts';

const ref = 'refs/tollgate-notify/production';

function openStore(directory: string) {
  const env = bareEnvironment(makeFolder());
  return createTextRef({ ref, file: 'told.json', open: () => requireRepository({ directory, env }), now: () => 0 });
}

it('is read from the remote as it was written, and leaves no trail', async () => {
  const { remote } = makeRemote();
  const store = openStore(clone(remote));
  expect(await store.read()).toBeNull();
  const first = await store.write('{"one": "ä"}\n', null);
  expect(await openStore(clone(remote)).read()).toEqual({ text: '{"one": "ä"}\n', token: first });
  const second = await store.write('two\n', first);
  expect(await openStore(clone(remote)).read()).toEqual({ text: 'two\n', token: second });
  expect(git(remote, 'rev-list', '--count', ref)).toBe('1');
  expect(git(remote, 'ls-tree', '--name-only', ref)).toBe('told.json');
});

it('of two that write at once one loses, whatever was there', async () => {
  const { remote } = makeRemote();
  const stores = [openStore(clone(remote)), openStore(clone(remote))];
  for (const expected of [null, 'next']) {
    const token = expected === null ? null : ((await stores[0]?.read())?.token ?? null);
    const settled = await Promise.allSettled(
      stores.map((store, index) => store.write(`by ${index} after ${expected}\n`, token)),
    );
    const lost = settled.filter((one) => one.status === 'rejected');
    expect(lost).toHaveLength(1);
    expect(lost[0]?.reason).toMatchObject({ name: 'UserError', exit: 'stale' });
  }
});

it('that somebody spoilt is not taken for none', async () => {
  const { remote } = makeRemote();
  git(remote, 'update-ref', ref, 'refs/heads/main');
  await expect(openStore(clone(remote)).read()).rejects.toMatchObject({
    exit: 'invalid',
    hint: expect.stringContaining(`git push origin :${ref}`),
  });
});

it('a remote that cannot be asked is not one without a memory', async () => {
  const { remote } = makeRemote();
  const folder = clone(remote);
  git(folder, 'remote', 'set-url', 'origin', `file://${makeFolder()}/gone`);
  await expect(openStore(folder).read()).rejects.toMatchObject({ exit: 'unreachable' });
});

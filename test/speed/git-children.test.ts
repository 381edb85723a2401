/** What a command costs in processes of Git: exact numbers, for each costs more than all that it reads (docs/performance.md). */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCheckout } from '../../src/checkout/checkout.ts';
import { createGitRefStore } from '../../src/record/git-ref.ts';
import { all, startApplied, team } from '../action/scene.ts';
import { findProgram } from '../helpers/programs.ts';
import { bareEnvironment, clone, makeFolder, makeRemote } from '../record/git-fixture.ts';
import { sampleRecord } from '../record/sample-record.ts';

interface Counter {
  /** To be found before the real Git. */
  readonly path: string;
  /** Commands since the last call, by how often they were run. */
  take(): Record<string, number>;
}

/** A Git that notes what it is asked. What Git itself starts is not counted: it finds that in a folder of its own. */
function startCounting(): Counter {
  const folder = makeFolder();
  const log = join(folder, 'log');
  const git = findProgram('git');
  const note = `while [ "$1" = -c ]; do shift 2; done; echo "$1" >> '${log}'`;
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n(${note})\nexec '${git}' "$@"\n`, { mode: 0o755 });
  writeFileSync(log, '');
  return {
    path: `${folder}:${process.env.PATH}`,
    take() {
      const counts: Record<string, number> = {};
      for (const name of readFileSync(log, 'utf8').split('\n').filter(Boolean)) counts[name] = (counts[name] ?? 0) + 1;
      writeFileSync(log, '');
      return counts;
    },
  };
}

/** To find the clone and to know its settings. */
const opening = { 'rev-parse': 1, config: 1 };

it('a clone is opened by two processes, whatever is asked of its commits by one more', async () => {
  const counter = startCounting();
  const { remote, commits } = makeRemote();
  const directory = clone(remote);
  const env = { ...bareEnvironment(makeFolder()), PATH: counter.path };
  const checkout = await openCheckout({ directory, env });
  if (checkout === null) throw new Error('no checkout');
  expect(counter.take()).toEqual(opening);
  const [first = '', second = '', head = ''] = commits;
  const folder = join(directory, 'policies');
  expect(await checkout.headCommit()).toBe(head);
  expect(await checkout.firstParent(head)).toBe(second);
  expect(await checkout.resolveCommit('HEAD~2')).toBe(first);
  expect((await checkout.readTrees(commits, folder)).size).toBe(3);
  expect(await checkout.readFilesAtCommit(first, folder)).toHaveLength(2);
  expect(await checkout.isShallow()).toBe(false);
  expect(await checkout.isAncestor(head, head)).toBe('yes');
  expect(await checkout.readRemoteUrl()).toBe(`file://${remote}`);
  await checkout.open({ token: undefined });
  expect(counter.take()).toEqual({ 'cat-file': 1 });
});

it('a record is read by two processes; written, by two more and a look at what is there', async () => {
  const counter = startCounting();
  const { remote } = makeRemote();
  const directory = clone(remote);
  const env = { ...bareEnvironment(makeFolder()), PATH: counter.path };
  const store = createGitRefStore({ directory, env, ref: 'refs/tollgate/production' });
  const token = await store.write(sampleRecord('a'), null, 'a');
  expect(counter.take()).toEqual({ ...opening, 'fast-import': 1, push: 1, 'ls-remote': 1 });
  await store.read();
  expect(counter.take()).toEqual({ fetch: 1, 'cat-file': 1 });
  await store.write(sampleRecord('b'), token, 'b');
  expect(counter.take()).toEqual({ fetch: 1, 'cat-file': 1, 'fast-import': 1, push: 1 });
  await store.history(10);
  expect(counter.take()).toEqual({ fetch: 1, 'cat-file': 1, 'rev-list': 1 });
});

it('runs of the Action open the clone once, and ask the remote on every look', async () => {
  const counter = startCounting();
  const env = { PATH: counter.path };
  const scene = await startApplied();
  const pull = scene.open('change', team(all('$150')));
  await scene.plan(pull, { env });
  // Three that read: the default branch, the record, and the clone.
  expect(counter.take()).toEqual({
    ...opening,
    fetch: 2,
    'cat-file': 3,
    'merge-base': 3,
    status: 1,
    'ls-files': 1,
  });
  scene.approve(pull);
  scene.github.merge({ pull, method: 'squash', user: 'author' });
  expect((await scene.apply({ env })).exit).toBe(0);
  // The record is looked at twice before the plan, and written twice; each look is a fetch.
  expect(counter.take()).toEqual({
    ...opening,
    fetch: 5,
    'cat-file': 6,
    'merge-base': 3,
    'rev-list': 1,
    'fast-import': 2,
    push: 2,
    'ls-remote': 2,
  });
  await scene.apply({ env });
  expect(counter.take()).toEqual({ ...opening, fetch: 3, 'cat-file': 4 });
});

/** `npm start`, in a clone of its own: the tour works, can be repeated, and leaves the clone clean. */

import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { buildBundle, root, startCommand } from '../helpers/bundle.ts';
import { git, makeFolder } from '../record/git-fixture.ts';

it('can be run twice', async () => {
  const clone = join(makeFolder(), 'clone');
  mkdirSync(clone);
  for (const path of ['.gitignore', 'package.json', 'policies', 'schemas', 'scripts']) {
    cpSync(join(root, path), join(clone, path), { recursive: true });
  }
  cpSync(dirname(await buildBundle()), join(clone, 'build'), { recursive: true });
  git(clone, 'init', '--quiet');
  git(clone, 'add', '.');
  git(clone, 'commit', '--quiet', '-m', 'a fresh clone');
  expect(git(clone, 'ls-files', 'build')).toBe('');

  for (const _time of [1, 2]) {
    const run = startCommand(process.execPath, ['scripts/start.mjs'], { cwd: clone, stdin: '' });
    const { exit, stdout, stderr } = await run.ended;
    // An apply says its plan and its progress beside its result.
    const shown = stdout + stderr;
    expect(exit).toBe(0);
    const steps = stdout.match(/^\$ tollgate .*$/gm);
    expect(steps).toHaveLength(3);
    expect(steps?.[0]).toBe('$ tollgate validate');
    // Once: whoever reads it for the first time reads no plan twice.
    expect(shown.match(/^Plan: /gm)).toHaveLength(1);
    expect(shown).toContain('Plan: 2 to create, 3 to update, 1 to replace, 1 to delete (');
    expect(shown).toMatch(/^applied +~ monthly-spend \(ws-market-4f2a1c\): \$500 monthly, shared by the workspace/m);
    expect(shown).toContain('Applied 7 of 7.');
    expect(shown).toContain('\nNo changes: 29 limits match the files. At least 3 unmanaged.\n');
    expect(git(clone, 'status', '--porcelain')).toBe('');
  }
});

/** What V8 translated of the bundle is kept beside it: taken where it fits, and missed by nobody where it does not. */

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { root, startCommand } from '../helpers/bundle.ts';

let built = '';
beforeAll(async () => {
  built = join(mkdtempSync(join(tmpdir(), 'tollgate-')), 'build');
  const script = join(root, 'scripts', 'build.mjs');
  const { stderr } = await promisify(execFile)(process.execPath, [script, '--bundle', built, '--keep'], { cwd: root });
  expect(stderr).toBe('');
}, 300_000);

const ofThisNode = `${process.version}-${process.platform}-${process.arch}.kept`;

function keptIn(folder: string): string[] {
  return readdirSync(join(folder, 'parts')).filter((name) => name.endsWith('.kept'));
}

it('V8 takes what the build kept, under the flags that a start finds', async () => {
  const parts = join(built, 'parts');
  const kept = keptIn(built);
  const names = ['commands', 'emulator', 'files', 'start'].map((part) => `${part}.${ofThisNode}`);
  expect(kept).toEqual(expect.arrayContaining(names));
  const ask = `const {Script} = require('node:vm'); const {readFileSync} = require('node:fs');
    const isRefused = (name) => new Script(readFileSync(name.replace(/\\.v.*/, '.cjs'), 'latin1'),
      { cachedData: readFileSync(name) }).cachedDataRejected;
    console.log(JSON.stringify(process.argv.slice(1).map(isRefused)));`;
  const { stdout } = await startCommand(process.execPath, ['-e', ask, ...kept], { cwd: parts, stdin: '' }).ended;
  expect(JSON.parse(stdout)).toEqual(kept.map(() => false));
});

it.each([
  ['is missing', (file: string) => rmSync(file)],
  ['is empty', (file: string) => writeFileSync(file, '')],
  ['is something else', (file: string) => writeFileSync(file, 'kept by nobody'.repeat(1_000))],
])('a command does the same where what was kept %s', async (_what, spoil) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'tollgate-')), 'build');
  cpSync(built, folder, { recursive: true });
  const run = (place: string) =>
    startCommand(process.execPath, [join(place, 'cli.js'), 'validate'], { cwd: root, stdin: '' }).ended;
  const before = await run(built);
  for (const name of keptIn(folder)) spoil(join(folder, 'parts', name));
  expect(before).toMatchObject({ exit: 0, stderr: '6 files in policies: 4 notes.\n' });
  expect(await run(folder)).toEqual(before);
});

// One of 20.20 ends the process of 20.19: the V8 of both calls itself 11.3.244.8.
it('what another Node kept is not read', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'tollgate-')), 'build');
  cpSync(built, folder, { recursive: true });
  const parts = join(folder, 'parts');
  for (const name of keptIn(folder)) {
    const other = name.replace(process.version, 'v20.0.0');
    expect(other).not.toBe(name);
    writeFileSync(join(parts, other), 'kept by another');
    rmSync(join(parts, name));
  }
  const said = startCommand(process.execPath, [join(folder, 'cli.js'), '--version'], {
    cwd: root,
    stdin: '',
  });
  expect(await said.ended).toMatchObject({ exit: 0 });
});

it('where the flags of V8 are others, all is translated anew', async () => {
  const { exit, stdout } = await startCommand(
    process.execPath,
    ['--no-opt', join(built, 'cli.js'), 'plan', '--backend', 'emulator'],
    { cwd: root, stdin: '' },
  ).ended;
  expect(exit).toBe(0);
  expect(stdout).toContain('Plan: ');
});

/** What `npm publish` would send: these files and no others, and nothing that npm would put right by itself. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../helpers/bundle.ts';
import { git } from '../record/git-fixture.ts';

// Neither the network nor scripts; npm comes with Node, but a path may hold one without the other.
const packed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'], {
  cwd: root,
  encoding: 'utf8',
});
const hasNpm = packed.error === undefined;
if (!hasNpm) process.stderr.write('no npm here: what would be published is not looked at\n');
const paths = (): string[] =>
  (JSON.parse(packed.stdout) as { files: { path: string }[] }[]).flatMap(({ files }) => files.map(({ path }) => path));
const isOfLibrary = (path: string): boolean => path.startsWith('build/lib/');

it.skipIf(!hasNpm)('holds the command, the pages that it names, schemas and the sample, and nothing else', () => {
  const parts = ['commands', 'emulator', 'files', 'rest', 'start'].flatMap((name) => [
    `${name}.cjs`,
    `${name}.cjs.map`,
  ]);
  const wanted = [
    ...['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', 'build/cli.js', 'build/compile-worker.js'],
    ...[...parts, 'LEGAL.txt', 'index.json', 'open.js'].map((name) => `build/parts/${name}`),
    // As committed: what somebody has lying about in these folders is nobody's to get.
    ...git(root, 'ls-files', 'docs', 'policies', 'schemas').split('\n'),
  ];
  expect(
    paths()
      .filter((path) => !isOfLibrary(path))
      .sort(),
  ).toEqual(wanted.sort());
});

it.skipIf(!hasNpm)(
  'holds of the library what its entry leads to, each module with its types and from a source that there is',
  () => {
    const library = paths()
      .filter(isOfLibrary)
      .map((path) => path.slice('build/lib/'.length));
    expect(library.filter((path) => !/\.(js|d\.ts)$/.test(path))).toEqual([]);
    const modules = library.filter((path) => path.endsWith('.js')).map((path) => path.slice(0, -'.js'.length));
    expect(modules).toContain('index');
    expect(library.filter((path) => path.endsWith('.d.ts')).sort()).toEqual(
      modules.map((path) => `${path}.d.ts`).sort(),
    );
    expect(modules.filter((path) => !existsSync(join(root, 'src', `${path}.ts`)))).toEqual([]);
    // Of the command and the Action alone.
    expect(modules.filter((path) => /^(cli|program|action|mcp|notify|tools)\b/.test(path))).toEqual([]);
  },
);

it.skipIf(!hasNpm)(
  'what a module of the library imports is in the package, and no JSON, of which Node 20 warns',
  () => {
    const held = new Set(paths());
    const library = [...held].filter((path) => isOfLibrary(path) && /\.(js|d\.ts)$/.test(path));
    const imported = library.flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/^(?:import|export) (?:[^'"]*? from )?'(\.[^']+)'/gms)].map(
        ([, name = '']) => ({ path, to: posix.join(dirname(path), name) }),
      ),
    );
    expect(imported.length).toBeGreaterThan(100);
    const isThere = (to: string): boolean => held.has(to) || held.has(to.replace(/\.ts$/, '.d.ts'));
    expect(imported.filter(({ to }) => !isThere(to) || to.endsWith('.json'))).toEqual([]);
  },
);

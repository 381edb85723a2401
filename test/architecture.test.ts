/** The direction of imports, and the list of files that may touch the outside world (see CONTRIBUTING.md). */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');

/** A layer imports only layers of a greater number; siblings of one number only themselves. */
const layers: Readonly<Record<string, number>> = {
  'cli.ts': 1,
  'action.ts': 1,
  'program.ts': 1,
  // What commands share, made of what they understand.
  'options.ts': 1.5,
  'start-command.ts': 1.5,
  'twin-commands.ts': 1.4,
  'log-commands.ts': 1.4,
  'file-commands.ts': 1.4,
  'serve-commands.ts': 1.4,
  'reference-commands.ts': 1.4,
  'completion.ts': 2,
  'completed-values.ts': 2.1,
  'usage.ts': 2.1,
  'help-examples.ts': 2,
  'index.ts': 1,
  'compile-aside.ts': 2,
  'kept-files.ts': 2,
  'compile-worker.ts': 1,
  'this-process.ts': 1,
  'process-facts.ts': 1.5,
  'stdout-name.ts': 8,
  'report.ts': 1,
  'v8-flags.ts': 2,
  commands: 2,
  // Questions with one answer each, which commands and the server for agents ask.
  tools: 2.05,
  // The protocol over the tools.
  mcp: 2.04,
  // Who is told of what, and through which channel.
  notify: 2.15,
  // What `import` makes of live things, and the run that commands begin.
  importing: 2.1,
  run: 2.2,
  // What limits would have done to rows of logs.
  backtest: 2.6,
  // Another server with requests to tell of a plan, asked by the request function of the control plane.
  gitlab: 2.9,
  // Between the commands and what they share: it reads through ports that are handed to it.
  approvals: 2.5,
  policy: 3,
  rules: 3,
  apply: 3,
  record: 3,
  logs: 3,
  client: 3,
  github: 3,
  render: 3,
  emulator: 3,
  // Judges plans, and is asked by whoever shows or applies them.
  guards: 3.2,
  // The record lives in the repository that it finds, GitHub tells of the run that it knows.
  checkout: 3.5,
  plan: 4,
  impact: 5,
  // How much is used of it, which impact draws conclusions from.
  consumption: 5.2,
  // What was read, below those who draw conclusions from it.
  live: 5.5,
  prices: 6,
  resources: 7,
  'errors.ts': 8,
  'diagnostics.ts': 8,
  'blank-secrets.ts': 8,
  'ci-files.json': 8,
  'ci-systems.ts': 8,
  'clock.ts': 8,
  'addresses.ts': 8,
  'bounded-json.ts': 8,
  'drop-trailing.ts': 9,
  'instant.ts': 9,
  'exact.ts': 8,
  'extended-file.ts': 8,
  'exit-codes.ts': 8,
  'nearest-name.ts': 8,
  'secret-shape.ts': 8,
  'shell-words.ts': 8,
  'stable-json.ts': 8,
  'printable.ts': 8,
  'process-space.ts': 8,
  'proxies.ts': 7.5,
  'real-path.ts': 8,
  'guard-names.ts': 8,
  'replace-file.ts': 8,
  'rule-names.ts': 8,
  'without-absent.ts': 9,
};

/** The only files that touch files, sockets, clock, random, environment, console or process. */
const impure = new Set([
  'cli.ts',
  'this-process.ts',
  'process-facts.ts',
  'action.ts',
  'report.ts',
  'compile-aside.ts',
  'kept-files.ts',
  'process-space.ts',
  'real-path.ts',
  'replace-file.ts',
  'mcp/serve-stdio.ts',
  'mcp/serve-http.ts',
  'mcp/read-tokens.ts',
  'github/octokit.ts',
  'github/send.ts',
  'proxies.ts',
  'policy/files.ts',
  'policy/named-files.ts',
  'prices/files.ts',
  'client/request.ts',
  'client/clickhouse-http.ts',
  'client/download.ts',
  'client/timing.ts',
  'notify/channels/post.ts',
  'notify/channels/smtp.ts',
  'record/git-ref.ts',
  'checkout/repository.ts',
  'checkout/git-child.ts',
  'checkout/object-reader.ts',
  'checkout/run-git.ts',
  'record/file.ts',
  'logs/duckdb.ts',
  'logs/find-files.ts',
  'logs/read-lines.ts',
  'logs/store.ts',
  'logs/store-files.ts',
  'emulator/server.ts',
  'emulator/persistence.ts',
  'emulator/state-lock.ts',
]);

const outsideModules =
  /^(node:)?(fs|fs\/promises|net|http|https|http2|tls|dns|child_process|os|readline|readline\/promises|process|worker_threads|timers|timers\/promises|cluster|dgram|vm)$/;
const outsidePackages = /^(undici|nodemailer|ora|@duckdb\/.*|@hono\/node-server|octokit|@octokit\/.*|@actions\/.*)$/;
const outsideNames =
  /\bprocess\.|\bconsole\.|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bfetch\(|\bsetTimeout\(|\bsetInterval\(|\brandomUUID\(|\brandomBytes\(/;

interface Module {
  /** Path below src, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const modules: readonly Module[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .map((path) => {
    const text = readFileSync(join(source, path), 'utf8');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier]) => specifier ?? '');
    return { path: path.split('\\').join('/'), text, imports };
  });

function layerOf(path: string): { name: string; level: number } {
  const name = path.split('/')[0] ?? '';
  const level = layers[name];
  if (level === undefined) throw new Error(`src/${path} belongs to no layer; add it to the table`);
  return { name, level };
}

function localTarget(module: Module, specifier: string): string {
  return relative(source, normalize(join(source, dirname(module.path), specifier)))
    .split('\\')
    .join('/');
}

describe('architecture', () => {
  it('finds the source', () => {
    expect(modules.length).toBeGreaterThan(50);
  });

  it('imports only downwards', () => {
    const wrong = modules.flatMap((module) =>
      module.imports
        .filter((specifier) => specifier.startsWith('.') && !specifier.endsWith('package.json'))
        .map((specifier) => ({ from: module.path, to: localTarget(module, specifier) }))
        .filter(({ from, to }) => {
          const [a, b] = [layerOf(from), layerOf(to)];
          return a.name !== b.name && b.level <= a.level && a.level !== 1;
        })
        .map(({ from, to }) => `${from} → ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no circle, of types either', () => {
    const targets = new Map(
      modules.map((module) => [
        module.path,
        module.imports.filter((name) => name.startsWith('.')).map((name) => localTarget(module, name)),
      ]),
    );
    const circles: string[] = [];
    const seen = new Set<string>();
    const visit = (path: string, way: readonly string[]): void => {
      const start = way.indexOf(path);
      if (start >= 0) circles.push([...way.slice(start), path].join(' → '));
      if (start >= 0 || seen.has(path)) return;
      for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
      seen.add(path);
    };
    for (const path of targets.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  it('loads the emulator only when it is asked for', () => {
    const eager = modules
      .filter(({ path }) => !path.startsWith('emulator/') && path !== 'index.ts')
      .filter(({ text }) => /^import (?!type )[^;]*'[./]*\/emulator\//m.test(text))
      .map(({ path }) => path);
    // A command of its own, which is loaded when it runs.
    expect(eager).toEqual(['commands/emulate.ts']);
  });

  it('keeps the emulator apart from what it stands in for', () => {
    const wrong = modules
      .filter(({ path }) => path.startsWith('emulator/'))
      .flatMap((module) =>
        module.imports
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => localTarget(module, specifier))
          .filter((target) => !target.startsWith('emulator/') && layerOf(target).level < 8)
          .map((target) => `${module.path} → ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('touches the outside world only in the files marked for it', () => {
    const wrong = modules
      .filter(({ path }) => !impure.has(path))
      .flatMap(({ path, text, imports }) => {
        const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
        const modulesUsed = imports.filter((name) => outsideModules.test(name) || outsidePackages.test(name));
        const name = outsideNames.exec(code)?.[0];
        return [...modulesUsed, ...(name === undefined ? [] : [name])].map((what) => `${path}: ${what}`);
      });
    expect(wrong).toEqual([]);
  });

  it('lets one room alone ask Git about the clone and CI systems about the run', () => {
    const gitsOwn =
      /^checkout\/(?:git-child|object-reader|run-git|repository|git-config|git-environment|git-objects|fetch|list-refs)\.ts$/;
    const variables =
      /(?:\.|\[')(?:CI|TF_BUILD|JENKINS_URL|(?:CI|BUILD|SYSTEM|BUILDKITE|CIRCLE|BITBUCKET)_[A-Z_]+|CIRCLECI|BUILDKITE|GIT(?:HUB|LAB)_(?!TOKEN\b)[A-Z_]+)\b/;
    const wrong = modules
      .filter(({ path }) => !path.startsWith('checkout/'))
      .flatMap((module) => {
        const code = module.text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
        const asked = [...(variables.exec(code) ?? []), ...(/\b(?:spawn|exec|execFile)\(\s*'git'/.exec(code) ?? [])];
        // The record lives in the repository, and asks it about its own ref.
        const used = module.path.startsWith('record/')
          ? []
          : module.imports
              .filter((name) => name.startsWith('.'))
              .map((name) => localTarget(module, name))
              .filter((target) => gitsOwn.test(target));
        return [...asked, ...used].map((what) => `${module.path}: ${what}`);
      });
    expect(wrong).toEqual([]);
  });

  it('keeps no memory in modules: what was read or computed is a value that its run carries', () => {
    const wrong = modules.flatMap(({ path, text }) => {
      const kept = text.matchAll(
        /^(?:export )?(?:(?:let|var) \w+|const \w+(?:: (?!Readonly|readonly )[^=\n]+)? = (?:new (?:Map|Set)\b|\[\];)|const \w+[^=\n]* = new (?:WeakMap|WeakSet|WeakRef)\b)/gm,
      );
      return [...kept].map(([line]) => `${path}: ${line}`);
    });
    expect(wrong).toEqual([]);
  });

  it('lets one file alone import deep-diff', () => {
    const users = modules.filter(({ imports }) => imports.includes('deep-diff')).map(({ path }) => path);
    expect(users).toEqual(['plan/field-changes.ts']);
  });

  it('lets one file alone import DuckDB, and only when rows are asked for', () => {
    const users = modules.filter(({ imports }) => imports.some((name) => name.startsWith('@duckdb/')));
    expect(users.map(({ path }) => path)).toEqual(['logs/duckdb.ts']);
    expect(users[0]?.text).not.toMatch(/^import (?!type )[^;]*'@duckdb/m);
  });

  it('exports names, and imports files by their names', () => {
    const wrong = modules.flatMap(({ path, text, imports }) => [
      ...(/^export default/m.test(text) ? [`${path}: default export`] : []),
      ...imports.filter((name) => name.startsWith('.') && !/\.(ts|json)$/.test(name)).map((name) => `${path}: ${name}`),
    ]);
    expect(wrong).toEqual([]);
  });

  it('exports each name from one module: a name means one thing', () => {
    const owners = new Map<string, string[]>();
    const declared =
      /^export (?:declare )?(?:async )?(?:abstract )?(?:const|let|function\*?|class|interface|type) (\w+)/gm;
    for (const { path, text } of modules) {
      for (const [, name = ''] of text.matchAll(declared)) owners.set(name, [...(owners.get(name) ?? []), path]);
    }
    const shared = [...owners].filter(([, paths]) => paths.length > 1);
    expect(shared.map(([name, paths]) => `${name}: ${paths.join(', ')}`)).toEqual([]);
  });
});

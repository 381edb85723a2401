// The command as a bundle with source maps, and the library with declarations. `npm ci` runs this.
// `--bundle FOLDER` makes the command alone, somewhere else, for tests, which leave build/ as it is, and without the translations
// that `--keep` makes as well.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { keepTranslations, writeParts } from './parts.mjs';

const [flag, elsewhere, keep] = process.argv.slice(2);
const outdir = flag === '--bundle' && elsewhere ? elsewhere : 'build';
const isWhole = outdir !== elsewhere;

if (isWhole) rmSync('build', { recursive: true, force: true });

// `tollgate --version` must not wait for what it does not use (docs/performance.md). What is imported of Node's own modules would
// be hoisted to the top of a file: like this it is asked for by the module that uses it, when that is loaded. Commander asks for
// `child_process` at every start, and uses it for commands that are programs of their own, which there are none of.
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z]/ }, ({ path, importer, kind }) => {
      if (!isBuiltin(path)) return undefined;
      // Lazy as it is; a part of the bundle would give its names as members of `default`.
      if (kind === 'dynamic-import') return { path, external: true };
      const isUnused = path.endsWith('child_process') && /[/\\]commander[/\\]/.test(importer);
      return { path, namespace: isUnused ? 'unused-builtin' : 'builtin' };
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
    onLoad({ filter: /./, namespace: 'unused-builtin' }, () => ({ contents: 'module.exports = {};' }));
  },
};

// One part for all commands that ask the control plane: what they share would fall into dozens of chunks, and finding and linking
// a chunk takes longer than reading a hundred kilobytes of one that is there.
const onlineCommands = {
  name: 'online-commands',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/commands\// }, ({ path, kind, resolveDir }) => {
      if (kind !== 'dynamic-import' || offline.has(basename(path, '.ts'))) return undefined;
      return { path: join(resolveDir, 'commands'), namespace: 'online-commands' };
    });
    onLoad({ filter: /./, namespace: 'online-commands' }, ({ path }) => {
      const names = readdirSync(path).filter((name) => name.endsWith('.ts') && !offline.has(basename(name, '.ts')));
      return { contents: names.map((name) => `export * from './${name}';`).join('\n'), resolveDir: path };
    });
  },
};

// Octokit alone needs fetch; the client of the control plane, channels and the choice of a proxy do not.
const undiciCore = {
  name: 'undici-core',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, ({ importer }) =>
      /[/\\]src[/\\](?:client[/\\]|notify[/\\]|proxies\.ts$)/.test(importer)
        ? { path: fileURLToPath(new URL('undici-core.cjs', import.meta.url)) }
        : undefined,
    );
    // Asked for by servers that are offered it only, and none is (`allowH2`).
    onLoad({ filter: /[/\\]undici[/\\]lib[/\\]dispatcher[/\\]client-h2\.js$/ }, () => ({
      contents: `module.exports = () => { throw new Error('HTTP/2 is not in this bundle'); };`,
    }));
  },
};

// It makes a segmenter when it is loaded, which takes ten milliseconds; what is ASCII is measured without one.
const lateSegmenter = {
  name: 'late-segmenter',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]string-width[/\\]index\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const made = 'const segmenter = new Intl.Segmenter();';
      if (!text.includes(made)) throw new Error(`${path} makes its segmenter otherwise now`);
      const late = 'let made; const segmenter = { segment: (text) => (made ??= new Intl.Segmenter()).segment(text) };';
      return { contents: text.replace(made, late) };
    });
  },
};

// Half a megabyte of translations that nothing reads. English is imported by zod itself.
const withoutTranslations = {
  name: 'without-translations',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({ contents: 'export {};' }));
  },
};

// Of everything that the bundle is made of: what one build has understood of a file is not what another would.
function digestSource() {
  const hash = createHash('sha256');
  const sources = readdirSync('src', { recursive: true }).map((name) => join('src', name));
  for (const path of [...sources, 'package.json', 'package-lock.json'].sort()) {
    if (path.includes('.')) hash.update(`${path}\n`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

const offline = new Set(['validate', 'fmt', 'schema', 'rules', 'emulate', 'read-names']);

const result = await build({
  entryPoints: ['src/cli.ts', 'src/compile-worker.ts'],
  outdir,
  bundle: true,
  // Native code, optional, and loaded when rows are read.
  external: ['@duckdb/node-api'],
  // A command loads its own part.
  splitting: true,
  chunkNames: 'chunks/[hash]',
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  sourcemap: 'inline',
  metafile: true,
  write: false,
  // Less to read at every start; names stay, for stack traces.
  minifyWhitespace: true,
  lineLimit: 200,
  legalComments: 'linked',
  define: { TOLLGATE_BUILD: JSON.stringify(digestSource()) },
  plugins: [lazyBuiltins, onlineCommands, undiciCore, lateSegmenter, withoutTranslations],
  logLevel: 'warning',
});
await writeParts(outdir, result);
if (isWhole || keep === '--keep') keepTranslations(outdir);

if (isWhole) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
  writeOutPackageFacts('build/lib/addresses.js');
}

/** From build/lib the way to package.json is another than from src; and a library that imports JSON makes Node 20 warn whoever uses it. */
function writeOutPackageFacts(file) {
  const { mcpName, version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const text = readFileSync(file, 'utf8');
  const written = text.replace(
    /^import packageJson from .*;$/m,
    () => `const packageJson = ${JSON.stringify({ mcpName, version })};`,
  );
  if (written === text) throw new Error(`${file} imports no package.json: this step has nothing to do any more`);
  writeFileSync(file, written);
}

// The command as a bundle with source maps, and the library with declarations. `npm ci` runs this.
// `--bundle FOLDER` makes the command alone, somewhere else: for tests, which leave build/ as it is.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const [flag, elsewhere] = process.argv.slice(2);
const outdir = flag === '--bundle' && elsewhere ? elsewhere : 'build';
const isWhole = outdir !== elsewhere;

if (isWhole) rmSync('build', { recursive: true, force: true });

// `tollgate --version` must not wait for what it does not use (docs/performance.md). What is imported of Node's own modules would
// be hoisted to the top of a file: like this it is asked for by the module that uses it, when that is loaded. Commander asks for
// `child_process` at every start, and uses it for commands that are programs of their own, which there are none of.
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z]/ }, ({ path, importer }) => {
      if (!isBuiltin(path)) return undefined;
      const isUnused = path.endsWith('child_process') && /[/\\]commander[/\\]/.test(importer);
      return { path, namespace: isUnused ? 'unused-builtin' : 'builtin' };
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
    onLoad({ filter: /./, namespace: 'unused-builtin' }, () => ({ contents: 'module.exports = {};' }));
  },
};

// Half a megabyte of translations that nothing reads. English is imported by zod itself.
const withoutTranslations = {
  name: 'without-translations',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({ contents: 'export {};' }));
  },
};

await build({
  entryPoints: ['src/cli.ts', 'src/compile-worker.ts'],
  outdir,
  bundle: true,
  // A command loads its own part.
  splitting: true,
  chunkNames: 'chunks/[hash]',
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  sourcemap: true,
  // Less to read at every start; names stay, for stack traces.
  minifyWhitespace: true,
  lineLimit: 200,
  legalComments: 'linked',
  plugins: [lazyBuiltins, withoutTranslations],
  logLevel: 'warning',
});
chmodSync(join(outdir, 'cli.js'), 0o755);

if (isWhole) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
}

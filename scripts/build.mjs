// The command as one bundled file with source maps, and the library with declarations. `npm ci` runs this.
// `--bundle FILE` makes the command alone, somewhere else: for tests, which leave build/ as it is.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { build } from 'esbuild';

const [flag, elsewhere] = process.argv.slice(2);
const outfile = flag === '--bundle' && elsewhere ? elsewhere : 'build/cli.js';
const isWhole = outfile !== elsewhere;

if (isWhole) rmSync('build', { recursive: true, force: true });

// `tollgate --version` must not wait for what it does not use (docs/performance.md). Modules of the bundle are evaluated when
// they are first asked for, but an `import` of one of Node's own is hoisted to the top of the file: require() is not.
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z]/ }, ({ path, kind, namespace }) => {
      if (namespace === 'builtin') return { path, external: true };
      return kind === 'import-statement' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
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
  entryPoints: ['src/cli.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  sourcemap: true,
  // Less to read at every start; names stay, for stack traces.
  minifyWhitespace: true,
  lineLimit: 200,
  legalComments: 'linked',
  plugins: [lazyBuiltins, withoutTranslations],
  // Packages in CommonJS call require() for Node's own modules; an ESM bundle has none unless it is made.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(outfile, 0o755);

if (isWhole) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
}

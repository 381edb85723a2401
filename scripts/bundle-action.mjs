// The GitHub Action as one file in dist/, which is committed: a runner has no build step. `npm run build:action` writes it, a
// test compares. Another place for the file may be named.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/action.ts'],
  outfile: process.argv[2] ?? 'dist/action.js',
  bundle: true,
  // Native code, optional, and loaded when rows are read.
  external: ['@duckdb/node-api'],
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
  plugins: [
    {
      // Half a megabyte of translations that nothing reads. English is imported by zod itself.
      name: 'without-translations',
      setup({ onLoad }) {
        onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({ contents: 'export {};' }));
      },
    },
  ],
  logLevel: 'warning',
});

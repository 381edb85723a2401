// Bundled first: Node 20 does not run TypeScript. The command that is measured is build/cli.js, made anew.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outfile = `${root}bench/build/main.js`;

await build({
  absWorkingDir: root,
  entryPoints: ['bench/main.ts'],
  outfile,
  bundle: true,
  external: ['@duckdb/node-api'],
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  sourcemap: true,
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
if (!process.argv.includes('--no-build')) {
  spawnSync(process.execPath, ['scripts/build.mjs', '--bundle', 'build', '--keep'], { cwd: root, stdio: 'inherit' });
}
const flags = process.argv.slice(2).filter((flag) => flag !== '--no-build');
const { status } = spawnSync(process.execPath, [outfile, ...flags], { stdio: 'inherit' });
process.exitCode = status ?? 1;

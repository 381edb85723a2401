// Makes scripts of the chunks that esbuild splits the command into, and keeps what V8 translates of them while typical commands run.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

/** Where each part begins; a chunk belongs to the first one that needs it to begin, and to the last one if none does. */
const parts = [
  ['start', (output) => output.entryPoint === 'src/cli.ts'],
  ['files', (output) => output.entryPoint === 'src/commands/validate.ts'],
  ['commands', (output) => output.entryPoint?.startsWith('online-commands:')],
  [
    'emulator',
    (output) => output.entryPoint === 'src/emulator/server.ts' || output.entryPoint === 'src/emulator/sample/seed.ts',
  ],
];
const rest = 'rest';

/** @param result of esbuild, not written: ES modules with their source maps inside, and a metafile */
export async function writeParts(outdir, { metafile, outputFiles }) {
  const outputs = new Map(
    Object.entries(metafile.outputs)
      .filter(([path]) => path.endsWith('.js'))
      .map(([path, output]) => [basename(path), output]),
  );
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const partOf = sortChunks(outputs);
  const folder = join(outdir, 'parts');
  mkdirSync(folder, { recursive: true });
  // V8 compares lengths of texts alone: what was kept of an earlier bundle may be taken for this one's.
  for (const name of readdirSync(folder)) if (name.endsWith('.kept')) rmSync(join(folder, name));
  for (const part of new Set(partOf.values())) {
    const names = [...partOf].filter(([, own]) => own === part).map(([name]) => name);
    const { code, map } = await joinChunks(names, texts);
    writeFileSync(join(folder, `${part}.cjs`), `${code}\n//# sourceMappingURL=${part}.cjs.map\n`);
    writeFileSync(join(folder, `${part}.cjs.map`), JSON.stringify(map));
  }
  const legal = [...texts].filter(([name]) => name.endsWith('.LEGAL.txt')).map(([, text]) => text);
  writeFileSync(join(folder, 'LEGAL.txt'), [...new Set(legal)].join('\n'));
  writeFileSync(join(folder, 'index.json'), JSON.stringify(Object.fromEntries(partOf)));
  copyFileSync(fileURLToPath(new URL('open-parts.js', import.meta.url)), join(folder, 'open.js'));
  const open = "import { openParts } from './parts/open.js';\n";
  writeFileSync(
    join(outdir, 'cli.js'),
    `#!/usr/bin/env node\n${open}process.exitCode = await openParts()('cli.js').exitCode;\n`,
    { mode: 0o755 },
  );
  writeFileSync(join(outdir, 'compile-worker.js'), `${open}await openParts()('compile-worker.js').isDone;\n`);
}

function sortChunks(outputs) {
  const partOf = new Map();
  const take = (name, part) => {
    if (partOf.has(name)) return;
    partOf.set(name, part);
    for (const { path, kind } of outputs.get(name)?.imports ?? []) {
      if (kind !== 'dynamic-import' && outputs.has(basename(path))) take(basename(path), part);
    }
  };
  for (const [part, begins] of parts) {
    const entries = [...outputs].filter(([, output]) => begins(output));
    if (entries.length === 0) throw new Error(`no chunk begins the part "${part}": is its file called otherwise now?`);
    for (const [name] of entries) take(name, part);
  }
  for (const name of outputs.keys()) take(name, rest);
  return partOf;
}

/** One expression: an object with a function for each chunk, as `open-parts.js` calls it. */
async function joinChunks(names, texts) {
  const sections = [];
  let code = '({';
  let line = 0;
  for (const name of names) {
    const chunk = await transform(texts.get(name).replace(/^#!.*/, ''), {
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      supported: { 'dynamic-import': false },
      define: { 'import.meta.url': 'entry' },
      minifyWhitespace: true,
      lineLimit: 200,
      legalComments: 'none',
      sourcemap: 'external',
      sourcefile: name,
    });
    const head = `${JSON.stringify(name)}(module,exports,require,entry){"use strict";\n`;
    sections.push({ offset: { line: line + 1, column: 0 }, map: JSON.parse(chunk.map) });
    code += `${head}${chunk.code}},\n`;
    line = code.split('\n').length - 1;
  }
  return { code: `${code}})`, map: { version: 3, sections } };
}

/**
 * Runs the commands that people wait for in a process of their own, and writes what V8 made of each part beside it. Without it the
 * command starts more slowly, and that is all.
 */
export function keepTranslations(outdir) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-build-'));
  try {
    cpSync('policies', join(folder, 'policies'), { recursive: true });
    const git = (...args) => execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' });
    git('init', '--quiet');
    const { status, stderr } = spawnSync(
      process.execPath,
      [fileURLToPath(new URL('keep-translations.mjs', import.meta.url)), resolve(outdir, 'parts')],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    if (status !== 0) throw new Error(stderr);
  } catch (error) {
    console.error(`the translations of the bundle are not kept, and the command starts more slowly: ${error.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Runs commands in this process, one after the other, and keeps what V8 translated of the parts; parts.mjs starts it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const [folder] = process.argv.slice(2);
const { keptName, openParts } = await import(pathToFileURL(join(folder, 'open.js')).href);
const scripts = new Map();

for (const words of [['validate'], ['plan', '--backend', 'emulator']]) {
  process.argv = [process.execPath, join(folder, '..', 'cli.js'), ...words];
  const exit = await openParts(scripts)('cli.js').exitCode;
  if (exit !== 0) throw new Error(`tollgate ${words.join(' ')} ended with ${exit}`);
}
// As they are when the parts are loaded: V8 refuses a translation that was made under other flags (src/v8-flags.ts).
setFlagsFromString('--heap-growing-percent=0');
setFlagsFromString('--wasm-tiering-budget=1800000');
for (const [part, script] of scripts) writeFileSync(join(folder, keptName(part)), script.createCachedData());

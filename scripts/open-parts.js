// Shipped as build/parts/open.js: how the command loads what scripts/parts.mjs made of its bundle. Node 20 keeps no translation of
// ES modules (docs/performance.md): these are scripts, several chunks in each, and beside each lies what V8 made of it. V8 refuses
// what other flags or a text of another length left, and translates as if there were none. It does not refuse what Node's own patches
// to V8 changed (20.20's ends the process of 20.19 with a fault of memory): only the very Node that wrote one reads it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const own = createRequire(import.meta.url);
const entry = new URL('../cli.js', import.meta.url).href;
/** By chunk: the part that holds it. */
const partOf = JSON.parse(readFileSync(new URL('index.json', import.meta.url), 'utf8'));

/** Loads a chunk by its name, once. Who hands in a map finds the scripts in it, by part. */
export function openParts(scripts = new Map()) {
  const chunks = {};
  const modules = {};
  return function load(path) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const part = partOf[name];
    if (part === undefined) return own(path);
    const known = modules[name];
    if (known !== undefined) return known.exports;
    if (chunks[name] === undefined) Object.assign(chunks, openScript(part, scripts).runInThisContext());
    const module = { exports: {} };
    modules[name] = module;
    chunks[name](module, module.exports, load, entry);
    return module.exports;
  };
}

/** Of one Node on one kind of machine. */
export function keptName(part) {
  return `${part}.${process.version}-${process.platform}-${process.arch}.kept`;
}

function openScript(part, scripts) {
  const known = scripts.get(part);
  if (known !== undefined) return known;
  const file = new URL(`${part}.cjs`, import.meta.url);
  // ASCII, as esbuild writes it.
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: fileURLToPath(file),
    cachedData: readKept(new URL(keptName(part), import.meta.url)),
  });
  scripts.set(part, script);
  return script;
}

function readKept(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

// GitLab's own schema of `.gitlab-ci.yml`, which docs/ci is checked against: test/fixtures/gitlab/. GitLab publishes it in no package of
// its own; a package that runs pipelines on a laptop carries it whole, inside of its bundle. Installed for this alone, in a temporary folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';

const name = 'gitlab-ci-local';
const version = '4.75.1';
const target = fileURLToPath(new URL('../test/fixtures/gitlab/', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'tollgate-gitlab-'));

/** The object literal that begins with these words: up to the brace that closes it, outside of strings. */
function readLiteral(bundle, beginning) {
  const start = bundle.indexOf(beginning);
  if (start < 0) throw new Error(`${name} holds no ${beginning}`);
  let depth = 0;
  let quote = null;
  for (let at = start; at < bundle.length; at++) {
    const character = bundle[at];
    if (quote !== null) {
      if (character === '\\') at += 1;
      else if (character === quote) quote = null;
    } else if (character === '"' || character === "'" || character === '`') quote = character;
    else if (character === '{') depth += 1;
    else if (character === '}' && --depth === 0) return bundle.slice(start, at + 1);
  }
  throw new Error('it does not end');
}

/** Prose goes; under `properties` the keys are names. */
function strip(node, areNames = false) {
  if (Array.isArray(node)) return node.map((one) => strip(one));
  if (typeof node !== 'object' || node === null) return node;
  const prose = /^(description|markdownDescription|examples?|title|default)$/;
  const entries = Object.entries(node).filter(([key]) => areNames || !prose.test(key));
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      key === 'enum' ? value : strip(value, /^(properties|patternProperties|definitions)$/.test(key) && !areNames),
    ]),
  );
}

try {
  mkdirSync(target, { recursive: true });
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', work];
  execFileSync('npm', ['install', ...flags, `${name}@${version}`], { stdio: 'inherit' });
  const from = join(work, 'node_modules', name);
  const literal = readLiteral(
    readFileSync(join(from, 'dist', 'index.js'), 'utf8'),
    '{$schema:"http://json-schema.org/draft-07/schema#",$id:"https://gitlab.com/.gitlab-ci.yml"',
  );
  // An object of strings, numbers and objects; in a context of its own, where nothing can be reached.
  const schema = JSON.parse(JSON.stringify(runInNewContext(`(${literal})`, Object.create(null), { timeout: 1_000 })));
  const text = `${JSON.stringify(strip(schema), null, 1)}\n`;
  writeFileSync(join(target, 'ci-schema.json'), text);
  writeFileSync(
    join(target, 'README.md'),
    `GitLab's schema of \`.gitlab-ci.yml\` (MIT, Copyright (c) 2011-present GitLab B.V.), without its prose, as \`${name}@${version}\` (MIT,\nthe licence beside this file) carries it; written by \`scripts/refresh-gitlab-fixtures.mjs\`.\n`,
  );
  writeFileSync(join(target, 'LICENSE'), readFileSync(join(from, 'LICENSE')));
  console.log(`test/fixtures/gitlab/ci-schema.json: ${Math.round(text.length / 1024)} KB`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

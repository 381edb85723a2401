/**
 * Writes what is generated from the source: the JSON Schemas for editors, of saved plans and of what webhooks get, docs/rules.md, the tables, tables
 * of contents and the plan in README.md and docs, and the owner of the repository wherever it is named. Tests fail when they are out of date.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../', import.meta.url);

/** Bundled first: Node 20 does not run TypeScript. */
async function load(path) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(path, root))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['@duckdb/node-api'],
    // Packages in CommonJS call require() for Node's own modules; an ESM bundle has none unless it is made.
    banner: {
      js: `import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(${JSON.stringify(root.href)});`,
    },
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

async function write(path, text) {
  await writeFile(new URL(path, root), text);
  console.log(path);
}

const { renderJsonSchemas } = await load('src/policy/json-schema.ts');
await mkdir(new URL('schemas/', root), { recursive: true });
for (const [name, text] of Object.entries(renderJsonSchemas())) await write(`schemas/${name}`, text);

const { renderPlanSchema } = await load('src/plan/plan-schema.ts');
await write('schemas/plan.schema.json', renderPlanSchema());

const { renderPayloadSchema } = await load('src/notify/channels/write-payload.ts');
await write('schemas/telling.schema.json', renderPayloadSchema());
const { runSchema } = await load('src/commands/schema.ts');
await write('schemas/backtest.schema.json', (await runSchema(['backtest'])).output);

const { renderMembers } = await load('scripts/document-members.ts');
await write('test/fixtures/documents/version-1.txt', renderMembers());

const { renderCiFiles } = await load('scripts/ci-files.ts');
await write(
  'src/ci-files.json',
  renderCiFiles((path) => readFileSync(new URL(path, root), 'utf8')),
);

const { renderRules } = await load('scripts/rules-doc.ts');
const examples = fileURLToPath(new URL('test/fixtures/rules/', root));
// Not of the rule about secrets: text in their shape makes scanners bark.
const hasExample = (name) => name !== 'secret-in-file' && existsSync(`${examples}${name}.bad.yaml`);
const exampleOf = (name) => (hasExample(name) ? readFileSync(`${examples}${name}.bad.yaml`, 'utf8') : null);
await write('docs/rules.md', renderRules(exampleOf));

const { nameInPackage, nameInRegistration, nameOwner, ownerOf } = await load('scripts/name-repository.ts');
const readAt = (path) => readFileSync(new URL(path, root), 'utf8');
await write('package.json', nameInPackage(readAt('package.json')));
await write('server.json', nameInRegistration(readAt('server.json'), readAt('package.json')));
const owner = ownerOf(readAt('package.json'));

const { renderPages } = await load('scripts/generated-parts.ts');
for (const name of ['config', 'bug']) {
  const path = `.github/ISSUE_TEMPLATE/${name}.yml`;
  const [said, written] = [readAt(path), nameOwner(readAt(path), owner)];
  if (written !== said) await write(path, written);
}

const paths = [
  'README.md',
  ...readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const pages = new Map(paths.sort().map((path) => [path, readAt(path)]));
const sources = {
  root: fileURLToPath(root),
  exitCodes: readFileSync(new URL('src/exit-codes.ts', root), 'utf8'),
};
for (const [path, text] of await renderPages(pages, sources)) {
  const written = nameOwner(text, owner);
  if (written !== pages.get(path)) await write(path, written);
}

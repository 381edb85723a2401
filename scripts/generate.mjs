/** Writes what is generated from the source: the JSON Schemas for editors. A test fails when they are out of date. */

import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../', import.meta.url);

// Bundled first: Node 20 does not run TypeScript.
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('src/policy/json-schema.ts', root))],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'node20',
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { renderJsonSchemas } = await import(`data:text/javascript;base64,${code}`);

await mkdir(new URL('schemas/', root), { recursive: true });
for (const [name, text] of Object.entries(renderJsonSchemas())) {
  await writeFile(new URL(`schemas/${name}`, root), text);
  console.log(`schemas/${name}`);
}

// What GitHub publishes of itself, cut down to what the stand-in of test/helpers/github plays: test/fixtures/github/. The packages
// that hold it take 400 MB, so they are installed for this alone, in a temporary folder. Run it when the stand-in gets a route or a
// query gets a field, or to follow GitHub: raise the versions here.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import {
  buildSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  Kind,
  parse,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

const packages = {
  '@octokit/openapi': '23.0.2',
  '@octokit/graphql-schema': '15.26.1',
  '@octokit/webhooks-examples': '7.6.1',
};
const root = fileURLToPath(new URL('../', import.meta.url));
const target = join(root, 'test', 'fixtures', 'github');
const work = mkdtempSync(join(tmpdir(), 'tollgate-github-'));

function write(name, text) {
  writeFileSync(join(target, name), text);
  console.log(`test/fixtures/github/${name}: ${Math.round(text.length / 1024)} KB`);
}

const writeJson = (name, value) => write(name, `${JSON.stringify(value, null, 1)}\n`);

/** Bundled first: Node 20 does not run TypeScript. */
async function load(path) {
  const outfile = join(work, `${path.replaceAll('/', '-')}.mjs`);
  await build({ entryPoints: [join(root, path)], outfile, bundle: true, format: 'esm', platform: 'node' });
  return import(outfile);
}

/** Prose and examples go; under `properties` the keys are names, not words of the description. */
function strip(node, areNames = false) {
  if (Array.isArray(node)) return node.map((one) => strip(one));
  if (typeof node !== 'object' || node === null) return node;
  const prose = /^(description|summary|tags|externalDocs|operationId|examples?|title|deprecated|x-.*)$/;
  const entries = Object.entries(node).filter(([key]) => areNames || !prose.test(key));
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === 'enum' ? value : strip(value, key === 'properties' && !areNames)]),
  );
}

function cutRest(document, operations) {
  const paths = {};
  const components = {};
  const follow = (node) => {
    if (typeof node !== 'object' || node === null) return;
    if (typeof node.$ref === 'string') {
      const [, , section, name] = node.$ref.split('/');
      components[section] ??= {};
      if (components[section][name] !== undefined) return;
      components[section][name] = strip(document.components[section][name]);
      follow(components[section][name]);
      return;
    }
    for (const value of Object.values(node)) follow(value);
  };
  for (const { method, path } of operations) {
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`GitHub describes no ${method} ${path}`);
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = strip(operation);
  }
  follow(paths);
  // Errors are held against it without any operation naming it.
  follow({ $ref: '#/components/schemas/basic-error' });
  return { paths, components };
}

/** The types that the queries meet, and whatever else an interface or a union that they meet may be. */
function findTypes(schema, queries) {
  const met = new Set(['Query']);
  const add = (type) => {
    if (type === undefined || type === null) return;
    const named = getNamedType(type);
    if (met.has(named.name)) return;
    met.add(named.name);
    if (isAbstractType(named)) for (const one of schema.getPossibleTypes(named)) met.add(one.name);
    if (isInterfaceType(named)) for (const one of schema.getImplementations(named).interfaces) met.add(one.name);
  };
  for (const query of queries) {
    const info = new TypeInfo(schema);
    visit(parse(query), visitWithTypeInfo(info, { enter: () => add(info.getType()) }));
  }
  return met;
}

function cutGraph(text, queries) {
  const schema = buildSchema(text, { assumeValid: true });
  const met = findTypes(schema, queries);
  const inputs = new Set();
  const addInput = (type) => {
    const named = getNamedType(type);
    if (inputs.has(named.name)) return;
    inputs.add(named.name);
    if (isInputObjectType(named)) for (const field of Object.values(named.getFields())) addInput(field.type);
  };
  const isKept = (node) => {
    const type = schema.getType(nameOf(node.type));
    return met.has(type.name) || isLeafType(type);
  };
  const cut = (node) => {
    if (!met.has(node.name.value)) return null;
    const fields = node.fields?.filter(isKept);
    for (const field of fields ?? []) {
      addInput(schema.getType(nameOf(field.type)));
      for (const argument of field.arguments ?? []) addInput(schema.getType(nameOf(argument.type)));
    }
    return {
      ...node,
      ...(fields !== undefined && { fields }),
      interfaces: node.interfaces?.filter(({ name }) => met.has(name.value)),
      types: node.types?.filter(({ name }) => met.has(name.value)),
    };
  };
  const bare = visit(parse(text, { noLocation: true }), {
    enter: (node) => (node.kind === Kind.DIRECTIVE || node.kind === Kind.DIRECTIVE_DEFINITION ? null : undefined),
    leave: (node) => (node.description === undefined ? undefined : { ...node, description: undefined }),
  });
  const definitions = bare.definitions
    .map((node) => (isOutput(node) ? cut(node) : node))
    .filter((node) => node !== null)
    .filter((node) => isOutput(node) || inputs.has(node.name?.value));
  return `${print({ ...bare, definitions })}\n`;
}

const isOutput = ({ kind }) =>
  kind === Kind.OBJECT_TYPE_DEFINITION ||
  kind === Kind.INTERFACE_TYPE_DEFINITION ||
  kind === Kind.UNION_TYPE_DEFINITION;

const nameOf = (type) => (type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type));

/** As events.ts looks for them: the first of each action, else the first of all. */
function cutEvents(definitions, names) {
  return names.map((name) => {
    const { examples } = definitions.find((one) => one.name === name);
    const firsts = examples.filter(({ action }, index) => examples.findIndex((one) => one.action === action) === index);
    return { name, examples: firsts };
  });
}

try {
  mkdirSync(target, { recursive: true });
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', work];
  execFileSync('npm', ['install', ...flags, ...wanted], { stdio: 'inherit' });
  const read = (path) => readFileSync(join(work, 'node_modules', '@octokit', path), 'utf8');

  const { routes } = await load('test/helpers/github/app.ts');
  const { pullReviewQuery, buildPullsOfCommitsQuery, loginQuery } = await load('src/github/pull-review-query.ts');
  const { eventNames } = await load('test/helpers/github/events.ts');
  const operations = [...routes, { method: 'GET', path: '/rate_limit' }];
  writeJson('rest.json', cutRest(JSON.parse(read('openapi/generated/api.github.com.json')), operations));
  const queries = [pullReviewQuery, buildPullsOfCommitsQuery(['one']), loginQuery];
  write('schema.graphql', cutGraph(read('graphql-schema/schema.graphql'), queries));
  const named = eventNames.filter((name) => name !== 'schedule');
  writeJson('events.json', cutEvents(JSON.parse(read('webhooks-examples/api.github.com/index.json')), named));
  copyFileSync(join(work, 'node_modules', '@octokit', 'openapi', 'LICENSE'), join(target, 'LICENSE'));
  const sources = wanted.map((one) => `- \`${one}\` (MIT)`).join('\n');
  write(
    'README.md',
    `Parts of what GitHub publishes of itself, under the licence beside this file, written by\n\`scripts/refresh-github-fixtures.mjs\` from\n\n${sources}\n`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}

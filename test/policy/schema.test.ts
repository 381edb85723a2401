import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { compilePolicies } from '../../src/policy/compile.ts';
import { renderJsonSchemas } from '../../src/policy/json-schema.ts';
import { patterns } from '../../src/policy/patterns.ts';
import { orgHead } from './helpers.ts';

const root = new URL('../../', import.meta.url);
const schemas = renderJsonSchemas();
const ajv = new Ajv({ strict: false, allErrors: true });
const validators = {
  org: ajv.compile(JSON.parse(schemas['org.schema.json'] ?? '')),
  workspace: ajv.compile(JSON.parse(schemas['workspace.schema.json'] ?? '')),
};
const isValid = (text: string) => {
  const data = parse(text) as { kind: 'org' | 'workspace' };
  return validators[data.kind](data);
};

it.each(Object.entries(schemas))('schemas/%s is up to date (npm run generate)', (name, text) => {
  expect(readFileSync(new URL(`schemas/${name}`, root), 'utf8')).toBe(text);
});

const samples = ['org.yaml', ...readdirSync(new URL('policies/workspaces/', root)).map((name) => `workspaces/${name}`)];

describe.each(samples)('policies/%s', (name) => {
  it('is what editors accept', () => {
    const text = readFileSync(new URL(`policies/${name}`, root), 'utf8');
    expect(isValid(text)).toBe(true);
  });
});

it('mistakes-K16: editors offer the conditions of match by name, and say what each compares', () => {
  const schema = JSON.parse(schemas['workspace.schema.json'] ?? '') as {
    properties: { policies: { additionalProperties: unknown } };
  };
  const found: Record<string, unknown>[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties = {} } = node as { properties?: object };
    if ('api_key' in properties) found.push(node as Record<string, unknown>);
    for (const inner of Object.values(node)) walk(inner);
  };
  walk(schema);
  expect(found).toHaveLength(1);
  const [match] = found as { properties: Record<string, { description: string }>; patternProperties: object }[];
  // With a pattern for names, editors offer the word `property`.
  expect(match).not.toHaveProperty('propertyNames');
  const names = [
    'api_key',
    'virtual_key',
    'provider',
    'model',
    'config',
    'prompt',
    'endpoint_type',
    'mcp_server',
    'mcp_tool',
  ];
  expect(Object.keys(match?.properties ?? {})).toEqual(names);
  for (const name of [...names, 'metadata.team', 'metadata.', 'metadat.x', 'workspace_id']) {
    const isKnown = patterns.conditionKey.test(name);
    const line = `policies: {x: {budget: $500, reset: monthly, per: api_key, match: {${name}: "@openai/x"}}}`;
    expect([name, isValid(`${head}${line}`)]).toEqual([name, isKnown]);
  }
  expect(JSON.stringify(match?.patternProperties)).toContain('metadata; ');
});

it('describes every key', () => {
  const walk = (node: unknown, path: string): string[] => {
    if (typeof node !== 'object' || node === null) return [];
    const { properties = {} } = node as { properties?: Record<string, { description?: string } | boolean> };
    const missing = Object.entries(properties).flatMap(([key, inner]) => {
      // What only says whether a key may stand there says nothing else.
      const described = typeof inner === 'boolean' || inner.description !== undefined || key === '*';
      return described ? [] : [`${path}/${key}`];
    });
    return [...missing, ...Object.entries(node).flatMap(([key, inner]) => walk(inner, `${path}/${key}`))];
  };
  for (const text of Object.values(schemas)) expect(walk(JSON.parse(text), '')).toEqual([]);
});

const head = 'version: 1\nkind: workspace\nworkspace: ws-one\n';

it.each([
  'policies: {x: {budget: 500, reset: monthly, per: api_key}}',
  'policies: {x: {budget: $500, per: api_key}}',
  'policies: {x: {budget: $500, reset: monthly}}',
  'policies: {x: {budget: $500, reset: yearly, per: api_key}}',
  'policies: {x: {budget: $500, reset: monthly, per: api_kee}}',
  'policies: {x: {rate: 5/min, per: api_key}}',
  'policies: {x: {budget: $500, reset: monthly, per: api_key, match: {workspace_id: x}}}',
  'keys: {x: {credit_limit: 500}}',
  'keys: {x: {alert: 80%}}',
  'keys: {x: {budget: $500, reset: monthly, recipients: [nobody]}}',
  'virtual_keys: {}',
  'owner:',
])('editors refuse %s', (line) => {
  expect(isValid(`${head}${line}\n`)).toBe(false);
});

it('mistakes-K16: no editor shows a raw pattern, or that something "matches a schema that is not allowed"', () => {
  const walk = (node: unknown, path: string): string[] => {
    if (typeof node !== 'object' || node === null) return [];
    const { pattern, errorMessage, not } = node as Record<string, unknown>;
    const isBare = typeof pattern === 'string' && typeof errorMessage !== 'string';
    // What is only asked of the file is not told.
    const inner = Object.entries(node).filter(([key]) => key !== 'if');
    return [
      ...(isBare || typeof not === 'object' ? [path] : []),
      ...inner.flatMap(([key, child]) => walk(child, `${path}/${key}`)),
    ];
  };
  expect(walk({ a: { pattern: '^x$' }, b: { not: {} } }, '')).toEqual(['/a', '/b']);
  for (const text of Object.values(schemas)) expect(walk(JSON.parse(text), '')).toEqual([]);
});

describe('what editors show of a key', () => {
  const files = new Set(readdirSync(new URL('docs/', root)));
  const found = new Map<string, { readonly path: string; readonly markdown: string }>();
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { markdownDescription: markdown } = node as { markdownDescription?: unknown };
    if (typeof markdown === 'string' && !found.has(markdown)) found.set(markdown, { path, markdown });
    for (const [key, inner] of Object.entries(node)) walk(inner, `${path}/${key}`);
  };
  for (const [name, text] of Object.entries(schemas)) walk(JSON.parse(text), name);

  it.each([
    ['until', /\/until\//, 'until.md'],
    ['groups', /\/properties\/groups\//, 'groups.md'],
    ['rules of approval', /\/properties\/approvals\//, 'approvals.md'],
    ['workspaces that no file is about', /\/properties\/undeclared\//, 'ownership.md'],
    ['guards', /\/properties\/guards\//, 'guards.md'],
    ['prices', /\/properties\/prices\//, 'prices.md'],
  ])('links to the page of what it is about: %s', (_, below, page) => {
    const own = (path: string) =>
      /\/properties\/[\w-]+$/.test(path) && below.test(path.replace(/\/properties\/\w+$/, '/'));
    const seen: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { markdownDescription: markdown } = node as { markdownDescription?: string };
      if (markdown !== undefined && own(path) && !/\/(silence|owner|description|protect)$|\/alert\//.test(path)) {
        seen.push(path);
        expect([path, markdown]).toEqual([path, expect.stringContaining(`[docs/${page}]`)]);
      }
      for (const [key, inner] of Object.entries(node)) visit(inner, `${path}/${key}`);
    };
    for (const [name, text] of Object.entries(schemas)) visit(JSON.parse(text), name);
    expect(seen.length).toBeGreaterThan(1);
  });

  it('links to a heading that is there', () => {
    expect(found.size).toBeGreaterThan(60);
    for (const { markdown, path } of found.values()) {
      const [, page = '', heading] = /\]\(https:\/\/[^ ]*\/docs\/([\w-]+\.md)(?:#([\w-]+))?\)$/.exec(markdown) ?? [];
      expect([path, files.has(page)]).toEqual([path, true]);
      const headings = readFileSync(new URL(`docs/${page}`, root), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('#'))
        .map((line) =>
          line
            .replace(/^#+ /, '')
            .toLowerCase()
            .replace(/[^\w -]/g, '')
            .replaceAll(' ', '-'),
        );
      if (heading !== undefined) expect([path, headings]).toEqual([path, expect.arrayContaining([heading])]);
    }
  });

  it('has examples that both the schema and validate accept', () => {
    const examples = [...found.values()].flatMap(({ path, markdown }) => {
      const [, text] = /```yaml\n([\s\S]*?)\n```/.exec(markdown) ?? [];
      return text === undefined ? [] : [{ path, text }];
    });
    expect(examples.length).toBeGreaterThan(15);
    for (const { path, text } of examples) {
      const written = parse(text) as Record<string, unknown>;
      if (path.startsWith('org.schema.json/properties/groups')) {
        const org = {
          ...(parse(orgHead) as Record<string, unknown>),
          ...('groups' in written
            ? written
            : { groups: { research: { workspaces: ['team-b'], ceiling: '$500', ...written } } }),
        };
        const { diagnostics } = compilePolicies([{ path: 'org.yaml', text: stringify(org) }]);
        expect([path, diagnostics, validators.org(org)]).toEqual([path, [], true]);
        continue;
      }
      if (path.includes('properties/prices')) {
        const prices = 'prices' in written ? written : { prices: written };
        const org = { ...(parse(orgHead) as Record<string, unknown>), integrations: { 'openai-prod': prices } };
        const { diagnostics } = compilePolicies([{ path: 'org.yaml', text: stringify(org) }]);
        expect([path, diagnostics, validators.org(org)]).toEqual([path, [], true]);
        continue;
      }
      if (path.includes('properties/review/')) {
        const org = { ...(parse(orgHead) as Record<string, unknown>), review: written };
        const { diagnostics } = compilePolicies([{ path: 'org.yaml', text: stringify(org) }]);
        expect([path, diagnostics, validators.org(org)]).toEqual([path, [], true]);
        continue;
      }
      // What stands below a condition stands below any.
      const entry = 'any' in written || 'except' in written ? { match: { api_key: written } } : written;
      const isRate = 'rate' in entry || /endpoint_type|mcp_/.test(text);
      const isOfWorkspace = 'budgets' in entry || 'rates' in entry;
      const whole = {
        version: 1,
        kind: 'workspace',
        workspace: 'ws-one',
        ...(isOfWorkspace
          ? { limits: entry }
          : {
              policies: {
                x: {
                  ...(isRate ? { rate: '5 requests/minute' } : { budget: '$500', reset: 'monthly' }),
                  ...(text.includes('mcp_') ? { target: 'mcp_tools' } : {}),
                  per: 'api_key',
                  ...entry,
                },
              },
            }),
      };
      const files = [
        { path: 'org.yaml', text: orgHead },
        { path: 'x.yaml', text: stringify(whole) },
      ];
      const errors = compilePolicies(files).diagnostics.filter(({ severity }) => severity === 'error');
      expect([path, errors.map(({ message }) => message), validators.workspace(whole)]).toEqual([path, [], true]);
    }
  });
});

describe('mistakes-F19: any validator takes the schemas', () => {
  it.each(Object.entries(schemas))('%s compiles in strict mode, and with the expressions of Go', (_, text) => {
    const regExp = Object.assign((pattern: string) => toTester(pattern), { code: 'toTester' });
    // What editors show; no rule of its own.
    const keywords = ['errorMessage', 'markdownDescription', 'defaultSnippets'];
    const schema = JSON.parse(text) as object;
    expect(() => new Ajv({ strict: true, keywords }).compile(schema)).not.toThrow();
    const go = new Ajv({ strict: true, keywords, code: { regExp } }).compile(schema);
    for (const name of samples) {
      const sample = parse(readFileSync(new URL(`policies/${name}`, root), 'utf8')) as { kind: string };
      if (text.includes(`"const": "${sample.kind}"`)) expect(go(sample), name).toBe(true);
    }
  });

  it.each([
    ['refs/heads/tollgate-record', true],
    ['refs/tollgate/a.b', true],
    ['refs/tollgate/lock', true],
    ['refs/tollgate/.a', false],
    ['refs/tollgate/a.', false],
    ['refs/tollgate/a.lock', false],
    ['refs/tollgate/a.lock/b', false],
    ['refs/tollgate//b', false],
    ['heads/main', false],
  ])('a ref %s is read as the schema says: %s', (ref, isFine) => {
    const text = `${orgHead}record:\n  ref: ${ref}\n`;
    expect(isValid(text)).toBe(isFine);
    const codes = compilePolicies([{ path: 'org.yaml', text }]).diagnostics.map(({ code }) => code);
    expect(codes.includes('invalid-ref')).toBe(!isFine);
  });
});

function toTester(pattern: string) {
  const compiled = RE2JS.compile(pattern);
  // By its text it is told from others.
  return { test: (text: string) => compiled.matcher(text).find(), toString: () => pattern };
}

interface Form {
  readonly allOf?: readonly Form[];
  readonly anyOf?: readonly Form[];
  readonly const?: unknown;
  readonly errorMessage?: string;
  readonly properties?: Readonly<Record<string, Form>>;
  readonly additionalProperties?: Form;
}

it.each([
  ['rate', '100 requests/minute'],
  ['expires', '2027-01-31T00:00:00Z'],
  ['alert', '80%'],
  ['budget', '$500'],
])('mistakes-K8: an editor that refuses %s of a key advises %s, never to clear it', (field, advice) => {
  const keys = (JSON.parse(schemas['workspace.schema.json'] ?? '') as Form).properties?.keys;
  const key = keys?.additionalProperties?.anyOf?.find((form) => form.allOf !== undefined)?.allOf?.[0];
  const forms = key?.properties?.[field]?.anyOf ?? [];
  expect(forms.length).toBeGreaterThan(1);
  expect(forms[0]?.const).toBeUndefined();
  for (const form of forms) expect(form.errorMessage).toContain(advice);
});

it('mistakes-A9: editors accept keys x-… at the top, and nowhere else', () => {
  expect(isValid(`${head}x-common: { reset: monthly }\n`)).toBe(true);
  expect(isValid(`${head}limits: { x-common: 1 }\n`)).toBe(false);
});

/**
 * What an editor shows of policy files, told by the language server that editors use. `transcript.md` beside this file is what it
 * answered; nobody but that file says how a hover reads as a whole.
 */

import { createServer } from 'node:http';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { compilePolicies } from '../../src/policy/compile.ts';
import { renderJsonSchemas } from '../../src/policy/json-schema.ts';
import { startYamlServer, type YamlServer } from '../helpers/yaml-server.ts';
import { orgHead } from '../policy/helpers.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const head = 'version: 1\nkind: workspace\nworkspace: ws-one\n';

let server: YamlServer;
beforeAll(async () => {
  const started = await startYamlServer(pathToFileURL(`${root}schemas`).href);
  // Each question once: what the tests were told is what the transcript holds.
  server = { ...started, hover: once(started.hover), complete: once(started.complete), check: once(started.check) };
});
afterAll(() => server.close());

function once<T>(ask: (text: string) => Promise<T>): (text: string) => Promise<T> {
  const told = new Map<string, Promise<T>>();
  return (text) => {
    const answer = told.get(text) ?? ask(text);
    told.set(text, answer);
    return answer;
  };
}

/** Lines of one policy. */
const policy = (lines: string) => `${head}policies:\n  total:\n${indent(lines, 4)}\n`;
const key = (lines: string) => `${head}keys:\n  ci:\n${indent(lines, 4)}\n`;

const until = (lines: string) => policy(`budget: $500\nreset: monthly\nper: api_key\n${lines}`);

function indent(lines: string, by: number): string {
  return lines.replace(/^/gm, ' '.repeat(by));
}

const hovered: readonly (readonly [what: string, marked: string, shows: readonly RegExp[]])[] = [
  ['budget', policy('bud|get: $500\nreset: monthly\nper: api_key'), [/`2M tokens`/, /```yaml\nbudget: \$500/]],
  ['budget of a key', key('bud|get: $500\nreset: monthly'), [/`2M tokens`/, /files\.md#amounts\)/]],
  ['alert', policy('budget: $500\nreset: monthly\nal|ert: 80%\nper: api_key'), [/percentage/, /notify\.md\)/]],
  ['alert as a list', policy('budget: $500\nreset: monthly\nal|ert: [50%, 80%]\nper: api_key'), [/percentage/]],
  ['per', policy('budget: $500\nreset: monthly\npe|r: api_key'), [/one for all/, /per: \[metadata\.team, api_key\]/]],
  ['per as a list', policy('budget: $500\nreset: monthly\npe|r: [api_key, model]'), [/one per combination/]],
  [
    'match',
    policy('budget: $500\nreset: monthly\nper: api_key\nmat|ch: { api_key: ci }'),
    [/conditions/, /match:\n {2}/],
  ],
  [
    'a condition',
    policy('budget: $500\nreset: monthly\nper: api_key\nmatch:\n  mod|el: "@openai/*"'),
    [/as in requests/],
  ],
  ['metadata', policy('budget: $500\nreset: monthly\nper: api_key\nmatch:\n  metadata|.team: nlp'), [/callers send/]],
  ['rate', policy('ra|te: 100 requests/minute\nper: api_key'), [/How fast/, /```yaml\nrate:/]],
  ['reset', policy('budget: $500\nres|et: monthly\nper: api_key'), [/`every 14 days`/, /lifetime cap/]],
  ['until', until('un|til: { date: 2026-12-15, then: $400 }'), [/until\.md\)/]],
  ['date', until('until: { da|te: 2026-12-15, then: $400 }'), [/first day/, /until\.md#writing-it\)/]],
  ['then', until('until: { date: 2026-12-15, th|en: $400 }'), [/from that day on/, /until\.md#writing-it\)/]],
  ['then: a map', until('until: { date: 2026-12-15, th|en: { budget: $400 } }'), [/from that day on/, /until\.md/]],
  [
    'a budget below then',
    until('until: { date: 2026-12-15, then: { bud|get: $400 } }'),
    [/from that day on/, /until\.md/],
  ],
  ['then: none', until('until: { date: 2026-12-15, th|en: none }'), [/from that day on/, /until\.md#writing-it\)/]],
];

describe('a hover', () => {
  test.each(hovered)('of %s has the sentence, how it is written, and where more is said', async (_, marked, shows) => {
    const shown = await server.hover(marked);
    for (const part of [...shows, /\]\(https:\/\/[^ )]*\/docs\/\w+\.md[^ )]*\)/]) expect(shown).toMatch(part);
    // A sentence that was taken for plain text is full of these.
    expect(shown).not.toContain('\\`');
  });
});

const completed: readonly (readonly [where: string, marked: string, offers: readonly string[]])[] = [
  ['at the top', `${head}|\n`, ['policies', 'limits', 'keys', 'providers', 'alerts', 'forget', 'owner']],
  ['in an entry', policy('|'), ['a budget', 'a rate', 'budget', 'reset', 'alert', 'rate', 'match', 'per']],
  ['behind match', policy('match: |'), ['all', 'metadata.team', 'metadata._user']],
  [
    'below match',
    policy('match:\n  |'),
    ['api_key', 'virtual_key', 'provider', 'model', 'config', 'prompt', 'endpoint_type', 'metadata.team'],
  ],
  ['behind a condition', policy('match:\n  endpoint_type: |'), ['chatComplete', 'embed', 'imageGenerate']],
  ['in a list of values', policy('match:\n  provider:\n    - |'), ['openai', 'anthropic']],
  ['behind per', policy('per: |'), ['workspace_id', 'api_key', 'metadata._user', 'metadata.team', 'model']],
  ['in a list of per', policy('per:\n  - |'), ['workspace_id', 'api_key', 'metadata.team']],
  ['in a flow list of per', policy('per: [|]'), ['workspace_id', 'api_key', 'metadata.team']],
  ['behind reset', policy('budget: $500\nreset: |'), ['monthly', 'weekly', 'never', 'every 14 days']],
  ['behind budget', policy('budget: |'), ['$500', '2M tokens']],
  ['behind target', policy('target: |'), ['llm', 'mcp_tools']],
  ['in silence', policy('silence:\n  |'), ['alert-missing']],
];

describe('completion', () => {
  test.each(completed)('%s offers what fits', async (_, marked, offers) => {
    const labels = (await server.complete(marked)).map(({ label }) => label);
    expect(labels).toEqual(expect.arrayContaining([...offers]));
    expect(labels).not.toContain('property');
  });

  test('what snippets write is accepted as it stands', async () => {
    const entry = await server.complete(policy('|'));
    const match = await server.complete(policy('rate: 5 requests/minute\nper: api_key\nmatch:\n  |'));
    const bodies = [
      ...entry.filter(({ label }) => label.startsWith('a ')).map(({ insertText = '' }) => fill(insertText)),
      ...match
        .filter(({ label }) => label.startsWith('metadata.'))
        .map(({ insertText = '' }) => `rate: 5 requests/minute\nper: api_key\nmatch:\n  ${fill(insertText)}`),
    ];
    expect(bodies).toHaveLength(4);
    for (const body of bodies)
      expect([body, errorsOf(policy(body)), await server.check(policy(body))]).toEqual([body, [], []]);
  });
});

/** A snippet with its places left as they are. */
function fill(snippet: string): string {
  return snippet.replace(/\$\{\d+:((?:[^}\\]|\\.)*)\}/g, '$1').replaceAll('\\$', '$');
}

function errorsOf(text: string): readonly string[] {
  const { diagnostics } = compilePolicies([
    { path: 'org.yaml', text: orgHead },
    { path: 'workspaces/x.yaml', text },
  ]);
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

const budget = '\nreset: monthly\nper: api_key';
const mistakes: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  ['an amount without a unit', policy(`budget: 500${budget}`), /write an amount with its unit, such as \$500/],
  ['thousands by a point', policy(`budget: $2.500${budget}`), /\$2,500/],
  ['quotes within quotes', policy(`budget: "'$1500'"${budget}`), /write an amount with its unit/],
  ['another currency', policy(`budget: €500${budget}`), /such as \$500/],
  ['nothing at all', policy(`budget: $0${budget}`), /too small: write \$1/],
  ['a window behind the amount', policy(`budget: $500/month${budget}`), /write an amount with its unit/],
  ['no reset', policy('budget: $500\nper: api_key'), /write `reset` beside `budget`/],
  ['an unknown reset', policy('budget: $500\nreset: yearly\nper: api_key'), /write monthly, weekly, never/],
  ['an unknown key', policy(`bugdet: $500${budget}`), /bugdet is not allowed/],
  ['both limits', policy(`budget: $500\nrate: 5 requests/minute${budget}`), /one policy holds one limit/],
  ['a rate in short', policy('rate: 5 req/min\nper: api_key'), /write a count of requests or tokens and a window/],
  ['a window that there is not', policy('rate: 1000 requests/month\nper: api_key'), /minute, hour, day, week/],
  ['a percentage without its sign', policy(`budget: $500\nalert: 80${budget}`), /write a percentage/],
  ['alert called alerts', policy(`budget: $500\nalerts: 80%${budget}`), /when to warn is `alert: 80%`/],
  ['one counter for all', policy('budget: $500\nreset: monthly\nper: everyone'), /write workspace_id/],
  ['no per', policy('budget: $500\nreset: monthly'), /Missing property "per"/],
  ['a condition misspelt', policy(`budget: $500\nmatch: { modle: x }${budget}`), /modle is not allowed/],
  ['a model without its provider', policy(`budget: $500\nmatch: { model: gpt-4o }${budget}`), /"@openai\/gpt-4o"/],
  ['conditions as a list', policy(`budget: $500\nmatch: [api_key]${budget}`), /write `all`, or lines such as/],
  ['policies as a list', `${head}policies:\n  - name: total\n`, /each by its name: no list/],
  ['an entry that is an amount', `${head}policies:\n  total: $500\n`, /write the fields of this entry below it/],
  ['a date without its time', key('budget: $500\nreset: monthly\nexpires: 2027-01-31'), /2027-01-31T00:00:00Z/],
  ['cents on a key', key('budget: $10.50\nreset: monthly'), /write an amount/],
  ['a recipient who is none', key('budget: $5\nreset: monthly\nrecipients: [nobody]'), /team@example\.com/],
  ['the star by a name', `${head}keys:\n  "*":\n    name: all\n    budget: $5\n    reset: monthly\n`, /no one name/],
];

describe('a diagnostic', () => {
  test.each(mistakes)('of %s says what to write', async (_, text, says) => {
    const found = await server.check(text);
    expect(found.join('\n')).toMatch(says);
    for (const message of found) {
      expect(message).not.toMatch(/pattern of|\(\?:|\[\^|\\d|not allowed\.$.*schema|Expected "|a schema/);
    }
    expect(errorsOf(text)).not.toEqual([]);
  });

  test('a file without a mistake has none', async () => {
    expect(await server.check(policy(`budget: $500\nmatch: { metadata.team: nlp }${budget}`))).toEqual([]);
  });
});

test('the schema of a file is read from an address', async () => {
  const schemas = renderJsonSchemas();
  const http = createServer((request, response) => response.end(schemas[request.url?.slice(1) ?? ''] ?? ''));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as { port: number };
  const other = await startYamlServer(`http://127.0.0.1:${port}`);
  onTestFinished(async () => {
    await other.close();
    await new Promise((resolve) => http.close(resolve));
  });
  expect(await other.check(policy('budget: 500\nreset: monthly\nper: api_key'))).toEqual([
    expect.stringContaining('write an amount with its unit'),
  ]);
});

test('the transcript is what the server answers', async () => {
  const own = pathToFileURL(`${root}schemas`).href;
  const block = (title: string, text: string, answer: string) => `## ${title}\n\n~~~yaml\n${text}~~~\n\n${answer}\n`;
  const parts: string[] = [
    '# What an editor shows\n\n`|` is where the pointer is. Written by language-server.test.ts.\n',
  ];
  for (const [what, marked] of hovered) {
    const shown = (await server.hover(marked)).replaceAll(own, 'schemas').replace(/^/gm, '> ');
    parts.push(block(`Hover: ${what}`, marked, shown.replace(/ +$/gm, '')));
  }
  for (const [where, marked] of completed) {
    const labels = (await server.complete(marked)).map(({ label }) => `\`${label}\``);
    parts.push(block(`Completion: ${where}`, marked, labels.join(', ')));
  }
  for (const [what, text] of mistakes) {
    const said = (await server.check(text)).map((message) => `- ${message}`);
    parts.push(block(`Diagnostics: ${what}`, text, said.join('\n')));
  }
  await expect(parts.join('\n')).toMatchFileSnapshot('transcript.md');
});

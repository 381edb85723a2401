/** Conditions and groupings: exact words and places, first of several, and what only looks alike. */

import { describe, expect, it } from 'vitest';
import type { RuleName } from '../../src/rule-names.ts';
import { secretInFile } from '../../src/rules/match-rules.ts';
import { orgHead, workspaceHead } from '../policy/helpers.ts';
import { findIn } from './facts.ts';

/** `line:column message`; the first line of the body is line 4. */
function said(rule: RuleName, body: string, org = ''): string[] {
  const files = [
    { path: 'a-org.yaml', text: orgHead + org },
    { path: 'ws-one.yaml', text: workspaceHead + body },
  ];
  return findIn(files)
    .filter((finding) => finding.rule === rule)
    .map(({ source, message }) => `${source.line}:${source.column} ${message}`);
}

const rate = (name: string, ...lines: readonly string[]): string =>
  `  ${name}:\n    rate: 5 requests/minute\n${lines.map((line) => `    ${line}\n`).join('')}`;
const budget = (name: string, ...lines: readonly string[]): string =>
  `  ${name}:\n    budget: $5\n    reset: monthly\n    alert: none\n${lines.map((line) => `    ${line}\n`).join('')}`;
const policies = (...entries: readonly string[]): string => `policies:\n${entries.join('')}`;

describe('metadata-escapable', () => {
  const rest = 'are not counted, and no other';

  it('points at the condition before the grouping, and names the first of each', () => {
    const body = policies(
      rate('a', 'match: {model: "@openai/*", metadata.team: nlp, metadata.zone: eu}', 'per: metadata.app'),
      rate('b', 'per: [api_key, metadata.app, metadata.zone]'),
      budget('c', 'match: {metadata.team: nlp}', 'per: workspace_id'),
    );
    expect(said('metadata-escapable', body)).toEqual([
      `7:5 calls without \`metadata.team\` ${rest} rate of the workspace holds them`,
      `11:5 calls without \`metadata.app\` ${rest} rate of the workspace holds them`,
      `16:5 calls without \`metadata.team\` ${rest} budget of the workspace holds them`,
    ]);
  });

  it('is held by a limit of its sort that counts model calls', () => {
    const escapable = rate('a', 'per: metadata.app');
    expect(said('metadata-escapable', policies(escapable, rate('b', 'per: workspace_id')))).toEqual([]);
    expect(said('metadata-escapable', `${policies(escapable)}limits:\n  rate: 9 requests/minute\n`)).toEqual([]);
    const tools = rate('b', 'target: mcp_tools', 'per: workspace_id');
    expect(said('metadata-escapable', policies(escapable, tools))).toHaveLength(1);
    expect(said('metadata-escapable', `${policies(escapable)}keys:\n${rate('app')}`)).toHaveLength(1);
  });

  it('looks at each workspace for itself', () => {
    const files = [
      { path: 'a-org.yaml', text: orgHead },
      {
        path: 'b.yaml',
        text: workspaceHead + policies(rate('a', 'per: workspace_id'), rate('b', 'per: metadata.app')),
      },
      {
        path: 'c.yaml',
        text: workspaceHead.replace('ws-one', 'ws-two') + policies(rate('b', 'per: metadata.app')),
      },
    ];
    const findings = findIn(files).filter(({ rule }) => rule === 'metadata-escapable');
    expect(findings.map(({ source }) => source.file)).toEqual(['c.yaml']);
  });
});

describe('metadata-number', () => {
  it.each([
    ['7', true],
    ['42', true],
    ['-7', true],
    ['7.25', true],
    ['0', true],
    ['7a', false],
    ['a7', false],
    ['7.', false],
    ['.7', false],
    ['1.2.3', false],
    ['--7', false],
  ])('of %j: %s', (value, expected) => {
    const body = policies(rate('a', `match: {metadata.team: [nlp, ${JSON.stringify(value)}]}`, 'per: workspace_id'));
    const words = `7:5 \`metadata.team\`: "${value}" does not match callers that send the number ${value}`;
    expect(said('metadata-number', body)).toEqual(expected ? [words] : []);
  });

  it('names the first number of a condition', () => {
    const body = policies(rate('a', 'match: {metadata.team: ["nlp", "3", "4"]}', 'per: workspace_id'));
    expect(said('metadata-number', body)).toEqual([
      '7:5 `metadata.team`: "3" does not match callers that send the number 3',
    ]);
  });

  it('looks at each condition, and at what it leaves out', () => {
    const words = (key: string, n: number): string =>
      `7:5 \`metadata.${key}\`: "${n}" does not match callers that send the number ${n}`;
    const match =
      'match: {config: "1", metadata.app: nlp, metadata.team: {any: "*", except: ["x", "8"]}, metadata.zone: "9"}';
    expect(said('metadata-number', policies(rate('a', match, 'per: workspace_id')))).toEqual([
      words('team', 8),
      words('zone', 9),
    ]);
    expect(said('metadata-number', policies(rate('a', 'match: {metadata.team: "*"}', 'per: workspace_id')))).toEqual(
      [],
    );
  });
});

it('user-from-body is about budgets per user alone', () => {
  const body = policies(
    rate('a', 'per: metadata._user'),
    budget('b', 'match: {metadata._user: nobody}', 'per: workspace_id'),
    budget('c', 'per: [api_key, metadata._user]'),
    budget('d', 'per: metadata._users'),
  );
  expect(said('user-from-body', body)).toEqual([
    '18:5 callers that name the user only in the body of a request are counted and not refused',
  ]);
});

it('per-config is about groupings of both sorts, among others', () => {
  const body = policies(
    rate('a', 'per: [api_key, config]'),
    budget('b', 'per: config'),
    rate('c', 'per: workspace_id'),
  );
  const words = 'the gateway skips this policy on every call whose config has no `id` of its own';
  expect(said('per-config', body)).toEqual([`7:5 ${words}`, `12:5 ${words}`]);
});

describe('model-by-slug', () => {
  const words = (key: string, value: string, slug: string): string =>
    `\`${key}\`: "${value}" matches no call: ${slug} is the slug of a provider here, and vendors are compared`;

  it('knows the slugs of providers, integrations and conditions', () => {
    const match = (value: string) =>
      rate(`m-${value.replace(/\W/g, '')}`, `match: {model: "${value}"}`, 'per: workspace_id');
    const body = [
      policies(
        match('@by-provider/*'),
        match('@by-integration/gpt-4o'),
        match('@by-condition/gpt-4o'),
        match('@left-out/gpt-4o'),
        match('@unknown/gpt-4o'),
        rate('x', 'match: {virtual_key: {any: "*", except: left-out}}', 'per: workspace_id'),
        rate('y', 'match: {virtual_key: [other, by-condition]}', 'per: workspace_id'),
      ),
      'providers:\n  by-provider:\n    rate: 5 requests/minute\n',
      'integrations:\n  by-integration:\n    rate: 5 requests/minute\n',
    ].join('');
    expect(said('model-by-slug', body)).toEqual([
      `7:5 ${words('model', '@by-provider/*', 'by-provider')}`,
      `11:5 ${words('model', '@by-integration/gpt-4o', 'by-integration')}`,
      `15:5 ${words('model', '@by-condition/gpt-4o', 'by-condition')}`,
      `19:5 ${words('model', '@left-out/gpt-4o', 'left-out')}`,
    ]);
  });

  it('reads vendors as they are, models whole, and the first value that is a slug', () => {
    const providers = 'providers:\n  main:\n    rate: 5 requests/minute\n  openai:\n    rate: 5 requests/minute\n';
    const found = (match: string): string[] =>
      said('model-by-slug', policies(rate('a', `match: {${match}}`, 'per: workspace_id')) + providers);
    expect(found('provider: main')).toEqual([`7:5 ${words('provider', 'main', 'main')}`]);
    expect(found('provider: [anthropic, main]')).toEqual([`7:5 ${words('provider', 'main', 'main')}`]);
    expect(found('provider: {any: "*", except: main}')).toEqual([`7:5 ${words('provider', 'main', 'main')}`]);
    expect(found('model: ["@anthropic/main", "@main/a", "@main/b"]')).toEqual([
      `7:5 ${words('model', '@main/a', 'main')}`,
    ]);
    expect(found('model: "@openai/*"')).toEqual([]);
    expect(found('provider: openai')).toEqual([]);
    expect(found('config: main, prompt: main')).toEqual([]);
    expect(found('config: other, model: "@other/*"')).toEqual([]);
    expect(found('config: other, model: "@main/*"')).toHaveLength(1);
    expect(found('model: "@anthropic/*", provider: main')).toHaveLength(1);
  });

  it.each(['openai', 'azure-openai', 'sagemaker', 'x-ai'])(
    'takes a provider that is called %s for its vendor',
    (vendor) => {
      const body = policies(rate('a', `match: {model: "@${vendor}/*"}`, 'per: workspace_id'));
      expect(said('model-by-slug', `${body}providers:\n  ${vendor}:\n    rate: 5 requests/minute\n`)).toEqual([]);
    },
  );

  it('knows no slugs of other workspaces', () => {
    const files = [
      { path: 'a-org.yaml', text: orgHead },
      { path: 'b.yaml', text: `${workspaceHead}providers:\n  main:\n    rate: 5 requests/minute\n` },
      {
        path: 'c.yaml',
        text:
          workspaceHead.replace('ws-one', 'ws-two') +
          policies(rate('a', 'match: {model: "@main/*"}', 'per: workspace_id')),
      },
    ];
    expect(findIn(files).filter(({ rule }) => rule === 'model-by-slug')).toEqual([]);
  });
});

it('mcp-per-key points at the condition before the grouping', () => {
  const tools = ['target: mcp_tools'];
  const body = policies(
    rate('a', ...tools, 'match: {mcp_server: one, api_key: app}', 'per: api_key'),
    rate('b', ...tools, 'match: {mcp_server: one}', 'per: [mcp_tool, api_key]'),
    rate('c', ...tools, 'match: {mcp_server: one}', 'per: mcp_tool'),
    rate('d', 'match: {api_key: app}', 'per: api_key'),
    rate('e', ...tools, 'match: {api_key: app}', 'per: mcp_tool'),
  );
  const words = 'calls through OAuth have no API key and are outside this policy';
  expect(said('mcp-per-key', `${body}keys:\n${rate('app')}`)).toEqual([
    `8:5 ${words}`,
    `14:5 ${words}`,
    `27:5 ${words}`,
  ]);
});

describe('secret-in-file', () => {
  /** Put together here, so that no scanner takes this file for what it looks for. */
  const letters = (count: number): string => 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kL9n'.slice(0, count);
  const upper = (count: number): string => letters(40).toUpperCase().slice(0, count);
  const found = (text: string): string[] => {
    const hits: string[] = [];
    const facts = { files: [{ path: 'a.yaml', text }] };
    secretInFile.check(facts as unknown as Parameters<typeof secretInFile.check>[0], (subject, message) => {
      hits.push(
        'line' in subject ? `${subject.line.line}:${subject.line.column} ${message.split(' ')[0]}` : 'elsewhere',
      );
    });
    return hits;
  };

  it.each([
    ['-----BEGIN ', 'PRIVATE KEY', ''],
    ['-----BEGIN ', 'RSA PRIVATE KEY', ''],
    ['eyJ', letters(8), `.eyJ${letters(8)}`],
    ['sk-', letters(20), ''],
    ['AKIA', upper(16), ''],
    ['AIza', letters(35), ''],
    ['ghp_', letters(36), ''],
    ['gho_', letters(36), ''],
    ['ghs_', letters(36), ''],
    ['ghu_', letters(36), ''],
    ['ghr_', letters(36), ''],
    ['github_pat_', letters(22), ''],
    ['glpat-', letters(20), ''],
    ['xoxb-', letters(10), ''],
    ['xoxa-', letters(10), ''],
    ['xoxp-', letters(10), ''],
    ['xoxr-', letters(10), ''],
    ['xoxs-', letters(10), ''],
    ['hf_a', letters(29), ''],
  ])('knows %s…, and nothing that is a character shorter or begins within a word', (start, middle, end) => {
    const whole = start + middle + end;
    expect(found(`a: 1\nnote: "${whole}"\n`)).toEqual([`2:8 ${whole.length}`]);
    expect(found(`note: "${start}${middle.slice(0, -1)}${end}"\n`)).toEqual([]);
    if (!start.startsWith('-')) expect(found(`note: "x${whole}"\n`)).toEqual([]);
  });

  it('points at the first of two in a line', () => {
    expect(found(`a: hf_a${letters(29)} sk-${letters(20)}\n`)).toEqual(['1:4 33']);
    expect(found(`a: sk-${letters(20)} hf_a${letters(29)}\n`)).toEqual(['1:4 23']);
  });

  it.each([
    `AKIA${upper(16)}X`,
    `AIza${letters(35)}x`,
    `eyJ${letters(7)}.eyJ${letters(8)}`,
    `eyJ${letters(8)}.eyJ${letters(7)}`,
    `ghx_${letters(36)}`,
    `hf_1${letters(29)}`,
    'sk-customer-support-of-the-south',
    'e'.repeat(64),
  ])('takes %s for none', (text) => {
    expect(found(`note: ${text}\n`)).toEqual([]);
  });

  it('tells each line, with the ends of lines of any system', () => {
    const key = `sk-${letters(20)}`;
    expect(found(`# ${key}\r\nb: ${key}, ${key}\r\n\n${key}`)).toEqual(['1:3 23', '2:4 23', '4:1 23']);
  });

  it('reads a long line of what nearly is one in one go', () => {
    const started = process.cpuUsage();
    expect(found(`note: ${'-eyJ'.repeat(40_000)}\n`)).toEqual([]);
    expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
  });
});

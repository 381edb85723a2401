/** What gateways of given versions cannot do: exact words and places, and the entries beside that they can. */

import { describe, expect, it } from 'vitest';
import type { RuleName } from '../../src/rule-names.ts';
import { orgHead, workspaceHead } from '../policy/helpers.ts';
import { findIn } from './facts.ts';

const gateway = (version: string | null, backend = '1.24'): string =>
  `gateway:\n${version === null ? '' : `  version: "${version}"\n`}  backend: "${backend}"\n`;

/** `line:column message`; the first line of the body is line 4. */
function said(rule: RuleName, body: string, org: string): string[] {
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

describe('gateway-too-old', () => {
  it.each(['virtual_key', 'provider', 'config', 'prompt', 'model'])('names `%s` where it is written', (key) => {
    const value = key === 'model' ? '"@openai/*"' : 'one';
    const matched = `policies:\n${rate('p', `match: {${key}: ${value}}`, 'per: workspace_id')}`;
    const grouped = `policies:\n${rate('p', `per: ${key}`)}`;
    const words = `\`${key}\` in policies needs gateway 2.0.0, and this one is 1.99.9`;
    expect(said('gateway-too-old', matched, gateway('1.99.9'))).toEqual([`7:5 ${words}`]);
    expect(said('gateway-too-old', grouped, gateway('1.99.9'))).toEqual([`7:5 ${words}`]);
    expect(said('gateway-too-old', matched + rate('q', `per: ${key}`), gateway('2.0.0'))).toEqual([]);
  });

  it('says the first thing that is missing, once a policy, and goes on to the next', () => {
    const several =
      rate('a', 'match: {virtual_key: one, config: two}', 'per: workspace_id') +
      rate('b', 'target: mcp_tools', 'per: mcp_server') +
      rate('c', 'per: api_key');
    const words = 'policies need gateway 1.17.0, and this one is 1.16.9';
    expect(said('gateway-too-old', `policies:\n${several}`, gateway('1.16.9'))).toEqual([
      `8:5 ${words}`,
      `12:5 ${words}`,
      `15:5 ${words}`,
    ]);
    expect(said('gateway-too-old', `policies:\n${several}`, gateway('1.17'))).toEqual([
      '7:5 `virtual_key` in policies needs gateway 2.0.0, and this one is 1.17',
      '11:5 `target: mcp_tools` needs gateway 2.18.0, and this one is 1.17',
    ]);
    expect(said('gateway-too-old', `policies:\n${several}`, gateway('2.18'))).toEqual([]);
  });

  it('tells budget policies too', () => {
    const budget = 'policies:\n  p:\n    budget: $5\n    reset: monthly\n    alert: none\n    per: workspace_id\n';
    expect(said('gateway-too-old', budget, gateway('1.16'))).toEqual([
      '9:5 policies need gateway 1.17.0, and this one is 1.16',
    ]);
  });

  it('points at the endpoint type, by the backend alone', () => {
    const endpoint = `policies:\n${rate('p', 'match: {endpoint_type: embed}', 'per: workspace_id')}`;
    expect(said('gateway-too-old', endpoint, gateway(null, '1.12.9'))).toEqual([
      '7:5 `endpoint_type` needs backend 1.13.0, and this one is 1.12.9',
    ]);
    expect(said('gateway-too-old', `policies:\n${rate('p', 'per: workspace_id')}`, gateway(null, '1.12'))).toEqual([]);
  });

  it('leaves alone a policy that must not exist', () => {
    expect(said('gateway-too-old', 'policies:\n  p: none\n', gateway('1.0'))).toEqual([]);
    expect(
      said('gateway-too-old', `policies:\n  p: none\n${rate('q', 'per: workspace_id')}`, gateway('1.0')),
    ).toHaveLength(1);
  });
});

describe('a gateway of 2.2.3 or lower', () => {
  const requests = '    budget: 5k requests\n    reset: monthly\n    alert: none\n    per: workspace_id\n';
  const tokens = requests.replace('requests', 'tokens');

  it('counts tokens against budgets of requests, and of nothing else', () => {
    const body = `policies:\n  a:\n${tokens}  b:\n${requests}${rate('c', 'per: workspace_id')}  d:\n${requests}`;
    const words = 'gateway 2.2.3 counts tokens against this budget of requests';
    expect(said('gateway-counts-requests-as-tokens', body, gateway('2.2.3'))).toEqual([
      `11:5 ${words}`,
      `19:5 ${words}`,
    ]);
    expect(said('gateway-counts-requests-as-tokens', body, gateway('2.2.4'))).toEqual([]);
    expect(said('gateway-counts-requests-as-tokens', body, gateway(null))).toEqual([]);
  });

  it('knows no weeks, and the other windows', () => {
    const weekly = '5k requests/week';
    const body = [
      'limits:\n  rate: 900 requests/minute\n',
      'policies:\n',
      rate('a', 'per: workspace_id'),
      `  b:\n    rate: ${weekly}\n    match: {model: "@openai/*"}\n    per: workspace_id\n`,
      `keys:\n  app:\n    rates: [10 requests/day, ${weekly}, 900 tokens/week]\n`,
      '  web:\n    rate: 10 requests/day\n',
      '    budget: $5\n    reset: weekly\n    alert: none\n',
      '  worker:\n    rates: none\n',
    ].join('');
    const words = 'gateway 2.2.3 does not enforce rates per week';
    expect(said('gateway-ignores-weekly-rates', body, gateway('2.2.3'))).toEqual([`11:5 ${words}`, `16:30 ${words}`]);
  });

  it('never applies a policy with an endpoint type, and every other', () => {
    const body = [
      'policies:\n',
      rate('a', 'match: {model: "@openai/*"}', 'per: workspace_id'),
      rate('b', 'per: endpoint_type'),
      rate('c', 'match: {endpoint_type: embed}', 'per: workspace_id'),
      'keys:\n  app:\n    rate: 5 requests/minute\n',
    ].join('');
    const words = 'gateway 2.2 never applies a policy with `endpoint_type`';
    expect(said('gateway-ignores-endpoint-type', body, gateway('2.2'))).toEqual([`11:5 ${words}`, `14:5 ${words}`]);
  });
});

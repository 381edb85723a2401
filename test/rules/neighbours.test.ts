/**
 * Each fixture of a rule among files that are as they should be: what stands before and after hides nothing, and what is
 * wrong in one way is wrong in that way alone.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RuleName } from '../../src/rule-names.ts';
import { fileRules } from '../../src/rules/find.ts';
import { chatChannel } from '../helpers/world.ts';
import { orgHead } from '../policy/helpers.ts';
import { findIn } from './facts.ts';

const directory = new URL('../fixtures/rules/', import.meta.url);

/** One of everything: attachment points and policies with budgets, rates, metadata and recipients. */
const quiet = (workspace: string): string => `version: 1
kind: workspace
workspace: ${workspace}
owner: platform
limits:
  budget: $900
  reset: monthly
  alert: 80%
  rate: 1k requests/minute
policies:
  everything:
    budget: 800M tokens
    reset: monthly
    alert: 80%
    per: workspace_id
  per-team:
    budget: $50
    reset: monthly
    alert: 80%
    match: {metadata.team: [nlp, vision], model: "@openai/*"}
    per: [metadata.team, api_key]
  models:
    rate: 100 requests/minute
    match: {model: {any: "*", except: "@openai/o1"}, virtual_key: main}
    per: model
  once:
    none
keys:
  "*":
    rate: 20 requests/minute
  app:
    budget: $70
    reset: monthly
    alert: 80%
    rates: [10 requests/minute, 100 requests/hour]
    recipients: [ops@example.com, team@example.com]
  web:
    rate: 5k tokens/minute
    recipients: none
providers:
  main:
    budget: 5M tokens
    reset: monthly
    alert: none
integrations:
  shared:
    rate: 900 requests/minute
`;

function linesOf(text: string, word: string): string[] {
  return [...text.matchAll(new RegExp(`^# ${word}: (.*)$`, 'gm'))].map(([, line = '']) => line);
}

/** What such a file cannot but have besides. */
const besides: Partial<Record<RuleName, readonly RuleName[]>> = {
  'name-looks-alike': ['duplicate-limit'],
  'duplicate-limit': ['budget-never-reached'],
  'counters-run-together': ['metadata-escapable'],
  'metadata-escapable': ['user-from-body'],
  'metadata-number': ['metadata-escapable'],
  'user-from-body': ['metadata-escapable'],
  'gateway-ignores-weekly-rates': ['rate-never-reached'],
};

/** About the organisation file: what stands around is part of what they add up or speak of, or cannot stand elsewhere. */
const ofOrganisation: readonly RuleName[] = [
  'ceiling-exceeded',
  'gateway-prices-by-hand',
  'alerts-without-channel',
  'multiplier-far-from-one',
  'price-free',
];
const ofEntries = fileRules.map(({ name }) => name).filter((name) => !ofOrganisation.includes(name));

describe.each(ofEntries)('%s', (name) => {
  const find = (kind: 'bad' | 'good') => {
    const file = `m-${name}.${kind}.yaml`;
    const text = readFileSync(new URL(`${name}.${kind}.yaml`, directory), 'utf8');
    const around = ['a', 'z'].map((letter) => ({ path: `${letter}.yaml`, text: quiet(`ws-${letter}`) }));
    const org = { path: '0-org.yaml', text: `${orgHead}${linesOf(text, 'org').join('\n')}\n` };
    const findings = findIn([org, ...around, { path: file, text }]).filter(({ source }) => source.file === file);
    return { findings, expected: linesOf(text, 'expect') };
  };

  it('is found behind files that are as they should be', () => {
    const { findings, expected } = find('bad');
    const said = findings
      .filter(({ rule }) => rule === name)
      .map(({ source, severity, message }) => `${source.line}:${source.column} ${severity}: ${message}`);
    expect(said).toEqual(expected);
  });

  it('is the one thing to find', () => {
    const others = find('bad').findings.filter(({ rule }) => rule !== name);
    expect([...new Set(others.map(({ rule }) => rule))]).toEqual(besides[name] ?? []);
  });
});

it('the files around have nothing to find', () => {
  const findings = findIn([
    { path: 'org.yaml', text: orgHead + chatChannel },
    { path: 'a.yaml', text: quiet('ws-a') },
  ]);
  expect(findings).toEqual([]);
});

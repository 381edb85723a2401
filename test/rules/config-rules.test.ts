/** Rules over configs of the gateway, each just below and just above what it finds. All facts are values: nothing is read. */

import { describe, expect, it } from 'vitest';
import type { GatewayConfig } from '../../src/plan/gateway-configs.ts';
import type { Finding } from '../../src/plan/types.ts';
import type { RuleName } from '../../src/rule-names.ts';
import { configRules } from '../../src/rules/config-rules.ts';
import { teamA, teamB, uuid } from '../helpers/state.ts';
import { workspaceFile } from '../helpers/world.ts';
import { type Given, now, providerObject, shareObject, workspaceObject } from '../plan/kit.ts';
import { findingsOf } from './plan-facts.ts';

const tested = new Set<string>();

/** `configs` are those of team A, by name. */
function find(
  rule: RuleName,
  given: Given,
  configs: Readonly<Record<string, Record<string, unknown>>>,
  workspaceId = teamA,
): Finding[] {
  tested.add(rule);
  const read = Object.entries(configs).map(
    ([name, config]): GatewayConfig => ({ slug: name.startsWith('pc-') ? name : `pc-${name}`, name, config }),
  );
  const own = new Map([[workspaceId, { configs: read, unread: null }]]);
  return findingsOf(rule, given, now.getTime(), { configs: own });
}

function messages(...given: Parameters<typeof find>): string[] {
  return find(...given).map(({ message }) => message);
}

const budget = 'budget: $5\n    reset: monthly\n    alert: none';
const policy = (name: string, rest: string, limit = budget): string => `  ${name}:\n    ${limit}\n    ${rest}\n`;
const onProvider = `policies:\n${policy('spend', 'match: {virtual_key: openai-a}\n    per: workspace_id')}`;
const pace = 'rate: 5 requests/minute';
const paced = `policies:\n${policy('pace', 'match: {model: "@openai/*"}\n    per: workspace_id', pace)}`;

const ownBudget = `limits:\n  ${budget.replaceAll('    ', '  ')}\n`;

const targets = [{ provider: '@openai-a' }, { provider: '@anthropic-a' }];
const fallback = (strategy: object = {}): Record<string, unknown> => ({
  strategy: { mode: 'fallback', ...strategy },
  targets,
});

describe('fallback-passes-budget', () => {
  const rule = 'fallback-passes-budget';
  const count = (config: Record<string, unknown>, body = onProvider): number =>
    find(rule, { body }, { checkout: config }).length;

  it('names the config, the status and the limit, at the limit', () => {
    const [found, ...others] = find(rule, { body: onProvider }, { checkout: fallback() });
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      message:
        'the fallback of config "checkout" (pc-checkout) takes every failure, so also 412 of policy "spend": the call goes on, unless the next target is under the same limit',
      severity: 'warning',
      id: 'D10',
      change: 'usage-policy/ws-team-a/spend',
      source: { file: 'policies/a.yaml', line: 7 },
    });
  });

  it.each([
    ['no statuses', {}, 1],
    ['null', { on_status_codes: null }, 1],
    ['412 among others', { on_status_codes: [500, 412] }, 1],
    ['412 in the spelling of the SDK', { onStatusCodes: [412] }, 1],
    ['what is not a list: the gateway takes every failure', { on_status_codes: 500 }, 1],
    ['429 alone, beside a budget', { on_status_codes: [429] }, 0],
    ['others', { on_status_codes: [500, 502, 503] }, 0],
    ['an empty list: it falls back on nothing', { on_status_codes: [] }, 0],
    ['text for a number', { on_status_codes: ['412'] }, 0],
  ])('on_status_codes: %s', (_, strategy, expected) => {
    expect(count(fallback(strategy))).toBe(expected);
  });

  it.each([
    ['no statuses', {}, 1],
    ['429', { on_status_codes: [429, 503] }, 1],
    ['412 alone, beside a rate', { on_status_codes: [412] }, 0],
  ])('beside a rate: %s', (_, strategy, expected) => {
    expect(count(fallback(strategy), paced)).toBe(expected);
  });

  it('tells budgets and rates apart, and is at the workspace for several limits', () => {
    const provider = `providers:\n  openai-a:\n    ${pace}\n    ${budget}\n`;
    const given = { body: `${onProvider}${provider}`, live: [providerObject('openai-a', uuid(21))] };
    const [found] = find(rule, given, { checkout: fallback({ on_status_codes: [412, 429] }) });
    expect(found?.message).toContain(
      'takes 412 of policy "spend" and provider "openai-a", and 429 of provider "openai-a":',
    );
    expect([found?.entry, found?.source.line]).toEqual([null, 3]);
    const [one] = find(rule, { ...given, body: provider }, { checkout: fallback() });
    expect(one?.entry).toEqual({ kind: 'provider-limits', workspace: 'ws-team-a', name: 'openai-a' });
  });

  it('counts limits beyond the first three', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const body = `policies:\n${names.map((name) => policy(name, 'per: model')).join('')}`;
    expect(messages(rule, { body }, { checkout: fallback() })[0]).toContain(
      '412 of policy "a", policy "b", policy "c" and 2 more:',
    );
  });

  it.each([
    ['a fallback inside a load balancer', { strategy: { mode: 'loadbalance' }, targets: [fallback()] }, 1],
    [
      'a load balancer inside a fallback',
      {
        strategy: { mode: 'fallback' },
        targets: [{ strategy: { mode: 'loadbalance' }, targets }, { provider: '@anthropic-a' }],
      },
      1,
    ],
    [
      'a careful fallback around a careless one',
      { strategy: { mode: 'fallback', on_status_codes: [500] }, targets: [fallback(), { provider: '@anthropic-a' }] },
      1,
    ],
    ['a load balancer alone', { strategy: { mode: 'loadbalance' }, targets }, 0],
    ['a fallback with one target', { strategy: { mode: 'fallback' }, targets: targets.slice(0, 1) }, 0],
    ['a fallback without targets', { strategy: { mode: 'fallback' } }, 0],
    ['retries', { retry: { attempts: 3, on_status_codes: [429, 412] }, targets }, 0],
    ['nothing', {}, 0],
    ['members of other types', { strategy: 'fallback', targets: { 0: fallback(), length: 2 } }, 0],
    ['targets of other types', { strategy: { mode: 'fallback' }, targets: [null, 'a', 5, [fallback()]] }, 1],
  ])('%s', (_, config, expected) => {
    expect(count(config)).toBe(expected);
  });

  it.each([
    ['the limited provider first', [{ provider: '@openai-a' }, { provider: '@azure-a' }], 1],
    ['the limited provider by its older name', [{ virtual_key: 'openai-a' }, { virtual_key: 'azure-a' }], 1],
    ['the limited provider inside', [{ targets: [{ virtual_key: 'x' }, { provider: '@openai-a' }] }, {}], 1],
    ['the limited provider last: nothing comes after it', [{ provider: '@azure-a' }, { provider: '@openai-a' }], 0],
    ['others alone', [{ provider: '@azure-a' }, { virtual_key: 'aws-a' }], 0],
    ['a target that names none', [{}, { provider: '@azure-a' }], 1],
    ['a vendor, with a key of its own', [{ provider: 'openai', api_key: 'x' }, { provider: '@azure-a' }], 1],
    [
      'a model that names a provider',
      [{ provider: '@azure-a', override_params: { model: '@openai-a/gpt-4o' } }, { provider: '@aws-a' }],
      1,
    ],
  ])('providers in the targets: %s', (_, given, expected) => {
    expect(count({ strategy: { mode: 'fallback' }, targets: given })).toBe(expected);
    // A limit on models names vendors, which tells nothing of slugs.
    expect(count({ strategy: { mode: 'fallback' }, targets: given }, paced)).toBe(1);
  });

  it.each<[string, Record<string, unknown>, string, number]>([
    [
      'a fallback with one target, beside a limit on models',
      { strategy: { mode: 'fallback' }, targets: [{}] },
      paced,
      0,
    ],
    ['other statuses in the spelling of the SDK', fallback({ onStatusCodes: [500] }), onProvider, 0],
    [
      'a model without a provider in it',
      {
        strategy: { mode: 'fallback' },
        targets: [{ provider: '@azure-a', override_params: { model: 'gpt-4o' } }, { provider: '@aws-a' }],
      },
      onProvider,
      0,
    ],
    [
      'other parameters',
      {
        strategy: { mode: 'fallback' },
        targets: [{ provider: '@azure-a', override_params: { temperature: 0 } }, { provider: '@aws-a' }],
      },
      onProvider,
      0,
    ],
    ['any provider', fallback(), `policies:\n${policy('spend', 'match: {virtual_key: "*"}\n    per: virtual_key')}`, 1],
    [
      'any provider, in one counter',
      fallback(),
      `policies:\n${policy('spend', 'match: {virtual_key: "*"}\n    per: workspace_id')}`,
      0,
    ],
    [
      'one of the providers of a limit',
      { strategy: { mode: 'fallback' }, targets: [{ provider: '@openai-a' }, {}] },
      `policies:\n${policy('spend', 'match: {virtual_key: [azure-a, openai-a]}\n    per: workspace_id')}`,
      1,
    ],
    ['a vendor', fallback(), `policies:\n${policy('spend', 'match: {provider: openai}\n    per: workspace_id')}`, 1],
    [
      'tools of one server',
      fallback(),
      `policies:\n${policy('pace', 'target: mcp_tools\n    match: {mcp_server: a}\n    per: mcp_server', pace)}`,
      0,
    ],
    [
      'a rate over all calls beside a budget of one provider',
      fallback({ on_status_codes: [429] }),
      `${onProvider}${policy('pace', 'per: workspace_id', pace)}`,
      0,
    ],
  ])('%s', (_, config, body, expected) => {
    expect(count(config, body)).toBe(expected);
  });

  it('is about integrations', () => {
    const body = `integrations:\n  openai-prod:\n    ${budget}\n`;
    const [found] = find(rule, { body, live: [shareObject()] }, { checkout: fallback() });
    expect(found?.entry?.kind).toBe('integration-limits');
  });

  it('names four, and looks at each workspace and config', () => {
    const body = `policies:\n${['a', 'b', 'c', 'd'].map((name) => policy(name, 'per: model')).join('')}`;
    const files = { 'policies/b.yaml': workspaceFile('ws-team-b', body) };
    const configs = { 'a-quiet': {}, 'b-loud': fallback() };
    const [found] = find(rule, { body: paced, files }, configs, teamB);
    expect(found?.source).toMatchObject({ file: 'policies/b.yaml', line: 3 });
    expect(found?.message).toContain('412 of policy "a", policy "b", policy "c" and policy "d":');
  });

  it('says only what the fallback that takes a status may meet', () => {
    const body = `${onProvider}${policy('aside', 'match: {virtual_key: azure-a}\n    per: workspace_id')}`;
    const config = {
      strategy: { mode: 'loadbalance' },
      targets: [
        { strategy: { mode: 'fallback', on_status_codes: [412] }, targets: [{ virtual_key: 'azure-a' }, {}] },
        { strategy: { mode: 'fallback', on_status_codes: [500] }, targets: [{ virtual_key: 'openai-a' }, {}] },
      ],
    };
    expect(messages(rule, { body }, { checkout: config })[0]).toContain('takes 412 of policy "aside":');
  });

  it('survives a config that is nested deeply', () => {
    let [config, fallbacks] = [fallback(), fallback()];
    for (let depth = 0; depth < 100_000; depth += 1) {
      config = { strategy: { mode: 'single' }, targets: [config] };
      fallbacks = { strategy: { mode: 'fallback' }, targets: [fallbacks, {}] };
    }
    expect(count(fallbacks)).toBe(1);
    expect(count(config)).toBe(1);
  });

  it.each([
    ['grouped by provider', policy('spend', 'per: virtual_key'), 1],
    ['for one model', policy('spend', 'match: {model: "@openai/gpt-4o"}\n    per: workspace_id'), 1],
    ['for all but one model', policy('spend', 'match: {model: {except: "@openai/gpt-4o"}}\n    per: workspace_id'), 1],
    ['over all calls', policy('spend', 'per: workspace_id'), 0],
    ['by a value of callers', policy('spend', 'match: {metadata.team: nlp}\n    per: metadata.team'), 0],
    ['for tools', policy('pace', 'target: mcp_tools\n    per: workspace_id', pace), 0],
    ['that is to go', '  spend: none\n', 0],
  ])('a policy %s', (_, text, expected) => {
    expect(count(fallback(), `policies:\n${text}`)).toBe(expected);
  });

  it('leaves limits of the workspace and of keys alone: they are checked before', () => {
    const body = `${ownBudget}keys:\n  "*":\n    ${budget}\n    ${pace}\n`;
    expect(find(rule, { body, live: [workspaceObject()] }, { checkout: fallback() })).toEqual([]);
  });

  it('is one finding a config, in a stable order, with slugs for names that repeat', () => {
    const configs = { zebra: fallback(), 'pc-alone': fallback(), apple: fallback() };
    const all = messages(rule, { body: onProvider }, configs);
    expect(all.map((message) => /config .*?(?= takes)/.exec(message)?.[0])).toEqual([
      'config "apple" (pc-apple)',
      'config "zebra" (pc-zebra)',
      'config pc-alone',
    ]);
    const turned = Object.fromEntries(Object.entries(configs).reverse());
    expect(messages(rule, { body: onProvider }, turned)).toEqual(all);
  });

  it('is nothing in another workspace, or where no configs were read', () => {
    expect(find(rule, { body: onProvider }, { checkout: fallback() }, teamB)).toEqual([]);
    expect(find(rule, { body: onProvider }, {})).toEqual([]);
  });

  it('can be silenced at the limit', () => {
    const body = onProvider.replace('    per:', '    silence:\n      fallback-passes-budget: both bill us\n    per:');
    expect(find(rule, { body }, { checkout: fallback() })[0]?.silenced).toBe('both bill us');
  });
});

describe('cache-passes-limit', () => {
  const rule = 'cache-passes-limit';
  const overAll = `policies:\n${policy('spend', 'per: workspace_id')}`;
  const count = (config: Record<string, unknown>, body = overAll): number =>
    find(rule, { body }, { copy: config }).length;

  it('names the config and the limits', () => {
    const [found] = find(rule, { body: overAll }, { copy: { cache: { mode: 'simple', max_age: 60 } } });
    expect(found).toMatchObject({
      message: 'config "copy" (pc-copy) caches answers: they are served past policy "spend", and not counted',
      severity: 'info',
      id: 'G9',
      change: 'usage-policy/ws-team-a/spend',
    });
  });

  it.each([
    ['semantic', { cache: { mode: 'semantic' } }, 1],
    ['as a word', { cache: 'simple' }, 1],
    ['of one target', { strategy: { mode: 'loadbalance' }, targets: [{}, { cache: { mode: 'simple' } }] }, 1],
    ['off', { cache: { mode: 'off' } }, 0],
    ['null', { cache: null }, 0],
    ['without a mode', { cache: { max_age: 60 } }, 0],
    ['none', { retry: { attempts: 2 } }, 0],
  ])('%s', (_, config, expected) => {
    expect(count(config)).toBe(expected);
  });

  it('leaves limits of the workspace and of keys alone, and workspaces without any', () => {
    const cached = { cache: { mode: 'simple' } };
    expect(find(rule, { body: ownBudget, live: [workspaceObject()] }, { copy: cached })).toEqual([]);
    expect(count(cached, `keys:\n  "*":\n    ${pace}\n`)).toBe(0);
    expect(count(cached, '')).toBe(0);
    expect(count(cached, paced)).toBe(1);
  });
});

it('tests every rule over configs', () => {
  expect([...tested].sort()).toEqual(configRules.map(({ name }) => name as string).sort());
});

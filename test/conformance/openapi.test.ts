/**
 * Every operation that the emulator serves, and its answer against the official API description.
 *
 * The description lies beside the repository where it is there at all; elsewhere the test says that it skipped. Where the
 * description and what was recorded of the service differ, the recording wins: see `deviations`.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { keyId, sampleId, sampleOrganisationId, userId, workspaceId } from '../../src/emulator/sample/ids.ts';
import { sampleSecrets } from '../../src/emulator/sample/organisation.ts';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';

const path = fileURLToPath(new URL('../../../shared/reference/openapi-control-plane.yaml', import.meta.url));
const isPresent = existsSync(path);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/**
 * Operations whose schema describes something else than the service's answer.
 * Configs need no entry: read flat instead of in `data`, they still fit a schema that requires nothing.
 */
const deviations: Readonly<Record<string, string>> = {};

/** Members that the description types otherwise than the recordings show them; checked nowhere. */
const looseMembers: Readonly<Record<string, string>> = {
  usage_limits: 'object or array by resource, with members only the server sets (docs/service-notes.md#limit-object)',
  rate_limits: 'an array everywhere, null in lists (docs/service-notes.md#provider-rows)',
  defaults: 'recorded as null when there are none; its allow_config_override is a boolean on get',
  model_config: 'recorded as null in lists, an object on get',
  configurations: 'described for seven vendors, none of them OpenAI or Anthropic',
  conditions: 'values may be lists, and excludes exists (docs/service-notes.md#condition-form)',
  unit: 'rpw, since backend 1.13 (docs/service-notes.md#backend-versions)',
  calculate: 'its operands are one of two schemas that require nothing, so that its own example is refused',
};

interface Operation {
  readonly method: string;
  readonly template: string;
  readonly path: string;
  readonly body?: Json;
  readonly query?: Readonly<Record<string, string>>;
  readonly secret?: string;
}

const marketing = workspaceId('marketing');
const campaignWriter = keyId('marketing', 'campaign-writer');

describe.skipIf(!isPresent)('answers of the emulator fit the official API description', () => {
  const document = isPresent ? (parse(readFileSync(path, 'utf8')) as JsonObject) : {};
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const seen = new Set<string>();
  let emulator: Emulator;

  beforeAll(async () => {
    emulator = await startEmulator({ state: sampleSeed(new Date()) });
    ajv.addSchema({ $id: 'api', components: toJsonSchema(document.components ?? {}) });
  });
  afterAll(() => emulator.close());

  async function call(operation: Operation): Promise<JsonObject> {
    const { method, template, body, query = {}, secret = sampleSecrets.admin } = operation;
    const response = await fetch(`${emulator.url}${operation.path}?${new URLSearchParams(query)}`, {
      method,
      headers: { 'x-portkey-api-key': secret, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const name = `${method} ${template}`;
    expect(response.status, `${name}: ${text}`).toBe(200);
    const answer = JSON.parse(text) as JsonObject;
    seen.add(name);
    const schema = responseSchema(document, method, template);
    if (schema !== undefined && !Object.hasOwn(deviations, name)) {
      const validate = ajv.compile(schema);
      validate(answer);
      expect(validate.errors ?? [], name).toEqual([]);
    }
    return answer;
  }

  it('policies with usage', async () => {
    const base = '/policies/usage-limits';
    const one = `${base}/{policyUsageLimitsId}`;
    const policy = {
      name: 'conformance',
      workspace_id: marketing,
      conditions: [{ key: 'api_key', value: campaignWriter }],
      group_by: [{ key: 'api_key' }],
      type: 'cost',
      credit_limit: 10,
      alert_threshold: 5,
      periodic_reset: 'monthly',
    };
    const { id } = await call({ method: 'POST', template: base, path: base, body: policy });
    for (const query of [{ workspace_id: marketing }, {}]) {
      await call({ method: 'GET', template: base, path: base, query });
    }
    await call({ method: 'GET', template: one, path: `${base}/${id}`, query: { include_usage: 'true' } });
    await call({ method: 'PUT', template: one, path: `${base}/${id}`, body: { credit_limit: 20 } });
    await call({ method: 'DELETE', template: one, path: `${base}/${id}` });
    const spend = sampleId('policy marketing/monthly-spend');
    const entities = await call({ method: 'GET', template: `${one}/entities`, path: `${base}/${spend}/entities` });
    const entity = (entities.data as JsonObject[])[0]?.id;
    await call({
      method: 'PUT',
      template: `${one}/entities/{entityId}/reset`,
      path: `${base}/${spend}/entities/${entity}/reset`,
    });
  });

  it('policies with rates', async () => {
    const base = '/policies/rate-limits';
    const one = `${base}/{rateLimitsPolicyId}`;
    const policy = {
      name: 'conformance',
      workspace_id: marketing,
      conditions: [{ key: 'api_key', value: campaignWriter }],
      group_by: [{ key: 'api_key' }],
      type: 'requests',
      unit: 'rpm',
      value: 10,
    };
    const { id } = await call({ method: 'POST', template: base, path: base, body: policy });
    for (const query of [{ workspace_id: marketing }, {}]) {
      await call({ method: 'GET', template: base, path: base, query });
    }
    await call({ method: 'GET', template: one, path: `${base}/${id}` });
    await call({ method: 'PUT', template: one, path: `${base}/${id}`, body: { value: 20 } });
    await call({ method: 'DELETE', template: one, path: `${base}/${id}` });
  });

  it('API keys', async () => {
    const body = { name: 'conformance', workspace_id: marketing, scopes: ['completions.write'] };
    const { id } = await call({
      method: 'POST',
      template: '/api-keys/{type}/{sub-type}',
      path: '/api-keys/workspace/service',
      body,
    });
    await call({ method: 'GET', template: '/api-keys', path: '/api-keys', query: { workspace_id: marketing } });
    await call({ method: 'GET', template: '/api-keys/{id}', path: `/api-keys/${id}` });
    await call({ method: 'PUT', template: '/api-keys/{id}', path: `/api-keys/${id}`, body: { name: 'renamed' } });
    await call({ method: 'POST', template: '/api-keys/{id}/rotate', path: `/api-keys/${id}/rotate`, body: {} });
    await call({ method: 'DELETE', template: '/api-keys/{id}', path: `/api-keys/${id}` });
  });

  it('workspaces and their members', async () => {
    const base = '/admin/workspaces';
    const one = `${base}/{workspaceId}`;
    const { id } = await call({ method: 'POST', template: base, path: base, body: { name: 'Conformance' } });
    await call({ method: 'GET', template: base, path: base });
    await call({ method: 'GET', template: one, path: `${base}/${marketing}` });
    await call({ method: 'PUT', template: one, path: `${base}/${id}`, body: { description: 'changed' } });
    const users = `${base}/${id}/users`;
    const user = userId('writer-1');
    await call({
      method: 'POST',
      template: `${one}/users`,
      path: users,
      body: { users: [{ id: user, role: 'member' }] },
    });
    await call({ method: 'GET', template: `${one}/users`, path: users });
    await call({ method: 'GET', template: `${one}/users/{userId}`, path: `${users}/${user}` });
    await call({
      method: 'PUT',
      template: `${one}/users/{userId}`,
      path: `${users}/${user}`,
      body: { role: 'manager' },
    });
    await call({ method: 'DELETE', template: `${one}/users/{userId}`, path: `${users}/${user}` });
    const granted = emulator.store.state.providers.filter((row) => row.workspace_id === id);
    for (const { slug } of granted) {
      await call({
        method: 'DELETE',
        template: '/providers/{slug}',
        path: `/providers/${slug}`,
        query: { workspace_id: String(id) },
      });
    }
    await call({ method: 'DELETE', template: one, path: `${base}/${id}`, body: { name: 'Conformance' } });
  });

  it.each([
    ['/providers', { name: 'conformance', integration_id: 'openai-prod', workspace_id: marketing }],
    ['/virtual-keys', { name: 'conformance', provider: 'openai', key: 'sample', workspace_id: marketing }],
  ])('%s', async (base, body) => {
    const query = { workspace_id: marketing };
    await call({ method: 'POST', template: base, path: base, body });
    const slug = emulator.store.state.providers.at(-1)?.slug;
    const one = { template: `${base}/{slug}`, path: `${base}/${slug}`, query };
    await call({ method: 'GET', template: base, path: base, query });
    await call({ ...one, method: 'GET' });
    await call({ ...one, method: 'PUT', body: { note: 'changed' } });
    await call({ ...one, method: 'DELETE' });
  });

  it('integrations, their workspaces and models', async () => {
    const base = '/integrations';
    const one = { template: `${base}/{slug}`, path: `${base}/conformance` };
    const body = { name: 'conformance', slug: 'conformance', ai_provider_id: 'openai', key: 'sample' };
    await call({ method: 'POST', template: base, path: base, body });
    await call({ method: 'GET', template: base, path: base });
    await call({ ...one, method: 'GET' });
    await call({ ...one, method: 'PUT', body: { name: 'changed' } });
    const models = { template: `${one.template}/models`, path: `${one.path}/models` };
    const model = { slug: 'mine', enabled: true, is_custom: true, base_model_slug: 'gpt-4o' };
    await call({ ...models, method: 'PUT', body: { models: [model] } });
    await call({ ...models, method: 'GET' });
    await call({ ...models, method: 'DELETE', query: { slugs: 'mine' } });
    const workspaces = { template: `${one.template}/workspaces`, path: `${one.path}/workspaces` };
    const share = { id: 'ws-market-4f2a1c', enabled: true };
    await call({ ...workspaces, method: 'PUT', body: { workspaces: [share], create_default_provider: false } });
    await call({ ...workspaces, method: 'GET' });
    await call({ ...one, method: 'DELETE' });
  });

  it('configs', async () => {
    const base = '/configs';
    await call({
      method: 'POST',
      template: base,
      path: base,
      body: { name: 'c', config: {}, workspace_id: marketing },
    });
    const slug = emulator.store.state.configs.at(-1)?.slug;
    const one = { template: `${base}/{slug}`, path: `${base}/${slug}` };
    await call({ method: 'GET', template: base, path: base });
    await call({ ...one, method: 'GET' });
    await call({ ...one, method: 'PUT', body: { config: { retry: { attempts: 2 } } } });
    await call({ method: 'GET', template: `${one.template}/versions`, path: `${one.path}/versions` });
    await call({ ...one, method: 'DELETE' });
  });

  it('models', async () => {
    const secret = sampleSecrets.workspace;
    const { data } = await call({ method: 'GET', template: '/models', path: '/models', secret });
    const id = encodeURIComponent(String((data as JsonObject[])[0]?.id));
    await call({ method: 'GET', template: '/models/{model}', path: `/models/${id}`, secret });
    const price = '/model-configs/pricing/{provider}/{model}';
    await call({ method: 'GET', template: price, path: '/model-configs/pricing/openai/gpt-4o' });
  });

  it('logs and exports', async () => {
    const id = emulator.store.state.requestLogs[0]?.id;
    await call({ method: 'GET', template: '/logs/{logId}', path: `/logs/${id}` });
    const log = { request: { url: 'https://example.com/', body: {} }, response: { body: {} } };
    await call({ method: 'POST', template: '/logs', path: '/logs', body: log, secret: sampleSecrets.workspace });
    const base = '/logs/exports';
    const body = { workspace_id: marketing, filters: {}, requested_data: ['id', 'cost'] };
    const { id: exportId } = await call({ method: 'POST', template: base, path: base, body });
    const one = { template: `${base}/{exportId}`, path: `${base}/${exportId}` };
    await call({ method: 'GET', template: base, path: base, query: { workspace_id: marketing } });
    await call({ ...one, method: 'PUT', body: { filters: { cost_min: 1 } } });
    const step = (name: string) => ({ template: `${one.template}/${name}`, path: `${one.path}/${name}` });
    await call({ ...step('start'), method: 'POST' });
    await call({ ...step('cancel'), method: 'POST' });
    await call({ ...step('start'), method: 'POST' });
    await call({ ...one, method: 'GET' });
    await call({ ...step('download'), method: 'GET' });
  });

  it('feedback', async () => {
    const secret = sampleSecrets.workspace;
    const body = { trace_id: 'conformance', value: 5 };
    const answer = await call({ method: 'POST', template: '/feedback', path: '/feedback', body, secret });
    const [id] = answer.feedback_ids as string[];
    await call({ method: 'PUT', template: '/feedback/{id}', path: `/feedback/${id}`, body: { value: 1 }, secret });
  });

  const analytics = Object.keys((document.paths ?? {}) as JsonObject).filter((name) => name.startsWith('/analytics/'));

  it.each(analytics.length > 0 ? analytics : ['/analytics'])('%s', async (template) => {
    const query = {
      time_of_generation_min: new Date(Date.now() - 20 * 86_400_000).toISOString(),
      time_of_generation_max: new Date().toISOString(),
      workspace_slug: 'ws-support-c8812e',
    };
    await call({ method: 'GET', template, path: template.replace('{metadataKey}', '_user'), query });
  });

  it('audit logs', async () => {
    const query = {
      start_time: new Date(Date.now() - 20 * 86_400_000).toISOString(),
      end_time: new Date(Date.now() + 1000).toISOString(),
      organisation_id: sampleOrganisationId,
    };
    await call({ method: 'GET', template: '/audit-logs', path: '/audit-logs', query });
  });

  it('nothing that the description has was left out, but for what the emulator does not serve', () => {
    const described = Object.entries((document.paths ?? {}) as JsonObject).flatMap(([template, item]) =>
      ['get', 'post', 'put', 'delete']
        .filter((method) => (item as JsonObject)[method] !== undefined)
        .map((method) => `${method.toUpperCase()} ${template}`),
    );
    expect(described.filter((name) => !seen.has(name))).toEqual([
      // Deletes a fine-tuned model at OpenAI: no part of this service.
      'DELETE /models/{model}',
    ]);
    expect(Object.keys(deviations).filter((name) => !seen.has(name))).toEqual([]);
  });
});

it.skipIf(isPresent)(
  'skipped: there is no API description at ../shared/reference/openapi-control-plane.yaml',
  () => {},
);

/** The schema of the 200 answer; undefined where the description gives none. */
function responseSchema(document: JsonObject, method: string, template: string): JsonObject | undefined {
  const keys = ['paths', template, method.toLowerCase(), 'responses', '200', 'content', 'application/json', 'schema'];
  const schema = keys.reduce<Json | undefined>((at, key) => (at as JsonObject | undefined)?.[key], document);
  return schema === undefined ? undefined : (toJsonSchema(schema) as JsonObject);
}

/**
 * OpenAPI 3.0 to JSON Schema, as far as the answers need it: `nullable`; references into `api`; numbers where the
 * description says integer, because costs and averages are fractional (11); null wherever a member may be missing, as the
 * recordings have it (user_id, expires_at, note …).
 */
function toJsonSchema(node: Json, isOptional = false): Json {
  if (Array.isArray(node)) return node.map((entry) => toJsonSchema(entry));
  if (node === null || typeof node !== 'object') return node;
  if (typeof node.$ref === 'string') {
    const reference: Json = { $ref: `api${node.$ref}` };
    return isOptional ? { anyOf: [{ type: 'null' }, reference] } : reference;
  }
  const schema: JsonObject = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === 'example' || key === 'examples' || key === 'nullable' || key === 'default') continue;
    if (key === 'properties') schema.properties = convertProperties(value as JsonObject);
    else schema[key] = toJsonSchema(value);
  }
  if (schema.type === 'integer') schema.type = 'number';
  if (node.nullable !== true && !isOptional) return schema;
  return { anyOf: [{ type: 'null' }, schema] };
}

function convertProperties(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      Object.hasOwn(looseMembers, name) ? {} : toJsonSchema(schema, true),
    ]),
  );
}

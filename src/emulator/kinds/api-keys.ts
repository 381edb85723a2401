/** API keys. Get shows more than the list. */

import type { Context, Hono } from 'hono';
import { maskKey } from '../audit.ts';
import { buildKeyScope } from '../auth.ts';
import { blankKey } from '../blank-rows.ts';
import {
  type Body,
  has,
  isObject,
  mergeNested,
  readOrNull,
  takeBoolean,
  takeChoice,
  takeDate,
  takeNullableText,
  takeNumber,
  takeText,
  takeTextList,
} from '../body.ts';
import { invalidRequest, refuseField, refuseMember } from '../errors.ts';
import { scheduleRotation } from '../rotation.ts';
import type { RouteContext } from '../service.ts';
import type { ApiKeyRow, ApiKeyType, RotationPolicyRow } from '../store.ts';
import type { FieldTable, Write } from './fields.ts';
import { createRow, type EmulatedKind, registerKind } from './kind.ts';
import { keyRates, ownerFields } from './limits.ts';

const types: Readonly<Record<string, ApiKeyType>> = {
  'organisation/service': 'organisation-service',
  'workspace/service': 'workspace-service',
  'workspace/user': 'workspace-user',
};
const allTypes = Object.values(types);

const transition = { min: 1_800_000, integer: true };

const fields: FieldTable<ApiKeyRow> = {
  id: {},
  key: { show: ({ secret }) => maskKey(secret) },
  name: { required: true, read: (body, name) => takeText(body, name, { max: 100 }) },
  description: { read: (body, name) => takeNullableText(body, name, 200) },
  type: { immutable: true },
  workspace_id: { immutable: true },
  organisation_id: { immutable: true, show: (_, { context }) => context.organisation().id },
  user_id: {
    immutable: true,
    required: true,
    read: (body, name, { next }) => (next.type === 'workspace-user' ? takeText(body, name) : null),
  },
  status: {},
  scopes: { read: takeTextList },
  creation_mode: {},
  ...ownerFields(keyRates, readExpiry),
  alert_emails: { read: (body, name) => readOrNull(body, name, readEmails) },
  expiry_enforced: {},
  next_usage_reset_at: { only: 'get', show: (row) => row.usage_limits?.next_usage_reset_at ?? null },
  allow_config_override: {},
  // No table of its own here: the defaults live in the key, so the key's id stands in.
  api_key_defaults_id: { show: (row) => (hasDefaults(row) ? row.id : null) },
  defaults: {
    read: readDefaults,
    show: ({ metadata, config_id, allow_config_override }, { form }) => ({
      metadata,
      config_id,
      ...(form === 'get' && { allow_config_override: allow_config_override === 1 }),
    }),
  },
  rotation_policy: { only: 'get', read: readRotation, show: (row) => row.rotation_policy ?? undefined },
  created_at: {},
  last_updated_at: {},
  object: { show: () => 'api-key' },
};

function hasDefaults({ metadata, config_id, allow_config_override }: ApiKeyRow): boolean {
  return metadata !== null || config_id !== null || allow_config_override !== null;
}

function readEmails(body: Body, name: string): string[] {
  const emails = takeTextList(body, name);
  const wrong = emails.find((email) => !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email));
  if (wrong !== undefined) throw refuseField(name, `"${wrong}" must be a valid email`);
  return emails;
}

function readExpiry(body: Body, name: string, context: RouteContext): string {
  const text = takeDate(body, name);
  const maximum = context.organisation().max_key_ttl_days;
  if (maximum !== undefined && new Date(text).getTime() > context.now().getTime() + maximum * 86_400_000) {
    throw refuseMember(name, `expires_at must not be more than ${maximum} days away`);
  }
  return text;
}

/** The one nested object whose parts are updated one by one. */
function readDefaults(body: Body, name: string, { next, context }: Write<ApiKeyRow>): undefined {
  const sent = body[name] === null ? { metadata: null, config_id: null } : body[name];
  if (!isObject(sent)) throw refuseField(name, 'must be an object');
  if (has(sent, 'metadata')) {
    const { metadata } = sent;
    if (metadata !== null && !isObject(metadata)) {
      throw refuseMember(name, 'Validation failed: defaults.metadata: must be an object');
    }
    next.metadata = metadata;
  }
  if (has(sent, 'config_id')) {
    const wanted = readOrNull(sent, 'config_id', takeText);
    const config = wanted === null ? undefined : context.store.find('configs', wanted);
    if (wanted !== null && config === undefined) throw context.fail(404, 'AB02', `Config ${wanted} not found`);
    // Written as slug or UUID, read back as UUID.
    next.config_id = config?.id ?? null;
  }
  if (has(sent, 'allow_config_override')) {
    next.allow_config_override = takeBoolean(sent, 'allow_config_override') ? 1 : 0;
  }
}

function readRotation(body: Body, name: string, { before, context }: Write<ApiKeyRow>): RotationPolicyRow | null {
  const { rotation_policy: old } = before;
  const sent = context.quirks.mergingPuts ? mergeNested(old, body[name]) : body[name];
  if (sent === null) return null;
  if (!isObject(sent)) throw refuseField(name, 'must be an object');
  const isGiven = (part: string): boolean => has(sent, part) && sent[part] !== null;
  const policy: RotationPolicyRow = {
    ...(isGiven('rotation_period') && {
      rotation_period: takeChoice(sent, 'rotation_period', ['weekly', 'monthly']),
    }),
    ...(isGiven('rotation_period_days') && {
      rotation_period_days: takeNumber(sent, 'rotation_period_days', { min: 1, max: 365, integer: true }),
    }),
    ...(isGiven('next_rotation_at') && { next_rotation_at: takeDate(sent, 'next_rotation_at') }),
  };
  const isDouble = policy.rotation_period !== undefined && policy.rotation_period_days !== undefined;
  if (isDouble || Object.keys(policy).length === 0) {
    throw refuseMember(name, 'rotation_policy requires either a rotation period or next_rotation_at');
  }
  policy.key_transition_period_ms = has(sent, 'key_transition_period_ms')
    ? takeNumber(sent, 'key_transition_period_ms', transition)
    : transition.min;
  policy.status = 'active';
  return scheduleRotation(policy, old, context.now());
}

const keys: EmulatedKind<'apiKeys'> = {
  path: '/api-keys',
  item: '/api-keys/:id',
  table: 'apiKeys',
  noun: 'API key',
  twin: 'An API key with this name already exists',
  fields,
  select(c, context) {
    context.requireScope(c, ...allTypes.map((type) => buildKeyScope(type, 'list')));
    const workspace = context.optionalWorkspaceFor(c, c.req.query('workspace_id'));
    const ids = c.req.query('ids')?.split(',');
    return {
      rows: context.store.list('apiKeys', context.quirks.foreignRows ? undefined : workspace?.id),
      isWanted: (row) => ids === undefined || ids.includes(row.id),
    };
  },
  find: findKey,
};

function findKey(c: Context, context: RouteContext, verb: string): ApiKeyRow {
  const row = context.store.find('apiKeys', c.req.param('id') ?? '');
  if (row === undefined) {
    context.requireScope(c, ...allTypes.map((type) => buildKeyScope(type, verb)));
    throw context.notFound('API key not found');
  }
  const own = context.caller(c).workspaceId;
  if (own !== undefined && row.workspace_id !== own) throw context.fail(403, 'AB03', 'Action not allowed');
  // Older set-ups ask for `.update` where the documents ask for `.rotate`.
  const verbs = verb === 'rotate' ? ['rotate', 'update'] : [verb];
  context.requireScope(c, ...verbs.map((each) => buildKeyScope(row.type, each)));
  if (context.quirks.leaversAs403 && hasLeft(row, context)) throw context.fail(403, 'AB03', 'Action not allowed');
  if (row.workspace_id !== null) context.annotateAudit(c, { workspace_id: row.workspace_id });
  return row;
}

function hasLeft(row: ApiKeyRow, context: RouteContext): boolean {
  if (row.user_id === null || row.workspace_id === null) return false;
  const users = context.store.find('workspaces', row.workspace_id)?.users ?? [];
  return !users.some(({ id }) => id === row.user_id);
}

export function registerApiKeys(app: Hono, context: RouteContext): void {
  // Before `/:type/:subType`, which would take `<id>/rotate` for a type.
  app.post('/api-keys/:id/rotate', async (c) => {
    const row = findKey(c, context, 'rotate');
    return c.json(rotateKey(row, await context.readBody(c), context));
  });

  app.post('/api-keys/:type/:subType', async (c) => {
    const type = types[`${c.req.param('type')}/${c.req.param('subType')}`];
    if (type === undefined) throw context.invalid(invalidRequest);
    context.requireScope(c, buildKeyScope(type, 'create'));
    if (type === 'organisation-service') context.requireAdmin(c);
    const body = await context.readBody(c);
    // Seen of the service: a create without any scope dies behind its proxy.
    if (!Array.isArray(body.scopes) || body.scopes.length === 0) {
      const title = '502 Bad Gateway';
      return c.html(`<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`, 502);
    }
    const workspace = type === 'organisation-service' ? null : context.workspaceFor(c, body.workspace_id);
    const row = createRow(keys, buildKey(type, workspace?.id ?? null, context), body, c, context);
    return c.json({ id: row.id, key: row.secret, object: 'api-key' });
  });

  registerKind(app, context, keys);
}

function buildKey(type: ApiKeyType, workspace_id: string | null, context: RouteContext): ApiKeyRow {
  const named = { id: context.newId(), secret: context.newSecret(), name: '' };
  return { ...blankKey(context.timestamp()), ...named, type, workspace_id };
}

/** Budget, counter and id stay; only the secret changes. */
function rotateKey(row: ApiKeyRow, body: Body, context: RouteContext) {
  const period = has(body, 'key_transition_period_ms')
    ? takeNumber(body, 'key_transition_period_ms', transition)
    : (row.rotation_policy?.key_transition_period_ms ?? transition.min);
  const now = context.now().getTime();
  const running = row.previous_secret_expires_at;
  if (running !== null && new Date(running).getTime() > now) {
    throw context.invalid('The previous key is still in its transition period');
  }
  const ends = new Date(now + period).toISOString();
  row.previous_secret = row.secret;
  row.previous_secret_expires_at = ends;
  row.secret = context.newSecret();
  context.store.noteNewSecret(row);
  row.last_updated_at = context.timestamp();
  return { id: row.id, key: row.secret, key_transition_expires_at: ends };
}

/** API keys (control-plane-api.md 4). */

import type { Context, Hono } from 'hono';
import { maskKey } from '../audit.ts';
import { buildKeyScope } from '../auth.ts';
import { type Body, has, invalid, readNumber } from '../body.ts';
import type { RouteContext } from '../context.ts';
import { applyKeyFields, readNewKey } from '../key-fields.ts';
import { renderUsageLimit } from '../limits.ts';
import { resetUsageLimit } from '../resets.ts';
import { type ApiKeyRow, type ApiKeyType, removeRow, sortNewestFirst } from '../store.ts';

const types: Readonly<Record<string, ApiKeyType>> = {
  'organisation/service': 'organisation-service',
  'workspace/service': 'workspace-service',
  'workspace/user': 'workspace-user',
};

const allTypes = Object.values(types);
const immutable = ['type', 'workspace_id', 'organisation_id', 'user_id'];
const shortestTransitionMs = 1_800_000;

export function registerApiKeysRoutes(app: Hono, context: RouteContext): void {
  app.get('/api-keys', (c) => {
    context.requireScope(c, ...allTypes.map((type) => buildKeyScope(type, 'list')));
    const workspace = context.optionalWorkspaceFor(c, c.req.query('workspace_id'));
    const ids = c.req.query('ids')?.split(',');
    const { quirks } = context;
    const rows = sortNewestFirst(context.store.listRows('apiKeys', quirks.foreignRows ? undefined : workspace?.id))
      .map((row) => context.view(row))
      .filter((row): row is ApiKeyRow => row !== undefined)
      .filter((row) => ids === undefined || ids.includes(row.id));
    return context.sendList(c, rows, (row) => renderKey(row, context, 'list'));
  });

  // Before `/:type/:subType`, which would take `<id>/rotate` for a type.
  app.post('/api-keys/:id/rotate', async (c) => {
    const row = findKey(c, context, 'rotate');
    const body = await context.readBody(c);
    const answer = rotateKey(row, body, context);
    return c.json(answer);
  });

  app.post('/api-keys/:type/:subType', async (c) => {
    const type = types[`${c.req.param('type')}/${c.req.param('subType')}`];
    if (type === undefined) throw context.invalid('Invalid request. Please check and try again.');
    context.requireScope(c, buildKeyScope(type, 'create'));
    if (type === 'organisation-service') context.requireAdmin(c);
    const body = await context.readBody(c);
    // Seen of the service: a create without any scope dies behind its proxy (1.2).
    if (!Array.isArray(body.scopes) || body.scopes.length === 0) return sendBadGateway(c);
    const row = createKey(c, type, body, context);
    context.store.state.apiKeys.push(row);
    context.afterCreate(row);
    return c.json({ id: row.id, key: row.secret, object: 'api-key' });
  });

  app.get('/api-keys/:id', (c) => {
    const row = context.view(findKey(c, context, 'read'));
    if (row === undefined) throw context.notFound('API key not found');
    return c.json(renderKey(row, context, 'get'));
  });

  app.put('/api-keys/:id', async (c) => {
    const row = findKey(c, context, 'update');
    const body = await context.readBody(c);
    const fixed = immutable.find((name) => has(body, name));
    if (context.quirks.refuseImmutable && fixed !== undefined) {
      throw invalid(fixed, `Validation failed: ${fixed}: cannot be updated`);
    }
    const next = applyKeyFields(row, body, context);
    if (body.reset_usage === true) resetKey(next, context);
    refuseTwin(next, context);
    context.beforeChange(row);
    Object.assign(row, next, { last_updated_at: context.timestamp() });
    return context.sendUpdated(c);
  });

  app.delete('/api-keys/:id', (c) => {
    const row = findKey(c, context, 'delete');
    removeRow(context.store.state.apiKeys, row);
    return context.sendDeleted(c);
  });
}

function sendBadGateway(c: Context): Response {
  return c.html('<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>', 502);
}

function findKey(c: Context, context: RouteContext, verb: string): ApiKeyRow {
  const row = context.store.findApiKey(c.req.param('id') ?? '');
  if (row === undefined) {
    context.requireScope(c, ...allTypes.map((type) => buildKeyScope(type, verb)));
    throw context.notFound('API key not found');
  }
  const own = context.caller(c).workspaceId;
  if (own !== undefined && row.workspace_id !== own) throw context.fail(403, 'AB03', 'Action not allowed');
  // Older set-ups ask for `.update` where the documents ask for `.rotate` (16, question 23).
  const verbs = verb === 'rotate' ? ['rotate', 'update'] : [verb];
  context.requireScope(c, ...verbs.map((each) => buildKeyScope(row.type, each)));
  if (context.quirks.leaversAs403 && hasLeft(row, context)) throw context.fail(403, 'AB03', 'Action not allowed');
  if (row.workspace_id !== null) context.annotateAudit(c, { workspace_id: row.workspace_id });
  return row;
}

function hasLeft(row: ApiKeyRow, context: RouteContext): boolean {
  if (row.user_id === null || row.workspace_id === null) return false;
  const users = context.store.findWorkspace(row.workspace_id)?.users ?? [];
  return !users.some(({ id }) => id === row.user_id);
}

function createKey(c: Context, type: ApiKeyType, body: Body, context: RouteContext): ApiKeyRow {
  const workspace = type === 'organisation-service' ? undefined : context.workspaceFor(c, body.workspace_id);
  const row = readNewKey(type, workspace?.id ?? null, body, context);
  refuseTwin(row, context);
  return row;
}

function refuseTwin(next: ApiKeyRow, context: RouteContext): void {
  if (!context.quirks.nameConflict409) return;
  const isTaken = context.store.state.apiKeys.some(
    (row) => row.id !== next.id && row.name === next.name && row.workspace_id === next.workspace_id,
  );
  if (isTaken) throw context.fail(409, 'AB07', 'An API key with this name already exists');
}

function resetKey(row: ApiKeyRow, context: RouteContext): void {
  const at = context.timestamp();
  if (row.usage_limits !== null) {
    row.usage_limits = { ...row.usage_limits };
    resetUsageLimit(row.usage_limits, at);
  }
  row.last_reset_at = at;
  if (row.status === 'exhausted') row.status = 'active';
}

/** Budget, counter and id stay; only the secret changes (4.2). */
function rotateKey(row: ApiKeyRow, body: Body, context: RouteContext) {
  const transition = has(body, 'key_transition_period_ms')
    ? readNumber(body, 'key_transition_period_ms', { min: shortestTransitionMs, integer: true })
    : (row.rotation_policy?.key_transition_period_ms ?? shortestTransitionMs);
  const now = context.now().getTime();
  const running = row.previous_secret_expires_at;
  if (running !== null && new Date(running).getTime() > now) {
    throw context.invalid('The previous key is still in its transition period');
  }
  const ends = new Date(now + transition).toISOString();
  row.previous_secret = row.secret;
  row.previous_secret_expires_at = ends;
  row.secret = context.newSecret();
  context.store.noteNewSecret(row);
  row.last_updated_at = context.timestamp();
  return { id: row.id, key: row.secret, key_transition_expires_at: ends };
}

/** Get shows more than the list (4.2, fixtures/README.md). */
function renderKey(row: ApiKeyRow, context: RouteContext, form: 'get' | 'list') {
  const { quirks } = context;
  const limit = row.usage_limits === null ? null : renderUsageLimit(row.usage_limits, quirks);
  const hasDefaults = row.metadata !== null || row.config_id !== null || row.allow_config_override !== null;
  return {
    id: row.id,
    key: maskKey(row.secret),
    name: row.name,
    description: row.description,
    type: row.type,
    organisation_id: context.organisation().id,
    workspace_id: row.workspace_id,
    user_id: row.user_id,
    status: row.status,
    created_at: row.created_at,
    last_updated_at: row.last_updated_at,
    creation_mode: row.creation_mode,
    rate_limits: row.rate_limits,
    usage_limits: limit,
    reset_usage: null,
    expires_at: row.expires_at,
    last_reset_at: row.last_reset_at,
    alert_emails: row.alert_emails,
    expiry_enforced: row.expiry_enforced,
    ...(form === 'get' && { next_usage_reset_at: limit?.next_usage_reset_at ?? null }),
    allow_config_override: row.allow_config_override,
    // No table of its own here: the defaults live in the key, so the key's id stands in.
    api_key_defaults_id: hasDefaults ? row.id : null,
    scopes: row.scopes,
    defaults: {
      metadata: row.metadata,
      config_id: row.config_id,
      ...(form === 'get' && { allow_config_override: row.allow_config_override === 1 }),
    },
    ...(form === 'get' && row.rotation_policy !== null && { rotation_policy: row.rotation_policy }),
    object: 'api-key',
  };
}

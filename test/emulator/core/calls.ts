/** Calls over loopback, and the small organisation that most of these tests begin with. */

import { existsSync, readFileSync } from 'node:fs';
import { type Emulator, type ListenOptions, startEmulator } from '../../../src/emulator/server.ts';
import { buildEmptyState, type StoreState } from '../../../src/emulator/store.ts';

/** Answers recorded of the service; they lie beside the repository and not in every checkout. */
const recordings = new URL('../../../../shared/reference/fixtures/', import.meta.url);
export const hasRecordings = existsSync(recordings);

// biome-ignore lint/suspicious/noExplicitAny: whatever was recorded
export function readRecording(name: string): any {
  return JSON.parse(readFileSync(new URL(`${name}.json`, recordings), 'utf8'));
}

export const adminKey = 'admin-key-for-tests';
export const alphaKey = 'alpha-key-for-tests';
export const alphaId = '10000000-0000-4000-8000-00000000000a';
export const betaId = '10000000-0000-4000-8000-00000000000b';
export const start = '2026-03-11T10:20:30.000Z';

/** A Wednesday; tests move it. */
export function createClock(at = start) {
  let time = Date.parse(at);
  return {
    now: () => new Date(time),
    advance(ms: number) {
      time += ms;
    },
  };
}

export const dayMs = 86_400_000;

function buildWorkspace(id: string, slug: string, name: string): StoreState['workspaces'][number] {
  const at = '2026-01-05T09:00:00.000Z';
  return {
    id,
    slug,
    name,
    icon: null,
    description: null,
    status: 'active',
    is_default: 0,
    defaults: null,
    usage_limits: null,
    rate_limits: null,
    security_settings: {},
    settings: {},
    users: [],
    created_at: at,
    last_updated_at: at,
    last_reset_at: null,
    created_by: null,
    creation_source: 'api',
    scim_source_id: null,
  };
}

export function buildState(): StoreState {
  const at = '2026-01-05T09:00:00.000Z';
  const state = buildEmptyState();
  state.workspaces.push(
    buildWorkspace(alphaId, 'ws-alpha-00000a', 'Alpha'),
    buildWorkspace(betaId, 'ws-beta-00000b', 'Beta'),
  );
  state.integrations.push({
    id: '20000000-0000-4000-8000-000000000001',
    slug: 'openai-main',
    name: 'OpenAI main',
    ai_provider_id: 'openai',
    description: null,
    status: 'active',
    type: 'organisation',
    workspace_id: null,
    masked_key: 'sk*****abc',
    configurations: {},
    secret_mappings: [],
    pricing_adjustments: null,
    allow_all_models: true,
    global_workspace_access: null,
    workspaces: [{ workspace_id: alphaId, enabled: true, usage_limits: null, rate_limits: null }],
    models: [],
    tags: null,
    created_at: at,
    last_updated_at: at,
  });
  return state;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed; undefined when the answer is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the service answers
  readonly body: any;
}

export type Call = (method: string, path: string, body?: unknown, key?: string) => Promise<Answer>;

export function createCall(emulator: Pick<Emulator, 'url'>): Call {
  return async (method, path, body, key = adminKey) => {
    const response = await fetch(`${emulator.url}${path}`, {
      method,
      headers: { 'x-portkey-api-key': key, 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The keys `adminKey` (everything) and `alphaKey` (a service key of Alpha), and the organisation above. */
export function startTestEmulator(options: ListenOptions = {}): Promise<Emulator> {
  return startEmulator({
    state: buildState(),
    acceptKeys: [
      { key: adminKey, kind: 'organisation-service' },
      { key: alphaKey, kind: 'workspace-service', workspaceId: 'ws-alpha-00000a' },
    ],
    ...options,
  });
}

export const usagePolicy = {
  name: 'monthly-spend',
  workspace_id: alphaId,
  conditions: [{ key: 'api_key', value: '*' }],
  group_by: [{ key: 'api_key' }],
  type: 'cost',
  credit_limit: 500,
};

export const ratePolicy = {
  name: 'calls',
  workspace_id: alphaId,
  conditions: [{ key: 'api_key', value: '*' }],
  group_by: [{ key: 'api_key' }],
  type: 'requests',
  unit: 'rpm',
  value: 100,
};

/** Creates and returns the id. */
export async function create(call: Call, path: string, body: unknown): Promise<string> {
  const answer = await call('POST', path, body);
  if (answer.status !== 200) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.body.id;
}

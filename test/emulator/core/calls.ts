/** Calls over loopback, and the small organisation that most of these tests begin with. */

import { existsSync, readFileSync } from 'node:fs';
import { type Emulator, type ListenOptions, startEmulator } from '../../../src/emulator/server.ts';
import { buildEmptyState, type StoreState } from '../../../src/emulator/store.ts';
import { integrationRow, workspaceRow } from '../../helpers/state.ts';

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
const start = '2026-03-11T10:20:30.000Z';

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

const at = '2026-01-05T09:00:00.000Z';
const dates = { created_at: at, last_updated_at: at };

export function buildState(): StoreState {
  return {
    ...buildEmptyState(),
    workspaces: [
      workspaceRow('ws-alpha-00000a', alphaId, { name: 'Alpha', ...dates }),
      workspaceRow('ws-beta-00000b', betaId, { name: 'Beta', ...dates }),
    ],
    integrations: [
      integrationRow('openai-main', '20000000-0000-4000-8000-000000000001', [alphaId], {
        name: 'OpenAI main',
        ...dates,
      }),
    ],
  };
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

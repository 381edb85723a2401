/** What goes wrong outside: one clear message, the right exit code, no stack, no key. */

import { afterEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../src/emulator/faults.ts';
import { budgetsFile, parseOutput, type Ran, type Rig, startRig } from '../helpers/rig.ts';
import { keyRow, smallState, teamA, uuid } from '../helpers/state.ts';
import { adminKey, orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const files = { 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: 100 }) };
const workspaceKey = keyRow('workspace-admin', uuid(900), teamA, { secret: 'workspace-key-0123456789' });

function expectOneMessage(ran: Ran, exit: number, message: RegExp): void {
  expect(ran.stderr).toMatch(message);
  expect([ran.exit, ran.stdout]).toEqual([exit, '']);
  // A message, and perhaps a hint.
  expect(ran.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  expect(ran.stderr.match(/error: /g)).toHaveLength(1);
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  expect(ran.stderr).not.toContain('fault in tollgate');
  for (const secret of [adminKey, workspaceKey.secret, 'wrong-key-0123456789'])
    expect(ran.stderr).not.toContain(secret);
}

describe('the service', () => {
  it.each<[name: string, env: Record<string, string | undefined>, message: RegExp]>([
    [
      'a wrong key',
      { PORTKEY_API_KEY: 'wrong-key-0123456789' },
      /^error: GET \S+ answered 401 AB05: .*the key is invalid/,
    ],
    ['a workspace key', { PORTKEY_API_KEY: workspaceKey.secret }, /^error: .*not an organisation admin key/],
    [
      'an unreachable host',
      { PORTKEY_BASE_URL: 'http://127.0.0.1:9/v1' },
      /^error: GET \S+: cannot reach http:\/\/127\.0\.0\.1:9\/v1: connection refused/,
    ],
  ])('%s: exit 6', async (_name, env, message) => {
    const state = smallState();
    rig = await startRig({ state: { ...state, apiKeys: [...(state.apiKeys ?? []), workspaceKey] }, files, env });
    for (const ran of [await rig.plan(), await rig.apply(), await rig.import({ dir: 'fresh' })]) {
      expectOneMessage(ran, 6, message);
    }
    const json = await rig.plan({ format: 'json' });
    expect(json.exit).toBe(6);
    expect(parseOutput(json)).toMatchObject({ ok: false, error: { kind: 'service' } });
    expect(rig.emulator.requests.countWrites()).toBe(0);
    expect(rig.readRecord()).toBeNull();
  });

  it.each<[name: string, fault: FaultRule['fault'], message: RegExp]>([
    [
      'an HTML 502',
      { kind: 'status', status: 502, body: 'html' },
      /answered 502: an HTML page, not an answer of the API$/m,
    ],
    ['an empty 503', { kind: 'status', status: 503, body: 'empty' }, /answered 503$/m],
    ['a 429 without end', { kind: 'status', status: 429, retryAfter: '30' }, /answered 429 AB06/],
    ['text that is no JSON', { kind: 'malformed' }, /answered 200 with something that is not JSON/],
    ['half an answer', { kind: 'truncated' }, /answered 200 with something that is not JSON/],
    ['a cut connection', { kind: 'reset', when: 'before' }, /the connection was cut/],
  ])('%s: exit 6', async (_name, fault, message) => {
    rig = await startRig({ state: smallState(), files, faults: [{ fault }] });
    for (const ran of [await rig.plan(), await rig.apply()]) expectOneMessage(ran, 6, message);
  });

  it('passes over a moment of trouble', async () => {
    rig = await startRig({
      state: smallState(),
      files,
      faults: [{ times: 3, fault: { kind: 'status', status: 502, body: 'html' } }],
    });
    const ran = await rig.plan();
    expect([ran.exit, ran.stderr]).toEqual([0, '']);
  });

  it('a list that answers for another workspace ends the run before any plan', async () => {
    rig = await startRig({
      state: smallState(),
      files,
      env: { PORTKEY_API_KEY: 'narrow' },
      acceptKeys: [{ key: 'narrow', kind: 'workspace-service', workspaceId: 'ws-team-b' }],
    });
    expectOneMessage(await rig.plan(), 6, /admin key/);
  });
});

describe('the environment', () => {
  it.each<[name: string, env: Record<string, string | undefined>, message: RegExp]>([
    ['no key', { PORTKEY_API_KEY: undefined }, /^error: PORTKEY_API_KEY is not set\n.*--backend emulator/],
    ['an empty key', { PORTKEY_API_KEY: ' ' }, /^error: PORTKEY_API_KEY is not set\n/],
    ['a key with a line break', { PORTKEY_API_KEY: 'wrong-key-0123456789\nwrong' }, /^error: the API key holds spaces/],
    ['no URL', { PORTKEY_BASE_URL: 'not a url' }, /^error: the base URL is not an http\(s\) URL/],
    [
      'the key as URL',
      { PORTKEY_BASE_URL: 'wrong-key-0123456789' },
      /^error: the base URL is not an http\(s\) URL: 20 characters/,
    ],
    [
      'plain http to a host',
      { PORTKEY_BASE_URL: 'http://example.com/v1' },
      /^error: the base URL http:\/\/example.com is plain http/,
    ],
    [
      'a password in the URL',
      { PORTKEY_BASE_URL: 'https://a:wrong-key-0123456789@example.com' },
      /^error: the base URL for example.com holds a user name/,
    ],
  ])('%s: exit 1, before any request', async (_name, env, message) => {
    rig = await startRig({ state: smallState(), files, env });
    for (const ran of [await rig.plan(), await rig.apply(), await rig.import({ dir: 'fresh' })]) {
      expectOneMessage(ran, 1, message);
    }
    expect(rig.emulator.requests.total).toBe(0);
  });
});

describe('names', () => {
  it('an unknown workspace is a problem of its file, with its place and the nearest slug', async () => {
    rig = await startRig({
      state: smallState(),
      files: { 'org.yaml': orgFile(), 'a.yaml': budgetsFile({ p1: 100 }, 'ws-taem-a') },
    });
    for (const ran of [await rig.plan(), await rig.apply()]) {
      expect(ran.exit).toBe(1);
      expect(ran.stdout).toMatch(/^policies\/a\.yaml:3:\d+ {2}unknown-workspace {2}.*ws-taem-a.*ws-team-a/);
      expect(ran.stderr).toBe('');
    }
  });

  it('so is an unknown key', async () => {
    const body = 'keys:\n  ap:\n    budget: $50\n    reset: monthly\n';
    rig = await startRig({
      state: smallState(),
      files: { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', body) },
    });
    const ran = await rig.plan();
    expect(ran.exit).toBe(1);
    expect(ran.stdout).toMatch(/^policies\/a\.yaml:6:3 {2}unknown-\S+ {2}.*"?ap"?.*app/);
  });

  it('files of another organisation are refused', async () => {
    const other = orgFile().replace(/organisation: .*/, `organisation: ${uuid(4711)}`);
    rig = await startRig({ state: smallState(), files: { ...files, 'org.yaml': other } });
    for (const ran of [await rig.plan(), await rig.apply()]) {
      expect(ran.exit).toBe(1);
      expect(ran.stdout + ran.stderr).toContain(uuid(4711));
      expect(ran.stderr).not.toMatch(/^\s+at /m);
    }
    expect(rig.emulator.requests.countWrites()).toBe(0);
  });
});

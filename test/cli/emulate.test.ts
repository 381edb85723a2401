/** The emulator as a server, and the embedded one, through the bundle. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildBundle, type Ended, type Running, root, runBundle, startBundle } from '../helpers/bundle.ts';
import { writeIn } from '../helpers/rig.ts';
import { smallState, usagePolicyRow, uuid } from '../helpers/state.ts';
import { makeFolder } from '../record/git-fixture.ts';

beforeAll(() => buildBundle());

const running: Running[] = [];
afterEach(async () => {
  for (const run of running.splice(0)) {
    run.kill('SIGKILL');
    await run.ended;
  }
});

interface Server {
  readonly run: Running;
  readonly url: string;
  readonly key: string;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

async function serve(...args: string[]): Promise<Server> {
  const run = await startBundle(['emulate', '--port', '0', ...args], { cwd: makeFolder() });
  running.push(run);
  const [, url = '', key = ''] = await run.waitFor(
    /PORTKEY_BASE_URL=(http:\/\/127\.0\.0\.1:\d+\/v1) PORTKEY_API_KEY=(\S+) tollgate plan --record-file record\.json\n[\s\S]*\n\n/,
  );
  return {
    run,
    url,
    key,
    async call(method, path, body) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { 'x-portkey-api-key': key, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as unknown };
    },
    stop(signal = 'SIGTERM') {
      run.kill(signal);
      return run.ended;
    },
  };
}

const policy = (workspace: string, name: string) => ({
  name,
  workspace_id: workspace,
  conditions: [{ key: 'api_key', value: '*' }],
  group_by: [{ key: 'api_key' }],
  type: 'cost',
  credit_limit: 50,
});

describe('emulate', () => {
  it('prints its base URL and an example that works, and ends with 0 on SIGTERM', async () => {
    const server = await serve();
    const { stderr } = await (async () => {
      const plan = await runBundle(['plan', '--record-file', join(makeFolder(), 'record.json'), '--format', 'json'], {
        cwd: root,
        env: { PORTKEY_BASE_URL: server.url, PORTKEY_API_KEY: server.key },
      });
      // Without a record the files cannot loosen a guard: the counter that the sample restarts needs a word.
      expect(plan.exit).toBe(3);
      const violations = [{ guard: 'counter-reset', severity: 'error' }];
      expect(JSON.parse(plan.stdout)).toMatchObject({ base_url: server.url, ok: false, violations });
      return server.stop();
    })();
    expect(stderr.startsWith(`The emulator serves ${server.url} until it is stopped (Ctrl-C).\n`)).toBe(true);
    expect(server.run.child.exitCode).toBe(0);
    await expect(fetch(`${server.url}/admin/workspaces`)).rejects.toThrow();
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with 0, open connections or not', async (signal) => {
    const server = await serve('--accept-key', 'my-own-key');
    expect(server.key).toBe('my-own-key');
    expect((await server.call('GET', '/admin/workspaces')).status).toBe(200);
    const refused = await fetch(`${server.url}/admin/workspaces`, { headers: { 'x-portkey-api-key': 'other' } });
    expect(refused.status).toBe(401);
    const { exit, signal: died, stdout } = await server.stop(signal);
    expect([exit, died, stdout]).toEqual([0, null, '']);
  });

  it('a port in use is one message and exit 1', async () => {
    const { url } = await serve();
    const port = new URL(url).port;
    const ran = await runBundle(['emulate', '--port', port], { cwd: makeFolder() });
    expect(ran).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: `error: port ${port} is in use\nName another with --port, or 0 for any free one.\n`,
    });
  });

  it('an address that is not of this machine is one message and exit 1', async () => {
    // Kept for documentation: nobody has it.
    const ran = await runBundle(['emulate', '--port', '0', '--host', '192.0.2.1'], { cwd: makeFolder() });
    expect(ran).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: cannot listen at 192\.0\.2\.1: E/),
    });
  });

  it('listens where --host says, and prints an address by which this machine reaches it', async () => {
    const server = await serve('--host', '0.0.0.0');
    expect((await server.call('GET', '/admin/workspaces')).status).toBe(200);
  });

  it('says without a key whether it serves, whatever faults make of the service', async () => {
    const server = await serve('--fault', '* /** 503');
    expect((await server.call('GET', '/admin/workspaces')).status).toBe(503);
    const health = await fetch(new URL('/health', server.url));
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('--state keeps the state over restarts, also after a kill, and gives no id twice', async () => {
    const state = join(makeFolder(), 'deep', 'state');
    const ids: unknown[] = [];
    for (const [name, signal] of [
      ['one', 'SIGTERM'],
      ['two', 'SIGKILL'],
      ['three', 'SIGTERM'],
    ] as const) {
      const server = await serve('--state', state);
      const { data } = (await server.call('GET', '/admin/workspaces')).body as { data: { id: string }[] };
      const workspace = data[0]?.id ?? '';
      const made = await server.call('POST', '/policies/usage-limits', policy(workspace, name));
      expect(made.status).toBe(200);
      ids.push((made.body as { id: string }).id);
      const listed = await server.call('GET', `/policies/usage-limits?workspace_id=${workspace}`);
      const names = (listed.body as { data: { id: string }[] }).data.map(({ id }) => id);
      expect(names).toEqual(expect.arrayContaining(ids));
      await server.stop(signal);
    }
    expect(new Set(ids).size).toBe(3);
  });

  it('--seed starts from a file', async () => {
    const folder = makeFolder();
    const seeded = smallState({ usagePolicies: [usagePolicyRow('seeded', uuid(101), uuid(1))] });
    writeIn(folder, 'seed.json', JSON.stringify(seeded));
    const server = await serve('--seed', join(folder, 'seed.json'));
    const { body } = await server.call('GET', `/policies/usage-limits?workspace_id=${uuid(1)}`);
    expect(body).toMatchObject({ total: 1, data: [{ name: 'seeded' }] });
  });

  it.each<[name: string, text: string | null, message: RegExp]>([
    ['is not there', null, /^error: .*seed\.json.*\n/],
    ['is no JSON', '{"workspaces":', /^error: .*seed\.json is not JSON\n/],
    ['is a list', '[]', /^error: .*seed\.json does not hold an emulator state/],
    ['is of a version to come', '{"version": 99, "state": {}}', /^error: .*seed\.json was written in format 99/],
  ])('a seed file that %s is one message and exit 1', async (_name, text, message) => {
    const folder = makeFolder();
    if (text !== null) writeIn(folder, 'seed.json', text);
    const ran = await runBundle(['emulate', '--port', '0', '--seed', 'seed.json'], { cwd: folder });
    expect(ran.stderr).toMatch(message);
    expect([ran.exit, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    expect(ran.stderr).not.toContain('fault in tollgate');
  });

  it('a broken state directory is one message and exit 1', async () => {
    const folder = makeFolder();
    writeIn(folder, 'state/emulator-state.json', '{');
    for (const args of [
      ['emulate', '--port', '0'],
      ['plan', '--backend', 'emulator', '--dir', join(root, 'policies')],
    ]) {
      const ran = await runBundle([...args, '--state', 'state'], { cwd: folder });
      expect(ran.stderr).toMatch(/^error: .*emulator-state\.json is not JSON\n/);
      expect([ran.exit, ran.stdout]).toEqual([1, '']);
      expect(ran.stderr).not.toMatch(/^\s+at /m);
    }
  });
});

describe('--backend emulator', () => {
  it('plans twice without --state, with the same result and no trace', async () => {
    const folder = makeFolder();
    const args = ['plan', '--backend', 'emulator', '--dir', join(root, 'policies')];
    const [one, two] = await Promise.all([runBundle(args, { cwd: folder }), runBundle(args, { cwd: folder })]);
    expect([one.exit, two.exit, one.stderr]).toEqual([0, 0, '']);
    expect(one.stdout).toContain('Plan: 2 to create, 3 to update, 1 to replace, 1 to delete (');
    expect(two.stdout.replace(/Digest .*/, '')).toBe(one.stdout.replace(/Digest .*/, ''));
    expect(existsSync(join(folder, 'policies'))).toBe(false);
  });

  it('with --state: apply, then the plan is empty, and the record lies beside the state', async () => {
    const folder = makeFolder();
    const emulator = ['--backend', 'emulator', '--state', 'state', '--dir', join(root, 'policies')];
    const applied = await runBundle(['apply', '--yes', ...emulator], { cwd: folder });
    expect(applied.stdout).toMatch(/^Applied 7 of 7\. Recorded in state\/record\.json\./);
    expect(applied.exit).toBe(0);
    const plan = await runBundle(['plan', '--detailed-exitcode', ...emulator], { cwd: folder });
    expect(plan.exit).toBe(0);
    expect(plan.stdout).toContain('No changes: ');
    const record = JSON.parse(readFileSync(join(folder, 'state', 'record.json'), 'utf8')) as Record<string, unknown>;
    expect(record).toMatchObject({ environment: 'production', baseUrl: 'http://emulator.localhost/v1' });
  });
});

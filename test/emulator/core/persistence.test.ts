import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ListenOptions } from '../../../src/emulator/server.ts';
import { alphaId, buildState, type Call, create, createCall, startTestEmulator, usagePolicy } from './calls.ts';

const usage = '/policies/usage-limits';
const listed = `${usage}?workspace_id=${alphaId}`;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emulator-state-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function run<Result>(options: ListenOptions, use: (call: Call) => Promise<Result>): Promise<Result> {
  const emulator = await startTestEmulator(options);
  try {
    return await use(createCall(emulator));
  } finally {
    await emulator.close();
  }
}

it('keeps the state over restarts, the whole of it', async () => {
  const options = { stateDirectory: join(directory, 'deep', 'state') };
  const made = await run(options, async (call) => ({
    id: await create(call, usage, usagePolicy),
    key: (
      await call('POST', '/api-keys/workspace/service', { name: 'k', workspace_id: alphaId, scopes: ['policies.list'] })
    ).body.key,
  }));
  await run(options, async (call) => {
    expect((await call('GET', listed)).body.data).toMatchObject([{ id: made.id }]);
    expect((await call('GET', usage, undefined, made.key)).status).toBe(200);
  });
});

it('has every write on disk before it answers, and leaves no other file', async () => {
  await run({ stateDirectory: directory }, async (call) => {
    await create(call, usage, usagePolicy);
    const kept = JSON.parse(await readFile(join(directory, 'emulator-state.json'), 'utf8'));
    expect(kept.state.usagePolicies).toMatchObject([{ name: usagePolicy.name }]);
    expect(kept.state.auditLogs).toHaveLength(1);
  });
  expect(await readdir(directory)).toEqual(['emulator-state.json']);
});

it('lets writes at once end in the last state', async () => {
  const options = { stateDirectory: directory };
  await run(options, async (call) => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => create(call, usage, { ...usagePolicy, name: `p${n}` })));
  });
  await run(options, async (call) => {
    expect((await call('GET', listed)).body.total).toBe(20);
  });
});

it('starts from a seed file: a bare state, or what a directory kept', async () => {
  const bare = join(directory, 'seed.json');
  const { workspaces } = buildState();
  await writeFile(bare, JSON.stringify({ workspaces: workspaces.slice(0, 1) }));
  await run({ seedFile: bare, stateDirectory: join(directory, 'state') }, async (call) => {
    expect((await call('GET', '/admin/workspaces')).body.total).toBe(1);
  });
  await run({ seedFile: join(directory, 'state', 'emulator-state.json') }, async (call) => {
    expect((await call('GET', '/admin/workspaces')).body.total).toBe(1);
  });
});

it.each([
  ['no JSON', '{', /is not JSON/],
  ['no object', '[]', /must be a JSON object/],
  ['a later format', '{"version":9,"state":{}}', /written in format 9/],
])('refuses %s', async (_name, text, message) => {
  await writeFile(join(directory, 'emulator-state.json'), text);
  await expect(startTestEmulator({ stateDirectory: directory })).rejects.toThrow(message);
});

it('says so when the port is taken', async () => {
  const first = await startTestEmulator();
  try {
    await expect(startTestEmulator({ port: first.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  } finally {
    await first.close();
  }
});

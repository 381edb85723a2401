import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ListenOptions } from '../../../src/emulator/server.ts';
import { UserError } from '../../../src/errors.ts';
import { writeFileAtomic } from '../../../src/policy/named-files.ts';
import { readProcessSpace } from '../../../src/process-space.ts';
import { createFileStore } from '../../../src/record/file.ts';
import { integrationRow, keyRow } from '../../helpers/state.ts';
import { sampleRecord } from '../../record/sample-record.ts';
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

it('mistakes-F9: two on one directory: the second is refused while the first serves, also after one that was killed', async () => {
  const options = { stateDirectory: directory };
  await run(options, async () => {
    await expect(startTestEmulator(options)).rejects.toThrow(/is served by process \d+ on .* already$/);
  });
  await run(options, async (call) => expect((await call('GET', listed)).status).toBe(200));
  // Left by a process that has ended.
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  const holder = { pid: gone, host: hostname(), space: readProcessSpace(), id: 'x' };
  await writeFile(join(directory, 'emulator.lock'), JSON.stringify(holder));
  await run(options, async (call) => expect((await call('GET', listed)).status).toBe(200));
  // Of another container nobody can tell.
  await writeFile(join(directory, 'emulator.lock'), JSON.stringify({ ...holder, space: 'elsewhere' }));
  await expect(startTestEmulator(options)).rejects.toThrow('is served by process');
});

it('mistakes-F11: a restart on its state gives out no id, key or slug a second time', async () => {
  const options = { stateDirectory: directory };
  const make = async (call: Call, name: string): Promise<unknown[]> => {
    const key = { name, workspace_id: alphaId, scopes: ['policies.list'] };
    const made = (await call('POST', '/api-keys/workspace/service', key)).body;
    return [await create(call, usage, { ...usagePolicy, name }), made.id, made.key];
  };
  const all: unknown[] = [];
  for (const name of ['one', 'two', 'three']) all.push(...(await run(options, (call) => make(call, name))));
  expect(new Set(all).size).toBe(9);
});

it.each<[string, unknown, RegExp]>([
  ['a list in place of the state', [], /must be a JSON object/],
  ['a collection that is none', { usage_policies: [] }, /it has no "usage_policies"; did you mean "usagePolicies"\?/],
  ['a map in place of rows', { workspaces: {} }, /`workspaces` is not a list/],
  ['a row that is a text', { workspaces: ['x'] }, /workspaces\[0\] is not an object/],
  [
    'a policy without conditions',
    withPolicy({ conditions: undefined }),
    /usagePolicies\[0\]\.conditions is not a list/,
  ],
  ['a policy without counters', withPolicy({ entities: null }), /usagePolicies\[0\]\.entities is not an object/],
  ['a policy of nowhere', withPolicy({ workspace_id: 'nowhere' }), /workspace_id names no workspace of it/],
  [
    'one id twice',
    { ...buildState(), workspaces: [...rowsOf('workspaces'), ...rowsOf('workspaces')] },
    /is there twice/,
  ],
])('mistakes-F10: a seed with %s is refused, and says where', async (_name, seed, message) => {
  const seedFile = join(directory, 'seed.json');
  await writeFile(seedFile, JSON.stringify(seed));
  await expect(startTestEmulator({ seedFile })).rejects.toThrow(message);
});

it('mistakes-F10: whatever odd a live account holds is taken', async () => {
  const seedFile = join(directory, 'seed.json');
  await writeFile(
    seedFile,
    JSON.stringify(withPolicy({ credit_limit: 0, name: null, periodic_reset: 'yearly', more: {} })),
  );
  await run({ seedFile }, async (call) => expect((await call('GET', listed)).body.total).toBe(1));
});

it.each<[string, unknown, RegExp]>([
  ['conditions of null', withPolicy({ conditions: null }), /usagePolicies\[0\]\.conditions is not a list of objects/],
  ['a condition of null', withPolicy({ conditions: [null] }), /conditions is not a list of objects/],
  ['a counter of null', withPolicy({ entities: { k: null } }), /entities is not an object of objects/],
  ['a reset at no date', withPolicy({ next_usage_reset_at: 'not a date' }), /next_usage_reset_at is not a date/],
  ['a birth at no date', withPolicy({ created_at: 'yesterday' }), /created_at is not a date/],
  [
    'a budget of a key that ends at no date',
    withRow('apiKeys', { ...keyRow('k', 'k', null), usage_limits: { credit_limit: 5, next_usage_reset_at: 'soon' } }),
    /apiKeys\[0\]\.usage_limits\.next_usage_reset_at is not a date/,
  ],
  [
    'a key that rotates at no date',
    withRow('apiKeys', { ...keyRow('k', 'k', null), rotation_policy: { next_rotation_at: 7 } }),
    /apiKeys\[0\]\.rotation_policy\.next_rotation_at is not a date/,
  ],
  [
    'a share whose budget is not a list',
    withRow('integrations', integrationRow('i', 'i', [alphaId]), { usage_limits: 'x' }),
    /integrations\[0\]\.workspaces\[0\]\.usage_limits is not a list of objects or null/,
  ],
  [
    'a share whose budget ends at no date',
    withRow('integrations', integrationRow('i', 'i', [alphaId]), { usage_limits: [{ last_reset_at: 'x' }] }),
    /integrations\[0\]\.workspaces\[0\]\.usage_limits\[0\]\.last_reset_at is not a date/,
  ],
])('a kept state with %s is refused as a seed is, and says where', async (_name, state, message) => {
  await writeFile(join(directory, 'emulator-state.json'), JSON.stringify({ version: 1, state }));
  await expect(startTestEmulator({ stateDirectory: directory })).rejects.toThrow(message);
  await expect(startTestEmulator({ stateDirectory: directory })).rejects.toThrow(/^the state .* cannot be served: /);
  await writeFile(join(directory, 'seed.json'), JSON.stringify(state));
  await expect(startTestEmulator({ seedFile: join(directory, 'seed.json') })).rejects.toThrow(message);
});

it('a window of no days, and one without end, never ends and keeps nobody waiting', async () => {
  const stateDirectory = directory;
  for (const periodic_reset_days of [0, -1, 0.1, 1e300]) {
    const state = withPolicy({ periodic_reset_days, next_usage_reset_at: '2026-01-02T00:00:00.000Z' });
    await writeFile(join(directory, 'emulator-state.json'), JSON.stringify({ version: 1, state }));
    await run({ stateDirectory }, async (call) => expect((await call('GET', listed)).body.total).toBe(1));
  }
});

it('a file in the place of the directory, and one that cannot be made, are one sentence and soon told', async () => {
  const file = join(directory, 'file');
  await writeFile(file, 'x');
  for (const stateDirectory of [file, join(file, 'deep')]) {
    const starting = startTestEmulator({ stateDirectory });
    await expect(starting).rejects.toThrow(/^there is a file in the place of the directory .*, or on the way to it$/);
    await expect(starting).rejects.toBeInstanceOf(UserError);
  }
  for (const path of ['/proc/nope', '/proc/nope/deep/er']) {
    await expect(startTestEmulator({ stateDirectory: path })).rejects.toThrow(
      /^the directory .* cannot be made \(E\w+\)$/,
    );
    await expect(createFileStore({ path: join(path, 'record.json') }).write(sampleRecord(), null, 'x')).rejects.toThrow(
      /cannot be written \(E\w+\)$/,
    );
    await expect(writeFileAtomic(join(path, 'a.yaml'), 'x')).rejects.toThrow(/ENOENT/);
  }
});

it('a lock that cannot be read is not waited for without end', async () => {
  await mkdir(join(directory, 'emulator.lock'));
  await expect(startTestEmulator({ stateDirectory: directory })).rejects.toThrow(
    'is served by another process already',
  );
});

function withRow(table: 'apiKeys' | 'integrations', row: object, share: object = {}): unknown {
  const workspaces = 'workspaces' in row ? [{ workspace_id: alphaId, enabled: true, rate_limits: null, ...share }] : [];
  return { ...buildState(), [table]: [table === 'integrations' ? { ...row, workspaces } : row] };
}

function rowsOf(name: 'workspaces'): readonly unknown[] {
  return buildState()[name] ?? [];
}

function withPolicy(changed: Readonly<Record<string, unknown>>): unknown {
  const row = {
    id: 'p',
    workspace_id: alphaId,
    conditions: [],
    group_by: [],
    entities: {},
    status: 'active',
    created_at: '2026-01-01T00:00:00.000Z',
  };
  return { ...buildState(), usagePolicies: [{ ...row, ...changed }] };
}

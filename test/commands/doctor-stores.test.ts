/** What `doctor` says of where calls and prices are read from: nothing is kept, and nobody is asked whom the files do not name. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CheckView } from '../../src/render/doctor.ts';
import { answer, onClose, serve } from '../client/loopback.ts';
import { parseOutput, type Rig, startRig } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';

async function start(org = ''): Promise<Rig> {
  const rig = await startRig({
    state: smallState(),
    files: { 'org.yaml': orgFile(org), 'a.yaml': workspaceFile('ws-team-a', '') },
  });
  onClose(() => rig.close());
  return rig;
}

async function storesOf(rig: Rig, env: Readonly<Record<string, string>> = {}): Promise<readonly Partial<CheckView>[]> {
  const ran = await rig.doctor({ format: 'json' }, { env });
  expect(ran.exit, ran.stdout).toBe(0);
  const { checks } = parseOutput(ran) as { readonly checks: readonly CheckView[] };
  return checks
    .filter(({ group }) => group === 'stores')
    .map(({ id, state, detail, advice }) => ({ id, state, detail, advice }));
}

it('without any: what there would be, and how to get it', async () => {
  expect(await storesOf(await start())).toEqual([
    {
      id: 'stores.logs',
      state: 'note',
      detail: 'none in tollgate-logs',
      advice: expect.stringContaining('`tollgate logs pull`'),
    },
    {
      id: 'stores.prices',
      state: 'note',
      detail: expect.stringContaining('`pricing.source` says where they are'),
      advice: expect.stringContaining('`pricing: {source: …}`'),
    },
  ]);
});

it('a store of calls: workspaces and days', async () => {
  const rig = await start();
  const folder = join(rig.folder, 'tollgate-logs/ws-team-a');
  mkdirSync(folder, { recursive: true });
  const day = {
    file: null,
    rows: 0,
    bytes: 0,
    sha256: null,
    duplicates: 0,
    malformed: 0,
    asked_at: '2026-11-03T00:00:00.000Z',
    is_final: true,
    fields: [],
    exports: [],
  };
  const days = { '2026-10-01': day, '2026-10-31': day };
  const manifest = { format: 1, workspace: 'ws-team-a', workspace_id: 'x', base_url: 'https://example.com', days };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  expect((await storesOf(rig))[0]).toMatchObject({
    state: 'works',
    detail: '1 workspace in tollgate-logs, 2026-10-01 to 2026-10-31',
  });
});

it('price files: a folder, an address that answers, one that does not; no copy is kept', async () => {
  const server = await serve((_seen, response) => answer(response, 200, '{}'));
  const source = (where: string) => `pricing: { source: ${where} }\n`;
  const folder = await start(source('prices'));
  mkdirSync(join(folder.folder, 'policies/prices'));
  expect((await storesOf(folder))[1]).toMatchObject({ state: 'broken', detail: 'prices holds no price files' });
  writeFileSync(join(folder.folder, 'policies/prices/openai.json'), '{}');
  expect((await storesOf(folder))[1]).toMatchObject({ state: 'works', detail: '1 file in prices' });

  const address = `http://127.0.0.1:${server.port}/pricing`;
  const asked = await start(source(address));
  const before = readdirSync(asked.folder);
  expect((await storesOf(asked, { XDG_CACHE_HOME: asked.folder }))[1]).toMatchObject({
    state: 'works',
    detail: `${address} answers`,
  });
  expect(server.seen.map(({ method, url }) => [method, url.pathname])).toEqual([['GET', '/pricing/openai.json']]);
  expect(readdirSync(asked.folder)).toEqual(before);

  const gone = await start(source('http://127.0.0.1:9/pricing'));
  expect((await storesOf(gone))[1]).toMatchObject({
    state: 'broken',
    detail: expect.stringContaining('http://127.0.0.1:9/pricing: '),
    advice: expect.stringContaining('Plans go on without prices'),
  });
});

it('a place of prices that says nothing is broken, and does not end the run', async () => {
  const silent = await serve(() => undefined);
  const rig = await start(`pricing: { source: 'http://127.0.0.1:${silent.port}/pricing' }\n`);
  expect((await storesOf(rig))[1]).toMatchObject({
    state: 'broken',
    detail: expect.stringContaining('are given 6 s together'),
  });
}, 60_000);

it('ClickHouse where its address is set: the columns of the table, and no row', async () => {
  const columns = 'id\tString\ncreated_at\tDateTime\ncost\tDecimal(18, 6)\n';
  const server = await serve((_seen, response) => void response.writeHead(200).end(columns));
  const env = { TOLLGATE_CLICKHOUSE_URL: `http://127.0.0.1:${server.port}` };
  const rig = await start();
  expect((await storesOf(rig, env))[2]).toMatchObject({
    id: 'stores.clickhouse',
    state: 'broken',
    detail: expect.stringContaining('no table is named'),
  });
  expect(server.seen).toEqual([]);
  const [, , found] = await storesOf(rig, { ...env, TOLLGATE_CLICKHOUSE_TABLE: 'calls' });
  expect(found).toMatchObject({ state: 'works', detail: 'calls can be read: 3 columns' });
  expect(server.seen.every(({ body }) => body.includes('system.columns'))).toBe(true);
});

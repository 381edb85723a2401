/** `logs pull`: days of calls in a store on this machine, and the commands over it. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/logs/duckdb.ts';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { testNow } from '../helpers/session.ts';
import { requestRow, smallState, uuid } from '../helpers/state.ts';

const day = 86_400_000;
const today = Date.parse(`${new Date(testNow).toISOString().slice(0, 10)}T00:00:00.000Z`);
const dayText = (ago: number): string => new Date(today - ago * day).toISOString().slice(0, 10);

/** Two calls on each of the latest days, and one of now. */
function rows(days: number) {
  return Array.from({ length: days }, (_, ago) =>
    [0, 1].map((nth) =>
      requestRow({
        id: uuid(0x200000 + ago * 2 + nth),
        created_at: new Date(today - ago * day + (nth + 1) * 1_000).toISOString(),
        cost: 1.25,
        metadata: { _user: nth === 0 ? 'ana' : 'ben' },
      }),
    ),
  ).flat();
}

async function ask(options: AskerOptions): Promise<Asker> {
  const asker = await startAsker(options);
  onTestFinished(() => asker.close());
  return asker;
}

const pull = 'logs pull --workspace ws-team-a --format json';

interface Pulled {
  readonly ok: boolean;
  readonly workspaces: readonly {
    readonly asked: readonly string[];
    readonly exports: number;
    readonly days: number;
    readonly rows: number;
    readonly damaged: readonly string[];
    readonly open: readonly string[];
    readonly removed: number;
  }[];
}

async function pulled(asker: Asker, words = pull): Promise<Pulled['workspaces'][number]> {
  const ran = await asker.type(words);
  expect([ran.exit, ran.stderr]).toEqual([0, '']);
  const [only] = (JSON.parse(ran.stdout) as Pulled).workspaces;
  if (only === undefined) throw new Error('no workspace was pulled');
  return only;
}

const folderOf = (asker: Asker): string => join(asker.folder, 'tollgate-logs/ws-team-a');

describe('logs pull', () => {
  it('keeps a file a day, and asks again only for what is missing or may still grow', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(5) }) });
    const first = await pulled(asker, `${pull} --since 4d`);
    expect(first).toMatchObject({ days: 4, rows: 8, open: [dayText(0)], exports: 2 });
    const files = readdirSync(folderOf(asker)).sort();
    expect(files.map((name) => name.replace(/-[0-9a-f]{8}\./, '.'))).toEqual([
      ...[3, 2, 1, 0].map((ago) => `${dayText(ago)}.parquet`),
      'manifest.json',
    ]);
    const again = await pulled(asker, `${pull} --since 5d`);
    expect(again).toMatchObject({ asked: [dayText(4), dayText(0)], days: 5, rows: 10 });
    const manifest = JSON.parse(readFileSync(join(folderOf(asker), 'manifest.json'), 'utf8')) as { days: object };
    expect(Object.keys(manifest.days)).toEqual([4, 3, 2, 1, 0].map(dayText));
  });

  it('leaves bodies where they are, unless they are asked for; then days without them are asked for again', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(3) }) });
    await pulled(asker, `${pull} --since 3d`);
    const posts = () =>
      asker.emulator.requests.recent.filter(({ method, path }) => method === 'POST' && path.endsWith('/logs/exports'));
    expect(JSON.stringify(posts()[0]?.body)).not.toContain('"request"');
    expect((await pulled(asker, `${pull} --since 3d --bodies`)).asked).toHaveLength(3);
    expect(JSON.stringify(posts().at(-1)?.body)).toContain('"request"');
    expect((await pulled(asker, `${pull} --since 3d --bodies`)).asked).toEqual([dayText(0)]);
  });

  it('is passed over by Git, and says where it cannot be', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(1) }) });
    await pulled(asker, `${pull} --since 1d`);
    execFileSync('git', ['init', '-q'], { cwd: asker.folder });
    const status = execFileSync('git', ['status', '--short', '--untracked-files=all'], { cwd: asker.folder });
    expect(status.toString()).not.toContain('tollgate-logs');
    writeFileSync(join(asker.folder, 'a-file'), '');
    for (const store of ['a-file', 'a-file/below', '/dev/null/x']) {
      const ran = await asker.type(`logs pull --workspace ws-team-a --since 1d --store ${store}`);
      expect([ran.exit, ran.stderr]).toEqual([1, expect.stringMatching(/cannot be made \((?:ENOTDIR|EEXIST)\)/)]);
    }
  });

  it('is readable by its owner alone', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(2) }) });
    await pulled(asker, `${pull} --since 2d`);
    expect(statSync(folderOf(asker)).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folderOf(asker))) {
      expect([name, statSync(join(folderOf(asker), name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  it('sees a file that is not what was written, and one that is gone, and asks for those days again', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(4) }) });
    await pulled(asker, `${pull} --since 4d`);
    const [third = '', second = ''] = readdirSync(folderOf(asker)).sort();
    const bytes = readFileSync(join(folderOf(asker), third));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(join(folderOf(asker), third), bytes);
    writeFileSync(join(folderOf(asker), second), 'short');
    expect((await asker.type('logs spend')).stderr).toContain('has 5 bytes where its manifest says');
    expect(await pulled(asker, `${pull} --since 4d`)).toMatchObject({
      damaged: [dayText(3), dayText(2)],
      days: 4,
      rows: 8,
    });
    expect((await asker.type('logs spend')).exit).toBe(0);
  });

  it('says what there is, how large it is, and what may still grow', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(3) }) });
    const { stdout, exit } = await asker.type('logs pull --workspace ws-team-a --since 3d');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/3 days of 1 workspaces in tollgate-logs: 6 calls, [\d.]+ KB\./);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`${dayText(0)} may still grow`);
  });

  it('goes on with a job that was not done, and makes no other one for those days', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(3) }), quirks: { exportsDone: 'never' } });
    const ran = await asker.type(`${pull} --since 3d`);
    expect(ran.exit).toBe(5);
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, workspaces: [{ pending: true, rows: 0 }] });
    const made = asker.emulator.store.state.logExports.length;
    asker.emulator.setQuirks({ exportsDone: 'first' });
    expect(await pulled(asker, `${pull} --since 3d`)).toMatchObject({ days: 3, rows: 6 });
    // That of today ends later now.
    expect(asker.emulator.store.state.logExports.length).toBeLessThanOrEqual(made + 1);
  });

  it('goes on with the other workspaces where the service refuses one, and says so', async () => {
    const asker = await ask({
      state: smallState({ requestLogs: rows(2) }),
      faults: [{ path: '/exports/*', times: 3, fault: { kind: 'cut' } }],
    });
    const ran = await asker.type('logs pull --since 2d --format json');
    const said = JSON.parse(ran.stdout) as { failed: { workspace: string; why: string }[]; workspaces: unknown[] };
    expect(ran.exit).toBe(5);
    expect(said.failed).toHaveLength(1);
    expect(said.workspaces.length).toBeGreaterThan(0);
    const again = await asker.type('logs pull --since 2d --format json');
    expect([again.exit, (JSON.parse(again.stdout) as { failed: unknown[] }).failed]).toEqual([0, []]);
  });

  it('goes on with the other workspaces where the days of one cannot be read, or are of another', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(2) }) });
    const all = 'logs pull --since 2d --format json';
    await pulled(asker, all);
    const file = join(folderOf(asker), 'manifest.json');
    const text = readFileSync(file, 'utf8');
    for (const [broken, said] of [
      [text.slice(0, 100), 'is not a manifest of this version'],
      [text.replace('"workspace": "ws-team-a"', '"workspace": "ws-other"'), 'holds calls of the workspace ws-other'],
    ] as const) {
      writeFileSync(file, broken);
      const ran = await asker.type(all);
      const { failed, workspaces } = JSON.parse(ran.stdout) as { failed: unknown[]; workspaces: unknown[] };
      expect([ran.exit, failed]).toEqual([5, [{ workspace: 'ws-team-a', why: expect.stringContaining(said) }]]);
      expect(workspaces.length).toBeGreaterThan(0);
    }
  });

  it('deletes days that are older than is kept', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(6) }) });
    await pulled(asker, `${pull} --since 6d`);
    expect(await pulled(asker, `${pull} --since 6d --keep 3d`)).toMatchObject({ days: 3, removed: 3, rows: 6 });
    expect(readdirSync(folderOf(asker)).filter((name) => name.endsWith('.parquet'))).toHaveLength(3);
  });

  it('a run that ends anywhere leaves a store that the next one mends', async () => {
    const state = smallState({ requestLogs: rows(4) });
    const count = await ask({ state });
    await pulled(count, `${pull} --since 4d`);
    const steps = count.wire.length;
    expect(steps).toBeGreaterThan(8);
    for (let step = 1; step <= steps; step += 1) {
      let stop: (() => void) | undefined;
      let seen = 0;
      const asker = await ask({
        state,
        onRequest: (moment) => {
          if (moment !== 'before') return;
          seen += 1;
          if (seen === step) stop?.();
        },
      });
      const session = asker.session();
      stop = () => session.cancel();
      const { runLogsPull } = await import('../../src/commands/logs-pull.ts');
      const common = { dir: 'policies', backend: 'portkey', concurrency: 4, quiet: false, verbose: false } as const;
      const options = { ...common, workspace: ['ws-team-a'], store: 'tollgate-logs', since: 4, bodies: false } as const;
      await runLogsPull({ ...options, format: 'json' }, session).catch((error: unknown) => {
        expect(String(error)).toContain('cancelled');
      });
      stop = undefined;
      // What was left in the way of a run that ended between two steps.
      if (existsSync(folderOf(asker))) {
        writeFileSync(join(folderOf(asker), `${dayText(1)}.tmp`), 'half');
        writeFileSync(join(folderOf(asker), `${dayText(1)}-00000000.parquet`), 'named by nothing');
        writeFileSync(join(folderOf(asker), `pull-${dayText(9)}-${dayText(8)}.jsonl`), 'older');
      }
      expect([step, (await pulled(asker, `${pull} --since 4d`)).rows]).toEqual([step, 8]);
      const names = readdirSync(folderOf(asker));
      expect([step, names.length, names.filter((name) => /tmp|pull-|00000000/.test(name))]).toEqual([step, 5, []]);
    }
  }, 240_000);

  it('will not mix another control plane, or another workspace of the name, into a store', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(2) }) });
    await pulled(asker, `${pull} --since 2d`);
    const path = join(folderOf(asker), 'manifest.json');
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/"base_url": "[^"]*"/, '"base_url": "https://other.example.com"'),
    );
    const ran = await asker.type(`${pull} --since 2d`);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('https://other.example.com');
  });
});

describe('the database', () => {
  it('is held by one pull at a time, as long as its process lives', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(2) }) });
    await pulled(asker, `${pull} --since 2d`);
    const held = JSON.stringify(join(asker.folder, 'tollgate-logs/held.duckdb'));
    const code = `import { DuckDBInstance } from '@duckdb/node-api'; const made = await DuckDBInstance.create(':memory:'); const connection = await made.connect(); await connection.run("ATTACH '" + ${held} + "' AS held"); console.log('held'); setInterval(() => connection, 1000);`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    const ran = await asker.type(`${pull} --since 2d`);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('another `logs pull` is at work there');
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect((await pulled(asker, `${pull} --since 2d`)).days).toBe(2);
  });

  it('is said to be missing where it cannot be loaded, with how to get it', async () => {
    const missing = openDatabase({ signal: new AbortController().signal }, () =>
      Promise.reject(new Error('not there')),
    );
    await expect(missing).rejects.toMatchObject({
      name: 'UserError',
      hint: expect.stringContaining('npm install @duckdb/node-api'),
    });
  });
});

describe('commands over a store', () => {
  it('logs spend, top and audit answer from what was pulled', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(4) }) });
    await pulled(asker, `${pull} --since 4d`);
    const spend = JSON.parse((await asker.type('logs spend --by user --by day --format json')).stdout) as {
      groups: { names: string[]; dollars: string }[];
      total: object;
    };
    expect(spend.total).toMatchObject({ requests: 8, dollars: '0.1' });
    expect(spend.groups).toHaveLength(8);
    expect(spend.groups[0]).toMatchObject({ names: ['ana', dayText(3)], dollars: '0.0125' });
    const since = JSON.parse((await asker.type('logs spend --since 1d --format json')).stdout) as { total: object };
    expect(since.total).toMatchObject({ requests: 2 });
    const top = await asker.type('logs top --order time --limit 3 --format csv');
    expect(top.stdout.trimEnd().split('\r\n')).toHaveLength(4);
    expect(top.stdout).toContain(`${dayText(0)}T00:00:02.000Z,ws-team-a,ben`);
    const period = `${dayText(3)}..${dayText(1)}`;
    const audit = await asker.type(`logs audit ${period} --out a.jsonl --format json`);
    expect([audit.exit, audit.stderr]).toEqual([0, '']);
    const lines = readFileSync(join(asker.folder, 'a.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      cost: 1.25,
      metadata: { _user: 'ana' },
      workspace_slug: 'ws-team-a',
    });
    const manifest = JSON.parse(readFileSync(join(asker.folder, 'a.jsonl.manifest.json'), 'utf8')) as object;
    expect(manifest).toMatchObject({ rows: 6, cost_units: '75000000000', units_per_cent: 1e10 });
    const read = JSON.parse((await asker.type('logs spend a.jsonl --format json')).stdout) as { total: object };
    expect(read.total).toMatchObject({ requests: 6, dollars: '0.075' });
    const more = await asker.type(`logs audit ${dayText(9)}..${dayText(0)} --out b.parquet`);
    expect(more.exit).toBe(5);
    expect(more.stdout).toContain(dayText(9));
  });

  it('logs spend asks all stores that are named before it says that a day is in none', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(4) }) });
    await pulled(asker, `${pull} --since 4d`);
    await pulled(asker, `${pull} --since 2d --store other`);
    const said = async (words: string) => (await asker.type(`logs spend ${words}`.trim())).stdout.replace(/\s+/g, ' ');
    expect(await said('')).toMatch(/^(?!.*Not in the store).*8 calls/);
    const path = join(folderOf(asker), 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { days: Record<string, object> };
    for (const day of [1, 2]) delete manifest.days[dayText(day)];
    writeFileSync(path, JSON.stringify(manifest));
    expect(await said('')).toContain(`Not in the store: ${dayText(2)} to ${dayText(1)}, of ws-team-a.`);
    expect(await said('tollgate-logs other')).toContain(`Not in the store: ${dayText(2)}, of ws-team-a.`);
    expect(await said(`tollgate-logs other --from ${dayText(1)}`)).not.toContain('Not in the store');
    expect(await said('--workspace ws-team-b')).toContain(
      `Not in the store: ${dayText(3)} to ${dayText(0)}, of ws-team-b.`,
    );
  });

  it('logs spend, top and audit refuse days whose manifest is cut off, of a later version, gone, or names no day', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(3) }) });
    await pulled(asker, `${pull} --since 3d`);
    const file = join(folderOf(asker), 'manifest.json');
    const text = readFileSync(file, 'utf8');
    const period = `${dayText(2)}..${dayText(1)}`;
    for (const broken of [
      text.slice(0, 200),
      text.replace('"format": 1', '"format": 2'),
      text.replace(dayText(1), '2026-13-45'),
      text.replace(dayText(1), '2026-02-30'),
      text.replace(/"file": "/, '"file": "../'),
      null,
    ]) {
      if (broken === null) rmSync(file);
      else writeFileSync(file, broken);
      for (const words of ['spend', 'top', 'spend --workspace ws-team-a', `audit ${period} --out a.jsonl`]) {
        const ran = await asker.type(`logs ${words}`);
        expect([ran.exit, ran.stderr], words).toEqual([1, expect.stringContaining('ws-team-a/manifest.json is not ')]);
        expect(ran.stderr, words).toContain('Delete that folder');
      }
    }
    rmSync(folderOf(asker), { recursive: true });
    expect(await pulled(asker, `${pull} --since 3d`)).toMatchObject({ days: 3, rows: 6 });
  });

  it('logs spend and top name the days of the window that the store lacks, and those that were not over', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(9) }) });
    await pulled(asker, `${pull} --since 3d`);
    const say = async (words: string) => (await asker.type(`logs ${words}`)).stdout.replace(/\s+/g, ' ');
    const gap = `Not in the store: ${dayText(8)} to ${dayText(3)}, of ws-team-a.`;
    const open = `Not complete in the store yet: ${dayText(0)}, of ws-team-a.`;
    for (const words of ['spend', 'top', 'spend --format json']) {
      const said = await say(`${words} --from ${dayText(8)} --to ${dayText(0)}`);
      expect(said, words).toContain(gap);
      expect(said, words).toContain(open);
    }
    expect(await say('spend --since 9d')).toContain(gap);
    expect(await say(`spend --from ${dayText(8)} --to ${dayText(8)}`)).toContain(`Not in the store: ${dayText(8)}, of`);
    expect(await say('spend --workspace ws-never')).toContain(
      `Not in the store: ${dayText(2)} to ${dayText(0)}, of ws-never`,
    );
    const focus = await asker.type(`logs spend --format focus --from ${dayText(8)} --to ${dayText(1)}`);
    expect(focus.stderr.replace(/\s+/g, ' ')).toContain(gap);
    const whole = await say(`spend --from ${dayText(2)} --to ${dayText(1)}`);
    expect(whole).not.toContain('in the store');
    // A hole in the middle is one too, without a window.
    await pulled(asker, `${pull} --since 6d`);
    const file = join(folderOf(asker), 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { days: Record<string, object> };
    delete manifest.days[dayText(4)];
    writeFileSync(file, JSON.stringify(manifest));
    expect(await say('spend')).toContain(`Not in the store: ${dayText(4)}, of ws-team-a.`);
  });

  it('logs audit is not whole without a workspace that was asked for and never pulled', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(3) }) });
    await pulled(asker, `${pull} --since 3d`);
    const words = `logs audit ${dayText(2)}..${dayText(1)} --workspace ws-team-b --workspace ws-team-a --out a.jsonl --format json`;
    const ran = await asker.type(words);
    expect(ran.exit).toBe(5);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: false,
      rows: 4,
      workspaces: [
        { workspace: 'ws-team-a', rows: 4, missing: [] },
        { workspace: 'ws-team-b', rows: 0, missing: [dayText(2), dayText(1)] },
      ],
    });
  });

  it('logs audit takes one day, and says where no file can be', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(3) }) });
    await pulled(asker, `${pull} --since 3d`);
    expect((await asker.type(`logs audit ${dayText(1)}`)).stdout).toContain(
      `audit-${dayText(1)}-${dayText(1)}.jsonl.gz`,
    );
    const ran = await asker.type(`logs audit ${dayText(1)} --out nowhere/a.jsonl`);
    expect([ran.exit, ran.stderr]).toEqual([
      1,
      expect.stringContaining('cannot write nowhere/a.jsonl: its directory is not there'),
    ]);
  });

  it.skipIf(!existsSync('/dev/full'))(
    'logs audit says that the disk is full, as a plain error, and leaves no half of a file',
    async () => {
      const asker = await ask({ state: smallState({ requestLogs: rows(3) }) });
      await pulled(asker, `${pull} --since 3d`);
      for (const name of ['a.jsonl', 'b.parquet']) {
        for (const made of [`${name}.part`, `tmp_${name}.part`]) symlinkSync('/dev/full', join(asker.folder, made));
        const ran = await asker.type(`logs audit ${dayText(1)} --out ${name}`);
        expect([ran.exit, ran.stdout]).toEqual([1, '']);
        expect(ran.stderr).toMatch(
          /no room is left on the disk: IO Error: .*\.part.*: No space left on device\nMake room/,
        );
        expect(ran.stderr).not.toMatch(/fault in tollgate|\n {4}at /);
        expect(existsSync(join(asker.folder, name))).toBe(false);
        expect(readdirSync(asker.folder)).not.toContain(`${name}.part`);
      }
    },
  );

  it('logs audit says which day has lost its file', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(2) }) });
    await pulled(asker, `${pull} --since 2d`);
    const file = readdirSync(folderOf(asker)).find((name) => name.startsWith(dayText(1)));
    rmSync(join(folderOf(asker), file ?? ''));
    const ran = await asker.type(`logs audit ${dayText(1)}..${dayText(0)} --out a.jsonl`);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain(`the file of ${dayText(1)} of ws-team-a is not what its manifest says`);
    expect(existsSync(join(asker.folder, 'a.jsonl'))).toBe(false);
  });

  it('a store that is not there says how to get one', async () => {
    const asker = await ask({ state: smallState({}) });
    const ran = await asker.type('logs spend');
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('"tollgate-logs" is not there');
  });
});

/** Logs of a window in one file: all of them, each once, with a manifest, and gone on with after an interruption. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Asker, type AskerOptions, startAsker } from '../helpers/ask.ts';
import { requestRow, smallState, uuid } from '../helpers/state.ts';

const start = Date.UTC(2026, 7, 20);
const quarter = 90 * 24 * 3_600_000;

/** Evenly over a quarter, at whole seconds, some of one second. */
function rows(count: number) {
  return Array.from({ length: count }, (_, index) =>
    requestRow({
      id: uuid(0x100000 + index),
      created_at: `${new Date(start + Math.floor((index / count) * quarter)).toISOString().slice(0, 19)}.000Z`,
      cost: index % 7,
      metadata: { _user: index % 2 === 0 ? 'ana' : 'ben' },
    }),
  );
}

async function ask(options: AskerOptions): Promise<Asker> {
  const asker = await startAsker(options);
  onTestFinished(() => asker.close());
  return asker;
}

const window = {
  workspace_slug: 'ws-team-a',
  time_of_generation_min: new Date(start).toISOString(),
  time_of_generation_max: new Date(start + quarter).toISOString(),
};
const words = `logs export --workspace ws-team-a --from ${window.time_of_generation_min} --to ${window.time_of_generation_max}`;

interface Exported {
  readonly state: string;
  readonly rows: number;
  readonly sha256: string;
  readonly file: string;
  readonly manifest: string;
  readonly exports: readonly { readonly from: string; readonly to: string; readonly rows: number }[];
}

const read = (asker: Asker, file: string): string => readFileSync(join(asker.folder, file), 'utf8');
const idsOf = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);

describe('export_logs', () => {
  it('S0-24, S0-42: 120,000 rows are three jobs over windows that do not overlap, and one file with each row once', async () => {
    const asker = await ask({ state: smallState({ requestLogs: rows(120_000) }) });
    const data = await asker.data<Exported>('export_logs', { ...window, file: 'quarter.jsonl' });
    expect(data).toMatchObject({ state: 'done', rows: 120_000 });
    expect(data.exports).toHaveLength(3);
    for (const [index, part] of data.exports.entries()) {
      expect(part.rows).toBeLessThan(50_000);
      if (index > 0) expect(part.from).toBe(data.exports[index - 1]?.to);
    }
    const text = read(asker, 'quarter.jsonl');
    const ids = idsOf(text);
    expect(ids).toHaveLength(120_000);
    expect(new Set(ids).size).toBe(120_000);
    const manifest = JSON.parse(read(asker, data.manifest)) as Record<string, unknown>;
    expect(manifest).toMatchObject({ complete: true, rows: 120_000, sha256: data.sha256 });
    expect(createHash('sha256').update(text).digest('hex')).toBe(data.sha256);
    expect(asker.emulator.store.state.logExports).toHaveLength(3);
    expect(existsSync(join(asker.folder, 'quarter.jsonl.part'))).toBe(false);
  }, 60_000);

  it.each(['page', 'none'] as const)(
    'divides a window where the count is that of a %s',
    async (exportTotals) => {
      const asker = await ask({ state: smallState({ requestLogs: rows(60_000) }), quirks: { exportTotals } });
      const data = await asker.data<Exported>('export_logs', { ...window, file: 'all.jsonl' });
      expect(data).toMatchObject({ state: 'done', rows: 60_000 });
      expect(new Set(idsOf(read(asker, 'all.jsonl'))).size).toBe(60_000);
    },
    60_000,
  );

  const few = smallState({ requestLogs: rows(40) });

  it('S0-23, S0-36: goes through the four calls in order, with the filter on a user', async () => {
    const asker = await ask({ state: few });
    const ran = await asker.type(`${words} --user ana --out ana.jsonl`);
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('20 calls in ana.jsonl');
    const steps = asker.wire
      .filter((line) => line.includes('exports'))
      .map((line) => line.replace(/[0-9a-f-]{36}/, '…'));
    expect(steps).toEqual([
      'GET /logs/exports',
      'POST /logs/exports',
      'POST /logs/exports/…/start',
      'GET /logs/exports/…',
      'GET /logs/exports/…/download',
      'GET /exports/…',
    ]);
    const [post] = asker.emulator.requests.recent.filter(({ method }) => method === 'POST');
    expect(post?.body).toMatchObject({ filters: { metadata: { _user: 'ana' } } });
  });

  it('leaves bodies out, unless they are asked for', async () => {
    const asker = await ask({ state: few });
    await asker.type(`${words} --out without.jsonl`);
    expect(read(asker, 'without.jsonl')).not.toContain('"request"');
    await asker.type(`${words} --bodies --out with.jsonl`);
    expect(read(asker, 'with.jsonl')).toContain('"request"');
  });

  it('goes on after an interruption: no row twice, no job made twice', async () => {
    let stop: (() => void) | undefined;
    const asker = await ask({
      state: smallState({ requestLogs: rows(60_000) }),
      onRequest: (moment, { path }) => {
        if (
          moment === 'before' &&
          path.endsWith('/download') &&
          asker.emulator.requests.count('POST', '/logs/exports') === 2
        )
          stop?.();
      },
    });
    const session = asker.session();
    stop = () => session.cancel();
    const { runAsk } = await import('../../src/commands/ask.ts');
    const { twins } = await import('../../src/tools/twins.ts');
    const twin = twins.find(({ tool }) => tool === 'export_logs');
    if (twin === undefined) throw new Error('no twin');
    const common = {
      dir: 'policies',
      workspace: [],
      backend: 'portkey',
      concurrency: 4,
      quiet: false,
      verbose: false,
    } as const;
    const given = {
      workspace: 'ws-team-a',
      from: window.time_of_generation_min,
      to: window.time_of_generation_max,
      out: 'cut.jsonl',
    };
    await expect(runAsk({ ...common, format: 'text', twin, given }, session)).rejects.toThrow('cancelled');
    expect(existsSync(join(asker.folder, 'cut.jsonl'))).toBe(false);
    stop = undefined;
    const ran = await asker.type(`${words} --out cut.jsonl`);
    expect(ran.stdout).toContain('60,000 calls in cut.jsonl, from 2 exports');
    expect(new Set(idsOf(read(asker, 'cut.jsonl'))).size).toBe(60_000);
    expect(asker.emulator.store.state.logExports).toHaveLength(2);
  }, 60_000);

  it('is pending for an agent where a job is slow, and goes on with it', async () => {
    const asker = await ask({ state: few, quirks: { exportsDone: 'never' } });
    expect(await asker.data<Exported>('export_logs', { ...window, file: 'slow.jsonl' })).toMatchObject({
      state: 'pending',
      rows: 0,
    });
    asker.emulator.setQuirks({ exportsDone: 'first' });
    expect(await asker.data<Exported>('export_logs', { ...window, file: 'slow.jsonl' })).toMatchObject({
      state: 'done',
      rows: 40,
    });
    expect(asker.emulator.store.state.logExports).toHaveLength(1);
  });

  it('never calls a file complete that lacks rows, and another run mends it', async () => {
    const asker = await ask({ state: few, quirks: { exportFiles: 'half' } });
    const ran = await asker.type(`${words} --out half.jsonl`);
    expect(ran.exit).toBe(6);
    expect(ran.stderr).toContain('holds 20 rows where 40 were announced');
    expect(existsSync(join(asker.folder, 'half.jsonl'))).toBe(false);
    asker.emulator.setQuirks({ exportFiles: 'whole' });
    expect((await asker.type(`${words} --out half.jsonl`)).stdout).toContain('40 calls in half.jsonl');
    expect(idsOf(read(asker, 'half.jsonl'))).toHaveLength(40);
  });

  it('a file that breaks off on the way is fetched again, and one whose lines are broken is refused', async () => {
    const asker = await ask({ state: few, faults: [{ path: '/exports/*', times: 2, fault: { kind: 'cut' } }] });
    expect((await asker.type(`${words} --out cut.jsonl`)).stdout).toContain('40 calls');
    expect(idsOf(read(asker, 'cut.jsonl'))).toHaveLength(40);
    asker.emulator.setQuirks({ exportFiles: 'broken' });
    expect((await asker.type(`${words} --user ana --out broken.jsonl`)).exit).toBe(6);
    expect(existsSync(join(asker.folder, 'broken.jsonl'))).toBe(false);
  });

  it('writes over nothing that it did not make', async () => {
    const asker = await ask({ state: few });
    writeFileSync(join(asker.folder, 'mine.jsonl'), 'mine');
    expect((await asker.type(`${words} --out mine.jsonl`)).exit).toBe(1);
    expect(read(asker, 'mine.jsonl')).toBe('mine');
    await asker.type(`${words} --out other.jsonl`);
    const ran = await asker.type(`${words} --user ana --out other.jsonl`);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('holds another export');
    expect(idsOf(read(asker, 'other.jsonl'))).toHaveLength(40);
  });

  it.each(['../out.jsonl', '/tmp/out.jsonl', 'notes.md', 'policies/../../out.jsonl'])(
    'an agent cannot write to %s',
    async (file) => {
      const asker = await ask({ state: few });
      expect(await asker.call('export_logs', { ...window, file })).toMatchObject({
        ok: false,
        error: { code: 'invalid_input' },
      });
      expect(asker.emulator.store.state.logExports).toEqual([]);
    },
  );

  it.each([
    ['the file', 'out.jsonl', 'out.jsonl'],
    ['the file as it grows', 'out.jsonl', 'out.jsonl.part'],
    ['its manifest', 'out.jsonl', 'out.jsonl.manifest.json'],
    ['a folder on the way', 'logs/out.jsonl', 'logs'],
  ])('an agent cannot write through a link where %s would be, and a person can', async (what, file, link) => {
    const [asker, outside] = [await ask({ state: few }), (await ask({})).folder];
    const isFolder = what.startsWith('a folder');
    const elsewhere = isFolder ? outside : join(outside, 'kept');
    if (what === 'the file as it grows') writeFileSync(elsewhere, 'kept');
    symlinkSync(elsewhere, join(asker.folder, link));
    const before = readdirSync(outside);
    expect(await asker.call('export_logs', { ...window, file })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input', hint: expect.stringContaining('no link leads elsewhere') },
    });
    expect(readdirSync(outside)).toEqual(before);
    if (what === 'the file as it grows') expect(readFileSync(elsewhere, 'utf8')).toBe('kept');
    expect(asker.emulator.store.state.logExports).toEqual([]);
    if (isFolder) expect((await asker.type(`${words} --out ${file}`)).stdout).toContain('40 calls in logs/out.jsonl');
  });

  it('an agent writes through a link that stays below the working folder', async () => {
    const asker = await ask({ state: few });
    mkdirSync(join(asker.folder, 'kept'));
    symlinkSync('kept', join(asker.folder, 'logs'));
    expect(await asker.data('export_logs', { ...window, file: 'logs/..out.jsonl' })).toMatchObject({ rows: 40 });
    expect(existsSync(join(asker.folder, 'kept/..out.jsonl'))).toBe(true);
  });

  it('is the same bytes as `logs export --format json`', async () => {
    const asker = await ask({ state: few });
    const ran = await asker.type(`${words} --out same.jsonl --format json`);
    expect(ran.stdout).toBe(`${JSON.stringify(await asker.call('export_logs', { ...window, file: 'same.jsonl' }))}\n`);
  });
});

/** What the commands over rows take, refuse and say. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { focusColumns } from '../../src/logs/focus.ts';
import { folderOfWorkspace } from '../../src/logs/store.ts';
import { type Asker, startAsker } from '../helpers/ask.ts';
import { writeCalls } from '../helpers/call-rows.ts';
import { writeCallStore } from '../helpers/call-store.ts';

async function ask(): Promise<Asker> {
  const asker = await startAsker({});
  onTestFinished(() => asker.close());
  return asker;
}

const row = (id: string, more: object = {}): string =>
  `${JSON.stringify({ id, created_at: '2026-10-01T10:00:00.000Z', cost: 2.5, total_units: 10, ai_org: 'openai', ai_model: 'gpt', ...more })}\n`;

describe('logs spend and logs top', () => {
  it('answer without a key and without a request, the same for any order of files, and exact to the last digit', async () => {
    const asker = await ask();
    const paths = writeCalls(join(asker.folder, 'calls'), 1_500);
    const words = ['logs', 'spend', '--by', 'provider', '--by', 'metadata.env', '--format', 'csv'];
    const one = await asker.type([...words, 'calls/*.gz'], { env: { PORTKEY_API_KEY: undefined } });
    expect([one.exit, one.stderr]).toEqual([0, '']);
    expect((await asker.type([...words, ...[...paths].reverse()])).stdout).toBe(one.stdout);
    expect(asker.wire).toEqual([]);
    const total = JSON.parse((await asker.type(['logs', 'spend', 'calls', '--format', 'json'])).stdout) as {
      groups: { dollars: string }[];
      total: { dollars: string };
    };
    const units = (text: string): bigint =>
      BigInt(
        text
          .split('.')
          .map((part, at) => (at === 0 ? part : part.padEnd(12, '0')))
          .join(''),
      );
    expect(total.groups.reduce((sum, { dollars }) => sum + units(dollars), 0n)).toBe(units(total.total.dollars));
  });

  it('answer the same from a store as from the files that it was made of', async () => {
    const asker = await ask();
    const paths = writeCalls(join(asker.folder, 'calls'), 3_000).slice(0, 4);
    await writeCallStore(join(asker.folder, 'tollgate-logs'), paths);
    for (const words of [
      'spend --by workspace --by user',
      'spend --by day --by metadata.team',
      'spend --by status',
      'top --order tokens',
      'spend --from 2026-10-05 --to 2026-10-09 --workspace ws-team-03',
    ]) {
      const [files, store] = [
        await asker.type([...`logs ${words} --format csv`.split(' '), ...paths]),
        await asker.type(`logs ${words} --format csv`),
      ];
      expect([words, files.exit, files.stderr]).toEqual([words, 0, '']);
      expect(store.stdout).toBe(files.stdout);
      expect(store.stdout.split('\r\n').length).toBeGreaterThan(2);
    }
  });

  it('take what is no number for unknown: true costs nothing that anybody knows, and is no token', async () => {
    const asker = await ask();
    const lines = [true, false, [1], { a: 1 }, 'x', '2.5', 2.5].map((value, at) =>
      row(`id-${at}`, { cost: value, total_units: typeof value === 'boolean' ? value : 10 }),
    );
    writeFileSync(join(asker.folder, 'f.jsonl'), lines.join(''));
    const { total } = JSON.parse((await asker.type('logs spend f.jsonl --format json')).stdout) as { total: object };
    expect(total).toMatchObject({ requests: 7, cost_unknown: 5, dollars: '0.05', tokens: 50 });
  });

  it('read metadata as an object, as lists side by side, and as pairs of both forms', async () => {
    const asker = await ask();
    const forms = [
      { _user: 'eve' },
      { key: ['team', '_user'], value: ['x', 'eve'] },
      [
        { key: 'team', value: 'x' },
        { key: '_user', value: 'eve' },
      ],
      [
        ['team', 'x'],
        ['_user', 'eve'],
      ],
      [[1, 2], [], ['_user']],
      ['_user', 'eve'],
    ];
    const lines = forms.map((metadata, at) => row(`id-${at}`, { metadata }));
    writeFileSync(join(asker.folder, 'f.jsonl'), lines.join(''));
    const { groups } = JSON.parse((await asker.type('logs spend f.jsonl --by user --format json')).stdout) as {
      groups: { names: unknown; requests: number }[];
    };
    expect(groups.map(({ names, requests }) => [names, requests])).toEqual([
      [['eve'], 4],
      [[null], 2],
    ]);
  });

  it('list days in their order, the dearest of a day first', async () => {
    const asker = await ask();
    const calls = [
      ['2026-10-03', 1, 'gpt'],
      ['2026-10-01', 2, 'gpt'],
      ['2026-10-02', 9, 'cheap'],
      ['2026-10-02', 20, 'dear'],
    ].map(([day, cost, ai_model], at) => row(`id-${at}`, { created_at: `${day}T10:00:00.000Z`, cost, ai_model }));
    writeFileSync(join(asker.folder, 'f.jsonl'), calls.join(''));
    const namesOf = async (words: string): Promise<unknown> =>
      (
        JSON.parse((await asker.type(`logs spend f.jsonl ${words} --format json`)).stdout) as {
          groups: { names: unknown }[];
        }
      ).groups.map(({ names }) => names);
    expect(await namesOf('--by day')).toEqual([['2026-10-01'], ['2026-10-02'], ['2026-10-03']]);
    expect(await namesOf('--by day --by model')).toEqual([
      ['2026-10-01', 'gpt'],
      ['2026-10-02', 'dear'],
      ['2026-10-02', 'cheap'],
      ['2026-10-03', 'gpt'],
    ]);
    expect(await namesOf('--by model')).toEqual([['dear'], ['cheap'], ['gpt']]);
  });

  it('say what they do not know, once for each cause', async () => {
    const asker = await ask();
    const lines = [row('a'), row('b', { cost: null }), row('c', { cost_currency: 'EUR' }), row('a'), 'no row\n'];
    writeFileSync(join(asker.folder, 'f.jsonl'), lines.join(''));
    const { stdout } = await asker.type('logs spend f.jsonl --by user');
    const json = JSON.parse((await asker.type('logs spend f.jsonl --format json')).stdout) as { total: object };
    expect(json.total).toMatchObject({ requests: 3, cost_unknown: 2, dollars: '0.025' });
    expect(stdout).toContain('3 calls for $0.03');
    for (const text of [
      '1 lines are not rows',
      'f.jsonl:5 not a JSON object',
      '1 rows have an id',
      'of 1 of 3 calls is unknown',
      'is in EUR',
      '3 of 3 calls say nothing of user',
    ]) {
      expect(stdout.replace(/\s+/g, ' ')).toContain(text);
    }
  });

  it('write FOCUS to stdout alone, and what is not in it beside', async () => {
    const asker = await ask();
    writeFileSync(join(asker.folder, 'f.jsonl'), [row('a'), row('b', { cost: null, ai_model: '=cmd' })].join(''));
    const ran = await asker.type('logs spend f.jsonl --format focus');
    const [head, ...charges] = ran.stdout.trimEnd().split('\r\n');
    expect(head).toBe(focusColumns.join(','));
    expect(charges).toHaveLength(1);
    expect(charges[0]).toMatch(/^0\.025,unknown,,USD,2026-11-01T00:00:00Z/);
    expect(ran.stderr).toContain('1 calls are not in it');
    expect((await asker.type('logs spend f.jsonl --format focus --by user')).exit).toBe(1);
  });

  it('take a window of days or times, by one word for its beginning', async () => {
    const asker = await ask();
    const days = [1, 2, 3].map((day) => row(`d${day}`, { created_at: `2026-10-0${day}T23:59:59.999Z` }));
    writeFileSync(join(asker.folder, 'f.jsonl'), days.join(''));
    const count = async (words: string): Promise<unknown> =>
      (
        JSON.parse((await asker.type(`logs spend f.jsonl --format json ${words}`)).stdout) as {
          total: { requests: number };
        }
      ).total.requests;
    expect(await count('--from 2026-10-02')).toBe(2);
    expect(await count('--from 2026-10-02 --to 2026-10-02')).toBe(1);
    expect(await count('--to 2026-10-02T23:59:59.999Z')).toBe(1);
    for (const words of [
      '--since 3d --from 2026-10-01',
      '--from yesterday',
      '--from 2026-10-03 --to 2026-10-01',
      '--by nobody',
    ]) {
      expect([words, (await asker.type(`logs spend f.jsonl ${words}`)).exit]).toEqual([words, 1]);
    }
  });

  it('refuse a folder without rows', async () => {
    const asker = await ask();
    mkdirSync(join(asker.folder, 'tollgate-logs'));
    expect((await asker.type('logs top')).stderr).toContain('"tollgate-logs" is a folder without rows');
  });
});

describe('logs audit', () => {
  it.each(['2026-Q5', '2026-13', '2026-10-02..2026-10-01', 'october'])('refuses the period %s', async (period) => {
    const ran = await (await ask()).type(['logs', 'audit', period]);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('is not a period');
  });

  it('writes over nothing, and nothing where the store has none of it', async () => {
    const asker = await ask();
    writeFileSync(join(asker.folder, 'mine.jsonl'), 'mine');
    expect((await asker.type('logs audit 2026-Q3 --out mine.jsonl')).stderr).toContain('is there already');
    expect(readFileSync(join(asker.folder, 'mine.jsonl'), 'utf8')).toBe('mine');
    expect((await asker.type('logs audit 2026-Q3 --out q3.jsonl')).stderr).toContain(
      'holds no day from 2026-07-01 to 2026-09-30',
    );
    expect((await asker.type('logs audit 2026-Q3 --out q3.txt')).exit).toBe(1);
    expect(existsSync(join(asker.folder, 'q3.jsonl'))).toBe(false);
  });
});

it.each(['..', '.', 'a/b', '../x', 'UP', 'con:', '-', 'x'.repeat(300), '\u0000'])(
  'the workspace %j stays in its own folder',
  (slug) => {
    expect(folderOfWorkspace('store', slug)).toMatch(/^store\/%[^/]*$/);
  },
);

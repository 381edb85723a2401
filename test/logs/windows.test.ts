/** `--since`, `--from`, `--to` and periods: days that there are, windows that have a length, and nothing that is a part shown as a whole. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseDay, parseInstant } from '../../src/instant.ts';
import { type Asker, startAsker } from '../helpers/ask.ts';

/** Each takes a window of rows. */
const commands = [
  ['logs', 'spend', 'f.jsonl'],
  ['logs', 'top', 'f.jsonl'],
  ['backtest', '--logs', 'f.jsonl', '--limit', '$1 monthly'],
  ['recommend', '--logs', 'f.jsonl', '--by', 'user'],
] as const;

/** A call at noon of each of these days of October. */
async function askAbout(days: readonly number[]): Promise<Asker> {
  const asker = await startAsker({});
  onTestFinished(() => asker.close());
  const lines = days.map((day) =>
    JSON.stringify({
      id: `c${day}`,
      created_at: `2026-10-${String(day).padStart(2, '0')}T12:00:00.000Z`,
      ...{ cost: 40, total_units: 10, workspace_slug: 'red', metadata: { _user: 'ana' }, cache_status: 'MISS' },
    }),
  );
  writeFileSync(join(asker.folder, 'f.jsonl'), `${lines.join('\n')}\n`);
  return asker;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

describe('a window of rows', () => {
  it.each([
    ['2026-02-30', null],
    ['2026-02-29', null],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    ['2026-13-01', null],
    ['2026-00-10', null],
    ['2026-04-31', null],
    ['2026-1-1', null],
    ['0000-01-01', Date.parse('0000-01-01T00:00:00Z')],
    ['', null],
  ])('the day %j', (text, at) => {
    expect(parseDay(text)).toBe(at);
    expect(parseInstant(`${text}T00:00:00Z`)).toBe(at);
  });

  it.each([
    ['2026-10-01T08:00:00+02:00', Date.UTC(2026, 9, 1, 6)],
    ['2026-10-01T08:00Z', Date.UTC(2026, 9, 1, 8)],
    ['2026-10-01T08:00:00.123456Z', Date.UTC(2026, 9, 1, 8, 0, 0, 123)],
    ['2026-10-01T08:00:00', null],
    ['2026-10-01T25:00:00Z', null],
    ['2026-10-01', null],
    ['2026-10-01 08:00:00Z', null],
  ])('the time %j', (text, at) => expect(parseInstant(text)).toBe(at));

  it('is of days that there are, and ends after it begins, whoever is asked', async () => {
    const asker = await askAbout([1, 2, 3]);
    for (const words of commands) {
      for (const [window, said] of [
        ['--from 2026-02-30', '--from "2026-02-30" is not a day or a time that there is'],
        ['--to 2026-02-30T08:00:00Z', '--to "2026-02-30T08:00:00Z" is not a day or a time that there is'],
        ['--from yesterday', '--from "yesterday" is not a day or a time'],
        ['--from 2026-10-03 --to 2026-10-01', '--from 2026-10-03 is not before --to 2026-10-01'],
        ['--from 2026-10-01T08:00:00Z --to 2026-10-01T08:00:00Z', 'is not before --to'],
        ['--since 3d --to 2026-10-01', 'is not before --to 2026-10-01'],
        ['--since 3d --from 2026-10-01', '--since and --from do not go together'],
      ] as const) {
        const ran = await asker.type([...words, ...window.split(' ')]);
        expect([words, window, ran.exit, ran.stdout]).toEqual([words, window, 1, '']);
        expect(oneLine(ran.stderr)).toContain(said);
      }
      await expect(asker.type([...words, '--since', 'none'])).rejects.toThrow('write days, from 1d to 180d');
      const ran = await asker.type([...words, '--from', '2026-10-02', '--to', '2026-10-02', '--format', 'json']);
      expect([words, ran.exit, ran.stderr]).toEqual([words, 0, '']);
    }
  });

  it.each([
    ['2026-02-30..2026-03-02', 'there is no 2026-02-30'],
    ['2026-02-01..2026-02-31', 'there is no 2026-02-31'],
    ['2026-10-02..2026-10-01', '2026-10-01 is before 2026-10-02'],
  ])('no audit is of %s', async (period, said) => {
    const ran = await (await askAbout([1])).type(['logs', 'audit', period]);
    expect(ran.exit).toBe(1);
    expect(oneLine(ran.stderr)).toContain(said);
  });

  it('counts its rows alone, in backtest and recommend as in spend', async () => {
    const asker = await askAbout([1, 2, 3, 4]);
    const json = async (words: readonly string[]) =>
      JSON.parse((await asker.type([...words, '--format', 'json'])).stdout) as Record<string, never>;
    const window = ['--from', '2026-10-02', '--to', '2026-10-03T12:00:00.001Z'];
    const [spend, top, backtest, recommend] = await Promise.all(commands.map((words) => json([...words, ...window])));
    expect([spend, top, backtest, recommend]).toMatchObject([
      { total: { requests: 2 } },
      { of: 2 },
      { rows: { count: 2, cents: 80 }, refused: { after: { calls: 0 } } },
      { rows: { count: 2 }, limits: [{ calls: 2, stops_nobody: 100, is_least_budget: true }] },
    ]);
    const whole = await json(commands[2]);
    expect(whole).toMatchObject({ rows: { count: 4 }, refused: { after: { calls: 1 } } });
  });

  it('holds the moment that it begins with, and not the one that it ends with', async () => {
    const asker = await askAbout([1, 2, 3]);
    const count = async (words: string) =>
      (
        JSON.parse((await asker.type(`logs spend f.jsonl --format json ${words}`)).stdout) as {
          total: { requests: number };
        }
      ).total.requests;
    expect(await count('--from 2026-10-02T12:00:00Z')).toBe(2);
    expect(await count('--from 2026-10-02T12:00:00.001Z')).toBe(1);
    expect(await count('--to 2026-10-02T12:00:00Z')).toBe(1);
    expect(await count('--to 2026-10-02T12:00:00.001Z')).toBe(2);
  });

  it('that begins before the first row, or ends after the last one, says so', async () => {
    const asker = await askAbout([10, 12]);
    const first = 'The first call is of 2026-10-10, and the window begins on 2026-10-01';
    const last = 'The last call is of 2026-10-12, and the window ends on 2026-10-31';
    for (const words of commands) {
      const said = async (...window: string[]) => oneLine((await asker.type([...words, ...window])).stdout);
      const whole = await said('--from', '2026-10-01', '--to', '2026-10-31');
      expect([words, whole.includes(first), whole.includes(last)]).toEqual([words, true, true]);
      const within = await said('--from', '2026-10-10', '--to', '2026-10-12');
      expect([words, /(?:first|last) call is of/.test(within)]).toEqual([words, false]);
    }
  });

  it('that holds no row is no limit that stops nobody', async () => {
    const asker = await askAbout([1]);
    for (const words of [commands[2], commands[3]]) {
      const ran = await asker.type([...words, '--from', '2026-11-01']);
      expect([words, ran.exit, ran.stdout]).toEqual([words, 1, '']);
      expect(ran.stderr).toContain('no call of these logs lies in the window');
    }
  });

  it('without a row in it is not taken for a file of broken lines', async () => {
    const asker = await askAbout([1]);
    writeFileSync(join(asker.folder, 'g.jsonl'), 'broken\n');
    const ran = await asker.type('logs spend f.jsonl g.jsonl --from 2026-11-01');
    expect([ran.exit, oneLine(ran.stdout)]).toEqual([0, expect.stringContaining('g.jsonl:1 not a JSON object')]);
    expect((await asker.type('logs spend g.jsonl')).stderr).toContain('none of the 1 lines is a row of a log');
  });
});

describe('a window of a limit that rows cover in part', () => {
  const month = (begin: string, end: string) => [
    `Rows begin on ${begin}, within a window that began on 2026-10-01: what was used before is not in it.`,
    `Rows end on ${end}, within a window that goes on until 2026-11-01: what is used after is not in it.`,
  ];

  it.each([
    [[1, 31], '', '$1 monthly', []],
    [[10, 31], '', '$1 monthly', [`${month('2026-10-10', '')[0]} No window is whole.`]],
    [[1, 20], '', '$1 monthly', [`${month('', '2026-10-21')[1]} No window is whole.`]],
    [
      [10, 31],
      '--from 2026-10-10T06:00:00Z --to 2026-10-31T12:00:01Z',
      '$1 monthly',
      [month('2026-10-10 06:00:00 UTC', '')[0], `${month('', '2026-10-31 12:00:01 UTC')[1]} No window is whole.`],
    ],
    [[1, 20], '--to 2026-10-31', '$1 monthly', [`${month('', '2026-10-21')[1]} No window is whole.`]],
    [[5, 18], '', '$1 weekly', []],
    [
      [7, 19],
      '',
      '$1 weekly',
      [
        'Rows begin on 2026-10-07, within a window that began on 2026-10-05: what was used before is not in it.',
        'Rows end on 2026-10-20, within a window that goes on until 2026-10-26: what is used after is not in it.',
      ],
    ],
    [[7, 19], '', '$1 never', ['What was used before the oldest row is not known: a lower bound.']],
    [[7, 19], '', '5 requests/day', []],
    [
      [7, 19],
      '--from 2026-10-07T11:30:00Z',
      '5 requests/hour',
      [
        'Rows begin on 2026-10-07 11:30:00 UTC, within a window that began on 2026-10-07 11:00:00 UTC: what was used before is not in it.',
      ],
    ],
  ])('rows of %j, %s: %s', async (days, window, phrase, doubts) => {
    const asker = await askAbout(days);
    const words = ['backtest', '--logs', 'f.jsonl', '--limit', phrase, '--format', 'json'];
    const ran = await asker.type([...words, ...window.split(' ').filter((word) => word !== '')]);
    const { limits } = JSON.parse(ran.stdout) as { limits: { after: { doubts: string[] } }[] };
    expect(limits[0]?.after.doubts).toEqual(doubts);
  });

  it('is no recommendation for a whole one: text, JSON and YAML say so', async () => {
    const asker = await askAbout([10, 11, 12]);
    const said = 'No window is whole.';
    for (const format of ['text', 'json', 'yaml']) {
      const { stdout } = await asker.type([...commands[3], '--format', format]);
      expect([format, oneLine(stdout).includes(said)]).toEqual([format, true]);
    }
    const whole = await askAbout([1, 31]);
    expect((await whole.type([...commands[3], '--format', 'yaml'])).stdout).not.toContain(said);
  });
});

describe('days of a store', () => {
  it('--keep none is no way to delete all of them', async () => {
    const asker = await askAbout([1]);
    for (const words of ['--keep none', '--since none', '--keep 0d', '--since 0d']) {
      const asked = asker.type(`logs pull --workspace ws-team-a ${words}`);
      await expect(asked, words).rejects.toThrow('write days, from 1d to 180d');
    }
    expect(asker.wire).toEqual([]);
  });
});

/** `backtest` and `recommend`: files, a base, a limit in one line; rows made of values. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type BacktestOptions, runBacktest } from '../../src/commands/backtest.ts';
import { runRecommend } from '../../src/commands/recommend.ts';
import { backtestSchema } from '../../src/render/documents/backtest.ts';
import { generateRows } from '../backtest/generate-rows.ts';
import { sourceOf } from '../backtest/source-of-rows.ts';
import { testSession } from '../helpers/session.ts';

const rows = generateRows(20_000);
const open = async () => sourceOf(rows);
const usual = { dir: 'policies', logs: ['rows.jsonl'], limit: [], workspace: [], format: 'text', quiet: true } as const;

const org = 'version: 1\nkind: org\nenvironment: test\norganisation: 00000000-0000-0000-0000-000000000000\n';
const workspace = (policies: string) => `version: 1\nkind: workspace\nworkspace: ws-team-00\npolicies:\n${policies}`;
const perUser = (amount: string) =>
  `  per-user:\n    budget: ${amount}\n    reset: monthly\n    alert: 80%\n    per: metadata._user\n`;

function inFolder(files: Readonly<Record<string, string>>) {
  const cwd = mkdtempSync(join(tmpdir(), 'backtest-'));
  mkdirSync(join(cwd, 'policies'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, 'policies', name), text);
  return testSession({ cwd });
}

describe('backtest', () => {
  it('says by name, first, what rows cannot tell of, and never that it stops nobody', async () => {
    const session = inFolder({
      'org.yaml': org,
      'red.yaml': `${workspace(perUser('$2'))}keys:\n  ci:\n    budget: $5\n    reset: monthly\nproviders:\n  openai-prod:\n    budget: $5\n    reset: monthly\n`,
    });
    const { output } = await runBacktest(usual, session, open);
    const [first = '', second = ''] = output.split('\n\n');
    expect(first.replaceAll('\n', ' ')).toContain('Not replayed: keys/ci (ws-team-00), $5 monthly');
    expect(first.replaceAll('\n', ' ')).toContain('names the key "ci", and rows hold ids of keys');
    expect(second.replaceAll('\n', ' ')).toContain('Not replayed: providers/openai-prod (ws-team-00)');
    expect(output).not.toMatch(/none of 0 calls/);
    const document = backtestSchema.parse(
      JSON.parse((await runBacktest({ ...usual, format: 'json' }, session, open)).output),
    );
    expect(document.not_replayed.map(({ name }) => name)).toEqual(['keys/ci', 'providers/openai-prod']);
    expect(document.limits.map(({ name }) => name)).toEqual(['per-user']);
  });

  it('reads the files for what rows can hold alone, and names the limit of an integration that no row names', async () => {
    const session = inFolder({
      'org.yaml': `${org}integrations:\n  openai-prod:\n    new_workspaces:\n      budget: $5\n      reset: monthly\n`,
      'red.yaml': workspace(perUser('$2')),
    });
    const row = { created_at: '2026-10-01T08:00:00.000Z', cost: 1, workspace_slug: 'ws-team-00' };
    const lines = ['a', 'b'].map((id) => JSON.stringify({ id, ...row, metadata: { _user: id } }));
    writeFileSync(join(session.cwd, 'rows.jsonl'), lines.join('\n'));
    const { output } = await runBacktest({ ...usual, format: 'json' }, session);
    const { limits, not_replayed: not } = backtestSchema.parse(JSON.parse(output));
    expect(not.map(({ name, why }) => [name, why])).toEqual([
      ['integrations/openai-prod', expect.stringContaining('counts calls by integration')],
    ]);
    expect(limits.map(({ after }) => after?.checked_calls)).toEqual([2]);
  });

  it('shows a change beside what was', async () => {
    const session = inFolder({ 'org.yaml': org, 'red.yaml': workspace(perUser('$3')) });
    const git = (...words: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words], {
        cwd: session.cwd,
        stdio: 'pipe',
      });
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-qm', 'three dollars');
    writeFileSync(
      join(session.cwd, 'policies', 'red.yaml'),
      workspace(`${perUser('$1')}`.replace('    alert: 80%\n', '')),
    );
    const { output } = await runBacktest({ ...usual, format: 'json', base: 'main' }, session, open);
    const { sides, limits } = backtestSchema.parse(JSON.parse(output));
    expect(sides).toEqual({ before: 'main', after: 'files' });
    const [limit] = limits;
    expect([limit?.before?.amount, limit?.after?.amount]).toEqual([300, 100]);
    expect(limit?.after?.refused.calls).toBeGreaterThan(limit?.before?.refused.calls ?? 0);
    const text = (await runBacktest({ ...usual, base: 'main' }, session, open)).output;
    expect(text).toMatch(/limit +main +\$3 monthly per metadata._user\n +files +\$1 monthly per metadata._user/);
    expect(text).toMatch(/stops nobody +both +\$/);
    const narrow = { ...session, style: { color: false, columns: 80 } };
    const fitted = (await runBacktest({ ...usual, base: 'main' }, narrow, open)).output;
    expect(fitted.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(fitted.replace(/\s+/g, ' ')).toContain(
      '- Nobody reacts: the calls are those that were made. Who is refused may',
    );
    expect(fitted).toMatch(/\n- Nobody reacts: .*\n {2}\S/);
  });

  it('takes a limit in one line, and refuses what the grammar does', async () => {
    const session = inFolder({});
    const ask = async (limit: string) =>
      (await runBacktest({ ...usual, limit: [limit], format: 'json' }, session, open)).output;
    for (const [phrase, said] of [
      ['per user $20 monthly', '$20 monthly per metadata._user'],
      ['$2,000 weekly per workspace', '$2,000 weekly'],
      ['100 requests/minute per api_key in ws-team-00', '100 requests/minute per api_key'],
      ['$5 every 14 days for model @openai/* or @anthropic/*', '$5 every 14 days, for model @anthropic/* or @openai/*'],
      ['budget: $5, reset: monthly, per: user', '$5 monthly per metadata._user'],
      ['per key 400k tokens never', '400k tokens never per api_key'],
      ['2M tokens monthly per user and model', '2M tokens monthly per metadata._user and model'],
      ['$20 a user a month', '$20 monthly per metadata._user'],
      ['$20/month per user', '$20 monthly per metadata._user'],
      ['$20 per user per week', '$20 weekly per metadata._user'],
      ['$2 each day', '$2 every 1 day'],
      ['5 requests a minute a user', '5 requests/minute per metadata._user'],
      ['100k tokens per day', '100k tokens/day'],
      ['10k requests every month', '10k requests monthly'],
    ] as const) {
      const { limits, not_replayed: not } = backtestSchema.parse(JSON.parse(await ask(phrase)));
      expect([...limits.map(({ after }) => after?.limit), ...not.map(({ limit }) => limit)]).toEqual([said]);
    }
    for (const phrase of [
      'per user',
      '$20',
      'twenty dollars',
      '$20 monthly $30',
      '$0 monthly per user',
      'per user $20 fortnightly',
      '$20 a month weekly',
      '$20 a month per week',
      '$20/month monthly',
      '$20 a minute',
      'a month',
      '5 requests/minute a day',
      '$20 a',
      'per',
    ]) {
      await expect(ask(phrase)).rejects.toThrow(`--limit ${JSON.stringify(phrase)}`);
    }
  });

  it('writes a page that asks for nothing and names nobody by markup', async () => {
    const session = inFolder({ 'org.yaml': org, 'red.yaml': workspace(perUser('$1.50')) });
    const hostile = {
      ...rows,
      words: {
        ...rows.words,
        'metadata._user': (rows.words['metadata._user'] ?? []).map((name) => `<script>alert("${name}")</script>`),
      },
    };
    const { output } = await runBacktest({ ...usual, format: 'html' }, session, async () => sourceOf(hostile));
    const { document } = parseHTML(output);
    expect(document.querySelectorAll('script,link,img,iframe,object,embed,form,base').length).toBe(0);
    expect(document.querySelectorAll('svg').length).toBe(2);
    expect(document.querySelector('table')?.textContent).toContain('$1.50 monthly');
    expect(output).toContain('&lt;script&gt;');
  });

  it('names nobody where the files say so', async () => {
    const session = inFolder({
      'org.yaml': `${org}review:\n  show_people: counts\n`,
      'red.yaml': workspace(perUser('$1.50')),
    });
    for (const format of ['text', 'json', 'html'] as const) {
      const options: BacktestOptions = { ...usual, format };
      for (const limit of [[], ['per user $1.50 monthly']]) {
        const { output } = await runBacktest({ ...options, limit }, session, open);
        expect(output).not.toMatch(/user-\d+@/);
        expect(output).toContain('$1.50 monthly');
      }
    }
    const named = { ...usual, limit: ['per user $1.50 monthly'] };
    expect((await runBacktest(named, inFolder({ 'org.yaml': org }), open)).output).toMatch(/user-\d+@/);
    // What cannot be read may say it too.
    const broken = inFolder({ 'org.yaml': `${org}review:\n  show_people: counts\n`, 'red.yaml': 'policies: 1\n' });
    expect((await runBacktest(named, broken, open)).output).not.toMatch(/user-\d+@/);
  });

  it('gives the same bytes for the same rows, however they are cut', async () => {
    const session = inFolder({ 'org.yaml': org, 'red.yaml': workspace(perUser('$1.50')) });
    const cut = generateRows(20_000, 42, 777);
    for (const format of ['text', 'json', 'html'] as const) {
      const one = (await runBacktest({ ...usual, format }, session, open)).output;
      expect((await runBacktest({ ...usual, format }, session, async () => sourceOf(cut))).output).toBe(one);
    }
  });

  it('writes the page where it is asked to', async () => {
    const session = inFolder({ 'org.yaml': org, 'red.yaml': workspace(perUser('$1.50')) });
    const { output } = await runBacktest({ ...usual, format: 'html', out: 'page.html' }, session, open);
    expect(output).toBe('');
    expect(readFileSync(join(session.cwd, 'page.html'), 'utf8')).toContain('What these limits would have done');
  });
});

describe('recommend', () => {
  const asked = {
    dir: 'policies',
    logs: ['x'],
    workspace: ['ws-team-00'],
    by: ['user'],
    stops: 'nobody',
    backend: 'emulator',
    concurrency: 4,
    verbose: false,
    quiet: true,
  } as const;

  it('answers without policy files, and in YAML that stands alone', async () => {
    const session = inFolder({});
    const { output } = await runRecommend({ ...asked, format: 'yaml' }, session, open);
    expect(output).toMatch(/^# workspaces\/ws-team-00\.yaml\n# yaml-language-server[\s\S]*per: metadata\._user/);
    await expect(runRecommend({ ...asked, reset: 'daily', format: 'text' }, session, open)).rejects.toThrow(
      '--reset "daily"',
    );
  });

  it('recommends a rate where a window is named, and sees one that the files have', async () => {
    const rate = (value: string) => workspace(`  fast:\n    rate: ${value}\n    per: metadata._user\n`);
    const session = inFolder({ 'org.yaml': org, 'red.yaml': rate('500 requests/minute') });
    const text = (await runRecommend({ ...asked, window: 'minute', format: 'text' }, session, open)).output;
    expect(text).toContain('rates of requests/minute per metadata._user');
    expect(text).toMatch(/ws-team-00 .* 500 requests\/minute .* too wide/);
    expect(text).toMatch(/fast:\n\s+rate: \d+ requests\/minute\n/);
    const { output } = await runRecommend({ ...asked, window: 'hour', unit: 'tokens', format: 'json' }, session, open);
    expect(JSON.parse(output)).toMatchObject({
      ...{ unit: 'tokens', window: 'hour', reset: null },
      limits: [{ state: 'no limit', current: null, yaml: expect.stringContaining('tokens/hour') }],
      doubts: [expect.stringContaining('max_tokens')],
    });
    for (const [more, said] of [
      [{ unit: 'cost' }, '--unit cost beside --window minute'],
      [{ reset: 'monthly' }, '--window minute beside --reset "monthly"'],
      [{ logs: [] }, 'without --logs one monthly budget in dollars is suggested'],
    ] as const) {
      const asking = runRecommend({ ...asked, window: 'minute', format: 'text', ...more }, session, open);
      await expect(asking).rejects.toThrow(said);
    }
    const since = runRecommend({ ...asked, logs: [], by: [], from: '2026-10-01', format: 'text' }, session, open);
    await expect(since).rejects.toThrow('--since, --from and --to are of rows');
  });

  it('lets no name of a workspace out of its place in the YAML', async () => {
    const session = inFolder({});
    const names = ['x\npolicies: {evil: 1}\n#', '\u001b[2J', 'a\u202eb', 'x\u2028y: 1', '- a'];
    const { workspace: _, ...words } = rows.words;
    const hostile = {
      ...rows,
      words: { ...words, workspace: (rows.words.workspace ?? []).map((old, at) => names[at] ?? old) },
    };
    const options = { ...asked, workspace: names, by: ['workspace'], format: 'yaml' } as const;
    const { output } = await runRecommend(options, session, async () => sourceOf(hostile));
    expect(output).not.toContain('\u001b');
    const documents = parseAllDocuments(output).map((one) => one.toJS() as { workspace: string; policies: object });
    expect(documents.map(({ workspace: slug }) => slug).sort()).toEqual([...names].sort());
    for (const { policies } of documents) expect(Object.keys(policies)).toEqual(['cost-workspace-monthly']);
  });

  it('counts by what a policy can be written for, and refuses the rest by the name of the flag', async () => {
    const session = inFolder({});
    const ask = (more: object) => runRecommend({ ...asked, format: 'yaml', ...more }, session, open);
    for (const by of ['day', 'nosuch', 'status', 'currency', 'endpoint', 'metadata.', '__proto__', 'toString']) {
      await expect(ask({ by: [by] }), by).rejects.toThrow(`--by ${JSON.stringify(by)}: `);
    }
    for (const reset of ['every 0 days', 'every 9999 days', 'quarterly', '']) {
      await expect(ask({ reset }), reset).rejects.toThrow(`--reset ${JSON.stringify(reset)}: `);
    }
    expect((await ask({ by: ['workspace', 'user', 'user'], reset: 'every 1 day' })).output).toMatch(
      /reset: every 1 day[\s\S]*per:\n\s+- metadata\._user\n\s+- workspace_id/,
    );
  });

  it('says to programs in JSON what is wrong with the files', async () => {
    const session = inFolder({ 'org.yaml': org, 'red.yaml': workspace(perUser('much')) });
    const { exit, output } = await runRecommend({ ...asked, format: 'json' }, session, open);
    expect(exit).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ ok: false, diagnostics: [{ severity: 'error', line: 6 }] });
  });
});

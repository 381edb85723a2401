/** The page about spend: what stands in it, what of it is known, and who is named. */

import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sampleSeed } from '../../src/emulator/sample/seed.ts';
import { budgetsFile, succeed } from '../helpers/rig.ts';
import { testNow } from '../helpers/session.ts';
import { keyRow, requestRow, teamA, teamB, uuid, workspaceRow } from '../helpers/state.ts';
import { orgFile, spendMayRise, workspaceFile } from '../helpers/world.ts';
import { day, owned, pageOf, spending, startPageRig as start } from './reading.ts';

describe('the page', () => {
  it('asks for nothing from anywhere, runs nothing, and says so to the browser', async () => {
    const rig = await start({ state: sampleSeed(new Date(testNow)) });
    const { html, document } = await pageOf(rig);
    expect(document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'",
    );
    expect(document.querySelectorAll('script,link,img,iframe,object,embed,form,base').length).toBe(0);
    expect(html).not.toMatch(/\s(?:href|src|srcset|xlink:href|action)=|url\(|@import| on[a-z]+=/i);
  });

  it('names and describes each picture, and has its numbers as a table', async () => {
    const rig = await start({ state: sampleSeed(new Date(testNow)) });
    const { document } = await pageOf(rig);
    const pictures = [...document.querySelectorAll('svg')];
    expect(pictures.length).toBeGreaterThan(10);
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const svg of pictures) {
      expect(svg.getAttribute('role')).toBe('img');
      for (const [attribute, name] of [
        ['aria-labelledby', 'title'],
        ['aria-describedby', 'desc'],
      ] as const) {
        const named = document.getElementById(svg.getAttribute(attribute) ?? '');
        expect([named?.localName, (named?.textContent ?? '').length > 5]).toEqual([name, true]);
      }
      expect(svg.closest('figure')?.querySelectorAll('table tbody tr').length).toBeGreaterThan(0);
    }
  });

  it('is the same for the same state, byte by byte', async () => {
    const rig = await start({ state: sampleSeed(new Date(testNow)) });
    expect((await pageOf(rig)).html).toBe((await pageOf(rig)).html);
  });

  it('holds spend against what may be spent, by workspace and by owner', async () => {
    const rig = await start({ state: spending(), files: owned });
    const { rows, section } = await pageOf(rig);
    expect(rows('by workspace')).toEqual([
      ['ws-team-a owner platform', '$79', '+163 %', '$100', '79 %'],
      ['ws-team-b owner data-science', '$0', '±0 %', 'no limit', 'not comparable'],
    ]);
    expect(rows('by owner').map(([owner, spend, , most]) => [owner, spend, most])).toEqual([
      ['data-science 1 workspace', '$0', 'no limit'],
      ['platform 1 workspace', '$79', '$100'],
    ]);
    expect(section('Near or over')).toContain('No budget is used up or nearly so');
  });

  it('draws what is left day by day, and says when it runs out at the pace of today', async () => {
    const rig = await start({ state: spending(), files: owned });
    const { document, rows } = await pageOf(rig);
    const said = [...document.querySelectorAll('figure .more')].map(({ textContent }) => textContent);
    expect(said).toContain('pace $8 a day; runs out Tue 2026-11-24; resets Tue 2026-12-01');
    const left = rows('what is left of spend, ws-team-a');
    expect(left[0]).toEqual(['2026-11-01 00:00 UTC', '$100', '']);
    // A dollar a day first.
    expect(left[1]).toEqual(['2026-11-02 00:00 UTC', '$99', '']);
    expect(left.slice(-2)).toEqual([
      ['2026-11-20 12:00 UTC', '$31', 'now'],
      ['2026-11-24 09:00 UTC', '$0', 'runs out'],
    ]);
  });

  it('tells models that cost nothing, and that this is not proof of a missing price', async () => {
    const requestLogs = [
      requestRow({ id: uuid(0x3000), ai_model: 'own-finetune', cost: 0 }),
      requestRow({ id: uuid(0x3001), ai_model: 'gpt-5', cost: 100 }),
      requestRow({ id: uuid(0x3002), ai_model: 'broken', cost: 0, is_success: false, response_status_code: 500 }),
    ];
    const rig = await start({ state: spending({ requestLogs }) });
    const found = (await pageOf(rig)).section('Calls that cost nothing');
    expect(found).toContain('own-finetune: 1 request in 30 days');
    expect(found).toContain('or they are free');
    expect(found).not.toMatch(/gpt-5|broken/);
  });

  it('tells spend by day, model, provider and user', async () => {
    const rig = await start({ state: spending(), files: owned });
    const { rows, section } = await pageOf(rig);
    expect(rows('spend by day, UTC').at(-1)).toEqual(['Fri 2026-11-20', '$8']);
    for (const by of ['model', 'provider', 'user']) expect(section(`Spend by ${by}`)).toContain('$79');
    expect(section('Spend by user')).toContain('lovelace');
  });
});

describe('what is not known', () => {
  it('is said, and never zero', async () => {
    const rig = await start({
      state: spending(),
      files: owned,
      faults: [{ path: '/analytics/**', fault: { kind: 'status', status: 403 } }],
    });
    const { rows, section, text, document } = await pageOf(rig);
    expect(rows('by workspace').map(([, spend, change, , share]) => [spend, change, share])).toEqual([
      ['not known', '', 'not comparable'],
      ['not known', '', 'not comparable'],
    ]);
    expect(text).toContain('Spent in 30 daysnot knownknown for 0 of 2 workspaces');
    expect(section('Spend by day')).toMatch(/^Spend by day not known for 2 of 2 workspaces: GET \/analytics/);
    expect(document.querySelector('[aria-labelledby="days-title"]')).toBeNull();
    expect(section('Spend by model')).toContain('unknown for 2 workspaces: GET /analytics/groups/model');
    for (const title of ['Spend against limits', 'Spend by day', 'Spend by model', 'Spend by user']) {
      expect(section(title)).not.toContain('$0');
    }
  });

  it('is a budget that is not drawn, with the reason', async () => {
    const rig = await start({
      state: spending(),
      files: owned,
      faults: [{ path: '/policies/usage-limits/*', fault: { kind: 'status', status: 403 } }],
    });
    const { section, document } = await pageOf(rig);
    expect(section('What is left, and when it runs out')).toMatch(/Not drawn: ?spend \(ws-team-a\): GET \/policies/);
    expect([...document.querySelectorAll('svg')].map((svg) => svg.getAttribute('aria-labelledby'))).toEqual([
      'days-title',
    ]);
  });

  it('is what may be spent where a list could not be read', async () => {
    const rig = await start({
      state: spending(),
      files: owned,
      faults: [{ path: '/api-keys', fault: { kind: 'status', status: 403 } }],
    });
    const [row] = (await pageOf(rig)).rows('by workspace');
    expect(row?.slice(3)).toEqual(['at most $100, by what was read', 'not comparable']);
  });

  it('is what was spent where it was not asked for', async () => {
    const rig = await start({ state: spending(), files: owned });
    const { rows, section } = await pageOf(rig, { since: 0 });
    expect(rows('by workspace')[0]?.[1]).toBe('not asked for');
    expect(section('Spend')).toBe('Spend Spend was not asked for.');
  });
});

describe('what has changed in a week', () => {
  const files = (dollars: number) => ({ 'org.yaml': orgFile(spendMayRise), 'a.yaml': budgetsFile({ spend: dollars }) });

  it('is told from the record: what, by whom, before and after', async () => {
    const rig = await start({ state: spending(), files: files(100) });
    await succeed(rig.apply());
    rig.write(files(150));
    await succeed(rig.apply());
    rig.emulator.requests.clear();
    expect((await pageOf(rig)).section('Changed in the last 7 days')).toMatch(
      /2026-11-20 12:00 UTC by platform-engineer ?~ spend \(ws-team-a\): \$100 → \$150 monthly/,
    );
  });

  it('is nothing where the last apply is older', async () => {
    const rig = await start({ state: spending(), files: files(100) });
    await succeed(rig.apply({}, { now: testNow - 8 * day }));
    rig.emulator.requests.clear();
    expect((await pageOf(rig)).section('Changed in the last 7 days')).toContain(
      'Nothing was applied since 2026-11-13 12:00 UTC.',
    );
  });

  it('is not known where the record cannot be read, and the rest is there all the same', async () => {
    const rig = await start({ state: spending(), files: files(150) });
    writeFileSync(rig.recordFile, 'no record');
    const { section } = await pageOf(rig);
    expect(section('Changed in the last 7 days')).toContain('What has changed is not known:');
    expect(section('Spend against limits')).toContain('$79');
  });
});

describe('show_people: counts', () => {
  it('names no user, no key and nobody who applied', async () => {
    const org = orgFile(`${spendMayRise}  show_people: counts\n`);
    const apiKeys = [keyRow('grace-hopper', uuid(11), teamA)];
    const key = (dollars: number): string =>
      workspaceFile(
        'ws-team-a',
        `keys:\n  grace-hopper: { budget: $${dollars}, reset: monthly, alert: 80%, recipients: [ada@example.com] }\n`,
      );
    const rig = await start({ state: spending({ apiKeys }), files: { 'org.yaml': org, 'a.yaml': key(10) } });
    await succeed(rig.apply());
    rig.write({ 'org.yaml': org, 'a.yaml': key(20) });
    await succeed(rig.apply());
    rig.emulator.requests.clear();
    const { html, section, document } = await pageOf(rig);
    expect(html).not.toMatch(/lovelace|grace|ada@|platform-engineer/);
    expect(html).not.toContain(uuid(11));
    expect(section('Changed in the last 7 days')).toContain('~ a key (ws-team-a): $10 → $20 monthly');
    expect(section('Spend by user')).toContain('1 user, $79 in all');
    expect(document.querySelector('meta[name="tollgate-people"]')?.getAttribute('content')).toBe('counts');
  });

  it('names no key in what could not be read, nor in a contradiction, in any format', async () => {
    const apiKeys = [
      keyRow('grace-hopper', uuid(11), teamA, {
        usage_limits: { type: 'cost', credit_limit: 100, current_usage: 100 },
        status: 'exhausted',
      }),
    ];
    const rig = await start({
      state: spending({ apiKeys, usagePolicies: [] }),
      files: { 'org.yaml': orgFile('review: { show_people: counts }\n') },
    });
    for (const format of ['text', 'markdown', 'json', 'html'] as const) {
      const { stdout } = await rig.status({ format });
      expect(stdout.replace(/\s+/g, ' ')).toContain('the use of a key in ws-team-a contradicts');
      expect(stdout).not.toContain('grace');
    }
  });
});

it('text from outside stands for itself', async () => {
  const evil = `"><script>alert('x')</script>\u202e&amp;`;
  const state = spending({
    workspaces: [workspaceRow('ws-team-a', teamA, { name: evil }), workspaceRow('ws-team-b', teamB)],
    requestLogs: [requestRow({ ai_model: evil, metadata: { _user: evil }, cost: 100 })],
  });
  const [policy] = state.usagePolicies ?? [];
  const rig = await start({
    state: { ...state, usagePolicies: policy === undefined ? [] : [{ ...policy, name: evil }] },
  });
  const { html, document, section } = await pageOf(rig);
  expect(document.querySelectorAll('script').length).toBe(0);
  expect(html).not.toContain('<script');
  expect(html).not.toContain('\u202e');
  const shown = `"><script>alert('x')</script>\\u{202e}&amp;`;
  for (const title of [
    'Spend against limits',
    'What is left, and when it runs out',
    'Spend by model',
    'Spend by user',
  ]) {
    expect(section(title)).toContain(shown);
  }
  expect([...document.querySelectorAll('svg title')].map(({ textContent }) => textContent)).toContain(
    `What is left of ${shown}, ws-team-a`,
  );
});

describe('--out', () => {
  it('replaces the file as a whole, and prints nothing', async () => {
    const rig = await start({ state: spending(), files: owned });
    const file = join(rig.folder, 'page.html');
    writeFileSync(file, 'last week');
    const ran = await succeed(rig.status({ format: 'html', out: 'page.html' }));
    expect([ran.stdout, ran.stderr]).toEqual(['', 'The page is in page.html.\n']);
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  });

  it.each([0o600, 0o640, 0o666])('keeps who may read the page: mode %i', async (mode) => {
    const rig = await start({ state: spending(), files: owned });
    const file = join(rig.folder, 'page.html');
    writeFileSync(file, 'last week');
    chmodSync(file, mode);
    await succeed(rig.status({ format: 'html', out: 'page.html' }));
    expect([statSync(file).mode & 0o777, readFileSync(file, 'utf8').length > 1_000]).toEqual([mode, true]);
  });

  it('replaces no page that may only be read, and asks for nothing before', async () => {
    const rig = await start({ state: spending(), files: owned });
    const file = join(rig.folder, 'page.html');
    writeFileSync(file, 'last week');
    chmodSync(file, 0o444);
    const ran = await rig.status({ format: 'html', out: 'page.html' });
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('cannot write page.html: it may only be read')]);
    expect([readFileSync(file, 'utf8'), rig.emulator.requests.total]).toEqual(['last week', 0]);
  });

  it.each([
    ['of another format', { format: 'text' }, /only a page is written to a file, and this is --format text/],
    ['with --over', { format: 'html', over: 80 }, /a page shows every budget/],
    ['among the policies', { format: 'html', out: 'policies/page.yaml' }, /that is where policy files are/],
    ['in a folder that is not there', { format: 'html', out: 'nowhere/page.html' }, /its directory is not there/],
  ] as const)('is refused %s, before anything is asked', async (_name, options, message) => {
    const rig = await start({ state: spending(), files: owned });
    const ran = await rig.status({ out: 'page.html', ...options });
    expect([ran.exit, ran.stdout, ran.stderr]).toEqual([1, '', expect.stringMatching(message)]);
    expect([existsSync(join(rig.folder, 'page.html')), rig.emulator.requests.total]).toEqual([false, 0]);
  });

  it('keeps the page of last week where the files have errors', async () => {
    const rig = await start({
      state: spending(),
      files: { ...owned, 'a.yaml': workspaceFile('ws-team-a', 'policies: 5\n') },
    });
    const file = join(rig.folder, 'page.html');
    writeFileSync(file, 'last week');
    const ran = await rig.status({ format: 'html', out: 'page.html' });
    expect([ran.exit, readFileSync(file, 'utf8')]).toEqual([1, 'last week']);
    expect(ran.stdout).toContain('a.yaml');
  });
});

/** A plan as people and programs see it. */

import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/plan/types.ts';
import { renderJson } from '../../src/render/json.ts';
import { renderPlanMarkdown, renderPlanText } from '../../src/render/plan.ts';
import { planDocument } from '../../src/render/plan-document.ts';
import { teamA, uuid } from '../helpers/state.ts';
import { entry, keyObject, planOf, policyObject, recordAfter } from '../plan/kit.ts';

const text = (plan: Plan, columns: number, color = false): string =>
  renderPlanText(plan, { color, columns }, { verbose: true }).replace(/Digest [0-9a-f]{32}/, 'Digest 00000000');

const old = policyObject(uuid(41), { name: 'old-trial' });
const spend = policyObject(uuid(42), { name: 'monthly-spend' });
const quota = policyObject(uuid(43), { name: 'fortnight-quota', credit_limit: 20 });
const key = keyObject('campaign-writer', uuid(11), { alert_emails: ['a@example.com'] });
const live = [old, spend, quota, key, policyObject(uuid(44), { name: 'by hand', credit_limit: 1 })];
const keys = (list: string) => `keys:\n  campaign-writer:\n    recipients: [${list}]\n`;
const past = `policies:\n${['old-trial', 'monthly-spend', 'fortnight-quota'].map((name) => entry(name)).join('')}`;
const record = recordAfter({
  body: past.replace(/(fortnight-quota:\n {4}budget: )\$500/, '$1$$20') + keys('a@example.com'),
  live,
});
const next = `policies:\n${entry('monthly-spend').replace('$500', '$750')}${entry('fortnight-quota')
  .replace('$500', '$20')
  .replace('workspace_id', 'metadata._user')}`;
const plan = planOf({ body: next + keys('a@example.com, campaigns@example.com'), live, record });

describe('text', () => {
  it('at 160 columns: one line a change', () => {
    expect(text(plan, 160)).toMatchInlineSnapshot(`
      "production: not blocked
      What this does to people and money was not looked at.

      Team A · ws-team-a
        ~ key campaign-writer  recipients + campaigns@example.com                       policies/a.yaml:15
        ± fortnight-quota      shared by the workspace → per metadata._user             policies/a.yaml:10
            ! replacement: counters restart at zero
        ~ monthly-spend        $500 → $750 monthly (+50%)                                policies/a.yaml:6
        - old-trial            $500 monthly, shared by the workspace                      no longer in Git

      unmanaged
        by hand (ws-team-a)  00000000-0000-4000-8000-00000000002c

      not read: limits may be live there
        organisation: keys
        ws-team-a: policies, keys, providers, shares of integrations

      note: 1 live workspace has no file: not read, and organisation defaults do not reach it
      Guards not judged: blocks-now, spend-up, counter-reset.

      Plan: 2 to update, 1 to replace, 1 to delete (3 loosen a limit); at least 1 unmanaged.
      Digest 00000000.
      "
    `);
  });

  it('at 80 columns: cause and place below, and no line is longer', () => {
    expect(text(plan, 80)).toMatchInlineSnapshot(`
      "production: not blocked
      What this does to people and money was not looked at.

      Team A · ws-team-a
        ~ key campaign-writer  recipients + campaigns@example.com   policies/a.yaml:15
        ± fortnight-quota      shared by the workspace → per metadata._user
            policies/a.yaml:10
            ! replacement: counters restart at zero
        ~ monthly-spend        $500 → $750 monthly (+50%)            policies/a.yaml:6
        - old-trial            $500 monthly, shared by the workspace  no longer in Git

      unmanaged
        by hand (ws-team-a)  00000000-0000-4000-8000-00000000002c

      not read: limits may be live there
        organisation: keys
        ws-team-a: policies, keys, providers, shares of integrations

      note: 1 live workspace has no file: not read, and organisation defaults do not
        reach it
      Guards not judged: blocks-now, spend-up, counter-reset.

      Plan: 2 to update, 1 to replace, 1 to delete (3 loosen a limit); at least 1
        unmanaged.
      Digest 00000000.
      "
    `);
    const [body = ''] = text(plan, 80).split('\nunmanaged');
    for (const line of body.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });

  it('has colours only where the style says so', () => {
    const escapeCode = String.fromCharCode(27);
    expect(text(plan, 160)).not.toContain(escapeCode);
    const painted = text(plan, 160, true);
    expect(painted).toContain(`${escapeCode}[`);
    // Colours alone: without them it is the same text.
    expect(painted.replaceAll(new RegExp(`${escapeCode}\\[\\d+m`, 'g'), '')).toBe(text(plan, 160));
  });

  it('aligns names of wide characters by cells', () => {
    const wide = planOf({ body: `policies:\n${entry('日本語')}${entry('abcdef')}`, record: recordAfter({ body: '' }) });
    const lines = text(wide, 160)
      .split('\n')
      .filter((line) => line.startsWith('  +'));
    const starts = lines.map((line) => stringWidth(line.slice(0, line.indexOf('$500'))));
    expect(new Set(starts).size).toBe(1);
  });
});

const hostile = [
  '\u001b[31mred\u001b[0m',
  'line\nbreak',
  'back\rwards\b\u0007',
  '\u202eesrever\u2066',
  'zero\u200bwidth',
  '| a | b |',
  '<script>alert(1)</script>',
  '<!-- hidden -->',
  '@octocat #12 GH-34',
  '![x](http://evil.example)',
  '[link](javascript:x)',
  '`code` **bold** _it_ ~~no~~',
  '$\\frac{1}{2}$ :tada:',
  'https://evil.example/x',
];

describe('names that would act', () => {
  const objects = hostile.map((name, index) => policyObject(uuid(60 + index), { name, description: name }));
  const conditions = [{ key: 'metadata.team', value: hostile }];
  const target = policyObject(uuid(59), { name: 'target', conditions });
  const applied = recordAfter({
    body: `policies:\n${entry('target')}${objects.map((_, index) => entry(`p${index}`, `id: ${uuid(60 + index)}\ndescription: mine`)).join('')}`,
    live: [target, ...objects],
  });
  const plan = planOf({
    body: `policies:\n${entry('target')}${objects.map((_, index) => entry(`p${index}`, `id: ${uuid(60 + index)}\nname: plain-${index}\ndescription: mine`)).join('')}`,
    live: [target, ...objects],
    record: applied,
    liveRest: { workspaces: [{ id: teamA, slug: 'ws-team-a', name: hostile.join(' ') }] },
  });

  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  const acting = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

  it('do nothing in text', () => {
    const shown = text(plan, 160);
    expect(shown).not.toMatch(acting);
    expect(shown).toContain('\\u{1b}[31mred');
    expect(shown.split('\n').some((line) => line.startsWith('break'))).toBe(false);
  });

  it('do nothing in markdown', () => {
    const shown = renderPlanMarkdown(plan);
    expect(shown).not.toMatch(acting);
    const rows = shown.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| |'));
    for (const row of rows) expect(row.split('|')).toHaveLength(4);
    // Only our own tags are left; names bring no tag, mention, link, image, code or reference.
    expect(shown.replace(/<\/?(?:br|details|summary)>/g, '')).not.toMatch(/<[a-z!/]/i);
    expect(shown).not.toMatch(/@octocat|(?<!&)#12|!\[|\]\(|\*\*bold|_it_|~~no|:tada:|\$\\frac|https:\/\/|`code`/);
  });

  it('stand in JSON as they are', () => {
    const document = JSON.parse(renderJson({ ...planDocument(plan), ok: true })) as {
      changes: { before: { name?: string } }[];
    };
    expect(document.changes.flatMap(({ before }) => before?.name ?? []).sort()).toEqual(
      expect.arrayContaining([...hostile].sort()),
    );
  });
});

describe('JSON', () => {
  it('has the same members in the same order', () => {
    const document = planDocument(plan);
    expect(Object.keys(document)).toMatchInlineSnapshot(`
      [
        "version",
        "environment",
        "organisation",
        "base_url",
        "mode",
        "has_record",
        "digest",
        "counts",
        "changes",
        "withheld",
        "left",
        "record_lines",
        "unmanaged",
        "undeclared",
        "not_read",
        "unreadable",
        "notes",
        "findings",
        "violations",
        "guards_not_judged",
        "impact",
        "spend",
      ]
    `);
    expect(Object.keys((document.changes as object[])[0] ?? {})).toMatchInlineSnapshot(`
      [
        "id",
        "kind",
        "workspace",
        "name",
        "live_id",
        "action",
        "cause",
        "reason",
        "direction",
        "summary",
        "before",
        "after",
        "field_changes",
        "alert_told",
        "source",
        "depends_on",
        "notes",
        "fingerprint",
      ]
    `);
  });

  it('is complete, ends in a newline, and has null for what the service does not show', () => {
    const printed = renderJson({ ...planDocument(plan), ok: true });
    expect(printed.endsWith('}\n')).toBe(true);
    expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify({ ...planDocument(plan), ok: true })));
  });
});

it('prints the same bytes twice', () => {
  expect(renderPlanText(plan, { color: true, columns: 80 }, { verbose: true })).toBe(
    renderPlanText(plan, { color: true, columns: 80 }, { verbose: true }),
  );
});

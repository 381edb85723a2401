/** Names and reasons that act on a terminal, a log, a table or a comment: findings carry them into every form of output. */

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { afterEach, describe, expect, it } from 'vitest';
import { annotatePlan } from '../../src/commands/action/annotate.ts';
import type { Finding, Plan } from '../../src/plan/types.ts';
import { renderComment } from '../../src/render/comment.ts';
import { parseOutput, type Ran, type Rig, startRig } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { chatChannel, orgFile, workspaceFile } from '../helpers/world.ts';
import { planOf } from '../plan/kit.ts';
import { desiredFrom, findIn } from './facts.ts';

/** As YAML writes them in double quotes. */
const names = [
  'a\\nb',
  'a\\n::error::stop',
  '\\e[31mred\\e[0m',
  '\\e]0;title\\a',
  'a | b',
  '@everyone',
  '#1',
  '<img src=x onerror=x>',
  '[text](https://example.com)',
  '`tick`',
  '\\u202Ereversed',
  '\\u0085next',
  '\\ud800lone',
  'full stop.',
  '__proto__',
  'constructor',
];
const reason = '"said\\nby @everyone | \\e[31mred"';
const each = (lines: readonly string[]): string =>
  names.map((name) => `  "${name}":\n${lines.map((line) => `    ${line}\n`).join('')}`).join('');
const policies = each([
  'budget: $500',
  'reset: monthly',
  'alert: 99%',
  'per: metadata.team',
  'silence:',
  `  alert-too-late: ${reason}`,
]);
const keys = each(['rate: 5 requests/minute', 'recipients: [ops@example.com]']);
const body = `policies:\n${policies}keys:\n${keys}`;
const rules = 'review:\n  rules:\n    duplicate-limit: error\n';
const files = { 'org.yaml': orgFile(chatChannel + rules), 'a.yaml': workspaceFile('ws-team-a', body) };
/** Without keys, which a plan would not find. */
const planned = { 'org.yaml': orgFile(rules), 'a.yaml': workspaceFile('ws-team-a', `policies:\n${policies}`) };

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

async function start(written: Readonly<Record<string, string>>): Promise<Rig> {
  rig = await startRig({ state: smallState(), files: written });
  return rig;
}

/** What would act on a terminal or hide itself, but for the ends of lines. */
const acting = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const findingsOf = (ran: Ran) => parseOutput(ran).findings as readonly Finding[];

/** Three of a kind are shown; as severe and as silenced as they are. */
function shownOf(findings: readonly Finding[]): number {
  const kinds = new Map<string, number>();
  for (const { rule, severity, silenced } of findings) {
    const kind = JSON.stringify([rule, severity, silenced ?? null]);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds.values()].reduce((sum, count) => sum + Math.min(count, 3), 0);
}

describe('validate', () => {
  it('says each finding on one line of text', async () => {
    const place = await start(files);
    const { stdout } = await place.validate();
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(shownOf(findingsOf(await place.validate({ format: 'json' }))));
    for (const line of lines) expect(line).toMatch(/^policies\/a\.yaml:\d+:\d+ {2}(?:warning |info )?[a-z-]+ {2}\S/);
    expect(stdout).not.toMatch(acting);
    expect(stdout).toContain('key "a\\nb"');
    expect(stdout).toContain('key "\\u{1b}[31mred\\u{1b}[0m"');
    expect(stdout).toContain('Silenced: said\\nby @everyone | \\u{1b}[31mred');
  });

  it('keeps the table of markdown a table, and nobody is mentioned', async () => {
    const place = await start(files);
    const { stdout } = await place.validate({ format: 'markdown' });
    const rows = stdout.trimEnd().split('\n');
    const table = rows.filter((row) => row.startsWith('|'));
    expect(table).toHaveLength(shownOf(findingsOf(await place.validate({ format: 'json' }))) + 2);
    for (const row of table) expect(row.split('|')).toHaveLength(6);
    expect(stdout).not.toMatch(/@(?!&#8203;)|<img|\]\(|#1\b/);
    expect(stdout).not.toMatch(acting);
  });

  it('has valid SARIF', async () => {
    const schema = JSON.parse(
      readFileSync(new URL('../fixtures/sarif/sarif-schema-2.1.0.json', import.meta.url), 'utf8'),
    ) as Record<string, unknown>;
    // Of draft 04, which the library does not know by name.
    const { $schema: _, id: __, ...known } = schema;
    const check = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(known);
    const place = await start(files);
    for (const ran of [await place.validate({ format: 'sarif' }), await place.plan({ format: 'sarif' })])
      expect([check(parseOutput(ran)), ran.stdout.includes('\u001b')]).toEqual([true, false]);
  });
});

describe('plan', () => {
  it('has nothing in its text that acts', async () => {
    const place = await start(planned);
    const { exit, stdout, stderr } = await place.plan({ verbose: true });
    expect([exit, stderr]).toEqual([3, expect.not.stringMatching(acting)]);
    expect(stdout).not.toMatch(acting);
    expect(stdout).toContain('Reason: said\\nby @everyone | \\u{1b}[31mred');
    // A line of the job's log that begins with two colons is an order to the runner.
    expect(stdout).not.toMatch(/^::/m);
  });
});

describe('the pull request', () => {
  const written = Object.entries(files).map(([path, text]) => ({ path, text }));
  const plan = (): Plan => ({ ...planOf({ body: '' }), findings: findIn(written) });

  it('has rows of one line in the comment, without mentions', () => {
    const header = {
      environment: 'production',
      head: 'f'.repeat(40),
      run: 1,
      attempt: 1,
      record: null,
      at: '2026-11-20T12:00:00.000Z',
    };
    const links = {
      repository: 'https://github.com/example/policies',
      run: 'https://github.com/example/policies/runs/1',
    };
    // Of many of a kind a comment shows three: each is shown alone, once as news and once as what was so before.
    const each = plan().findings.flatMap((finding) =>
      [finding.change, 'usage-policy/ws-team-a/x'].map((change) => ({ finding: { ...finding, change } })),
    );
    expect(each.length).toBeGreaterThan(names.length);
    for (const { finding } of each) {
      const alone = { ...plan(), findings: [finding] };
      const comment = renderComment({ state: 'planned', plan: alone, diagnostics: [], remark: null }, header, links);
      const lines = comment
        .split('\n')
        .filter((line) => line.startsWith('- ') && line.includes(`\`${finding.rule}\` `));
      expect(lines).toHaveLength(1);
      for (const line of lines) {
        expect(line).not.toMatch(/@(?!&#8203;)|<img|\]\((?!https:\/\/github\.com\/)/);
        expect(line).not.toMatch(acting);
      }
    }
  });

  it('has annotations of one line', () => {
    const violation = {
      guard: 'rules' as const,
      count: 1,
      details: ['policies/a.yaml:6 duplicate-limit: policy "a\nb" and policy "\u001b[31mred" are one limit'],
      severity: 'error' as const,
      allow: null,
      lifted: false,
    };
    const each = plan().findings.map((finding) => ({ ...plan(), findings: [finding], violations: [violation] }));
    const shown = each.flatMap((alone) => annotatePlan(alone, [], desiredFrom(written)));
    expect(shown.length).toBeGreaterThan(names.length);
    expect(shown.find(({ title }) => title === 'guard rules')?.message).toBe(
      'policies/a.yaml:6 duplicate-limit: policy "a\\nb" and policy "\\u{1b}[31mred" are one limit\nNothing lifts this guard.',
    );
    for (const { message } of shown) expect(message).not.toMatch(acting);
    for (const { message, title } of shown) if (!title.startsWith('guard')) expect(message).not.toContain('\n');
  });
});

it('a message is one sentence without its full stop, whatever it names', () => {
  const findings = findIn(Object.entries(files).map(([path, text]) => ({ path, text })));
  expect(findings.length).toBeGreaterThan(names.length);
  for (const { message } of findings) expect(message).not.toMatch(/undefined|NaN|\[object|\.$/);
});

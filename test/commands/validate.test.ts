import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseOutput, type Rig, startRig, writeIn } from '../helpers/rig.ts';
import { smallState } from '../helpers/state.ts';
import { chatChannel, orgFile, workspaceFile } from '../helpers/world.ts';

let rig: Rig;
afterEach(() => rig.close());

const goodPolicy = 'policies:\n  spend:\n    budget: $500\n    reset: monthly\n    alert: 80%\n    per: workspace_id\n';
const broken = {
  'org.yaml': orgFile('colour: red\n'),
  'a.yaml': workspaceFile('ws-team-a', 'policies:\n  spend:\n    bugdet: $500\n    per: workspace_id\n'),
  'nested/b.yml': workspaceFile('ws-team-b', 'keys:\n  web:\n    budget: $0.50\n    reset: daily\n'),
};

describe('validate', () => {
  it('prints every problem of every file as file:line:col, code and message, and exits 1', async () => {
    rig = await startRig({ files: broken });
    const ran = await rig.validate();
    expect(ran.exit).toBe(1);
    const lines = ran.stdout.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^policies\/[\w/]+\.ya?ml:\d+:\d+ {2}[a-z-]+ {2}\S.*$/);
    const places = lines.map((line) => line.split('  ').slice(0, 2).join(' '));
    expect(places).toEqual(
      expect.arrayContaining([
        'policies/a.yaml:7:5 unknown-key',
        'policies/nested/b.yml:8:12 invalid-reset',
        'policies/org.yaml:5:1 unknown-key',
      ]),
    );
    expect(places).toEqual([...places].sort((a, b) => (a.split(':')[0] ?? '').localeCompare(b.split(':')[0] ?? '')));
    expect(ran.stdout).toContain('`bugdet` is not a key of a policy: did you mean `budget`?');
    expect(ran.stderr).toMatch(/^3 files in policies: \d+ errors\.\n$/);
    expect(rig.emulator.requests.total).toBe(0);
  });

  it('says the same in JSON and markdown, with the same exit code', async () => {
    rig = await startRig({ files: broken });
    const text = await rig.validate();
    const json = await rig.validate({ format: 'json' });
    const markdown = await rig.validate({ format: 'markdown' });
    expect([json.exit, markdown.exit]).toEqual([1, 1]);
    const document = parseOutput(json) as {
      version: number;
      ok: boolean;
      diagnostics: { file: string; line: number; column: number; code: string; severity: string; message: string }[];
    };
    expect(document).toMatchObject({ version: 1, ok: false });
    expect(
      document.diagnostics.map(
        ({ file, line, column, code, message }) => `${file}:${line}:${column}  ${code}  ${message}`,
      ),
    ).toEqual(text.stdout.trimEnd().split('\n'));
    const rows = markdown.stdout.trimEnd().split('\n').slice(2);
    expect(rows).toHaveLength(document.diagnostics.length);
    for (const [index, { code }] of document.diagnostics.entries()) expect(rows[index]).toContain(`\`${code}\``);
  });

  it('finds nothing wrong with good files: exit 0 and nothing on stdout', async () => {
    rig = await startRig({
      files: { 'org.yaml': orgFile(chatChannel), 'a.yaml': workspaceFile('ws-team-a', goodPolicy) },
    });
    const ran = await rig.validate();
    expect([ran.exit, ran.stdout, ran.stderr]).toEqual([0, '', '2 files in policies: no problems.\n']);
    expect(parseOutput(await rig.validate({ format: 'json' }))).toEqual({
      version: 1,
      ok: true,
      diagnostics: [],
      findings: [],
    });
    expect((await rig.validate({ quiet: true })).stderr).toBe('');
  });

  it('lets warnings pass', async () => {
    const body = 'alerts:\n  recipients: [ops@example.com]\n';
    rig = await startRig({ files: { 'org.yaml': orgFile(), 'a.yaml': workspaceFile('ws-team-a', body) } });
    const ran = await rig.validate({ format: 'json' });
    expect(ran.exit).toBe(0);
    expect(parseOutput(ran)).toMatchObject({ ok: true, diagnostics: [{ severity: 'warning' }] });
    expect(ran.stderr).toBe('2 files in policies: 1 warning.\n');
  });

  it.each([
    ['an empty directory', (folder: string) => void mkdirSync(join(folder, 'policies')), /^error: no policy files in/],
    ['a directory without YAML', (folder: string) => writeIn(folder, 'policies/a.txt', 'x'), /^error: no policy files/],
    ['no directory', () => undefined, /^error: there is no directory policies\n/],
    ['a file', (folder: string) => writeIn(folder, 'policies', 'x'), /^error: policies is a file, not a directory\n/],
  ])('refuses %s with one message', async (_name, prepare, message) => {
    rig = await startRig({ state: smallState() });
    prepare(rig.folder);
    for (const ran of [await rig.validate(), await rig.plan(), await rig.apply()]) {
      expect([ran.exit, ran.stdout]).toEqual([1, '']);
      expect(ran.stderr).toMatch(message);
      expect(ran.stderr.trimEnd().split('\n')).toHaveLength(2);
    }
    const json = await rig.validate({ format: 'json' });
    expect(parseOutput(json)).toMatchObject({ ok: false, error: { kind: 'user', hint: expect.any(String) } });
  });

  it('gives no plan while a file has an error', async () => {
    rig = await startRig({ state: smallState(), files: broken });
    const before = (await rig.validate()).stdout;
    for (const ran of [await rig.plan({ detailedExitcode: true }), await rig.apply()]) {
      expect([ran.exit, ran.stdout]).toEqual([1, before]);
    }
    expect(rig.emulator.requests.total).toBe(0);
  });
});

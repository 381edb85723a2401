/** Problems of the files that somebody names, as hooks before a commit do: only those, and judged in the whole directory. */

import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runValidate, type ValidateOptions } from '../../src/commands/validate.ts';
import { capture, parseOutput, type Ran, writeIn } from '../helpers/rig.ts';
import { testSession } from '../helpers/session.ts';
import { orgFile, workspaceFile } from '../helpers/world.ts';
import { makeFolder } from '../record/git-fixture.ts';

const good = workspaceFile('ws-good');
const bad = workspaceFile('ws-bad', 'keys:\n  web:\n    bugdet: $5\n    reset: never\n');

function repository(files: Readonly<Record<string, string>>): string {
  const folder = makeFolder();
  for (const [path, text] of Object.entries({ '.git/HEAD': '', ...files })) writeIn(folder, path, text);
  return folder;
}

function validate(folder: string, files: readonly string[], options: Partial<ValidateOptions> = {}): Promise<Ran> {
  const all: ValidateOptions = { dir: 'policies', quiet: false, format: 'text', files, ...options };
  const session = testSession({ cwd: folder });
  return capture(all.format, session, () => runValidate(all, session), 'validate');
}

describe('validate FILE…', () => {
  const files = { 'policies/org.yaml': orgFile(), 'policies/good.yaml': good, 'policies/bad.yaml': bad };

  it('shows the problems of the named files alone, and says how many others there are', async () => {
    const folder = repository(files);
    const ran = await validate(folder, ['policies/good.yaml']);
    expect([ran.exit, ran.stdout]).toEqual([0, '']);
    expect(ran.stderr).toBe(
      '1 file in policies: no problems.\nOther files have 1 problem: `tollgate validate --dir policies` shows all.\nThe rules could not look at policies, as another file there has an error.\n',
    );
    const wrong = await validate(folder, ['policies/good.yaml', 'policies/bad.yaml']);
    expect([wrong.exit, wrong.stdout.split('  ')[1]]).toEqual([1, 'unknown-key']);
    expect(parseOutput(await validate(folder, ['policies/good.yaml'], { format: 'json' }))).toEqual({
      version: 1,
      ok: true,
      diagnostics: [],
      findings: [],
      elsewhere: 1,
    });
  });

  it('finds what a named file does to others: a workspace that two declare, whichever of them is named', async () => {
    const folder = repository({
      'policies/org.yaml': orgFile(),
      'policies/a.yaml': workspaceFile('ws-one'),
      'policies/b.yaml': workspaceFile('ws-one'),
      'policies/c.yaml': bad,
    });
    for (const name of ['policies/a.yaml', 'policies/b.yaml']) {
      const ran = await validate(folder, [name]);
      expect([name, ran.exit, ran.stdout.split('  ')[1]]).toEqual([name, 1, 'duplicate-workspace']);
    }
    expect((await validate(folder, ['policies/c.yaml'])).stdout).not.toContain('duplicate-workspace');
  });

  it('shows what rules find in the named files', async () => {
    const policy = 'policies:\n  spend:\n    budget: $500\n    reset: monthly\n    per: workspace_id\n';
    const folder = repository({
      'policies/org.yaml': orgFile(),
      'policies/a.yaml': workspaceFile('ws-a', policy),
      'policies/b.yaml': workspaceFile('ws-b', policy),
    });
    const ran = await validate(folder, ['policies/b.yaml']);
    const lines = ran.stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^policies\/b\.yaml:/);
  });

  it('finds the directory of each file by its organisation file, of several at once', async () => {
    const folder = repository({
      'teams/one/org.yaml': orgFile(),
      'teams/one/deep/a.yaml': good,
      'teams/two/org.yml': orgFile(),
      'teams/two/b.yaml': bad,
    });
    const ran = await validate(folder, ['teams/one/deep/a.yaml', 'teams/two/b.yaml']);
    expect([ran.exit, ran.stdout.split(':')[0]]).toEqual([1, 'teams/two/b.yaml']);
    expect(ran.stderr).toContain('2 files in teams/one, teams/two: 1 error');
    // From below the top of the repository, too.
    const inside = await validate(join(folder, 'teams/two'), ['b.yaml', '../one/deep/a.yaml']);
    expect([inside.exit, inside.stdout.split(':')[0]]).toEqual([1, 'b.yaml']);
  });

  it('judges a nested organisation file where it is read: in the directory around it', async () => {
    const folder = repository({ 'policies/org.yaml': orgFile(), 'policies/deep/org.yaml': orgFile() });
    const ran = await validate(folder, ['policies/deep/org.yaml']);
    expect([ran.exit, ran.stdout.includes('duplicate-org-file')]).toEqual([1, true]);
  });

  it('judges shared defaults in every directory that extends them', async () => {
    const shared =
      'version: 1\nkind: defaults\ndefaults:\n  policies:\n    cap:\n      budget: $5\n      reset: never\n      per: workspace_id\n      colour: red\n';
    const folder = repository({
      'one/org.yaml': orgFile('extends: ../shared/defaults.yaml\n'),
      'two/org.yaml': orgFile('extends: ../shared/defaults.yaml\n'),
      'shared/defaults.yaml': shared,
      'shared/nobodys.yaml': shared,
    });
    const ran = await validate(folder, ['shared/defaults.yaml']);
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('in one, two: ')]);
    expect(ran.stdout.split('  ').slice(0, 2)).toEqual(['shared/defaults.yaml:9:7', 'unknown-key']);
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(1);
    const other = await validate(folder, ['shared/nobodys.yaml']);
    expect(other.stderr).toContain('shared/nobodys.yaml belongs to no directory of policies');
  });

  it('of a deleted file checks the whole directory, since nobody knows what it had said', async () => {
    const folder = repository(files);
    const gone = await validate(folder, ['policies/gone.yaml']);
    expect([gone.exit, gone.stdout.split(':')[0]]).toEqual([1, 'policies/bad.yaml']);
    expect(gone.stderr).toContain('policies/gone.yaml is not there: its directory is checked whole, without it.');
    rmSync(join(folder, 'policies/bad.yaml'));
    expect((await validate(folder, ['policies/bad.yaml'])).exit).toBe(0);
    rmSync(join(folder, 'policies/org.yaml'));
    const headless = await validate(folder, ['policies/org.yaml']);
    expect([headless.exit, headless.stdout.includes('missing-org-file')]).toEqual([1, true]);
  });

  it.each([
    [['README.md'], 'README.md is not a policy file: their names end in .yaml or .yml'],
    [['policies'], 'policies is a directory: name files, or the directory with --dir'],
    [['.github/workflows/ci.yml'], '.github/workflows/ci.yml belongs to no directory of policies'],
    [['nowhere/x.yaml'], 'there is no file nowhere/x.yaml, nor a directory of policies'],
    [['policies/.old/x.yaml'], 'policies/.old/x.yaml is not read as one of the policy files of policies'],
  ])('%s: a clear message', async (names, said) => {
    const folder = repository({
      ...files,
      'README.md': '',
      '.github/workflows/ci.yml': 'on: push\n',
      'policies/.old/x.yaml': good,
    });
    const ran = await validate(folder, names);
    expect([ran.exit, ran.stdout, ran.stderr]).toEqual([1, '', expect.stringContaining(said)]);
  });

  it('with --dir takes files of that directory alone', async () => {
    const folder = repository({ ...files, 'other/org.yaml': orgFile(), 'other/a.yaml': good });
    const ran = await validate(folder, ['policies/good.yaml'], { isDirGiven: true });
    expect(ran.exit).toBe(0);
    const outside = await validate(folder, ['other/a.yaml'], { isDirGiven: true });
    expect([outside.exit, outside.stderr]).toEqual([
      1,
      expect.stringContaining('other/a.yaml is outside policies, the directory that --dir names'),
    ]);
  });

  it('reports a link that leads out at the link', async () => {
    const folder = repository({ ...files, 'elsewhere.yaml': good });
    symlinkSync('../elsewhere.yaml', join(folder, 'policies/link.yaml'));
    const ran = await validate(folder, ['policies/link.yaml']);
    expect([ran.exit, ran.stdout]).toEqual([1, expect.stringMatching(/^policies\/link\.yaml:1:1 {2}link-outside/)]);
  });
});

/** Completion in the shells themselves. A shell that is not on this machine is named, and only its own tests are left out. */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { completionScripts } from '../../src/completion.ts';
import { buildBundle, type Ended, startCommand } from '../helpers/bundle.ts';
import { writeIn } from '../helpers/rig.ts';
import { makeFolder } from '../record/git-fixture.ts';

let bundle: string;
let folder: string;
beforeAll(async () => {
  bundle = await buildBundle();
});
beforeEach(() => {
  folder = makeFolder();
  writeIn(folder, 'bin/tollgate', `#!/bin/sh\nexec "${process.execPath}" "${bundle}" "$@"\n`);
  chmodSync(join(folder, 'bin/tollgate'), 0o755);
  writeIn(folder, 'policies/org.yaml', 'kind: org\nchannels:\n  mail: {}\n');
  writeIn(folder, 'policies/workspaces/search.yaml', workspaceFile);
  writeIn(folder, 'plan.json', '{}');
  for (const shell of shells) writeIn(folder, `tollgate.${shell}`, completionScripts[shell]);
});

/** Without what fish keeps in every home. */
function listFolder(): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();
}

/** Names that a shell would run, or part, stand beside plain ones; and the file has a mistake. */
const workspaceFile = `kind: workspace
workspace: ws-search
bugdet: 5
policies:
  total: { budget: $500, reset: monthly, per: workspace_id }
  burst: { rate: 5 requests/minute, per: api_key }
  $(touch x): { budget: $5, reset: monthly, per: api_key }
  "two words": { budget: $5, reset: monthly, per: api_key }
keys:
  "*": { budget: $5, reset: monthly }
  ci: { name: ci-runner, budget: $5, reset: monthly }
`;

type Shell = 'bash' | 'zsh' | 'fish';
const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** What the shell offers behind this line, told by the shell. */
const ask: Readonly<Record<Shell, (words: readonly string[]) => string>> = {
  bash: (words) =>
    `. ./tollgate.bash; . ./tollgate.bash; COMP_WORDS=(${words.map(quote).join(' ')}); COMP_CWORD=${words.length - 1}; _tollgate; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Its own functions that show are replaced: what they are handed is what would be shown.
  zsh: (words) =>
    `autoload -Uz compinit && compinit -D; . ./tollgate.zsh; . ./tollgate.zsh; _describe() { print -l -- "\${(@P)2}" }; _files() { print -l -- $( [[ $1 == -/ ]] && print -l -- *(/) || print -l -- * ) }; compset() { : }; words=(${words.map(quote).join(' ')}); CURRENT=${words.length}; PREFIX=${quote(words.at(-1) ?? '')}; _tollgate`,
  fish: (words) =>
    `source ./tollgate.fish; source ./tollgate.fish; complete -C ${quote([...words.slice(0, -1), words.at(-1) ?? ''].join(' '))}`,
};

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const flags: Readonly<Record<Shell, readonly string[]>> = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] };

async function complete(shell: Shell, ...words: string[]): Promise<string[]> {
  const PATH = `${join(folder, 'bin')}:${process.env.PATH}`;
  const line = ask[shell](['tollgate', ...words]);
  const ended: Ended = await startCommand(shell, [...flags[shell], '-c', line], {
    cwd: folder,
    env: { PATH },
    stdin: '',
  }).ended;
  expect(ended.stderr).toBe('');
  return ended.stdout
    .split('\n')
    .filter((value) => value !== '')
    .map((value) => value.split(/\t|:/)[0] ?? '');
}

describe.each(shells)('%s', (shell) => {
  const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
  if (!isThere) process.stderr.write(`completion is not tried in ${shell}: it is not installed here\n`);

  test.skipIf(!isThere)('mistakes-K1: nothing of the line is evaluated, and no file is written', async () => {
    const before = listFolder();
    for (const word of [
      '$(touch x)',
      '`touch x`',
      '$'.concat('{y:=$(touch x)}'),
      '<(touch x)',
      '"$(touch x)',
      ';touch x;',
    ]) {
      await complete(shell, 'plan', word, '--form');
      await complete(shell, 'plan', '--dir', word);
    }
    await complete(shell, 'plan', '>', 'plan.json', '--form');
    expect(listFolder()).toEqual(before);
    expect(readFileSync(join(folder, 'plan.json'), 'utf8')).toBe('{}');
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });

  test.skipIf(!isThere)('mistakes-K16: commands, flags and values are complete, also sourced twice', async () => {
    expect(await complete(shell, 'pla')).toEqual(['plan']);
    expect(await complete(shell, 'record', '')).toEqual(expect.arrayContaining(['rebuild', 'move']));
    expect(await complete(shell, 'plan', '--detailed')).toEqual(['--detailed-exitcode']);
    expect(await complete(shell, 'plan', '--format', 'js')).toEqual(['json']);
    expect(await complete(shell, 'rules', 'alert-m')).toEqual(['alert-missing']);
    expect(await complete(shell, 'schema', '')).toEqual(expect.arrayContaining(['org', 'plan', 'logs-spend']));
    expect(await complete(shell, '--no-color', 'plan', '--dir', 'policies', '--mode', 'up')).toEqual(['upsert-only']);
  });

  test.skipIf(!isThere)('mistakes-K16: values behind "=" and paths are complete', async () => {
    const joined = shell === 'bash' ? ['--format', '=', 'js'] : ['--format=js'];
    expect(await complete(shell, 'plan', ...joined)).toEqual([shell === 'bash' ? 'json' : '--format=json']);
    const directories = await complete(shell, 'plan', '--dir', 'pol');
    expect(directories.map((path) => path.replace(/\/$/, ''))).toContain('policies');
    expect(await complete(shell, 'plan', '--out', 'plan')).toContain('plan.json');
  });
});

describe.each(shells)('names of the policy files in %s', (shell) => {
  const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
  test.skipIf(!isThere)('are offered where they may stand, and never what a shell would run', async () => {
    expect(await complete(shell, 'plan', '--workspace', '')).toEqual(['ws-search']);
    const only = await complete(shell, 'apply', '--only', 'usage-policy/');
    expect(only.sort()).toEqual(['usage-policy/total', 'usage-policy/ws-search/total']);
    expect(await complete(shell, 'explain', 'bu')).toEqual(['burst']);
    expect(await complete(shell, 'reset', '')).toEqual(['total', 'ci-runner']);
    expect(await complete(shell, 'propose', 'set', 'ws-search', 'key/')).toEqual(['key/ci-runner']);
    expect(await complete(shell, 'notify', '--test', '')).toEqual(['mail']);
    expect(await complete(shell, 'mcp', '--toolsets', 'p')).toEqual(['policies', 'propose']);
    expect(await complete(shell, 'plan', '--dir', 'nowhere', '--workspace', '')).toEqual([]);
    expect(await complete(shell, 'logs', 'spend', 'plan')).toContain('plan.json');
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });
});

test('mistakes-K1: no script has a word that evaluates what was typed', () => {
  for (const [shell, script] of Object.entries(completionScripts)) {
    expect([shell, /\beval\b|Invoke-Expression|\biex\b/i.exec(script)]).toEqual([shell, null]);
  }
});

/** Processes from their start to their end, or to the first byte that they print. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compare } from './measure.ts';
import { type Result, round } from './result.ts';

export async function measureStartUp(rounds: number, command: string): Promise<readonly Result[]> {
  const empty = join(dirname(process.argv[1] ?? ''), 'empty.mjs');
  writeFileSync(empty, '');
  const place = await openPlace(command);
  const run = (parameters: readonly string[], cwd?: string) => (): void => {
    const { status } = spawnSync(process.execPath, parameters, { stdio: 'ignore', cwd, env: place.env });
    if (status !== 0) throw new Error(`node ${parameters.join(' ')} ended with ${status}`);
  };
  try {
    // The samples are applied first, so that the record is in Git.
    run([command, 'apply', '--yes', ...place.words()], place.clone)();
    const { ratios, medians } = await compare(rounds, [
      run([empty]),
      run([command, '--version']),
      run([command, 'validate']),
      () => readFirstByte([command, 'plan', '--backend', 'emulator']),
      run([command, 'plan'], place.clone),
    ]);
    const line = (what: string, index: number, most: number): Result => ({
      what: `${what}, against an empty Node process`,
      target: `≤ ${most} ×`,
      measured: `${round(ratios[index] ?? Number.NaN)} ×`,
      met: (ratios[index] ?? Number.NaN) <= most,
      numbers: { ratio: ratios[index] ?? 0, milliseconds: medians[index] ?? 0, emptyMilliseconds: medians[0] ?? 0 },
    });
    return [
      line('tollgate --version', 1, 1.4),
      line('tollgate validate of the sample policies', 2, 2.2),
      line('first byte of tollgate plan --backend emulator', 3, 5),
      line('tollgate plan of the samples against emulate, record in Git', 4, 5),
    ];
  } finally {
    place.close();
  }
}

async function readFirstByte(parameters: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
}

interface Place {
  /** With the sample policies and a remote. */
  readonly clone: string;
  readonly env: NodeJS.ProcessEnv;
  /** What lifts the guards that the first apply of the samples meets. */
  words(): string[];
  close(): void;
}

async function openPlace(command: string): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const clone = join(folder, 'clone');
  const who = ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost'];
  const git = (...args: string[]) => execFileSync('git', [...who, ...args], { stdio: 'pipe' });
  git('init', '--quiet', '--bare', '--initial-branch=main', join(folder, 'remote.git'));
  git('init', '--quiet', '--initial-branch=main', clone);
  cpSync('policies', join(clone, 'policies'), { recursive: true });
  git('-C', clone, 'remote', 'add', 'origin', join(folder, 'remote.git'));
  git('-C', clone, 'add', '.');
  git('-C', clone, 'commit', '--quiet', '-m', 'samples');
  git('-C', clone, 'push', '--quiet', 'origin', 'main');
  const service = spawn(process.execPath, [command, 'emulate', '--port', '0', '--accept-key', 'bench-key'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [service.stdout, service.stderr]) stream.on('data', (text) => (said += text));
  while (!/http:\S+\/v1/.test(said)) await Promise.race([once(service.stdout, 'data'), once(service.stderr, 'data')]);
  const [url = ''] = /http:\S+\/v1/.exec(said) ?? [];
  const env = { ...process.env, PORTKEY_API_KEY: 'bench-key', PORTKEY_BASE_URL: url };
  return {
    clone,
    env,
    words() {
      const { stdout } = spawnSync(process.execPath, [command, 'plan'], { cwd: clone, env, encoding: 'utf8' });
      return stdout.match(/--allow \S+/g)?.flatMap((word) => word.split(' ')) ?? [];
    },
    close() {
      service.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

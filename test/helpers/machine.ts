/** A machine with Git and `tollgate` as it is shipped, of somebody who has never had either: nothing of whoever runs the tests. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../record/git-fixture.ts';
import { buildBundle, type Ended, type Running, startCommand } from './bundle.ts';

export interface Machine {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  start(script: string, options: ScriptOptions): Running;
  /** … to its end; `all` is what it printed. */
  run(script: string, options: ScriptOptions): Promise<Ended & { readonly all: string }>;
}

export interface ScriptOptions {
  readonly cwd: string;
  /** Over those of the machine. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: bash that ends with the first command that fails. */
  readonly shell?: readonly string[];
}

/** Other programs by the line of shell that each is. */
export async function startMachine(programs: Readonly<Record<string, string>> = {}): Promise<Machine> {
  const home = makeFolder();
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const tollgate = `exec ${JSON.stringify(process.execPath)} ${JSON.stringify(await buildBundle())} "$@"`;
  for (const [name, line] of Object.entries({ tollgate, ...programs })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Sam\n\temail = sam@example.com\n');
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: home };
  const start: Machine['start'] = (script, { cwd, env: more = {}, shell = ['bash', '-eo', 'pipefail'] }) => {
    const [command = 'sh', ...flags] = shell;
    return startCommand(command, [...flags, '-c', script], { cwd, env: { ...env, ...more }, stdin: '' });
  };
  return {
    home,
    env,
    start,
    async run(script, options) {
      const ended = await start(script, options).ended;
      return { ...ended, all: ended.stdout + ended.stderr };
    },
  };
}

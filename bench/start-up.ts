/** Processes from their start to their end. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compare } from './measure.ts';
import { type Result, round } from './result.ts';

export async function measureStartUp(rounds: number, command: string): Promise<readonly Result[]> {
  const empty = join(dirname(process.argv[1] ?? ''), 'empty.mjs');
  writeFileSync(empty, '');
  const run = (parameters: readonly string[]) => (): void => {
    const { status } = spawnSync(process.execPath, parameters, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`node ${parameters.join(' ')} ended with ${status}`);
  };
  const { ratios, medians } = await compare(rounds, [
    run([empty]),
    run([command, '--version']),
    run([command, 'validate']),
  ]);
  const line = (what: string, index: number, most: number): Result => ({
    what,
    target: `≤ ${most} ×`,
    measured: `${round(ratios[index] ?? Number.NaN)} ×`,
    met: (ratios[index] ?? Number.NaN) <= most,
    numbers: { ratio: ratios[index] ?? 0, milliseconds: medians[index] ?? 0, emptyMilliseconds: medians[0] ?? 0 },
  });
  return [
    line('tollgate --version, against an empty Node process', 1, 2),
    line('tollgate validate of the sample policies, against an empty Node process', 2, 5),
  ];
}

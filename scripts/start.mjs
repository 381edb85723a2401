// A tour without an account: validate, plan and apply, and plan again, on the embedded emulator with the sample organisation.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

if (!existsSync('build/cli.js')) {
  console.error('tollgate is not built: run `npm ci` first.');
  process.exit(1);
}

const state = mkdtempSync(join(tmpdir(), 'tollgate-'));
const emulator = ['--backend', 'emulator', '--state', state];
const steps = [
  ['validate'],
  // Shows the plan first, as it does before it asks.
  ['apply', '--yes', ...emulator],
  ['plan', '--detailed-exitcode', ...emulator],
];

let exit = 0;
try {
  for (const step of steps) {
    const shown = step.map((word) => (word === state ? 'STATE' : word)).join(' ');
    console.log(`\n$ tollgate ${shown}\n`);
    const run = spawnSync(process.execPath, ['build/cli.js', ...step], { stdio: 'inherit' });
    exit = run.status ?? 1;
    if (exit !== 0) break;
  }
} finally {
  rmSync(state, { recursive: true, force: true });
}
process.exitCode = exit;

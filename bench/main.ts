/**
 * `npm run bench [-- --json] [-- --only NAME] [-- --quick] [-- --calls NUMBER]`. Every row is measured in a process of its own.
 * `--calls`: so many, of rows over calls, in place of ten million.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { answerCompilation } from '../src/compile-aside.ts';
import { setEngineFlags } from '../src/v8-flags.ts';
import { measureApply } from './apply.ts';
import { makeStore, measureBacktest, measureStore } from './backtest.ts';
import { measureConcurrency } from './concurrency.ts';
import { measureEmulator } from './emulator.ts';
import { makeSurroundings, measureMemory, planOnce } from './memory.ts';
import { measureManyChanges, measurePlanner } from './planner.ts';
import { measureProof } from './proof.ts';
import { type Result, renderTable } from './result.ts';
import { type ServiceOptions, serve } from './service.ts';
import { measureStartUp } from './start-up.ts';
import { measureValidate } from './validate.ts';
import { measureUnchanged, measureWholePlan } from './whole-plan.ts';

const bundle = process.argv[1] ?? '';
const root = join(dirname(bundle), '..', '..');

const rows: Readonly<Record<string, (isQuick: boolean, calls: number) => Promise<readonly Result[]>>> = {
  'whole-plan': (isQuick) => measureWholePlan(isQuick ? 1 : 3),
  unchanged: (isQuick) => measureUnchanged(isQuick ? 3 : 7),
  concurrency: (isQuick) => measureConcurrency(isQuick ? 1 : 3),
  planner: (isQuick) => measurePlanner(isQuick ? 3 : 7),
  'many-changes': (isQuick) => measureManyChanges(isQuick ? 3 : 5),
  proof: (isQuick) => measureProof(isQuick ? 1 : 3),
  apply: () => measureApply(),
  'start-up': (isQuick) => measureStartUp(isQuick ? 7 : 21, join(root, 'build', 'cli.js')),
  memory: () => measureMemory(),
  emulator: (isQuick) => measureEmulator(isQuick ? 3 : 9),
  backtest: (_, calls) => measureBacktest(calls),
  'backtest-store': async (_, calls) => {
    const { status } = spawnSync(process.execPath, [bundle, 'make-store', String(calls)], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`the store was not made: ${status}`);
    return measureStore(calls);
  },
  validate: (isQuick) => measureValidate(isQuick ? 3 : 5),
};

async function main(): Promise<void> {
  const [role = '', first = '', second = '', third = ''] = process.argv.slice(2);
  switch (role) {
    case 'serve':
      return serve(JSON.parse(first) as ServiceOptions);
    case 'surroundings':
      return void process.stdout.write(makeSurroundings(first));
    case 'plan-once':
      return void process.stdout.write(await planOnce(first, second));
    case 'make-store':
      return makeStore(Number(first));
    case 'row':
      return void process.stdout.write(JSON.stringify(await rows[first]?.(second === 'quick', Number(third))));
    default:
      measureAll(process.argv.slice(2));
  }
}

function measureAll(flags: readonly string[]): void {
  const only = flags.includes('--only') ? flags[flags.indexOf('--only') + 1] : undefined;
  const pace = flags.includes('--quick') ? 'quick' : 'thorough';
  const calls = callsIn(flags, pace === 'quick' ? 1_000_000 : 10_000_000);
  const names = Object.keys(rows).filter((name) => only === undefined || name === only);
  if (names.length === 0) throw new Error(`--only takes one of ${Object.keys(rows).join(', ')}`);
  const results = names.flatMap((name): Result[] => {
    process.stderr.write(`${name} …\n`);
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--expose-gc', bundle, 'row', name, pace, String(calls)],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`${name} ended with ${status}:\n${stderr}`);
    const measured = JSON.parse(stdout) as Result[];
    for (const { what, measured: value } of measured) process.stderr.write(`  ${what}: ${value}\n`);
    return measured;
  });
  const document = { node: process.version, cpus: cpus().length, results };
  const json = `${JSON.stringify(document, null, 2)}\n`;
  const folder = join(root, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'latest.json'), json);
  process.stdout.write(flags.includes('--json') ? json : renderTable(results));
}

function callsIn(flags: readonly string[], usual: number): number {
  if (!flags.includes('--calls')) return usual;
  const calls = Number(flags[flags.indexOf('--calls') + 1]);
  if (!Number.isInteger(calls) || calls < 1_000) throw new Error('--calls takes a whole number from 1000');
  return calls;
}

setEngineFlags();
if (!(await answerCompilation())) await main();

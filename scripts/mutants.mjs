/**
 * Mutants: small changes to dangerous modules, each of which some test has to notice. They are written by hand in
 * test/mutants/*.json, a file a room: by module, the tests that are related to it and what is changed to what.
 *
 *     npm run mutants                             all of them, each against the tests related to its module
 *     npm run mutants -- --module plan/guards     of one module, or of a room (`plan`)
 *     npm run mutants -- --only 3                 with --module: the third one alone, or `3,5`
 *     npm run mutants -- --survivors              what survives is tried once more, against laws, faults and stories
 *
 * Nothing is written: a mutant stands in for its module as that is loaded for a test. The tests run in a process of their own,
 * which is ended when it takes too long; a mutant that hangs is noticed. Exit code 1: a mutant survives that is not marked as
 * equal, or one no longer applies.
 */

import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createVitest } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Where what nobody noticed near by is tried once more. */
const wide = ['test/laws', 'test/faults', 'test/stories'];

/** In the process that runs tests: one mutant after another, as the parent asks for them. */
async function host() {
  let current = null;
  const standIn = {
    name: 'mutant',
    enforce: 'pre',
    transform: (_code, id) => (current !== null && id.split('?')[0] === current.path ? current.text : null),
  };
  // One process for all files of a run: starting one takes longer than most tests.
  const quiet = { reporters: [{}], watch: false, bail: 1, maxWorkers: 1, isolate: false, root };
  const vitest = await createVitest('test', quiet, { plugins: [standIn] });
  process.on('message', async ({ path, text, tests }) => {
    // What stood in before stands in no more.
    for (const changed of [current?.path ?? path, path]) vitest.invalidateFile(changed);
    current = { path, text };
    const files = await vitest.globTestSpecifications(tests);
    const { testModules } = await vitest.runTestSpecifications(files);
    const failed = testModules.filter((module) => !module.ok()).map((module) => module.relativeModuleId);
    process.send({ ran: testModules.length, failed });
  });
  process.send('ready');
}

/** A process that runs tests, and that is replaced when it hangs. */
function createRunner() {
  let child = null;
  const start = () =>
    new Promise((resolve) => {
      child = fork(fileURLToPath(import.meta.url), ['--host'], { cwd: root, detached: true, silent: true });
      child.stdout.resume();
      child.stderr.resume();
      child.once('message', () => resolve());
    });
  const stop = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
    child = null;
  };
  return {
    /** Which test files failed; null: none ended in time. */
    async run(job, limit) {
      if (child === null) await start();
      return new Promise((resolve) => {
        const end = (answer) => {
          clearTimeout(timer);
          child?.removeAllListeners();
          if (answer === null) stop();
          resolve(answer);
        };
        const timer = setTimeout(() => end(null), limit);
        child.once('message', end);
        child.once('exit', () => end(null));
        child.send(job);
      });
    },
    stop: () => child !== null && stop(),
  };
}

function readMutants() {
  const folder = new URL('../test/mutants/', import.meta.url);
  const rooms = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return rooms.sort().flatMap((name) => Object.entries(JSON.parse(readFileSync(new URL(name, folder), 'utf8'))));
}

/** The module's text with one mutant in it; null where it does not apply. */
function mutate(text, { from, to, nth }) {
  const parts = text.split(from);
  const place = nth ?? 1;
  if (parts.length <= place || (nth === undefined && parts.length > 2)) return null;
  return parts.slice(0, place).join(from) + to + parts.slice(place).join(from);
}

async function main() {
  const { values } = parseArgs({
    options: { module: { type: 'string' }, only: { type: 'string' }, survivors: { type: 'boolean' } },
  });
  const wanted = values.only?.split(',').map(Number);
  const isWanted = (module) =>
    values.module === undefined || module === values.module || module.startsWith(`${values.module}/`);
  const modules = readMutants().filter(([module]) => isWanted(module));
  const runner = createRunner();
  process.on('exit', () => runner.stop());
  process.on('SIGINT', () => process.exit(130));
  const count = { killed: 0, late: 0, equal: 0 };
  const living = [];
  const lost = [];
  for (const [module, { tests, mutants }] of modules) {
    const path = `${root}src/${module}.ts`;
    const text = readFileSync(path, 'utf8');
    const begun = performance.now();
    const whole = await runner.run({ path, text, tests }, 600_000);
    if (whole === null || whole.failed.length > 0 || whole.ran === 0) {
      throw new Error(
        `${module}: its tests do not pass without a mutant: ${whole?.failed.join(', ') || tests.join(', ')}`,
      );
    }
    const limit = 20_000 + 5 * (performance.now() - begun);
    for (const [index, mutant] of mutants.entries()) {
      const number = index + 1;
      if (wanted !== undefined && !wanted.includes(number)) continue;
      const name = `${module} ${number}`;
      const changed = mutate(text, mutant);
      if (changed === null) {
        lost.push(name);
        console.log(`gone      ${name}: ${mutant.from}`);
        continue;
      }
      const answer = await runner.run({ path, text: changed, tests }, limit);
      const isAlive = answer !== null && answer.failed.length === 0;
      if (answer === null) count.late += 1;
      else if (!isAlive) count.killed += 1;
      else if (mutant.equal !== undefined) count.equal += 1;
      else living.push({ name, path, changed, mutant });
      const what = answer === null ? 'timed out' : !isAlive ? 'killed   ' : mutant.equal ? 'equal    ' : 'SURVIVED ';
      console.log(`${what} ${name}: ${mutant.opens}${answer?.failed.length > 0 ? ` (${answer.failed[0]})` : ''}`);
    }
  }
  let left = living;
  if (values.survivors && living.length > 0) {
    left = [];
    console.log(`\n${living.length} once more, against ${wide.join(', ')}:`);
    for (const one of living) {
      const answer = await runner.run({ path: one.path, text: one.changed, tests: wide }, 3_600_000);
      const isAlive = answer !== null && answer.failed.length === 0;
      if (isAlive) left.push(one);
      console.log(
        `${isAlive ? 'SURVIVED ' : 'killed   '} ${one.name}: ${one.mutant.opens} (${answer?.failed[0] ?? ''})`,
      );
    }
  }
  const { killed, late, equal } = count;
  console.log(`\n${killed} killed, ${late} timed out, ${equal} equal, ${living.length} survived, ${lost.length} gone`);
  for (const { name, mutant } of left) console.log(`  ${name}: ${mutant.from}  →  ${mutant.to}`);
  process.exit(left.length > 0 || lost.length > 0 ? 1 : 0);
}

await (process.argv.includes('--host') ? host() : main());

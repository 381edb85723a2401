/**
 * Mutants: small changes to dangerous modules, each of which some test has to notice. They are written by hand in
 * test/mutants/*.json, a file a room: by module, the tests that are related to it and what is changed to what.
 *
 *     npm run mutants                             all of them, each against the tests related to its module
 *     npm run mutants -- --module guards/judge    of one module, or of a room (`plan`)
 *     npm run mutants -- --only 3                 with --module: the third one alone, or `3,5`
 *     npm run mutants -- --cases                  those alone that take away the rule of a case
 *     npm run mutants -- --survivors              what survives is tried once more, against laws, faults and stories
 *
 * A mutant with a `case` takes away the rule that mends it. It has `tests` of its own, and of them those count alone whose name
 * holds that of the case: `trust-D7`, or with the begin of a title where each of them takes long.
 *
 * The source stays as it is: a mutant stands in for its module as that is loaded for a test, and in a copy of the source that
 * tests of the command as it is shipped build it from. The tests run in a process of their own,
 * which is ended when it takes too long; a mutant that hangs is noticed. A machine that is busy is no mutant that hangs: what
 * took too long is tried again alone, and measured against the same tests without it at that time. Exit code 1: a mutant survives that is
 * not marked as equal, or one no longer applies.
 */

import { fork } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
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
  const runner = fileURLToPath(new URL('mutant-runner.mjs', import.meta.url));
  const quiet = { reporters: [{}], watch: false, bail: 1, maxWorkers: 1, isolate: false, root, runner };
  const vitest = await createVitest('test', quiet, { plugins: [standIn] });
  const standInWith = (path, text) => {
    // What stood in before stands in no more.
    for (const changed of [current?.path ?? path, path]) vitest.invalidateFile(changed);
    current = { path, text };
  };
  const pattern = (named) => `${named.replace(/[^\w ]/g, '\\$&')}(?!\\d)`;
  /** Several texts in one go; answers are written to a file, one a line. */
  const runBatch = async ({ path, texts, tests, named, answers }) => {
    const codes = [];
    for (const text of texts) {
      standInWith(path, text);
      codes.push((await vitest.getRootProject().vite.environments.ssr.transformRequest(path)).code);
    }
    standInWith(path, texts[0]);
    const files = await vitest.globTestSpecifications(tests);
    const order = { path, codes, answers, tests: files.map(({ moduleId }) => moduleId) };
    const batch = `${answers}.json`;
    writeFileSync(batch, JSON.stringify({ ...order, named: named === null ? null : pattern(named) }));
    process.env.TOLLGATE_MUTANTS = batch;
    await vitest.runTestSpecifications(files.slice(0, 1));
    delete process.env.TOLLGATE_MUTANTS;
    process.send({});
  };
  process.on('message', async (job) => {
    if (job.texts !== undefined) return runBatch(job);
    const { path, text, tests, named } = job;
    standInWith(path, text);
    if (named === null) vitest.resetGlobalTestNamePattern();
    else vitest.setGlobalTestNamePattern(new RegExp(pattern(named)));
    const files = await vitest.globTestSpecifications(tests);
    const wanted = new Set(files.map(({ moduleId }) => moduleId));
    // Files of earlier runs are answered as well.
    const { testModules } = await vitest.runTestSpecifications(files);
    const modules = testModules.filter(({ moduleId }) => wanted.has(moduleId));
    const failed = modules.filter((module) => !module.ok());
    const cases = modules.flatMap(({ children }) => [...children.allTests()]);
    const broken = failed.flatMap(({ children }) => [...children.allTests('failed')].map(({ fullName }) => fullName));
    process.send({
      ran: cases.filter((test) => ['passed', 'failed'].includes(test.result().state)).length,
      failed: failed.map(({ relativeModuleId }, index) => (index === 0 && broken[0]) || relativeModuleId),
    });
  });
  process.send('ready');
}

/** What the command is built from (test/helpers/bundle.ts). */
function copySource() {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-mutant-'));
  for (const name of ['src', 'scripts', 'package.json', 'package-lock.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** A process that runs tests, and that is replaced when it hangs. */
function createRunner() {
  let child = null;
  const copy = copySource();
  const env = { ...process.env, TOLLGATE_SOURCE: copy };
  const start = () =>
    new Promise((resolve) => {
      child = fork(fileURLToPath(import.meta.url), ['--host'], { cwd: root, env, detached: true, silent: true });
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
    /** What failed; null: the tests did not end in time. */
    async run(job, limit) {
      if (child === null) await start();
      const copied = join(copy, relative(root, job.path));
      writeFileSync(copied, job.text);
      return new Promise((resolve) => {
        const end = (answer) => {
          clearTimeout(timer);
          child?.removeAllListeners();
          if (answer === null) stop();
          cpSync(job.path, copied);
          resolve(answer);
        };
        const timer = setTimeout(() => end(null), limit);
        child.once('message', end);
        child.once('exit', () => end(null));
        child.send(job);
      });
    },
    /**
     * Several texts against the same tests, one after another in one process. As long as the last of them, which is the first
     * once more, passes: what one has left behind must not fail another.
     *
     * @returns an answer each; null: it did not end in time, undefined: nothing can be told
     */
    async runAll(job, whole, texts) {
      const answers = texts.map(() => undefined);
      for (let begun = 0; begun < texts.length; ) {
        if (child === null) await start();
        const rest = texts.slice(begun);
        // A single one needs no time of its own, and fails nobody.
        const [before, after] = rest.length === 1 ? [[whole], []] : [[whole, whole], [whole]];
        const file = join(copy, `answers-${begun}`);
        rmSync(file, { force: true });
        child.send({ ...job, texts: [...before, ...rest, ...after], answers: file });
        const told = await follow(file, before.length, before.length + rest.length + after.length, child);
        stop();
        const [first, ...others] = told;
        if (![first, ...others.splice(0, before.length - 1), ...others.splice(rest.length)].every(isPassed))
          return answers;
        for (const [index, answer] of others.entries()) answers[begun + index] = answer;
        begun += others.length;
        if (begun < texts.length) answers[begun++] = null;
      }
      return answers;
    },
    stop() {
      if (child !== null) stop();
      rmSync(copy, { recursive: true, force: true });
    },
  };
}

const isPassed = (answer) => answer !== undefined && answer.failed.length === 0 && answer.ran > 0;

/** Lines of a file as they come; ends when there are enough, or none came for too long against the time that the `timed` took. */
async function follow(file, timed, count, child) {
  let since = performance.now();
  let limit = 900_000;
  let told = [];
  while (told.length < count && child.exitCode === null && performance.now() - since < limit) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    if (lines.length === told.length) continue;
    if (told.length < timed && lines.length >= timed) limit = 20_000 + 5 * (performance.now() - since);
    told = lines;
    since = performance.now();
  }
  return told.map((line) => JSON.parse(line));
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

/** For how long tests may run with a mutant; null where they do not pass without: then nothing can be told of it. */
async function measure(runner, name, job) {
  const begun = performance.now();
  const whole = await runner.run(job, 900_000);
  if (whole !== null && whole.failed.length === 0 && whole.ran > 0) return 20_000 + 5 * (performance.now() - begun);
  const what = whole?.failed.join(', ') || [job.named, ...job.tests].join(' ');
  console.log(`untried   ${name}: its tests do not pass without a mutant: ${what}`);
  return null;
}

async function main() {
  const { values } = parseArgs({
    options: {
      module: { type: 'string' },
      only: { type: 'string' },
      cases: { type: 'boolean' },
      survivors: { type: 'boolean' },
    },
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
  for (const [module, { tests: related, mutants }] of modules) {
    const path = `${root}src/${module}.ts`;
    const text = readFileSync(path, 'utf8');
    const limits = new Map();
    const jobs = [];
    for (const [index, mutant] of mutants.entries()) {
      if (wanted !== undefined && !wanted.includes(index + 1)) continue;
      if (values.cases && mutant.case === undefined) continue;
      const name = `${module} ${index + 1}${mutant.case === undefined ? '' : ` (${mutant.case})`}`;
      const changed = mutate(text, mutant);
      if (changed === null) {
        lost.push(name);
        console.log(`gone      ${name}: ${mutant.from}`);
        continue;
      }
      jobs.push({ name, mutant, path, text: changed, tests: mutant.tests ?? related, named: mutant.case ?? null });
    }
    const keyOf = ({ tests, named }) => JSON.stringify([tests, named]);
    const groups = new Map();
    for (const job of jobs) groups.set(keyOf(job), [...(groups.get(keyOf(job)) ?? []), job]);
    for (const group of groups.values()) {
      const [{ tests, named }] = group;
      // What starts processes of its own sees a mutant in the copy alone, which holds one at a time.
      const isAside = tests.some((test) => test.startsWith('test/cli/'));
      const answers = isAside
        ? []
        : await runner.runAll(
            { path, tests, named },
            text,
            group.map((job) => job.text),
          );
      for (const [index, { name, mutant, ...job }] of group.entries()) {
        let answer = answers[index];
        let limit = 0;
        // What took too long may have met with a busy moment.
        if (answer === null) [answer] = await runner.runAll({ path, tests, named }, text, [job.text]);
        if (answer === undefined) {
          limit = limits.get(keyOf(job)) ?? (await measure(runner, name, { ...job, text }));
          limits.set(keyOf(job), limit);
          if (limit !== null) answer = await runner.run(job, limit);
        }
        if (limit === null) {
          lost.push(name);
          continue;
        }
        const isAlive = answer !== null && answer.failed.length === 0;
        if (answer === null) count.late += 1;
        else if (!isAlive) count.killed += 1;
        else if (mutant.equal !== undefined) count.equal += 1;
        else living.push({ name, path, changed: job.text, mutant });
        const what = answer === null ? 'timed out' : !isAlive ? 'killed   ' : mutant.equal ? 'equal    ' : 'SURVIVED ';
        console.log(`${what} ${name}: ${mutant.opens}${answer?.failed.length > 0 ? ` (${answer.failed[0]})` : ''}`);
      }
    }
  }
  let left = living;
  if (values.survivors && living.length > 0) {
    left = [];
    console.log(`\n${living.length} once more, against ${wide.join(', ')}:`);
    for (const one of living) {
      const answer = await runner.run({ path: one.path, text: one.changed, tests: wide, named: null }, 3_600_000);
      const isAlive = answer !== null && answer.failed.length === 0;
      if (isAlive) left.push(one);
      console.log(
        `${isAlive ? 'SURVIVED ' : 'killed   '} ${one.name}: ${one.mutant.opens} (${answer?.failed[0] ?? ''})`,
      );
    }
  }
  const { killed, late, equal } = count;
  console.log(
    `\n${killed} killed, ${late} timed out, ${equal} equal, ${living.length} survived, ${lost.length} gone or untried`,
  );
  for (const { name, mutant } of left) console.log(`  ${name}: ${mutant.from}  →  ${mutant.to}`);
  process.exit(left.length > 0 || lost.length > 0 ? 1 : 0);
}

await (process.argv.includes('--host') ? host() : main());

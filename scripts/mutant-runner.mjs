/**
 * Runs in the process that has the tests (scripts/mutants.mjs): one mutant after another against the same test files, without
 * loading again what none of them changes. A module that stands between the changed one and a test is evaluated anew, nothing
 * else is.
 */

import { appendFileSync, readFileSync } from 'node:fs';
import { startTests } from '@vitest/runner';
import { TestRunner } from 'vitest';

class MutantRunner extends TestRunner {
  async importFile(filepath, source) {
    const batch = process.env.TOLLGATE_MUTANTS;
    if (source !== 'collect' || batch === undefined) return super.importFile(filepath, source);
    const { path, tests, named, codes, answers } = JSON.parse(readFileSync(batch, 'utf8'));
    const modules = this.workerState.evaluatedModules;
    // The first is the module as it is, which loads everything.
    for (const code of codes) {
      forget(modules, path, code);
      appendFileSync(answers, `${JSON.stringify(await this.#runAll(tests, named))}\n`);
      knowByUrl(modules, this.config.root);
    }
    throw new Error('All have been tried: this file has no tests of its own.');
  }

  async #runAll(tests, named) {
    let ran = 0;
    for (const filepath of tests) {
      forget(this.workerState.evaluatedModules, filepath, null);
      const runner = new TestRunner({
        ...this.config,
        testNamePattern: named === null ? undefined : new RegExp(named),
      });
      Object.defineProperty(runner, 'moduleRunner', { value: this.moduleRunner });
      runner.__setTraces(this._otel);
      const after = runner.onAfterRunTask.bind(runner);
      runner.onAfterRunTask = (test) => {
        after(test);
        if (test.result?.state === 'fail') runner.cancel();
      };
      this.workerState.filepath = filepath;
      const [file] = await startTests([{ filepath }], runner);
      const cases = flatten(file);
      ran += cases.filter(({ result }) => result?.state === 'pass' || result?.state === 'fail').length;
      const failed = cases.find(({ result }) => result?.state === 'fail');
      const isBroken = file.result?.state === 'fail';
      if (failed !== undefined || isBroken) return { ran, failed: [failed?.fullTestName ?? failed?.name ?? file.name] };
    }
    return { ran, failed: [] };
  }
}

function flatten(task) {
  return task.type === 'test' ? [task] : (task.tasks ?? []).flatMap(flatten);
}

/** A module and whatever imports it are evaluated again when they are next asked for. */
function forget(modules, path, code) {
  const seen = new Set();
  const visit = (node) => {
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    Object.assign(node, { promise: undefined, exports: undefined, evaluated: false });
    for (const id of node.importers) visit(modules.getModuleById(id));
  };
  for (const node of modules.fileToModulesMap.get(path) ?? []) {
    if (code !== null && node.meta !== undefined) node.meta = { ...node.meta, code };
    visit(node);
  }
}

/** What was loaded is known by the path that imports name it by: asked for again, it would come back as it is on disk. */
function knowByUrl(modules, root) {
  for (const node of modules.idToModuleMap.values()) {
    if (node.file?.startsWith(`${root}/`)) modules.urlToIdModuleMap.set(node.file.slice(root.length), node);
  }
}

// biome-ignore lint/style/noDefaultExport: vitest asks for it
export { MutantRunner as default };

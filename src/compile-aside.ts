/** Policy files compiled in a thread of their own: reading YAML takes as long as reading live, and neither needs the other. */

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Compiled, KnownTexts, PolicyFile } from './policy/compile.ts';

const task = 'tollgate: compile policy files';

/** With what the files were read as: the memory of another thread is not this one's. */
export type CompiledAside = Compiled & { readonly texts?: KnownTexts };

/**
 * @param entry a bundle that calls `answerCompilation`: the one that runs now, or one for this alone
 * @throws what the thread ended with
 */
export function compileAside(entry: URL, files: readonly PolicyFile[]): Promise<CompiledAside> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(entry, { workerData: { task, files }, execArgv: [], argv: [] });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that compiles the policy files ended with ${code}`)));
  });
}

/** True in a thread that was started for this; nothing else is to be done in it. */
export async function answerCompilation(): Promise<boolean> {
  if (isMainThread || workerData?.task !== task) return false;
  const { compilePolicies } = await import('./policy/compile.ts');
  const texts: KnownTexts = new Map();
  parentPort?.postMessage({ ...compilePolicies(workerData.files, texts), texts });
  return true;
}

/** Runs the bundled Action as a runner does: environment, event file, output and summary files, a fresh checkout. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkOut, git } from '../record/git-fixture.ts';

export const bundle = fileURLToPath(new URL('../../dist/action.js', import.meta.url));

export interface JobOptions {
  /** Bare repository that plays the remote. */
  readonly remote: string;
  /** Branch or commit that is checked out. */
  readonly ref: string;
  readonly event: string;
  readonly payload: unknown;
  readonly inputs: Readonly<Record<string, string>>;
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly runId: number;
  readonly attempt?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Job {
  /** Of the process: what makes a step green or red. */
  readonly code: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly log: string;
  /** What the step left changed in the checkout; empty: nothing. */
  readonly gitStatus: string;
}

export async function runJob(options: JobOptions): Promise<Job> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-action-'));
  const workspace = join(folder, 'work');
  checkOut(options.remote, workspace, options.ref);
  const files = { event: join(folder, 'event.json'), output: join(folder, 'output'), summary: join(folder, 'summary') };
  writeFileSync(files.event, JSON.stringify(options.payload));
  writeFileSync(files.output, '');
  writeFileSync(files.summary, '');
  const inputs = Object.entries(options.inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const child = spawn(process.execPath, [bundle], {
    cwd: workspace,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTOR: 'engineer-1',
      GITHUB_API_URL: options.apiUrl,
      GITHUB_SERVER_URL: options.serverUrl,
      GITHUB_REPOSITORY: 'example/budgets',
      GITHUB_EVENT_NAME: options.event,
      GITHUB_EVENT_PATH: files.event,
      GITHUB_OUTPUT: files.output,
      GITHUB_STEP_SUMMARY: files.summary,
      GITHUB_WORKSPACE: workspace,
      GITHUB_RUN_ID: String(options.runId),
      GITHUB_RUN_ATTEMPT: String(options.attempt ?? 1),
      RUNNER_TEMP: folder,
      TOLLGATE_RETRY_MILLISECONDS: '1',
      ...Object.fromEntries(inputs),
      ...options.env,
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (log += text.toString('utf8')));
  const code = await new Promise<number | null>((resolve) => void child.on('close', resolve));
  return {
    code,
    outputs: parseOutputs(readFileSync(files.output, 'utf8')),
    summary: readFileSync(files.summary, 'utf8'),
    log,
    gitStatus: git(workspace, 'status', '--porcelain').trim(),
  };
}

/** `name<<delimiter`, the value, the delimiter again. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [, name = '', , value = ''] of text.matchAll(/^([\w-]+)<<(\S+)\r?\n([\s\S]*?)\r?\n\2$/gm)) {
    outputs[name] = value;
  }
  return outputs;
}

/** The GitHub Action: inputs and event in, outputs, summary and annotations out. What it does is in commands/action. */

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import packageJson from '../package.json' with { type: 'json' };
import { parseBoundedJson } from './bounded-json.ts';
import { findGitHubJob } from './checkout/github-job.ts';
import { spellCredential } from './checkout/remote-token.ts';
import { exitOf } from './commands/action/failed-run.ts';
import { runAction } from './commands/action/run.ts';
import type { ActionInputs } from './commands/action/types.ts';
import { answerCompilation, compileAside } from './compile-aside.ts';
import { UserError } from './errors.ts';
import { parseEvent } from './github/event.ts';
import { createGitHub } from './github/octokit.ts';
import { readProcessFacts } from './process-facts.ts';
import { proxiesOf } from './proxies.ts';
import { renderFailure } from './render/failure.ts';
import { renderForScreen } from './render/log-text.ts';
import { reportFailure, reportResult, workflowStyle } from './report.ts';
import type { Session } from './run/session.ts';
import { setEngineFlags } from './v8-flags.ts';

async function main(): Promise<void> {
  const { env } = process;
  const inputs = readInputs();
  const job = findGitHubJob(env);
  const eventName = job.eventName ?? '';
  const event = parseEvent(eventName, await readPayload(job.eventPath), env);
  checkEvent(inputs, eventName, event.context.kind);
  const { context } = event;
  // Even where a repository hands secrets to forks: what is not read cannot be used.
  const isForeign = context.kind === 'pull-request' && context.pull.isForeign;
  const apiKey = isForeign ? '' : core.getInput('portkey-api-key');
  if (apiKey !== '') core.setSecret(apiKey);
  const recordToken = isForeign ? '' : core.getInput('record-token');
  // Git sends it in another spelling, which the runner does not know.
  for (const text of recordToken === '' ? [] : [recordToken, spellCredential(recordToken)]) core.setSecret(text);
  const teamsToken = isForeign ? '' : core.getInput('teams-token');
  if (teamsToken !== '') core.setSecret(teamsToken);
  const token = core.getInput('github-token');
  const serverUrl = job.serverUrl ?? 'https://github.com';
  const repositoryUrl = `${serverUrl}/${event.repository}`;
  const result = await runAction({
    inputs,
    event,
    github:
      token === ''
        ? null
        : createGitHub({
            token,
            teamsToken: teamsToken === '' ? null : teamsToken,
            repository: event.repository,
            apiUrl: job.apiUrl ?? 'https://api.github.com',
            login: inputs.commentAuthor ?? 'github-actions[bot]',
            proxies: proxiesOf(env),
            userAgent: `tollgate/${packageJson.version}`,
            retryAfterBaseValue: Number(env.TOLLGATE_RETRY_MILLISECONDS ?? 1_000),
          }),
    session: buildSession({ apiKey, token, recordToken, baseUrl: core.getInput('base-url'), isForeign }),
    tempDirectory: await mkdtemp(join(env.RUNNER_TEMP ?? tmpdir(), 'tollgate-')),
    repositoryUrl,
    runUrl: `${repositoryUrl}/actions/runs/${job.runId ?? ''}`,
    runNumber: Number(job.runId ?? 0),
    runAttempt: Number(job.runAttempt ?? 1),
    writeFile: (path, text) => writeFile(path, text),
  });
  await reportResult(result);
}

function readInputs(): ActionInputs {
  return {
    command: readWord('command', ['plan', 'apply', 'returns', 'drift', 'notify', 'validate'] as const, 'plan'),
    directory: core.getInput('directory') || 'policies',
    backend: readWord('backend', ['portkey', 'emulator'] as const, 'portkey'),
    comment: readWord('comment', ['always', 'on-change', 'never'] as const, 'always'),
    commentAuthor: core.getInput('comment-author') || null,
    failOnChanges: readWord('fail-on', ['guards', 'changes'] as const, 'guards') === 'changes',
    propose: readWord('propose', ['true', 'false'] as const, 'false') === 'true',
    logs: core.getMultilineInput('logs'),
    rowsFrom: readWord('logs-source', ['files', 'clickhouse'] as const, 'files'),
    allow: core
      .getInput('allow')
      .split(/\s+/)
      .filter((word) => word !== ''),
    approve: core.getInput('approve') || null,
    revertDrift: core.getInput('revert-drift') || null,
    takeOver: core.getInput('take-over') || null,
    move: core.getInput('move') || null,
  };
}

function readWord<T extends string>(name: string, words: readonly T[], fallback: T): T {
  const text = core.getInput(name) || fallback;
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  throw new UserError(`input ${name}: "${text}" is none of ${words.join(', ')}`);
}

/** A workflow file on a branch must not be able to say by itself what a reviewer has to say. */
function checkEvent({ allow, approve, revertDrift, takeOver, move }: ActionInputs, name: string, kind: string): void {
  if (name === 'pull_request_target') {
    throw new UserError(
      'tollgate does not run on pull_request_target: it hands secrets to code that nobody has reviewed',
      {
        hint: 'Use `pull_request`. A pull request from a fork gets a comparison of the files, without any key.',
      },
    );
  }
  const words = [...allow, approve, revertDrift, takeOver, move].filter((word) => word !== null);
  if (kind === 'dispatch' || words.length === 0) return;
  throw new UserError('the inputs allow, approve, revert-drift, take-over and move work on workflow_dispatch only', {
    hint: 'On a pull request, somebody other than the author approves with a review that holds the line `/tollgate allow …`.',
  });
}

async function readPayload(path: string | null): Promise<unknown> {
  if (path === null) return {};
  try {
    return parseBoundedJson(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new UserError(`the event file ${path} cannot be read`, { cause });
  }
}

interface Given {
  readonly apiKey: string;
  /** Of GitHub; known here to be blanked, and handed to nobody. */
  readonly token: string;
  readonly recordToken: string;
  readonly baseUrl: string;
  readonly isForeign: boolean;
}

function buildSession({ apiKey, token, recordToken, baseUrl, isForeign }: Given): Session {
  const cancellation = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => cancellation.abort());
  const { signal } = cancellation;
  // Inputs are not Git's business, which inherits this; nor is a key that a whole job has in its environment.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('INPUT_') && !(isForeign && name === 'PORTKEY_API_KEY'),
  );
  return {
    ...readProcessFacts(signal),
    env: {
      ...Object.fromEntries(inherited),
      ...(apiKey === '' ? {} : { PORTKEY_API_KEY: apiKey }),
      ...(baseUrl === '' ? {} : { PORTKEY_BASE_URL: baseUrl }),
      // Known to what blanks secrets; Git's children do not get it.
      ...(token === '' ? {} : { GITHUB_TOKEN: token }),
    },
    cwd: findGitHubJob(process.env).workspace ?? process.cwd(),
    user: 'actions',
    style: { color: false, columns: 120 },
    isInteractive: false,
    say: (text) => core.info(renderForScreen(text.trimEnd(), workflowStyle)),
    confirm: async () => false,
    recordToken: recordToken === '' ? undefined : recordToken,
    compileAside: (files) => compileAside(new URL(import.meta.url), files),
    waiting: (_what, work) => work,
  };
}

// A log that nobody reads any more must not end an apply in the middle.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

setEngineFlags();
try {
  if (!(await answerCompilation())) await main();
} catch (error) {
  const { message, reason } = renderFailure(error, 'text');
  await reportFailure(message, reason, exitOf(error));
}

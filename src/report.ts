/** What a run of the Action leaves to the runner: outputs, step summary, annotations, and whether the step is red. */

import * as core from '@actions/core';
import { findGitHubJob } from './checkout/github-job.ts';
import type { ActionResult } from './commands/action/types.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Annotation } from './github/port.ts';
import { escapeMarkdown } from './render/escape-markdown.ts';
import { renderForScreen } from './render/log-text.ts';

export const workflowStyle = { color: false, isWorkflow: true } as const;

/** GitHub takes this many bytes of summary from one step. */
const summaryBytes = 1_000_000;

export async function reportResult(result: ActionResult): Promise<void> {
  const { exit, outputs, summary, annotations, failure, warnings } = result;
  for (const annotation of annotations) annotate(annotation);
  for (const warning of warnings) core.warning(warning);
  setOutputs({ ...outputs, 'exit-code': String(exit) });
  // First what a reader must not miss: the rest can be too long to be taken whole.
  const said = warnings.map((warning) => `> ⚠️ ${escapeMarkdown(warning)}\n\n`).join('');
  await writeSummary(`${said}${summary}\n`);
  if (failure !== null) core.setFailed(failure);
}

/** @param reason without the `error:` that a runner writes before it */
export async function reportFailure(message: string, reason: string, exit: ExitCode): Promise<void> {
  setOutputs({ 'exit-code': String(exit) });
  await writeSummary(`### tollgate failed\n\n${message.trimEnd().split('\n').map(escapeMarkdown).join('<br>\n')}\n`);
  core.setFailed(reason);
}

function annotate({ path, line, level, title, message }: Annotation): void {
  const properties = { file: path, startLine: line, title };
  if (level === 'failure') core.error(message, properties);
  else if (level === 'warning') core.warning(message, properties);
  else core.notice(message, properties);
}

/** Limits are set by now: a file that the runner took away must not make it look as if they were not. */
function setOutputs(outputs: Readonly<Record<string, string>>): void {
  try {
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  } catch (error) {
    core.warning(`the outputs of this step could not be written: ${messageOf(error)}`);
  }
}

/** Without a summary file (a runner of another kind, or one that took it away) the text goes to the log. */
async function writeSummary(text: string): Promise<void> {
  const bytes = Buffer.from(text, 'utf8');
  // Between two lines, so that no table row and no character is cut open.
  const end = bytes.lastIndexOf('\n', summaryBytes);
  const shown =
    bytes.length <= summaryBytes
      ? text
      : `${bytes.subarray(0, end).toString('utf8')}\n\n… cut off here: GitHub takes no more. The plan file has all of it.\n`;
  if (findGitHubJob(process.env).summaryPath !== null) {
    try {
      await core.summary.addRaw(shown).write();
      return;
    } catch (error) {
      core.warning(`the step summary could not be written: ${messageOf(error)}`);
    }
  }
  core.info(renderForScreen(shown, workflowStyle));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

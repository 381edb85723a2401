/** Files without a plan: the comment must not go on showing the plan of files that are no longer there. */

import type { Diagnostic } from '../../diagnostics.ts';
import type { PullRequestFacts } from '../../github/event.ts';
import type { GitHub } from '../../github/port.ts';
import { readPolicyFiles } from '../../policy/files.ts';
import { type CommentHeader, renderInvalidComment } from '../../render/comment.ts';
import { annotateDiagnostics } from './annotate.ts';
import { linksOf, notWritten, saying, stickyOf, writeComment } from './post-plan.ts';
import type { ActionRun } from './types.ts';

export async function postInvalid(
  run: ActionRun,
  github: GitHub,
  pull: PullRequestFacts,
  diagnostics: readonly Diagnostic[],
): Promise<string[]> {
  const environment = await readEnvironment(run);
  // Without its name there is no telling which comment and which check are meant; the job fails all the same.
  if (environment === null) return [];
  const header: CommentHeader = {
    environment,
    head: pull.head,
    digest: null,
    run: run.runNumber,
    attempt: run.runAttempt,
    state: 'invalid',
  };
  const body = renderInvalidComment(header, diagnostics, linksOf(run));
  const sticky = { ...stickyOf(environment), body, onlyUpdate: false };
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const title = `${errors} ${errors === 1 ? 'error' : 'errors'} in the files`;
  const check = {
    name: `tollgate (${environment})`,
    head: pull.head,
    conclusion: 'failure' as const,
    title,
    summary: `${title}. [Run and full text](${run.runUrl})`,
    annotations: annotateDiagnostics(diagnostics).slice(0, 250),
  };
  return [
    ...(run.inputs.comment === 'never' ? [] : (await writeComment(github, pull.number, sticky)).warnings),
    ...(await saying(notWritten('the check'), () => github.createCheck(check))),
  ];
}

/** From files that do not compile: the line itself, if only one file has it. */
async function readEnvironment({ inputs, session }: ActionRun): Promise<string | null> {
  const { files } = await readPolicyFiles(inputs.directory, session.cwd);
  const found = files.flatMap(({ text }) => {
    if (!/^kind:\s*["']?org\b/m.test(text)) return [];
    return /^environment:\s*["']?([A-Za-z0-9][A-Za-z0-9_-]{0,62})["']?\s*(?:#.*)?$/m.exec(text)?.[1] ?? [];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

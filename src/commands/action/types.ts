import { type ExitCode, exitCodes } from '../../exit-codes.ts';
import type { GitHubEvent } from '../../github/event.ts';
import type { Annotation, GitHub } from '../../github/port.ts';
import { escapeMarkdown } from '../../render/escape-markdown.ts';
import type { CommonOptions, Session } from '../../run/session.ts';

export interface ActionInputs {
  readonly command: 'plan' | 'apply' | 'returns' | 'drift' | 'notify' | 'validate';
  readonly directory: string;
  readonly backend: 'portkey' | 'emulator';
  readonly comment: 'always' | 'on-change' | 'never';
  /** Login that the token has to write as; null: whoever it does. */
  readonly commentAuthor?: string | null;
  /** Fail the job also when there are changes or drift. */
  readonly failOnChanges: boolean;
  /** Of `drift`: propose a file for each workspace that none is about. */
  readonly propose?: boolean | undefined;
  /** Files or folders of logs that changed limits are replayed over; none: nothing is. */
  readonly logs?: readonly string[] | undefined;
  /** In place of files: the table of calls that the environment names. */
  readonly rowsFrom?: 'files' | 'clickhouse' | undefined;
  /** On `workflow_dispatch` only. */
  readonly allow: readonly string[];
  /** On `workflow_dispatch` only. */
  readonly approve: string | null;
  /** Digest of the plan that also takes back what was tightened by hand. On `workflow_dispatch` only. */
  readonly revertDrift: string | null;
  /** Run whose claim is taken over. On `workflow_dispatch` only. */
  readonly takeOver: string | null;
  /** `true`, or the ref that the record is at: it is carried over to where the files say. On `workflow_dispatch` only. */
  readonly move: string | null;
}

/** Everything one run of the Action works with. */
export interface ActionRun {
  readonly inputs: ActionInputs;
  readonly event: GitHubEvent;
  /** Null without a token: then nothing is posted. */
  readonly github: GitHub | null;
  readonly session: Session;
  /** Where plan files go: outside the checkout, so that it stays clean. */
  readonly tempDirectory: string;
  /** `https://github.com/owner/name`. */
  readonly repositoryUrl: string;
  readonly runUrl: string;
  /** Number of the workflow run, growing; and its attempt. */
  readonly runNumber: number;
  readonly runAttempt: number;
  readonly writeFile: (path: string, text: string) => Promise<void>;
}

export interface ActionResult {
  readonly exit: ExitCode;
  /** Names and values of the Action's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown for the step summary: the full text, whatever the comment could hold. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  /** Why the job fails; null when it does not. */
  readonly failure: string | null;
  /** Said in the log, and fails nobody. */
  readonly warnings: readonly string[];
}

/** There was nothing to do; the sentence says why, and more may follow it. */
export function resultOfNothing(sentence: string, more = ''): ActionResult {
  return {
    exit: exitCodes.ok,
    outputs: { 'has-changes': 'false', summary: sentence },
    summary: `### ${escapeMarkdown(sentence)}${more}`,
    annotations: [],
    failure: null,
    warnings: [],
  };
}

/** Comments and logs of a public repository are read by anybody; where that is not known people are counted too. */
export function impactOptions({ event }: ActionRun): {
  readonly impact: true;
  readonly isPublic: boolean;
  readonly inAction: true;
} {
  return { impact: true, isPublic: event.isPublic !== false, inAction: true };
}

export function commonOptions({ inputs }: ActionRun): CommonOptions {
  return {
    dir: inputs.directory,
    workspace: [],
    format: 'markdown',
    backend: inputs.backend,
    concurrency: 4,
    quiet: true,
    verbose: true,
  };
}

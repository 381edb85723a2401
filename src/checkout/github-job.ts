/** What GitHub's runner says of the job, and who asks about a repository by hand says in the same variables. Pure. */

export interface GitHubJob {
  /** Null: the variable is not set, or empty. */
  readonly eventName: string | null;
  readonly eventPath: string | null;
  /** `owner/name`. */
  readonly repository: string | null;
  /** Who caused the run; a repeated run keeps its own. */
  readonly actor: string | null;
  /** Who caused this attempt of it. */
  readonly triggeringActor: string | null;
  readonly ref: string | null;
  readonly sha: string | null;
  readonly serverUrl: string | null;
  readonly apiUrl: string | null;
  readonly runId: string | null;
  readonly runAttempt: string | null;
  readonly workspace: string | null;
  readonly summaryPath: string | null;
}

export function findGitHubJob(env: Readonly<Record<string, string | undefined>>): GitHubJob {
  const textOf = (name: string): string | null => env[`GITHUB_${name}`]?.trim() || null;
  return {
    eventName: textOf('EVENT_NAME'),
    eventPath: textOf('EVENT_PATH'),
    repository: textOf('REPOSITORY'),
    actor: textOf('ACTOR'),
    triggeringActor: textOf('TRIGGERING_ACTOR'),
    ref: textOf('REF'),
    sha: textOf('SHA'),
    serverUrl: textOf('SERVER_URL'),
    apiUrl: textOf('API_URL'),
    runId: textOf('RUN_ID'),
    runAttempt: textOf('RUN_ATTEMPT'),
    workspace: textOf('WORKSPACE'),
    summaryPath: textOf('STEP_SUMMARY'),
  };
}

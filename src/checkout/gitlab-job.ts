/** What GitLab's runner says of the job, and of the merge request that it is for. Pure. */

export interface MergeRequestJob {
  /** `https://gitlab.example.com/api/v4`. */
  readonly apiUrl: string;
  /** The project that the request goes into, whose merge requests are counted by `iid`. */
  readonly project: string;
  readonly projectUrl: string;
  readonly iid: number;
  /** Last commit of the source branch: in a pipeline for merged results the commit at work is another one. */
  readonly head: string;
  /** Of a fork: its pipeline may run in this project, with this project's variables. */
  readonly isForeign: boolean;
  /** Everybody can read its merge requests: also where they have to be logged in for it. */
  readonly isPublic: boolean;
  readonly pipeline: number;
  readonly job: number;
  readonly jobUrl: string;
}

/** Null: this is no job of a merge request. */
export function findMergeRequestJob(env: Readonly<Record<string, string | undefined>>): MergeRequestJob | null {
  const textOf = (name: string): string => env[name]?.trim() ?? '';
  const project = textOf('CI_MERGE_REQUEST_PROJECT_ID');
  const iid = textOf('CI_MERGE_REQUEST_IID');
  const apiUrl = textOf('CI_API_V4_URL');
  const head = textOf('CI_MERGE_REQUEST_SOURCE_BRANCH_SHA') || textOf('CI_COMMIT_SHA');
  if (!isNumber(project) || !isNumber(iid) || apiUrl === '' || head === '') return null;
  return {
    apiUrl,
    project,
    projectUrl: textOf('CI_MERGE_REQUEST_PROJECT_URL') || textOf('CI_PROJECT_URL'),
    iid: Number(iid),
    head,
    isForeign: textOf('CI_MERGE_REQUEST_SOURCE_PROJECT_ID') !== project,
    isPublic: textOf('CI_PROJECT_VISIBILITY') !== 'private',
    pipeline: Number(textOf('CI_PIPELINE_IID')) || 0,
    job: Number(textOf('CI_JOB_ID')) || 0,
    jobUrl: textOf('CI_JOB_URL'),
  };
}

function isNumber(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}

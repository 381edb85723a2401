/** The GitHub port over Octokit, whose plugins retry, obey rate limits and page. */

import { Octokit, RequestError } from 'octokit';
import { type GitHub, GitHubError, type PullRequest } from './port.ts';

export interface GitHubOptions {
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  /** `https://api.github.com`, or that of a GitHub Enterprise server. */
  readonly apiUrl: string;
  /** Login that the token writes as. */
  readonly login: string;
  readonly userAgent: string;
  /** Milliseconds that the waits of retries are counted in: 1,000, so that they are seconds; less in tests, which then are not slowed down either. */
  readonly retryAfterBaseValue: number;
  /** Milliseconds after which a request is given up. Default 30,000. */
  readonly timeout?: number;
}

/** GitHub takes at most this many annotations in one request. */
const annotationsPerRequest = 50;
/** Artifacts of runs long ago prove nothing; pulls and artifacts are looked for no further back than this many pages. */
const pagesOfArtifacts = 3;
/** Seconds. Limits are counted by the hour; an apply does not wait that long to say what it does. */
const longestWait = 60;
/** Octokit leaves a second between two writes; tests do not. */
const unpaced = { key: () => ({ schedule: (_options: unknown, work: () => unknown) => work() }) };

export function createGitHub(options: GitHubOptions): GitHub {
  const [owner = '', repo = ''] = options.repository.split('/');
  const base = { owner, repo };
  const page = { per_page: 100 };
  const { retryAfterBaseValue, timeout = 30_000 } = options;
  const mayWait = (after: number, _request: unknown, _octokit: unknown, tries: number): boolean =>
    tries < 2 && after <= longestWait;
  const octokit = new Octokit({
    auth: options.token,
    baseUrl: options.apiUrl,
    userAgent: options.userAgent,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    throttle: {
      retryAfterBaseValue,
      onRateLimit: mayWait,
      onSecondaryRateLimit: mayWait,
      ...(retryAfterBaseValue < 1_000 ? { write: unpaced, notifications: unpaced } : {}),
    },
    retry: { retryAfterBaseValue },
    request: {
      // Without it, a GitHub that accepts and never answers would hold up an apply until the job is killed.
      fetch: (url: string, init: RequestInit) => fetch(url, { ...init, signal: AbortSignal.timeout(timeout) }),
    },
  });
  const { rest } = octokit;
  // One call has been retried to its end in vain: those after it are tried once, or every one of them would wait as long.
  let isDown = false;
  octokit.hook.before('request', (request) => {
    if (isDown) request.request.retries = 0;
  });

  // To Octokit's paging a list that is refused with 409 is an empty one, and an empty list would be taken for an answer.
  octokit.hook.error('request', (error, { method }) => {
    if (error instanceof RequestError && error.status === 409 && method === 'GET') throw new ListRefused(error);
    throw error;
  });

  async function attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      const result = await call();
      isDown = false;
      return result;
    } catch (cause) {
      const error = toGitHubError(cause);
      isDown = error.status === undefined || error.status >= 500;
      throw error;
    }
  }

  return {
    login: options.login,

    listComments: (number) =>
      attempt(async () => {
        const comments = await octokit.paginate(rest.issues.listComments, { ...base, ...page, issue_number: number });
        return comments.map(toComment);
      }),
    createComment: (number, body) =>
      attempt(async () => toComment((await rest.issues.createComment({ ...base, issue_number: number, body })).data)),
    updateComment: (id, body) =>
      attempt(async () => void (await rest.issues.updateComment({ ...base, comment_id: id, body }))),
    deleteComment: (id) =>
      attempt(async () => void (await rest.issues.deleteComment({ ...base, comment_id: id }).catch(unlessGone))),

    readPull: (number) => attempt(async () => toPull((await rest.pulls.get({ ...base, pull_number: number })).data)),
    listClosedPulls: (branch, since) =>
      attempt(async () => {
        const query = { ...base, ...page, state: 'closed', base: branch, sort: 'updated', direction: 'desc' } as const;
        const pulls: PullRequest[] = [];
        for await (const { data } of octokit.paginate.iterator(rest.pulls.list, query)) {
          pulls.push(...data.map(toPull));
          if (data.some(({ updated_at: updated }) => updated < since)) break;
        }
        return pulls.filter(({ updatedAt }) => updatedAt >= since);
      }),
    listReviews: (number) =>
      attempt(async () => {
        const reviews = await octokit.paginate(rest.pulls.listReviews, { ...base, ...page, pull_number: number });
        return reviews.map(({ user, state, body, submitted_at: submitted }) => ({
          author: user?.login ?? null,
          isBot: user?.type === 'Bot',
          state,
          body: body ?? '',
          submittedAt: submitted ?? null,
        }));
      }),
    canWrite: (login) =>
      attempt(async () => {
        const { data } = await rest.repos.getCollaboratorPermissionLevel({ ...base, username: login });
        return data.permission === 'admin' || data.permission === 'write';
      }),
    listCommitsBetween: (from, to) =>
      attempt(async () => {
        const query = { ...base, ...page, basehead: `${from}...${to}` };
        const shas: string[] = [];
        for await (const { data } of octokit.paginate.iterator(rest.repos.compareCommitsWithBasehead, query)) {
          const { commits } = data as unknown as { readonly commits: readonly { readonly sha: string }[] };
          shas.push(...commits.map(({ sha }) => sha));
        }
        return shas;
      }),

    createCheck: ({ name, head, conclusion, title, summary, annotations }) =>
      attempt(async () => {
        const rows = annotations.map(({ path, line, level, title: heading, message }) => ({
          path,
          start_line: line,
          end_line: line,
          annotation_level: level,
          title: heading.slice(0, 255),
          message: message.slice(0, 60_000),
        }));
        const output = { title: title.slice(0, 255), summary: summary.slice(0, 65_535) };
        const { data } = await rest.checks.create({
          ...base,
          name,
          head_sha: head,
          status: 'completed',
          conclusion,
          output: { ...output, annotations: rows.slice(0, annotationsPerRequest) },
        });
        for (let start = annotationsPerRequest; start < rows.length; start += annotationsPerRequest) {
          const more = rows.slice(start, start + annotationsPerRequest);
          await rest.checks.update({ ...base, check_run_id: data.id, output: { ...output, annotations: more } });
        }
      }),
    listLabels: (number) =>
      attempt(async () => {
        const labels = await octokit.paginate(rest.issues.listLabelsOnIssue, {
          ...base,
          ...page,
          issue_number: number,
        });
        return labels.map(({ name }) => name);
      }),
    addLabels: (number, labels) =>
      attempt(async () => void (await rest.issues.addLabels({ ...base, issue_number: number, labels: [...labels] }))),
    removeLabel: (number, name) =>
      attempt(async () => {
        await rest.issues.removeLabel({ ...base, issue_number: number, name }).catch(unlessGone);
      }),

    listOwnIssues: () =>
      attempt(async () => {
        const query = { ...base, ...page, state: 'all', creator: options.login } as const;
        const issues = await octokit.paginate(rest.issues.listForRepo, query);
        return issues.filter((issue) => issue.pull_request === undefined).map(toIssue);
      }),
    createIssue: (title, body) =>
      attempt(async () => toIssue((await rest.issues.create({ ...base, title, body })).data)),
    updateIssue: (number, change) =>
      attempt(async () => void (await rest.issues.update({ ...base, issue_number: number, ...change }))),

    listArtifacts: (name) =>
      attempt(async () => {
        const artifacts = [];
        let pages = 0;
        for await (const { data } of octokit.paginate.iterator(rest.actions.listArtifactsForRepo, {
          ...base,
          ...page,
          name,
        })) {
          artifacts.push(...data);
          pages += 1;
          if (pages >= pagesOfArtifacts) break;
        }
        return artifacts.map(({ id, name: own, expired, workflow_run: run }) => ({
          id,
          name: own,
          expired,
          head: run?.head_sha ?? null,
        }));
      }),
    downloadArtifact: (id) =>
      attempt(async () => {
        const { data } = await rest.actions.downloadArtifact({ ...base, artifact_id: id, archive_format: 'zip' });
        return new Uint8Array(data as ArrayBuffer);
      }),
    hasRunEnded: (id, number) =>
      attempt(async () => {
        try {
          const { data: latest } = await rest.actions.getWorkflowRun({ ...base, run_id: id });
          if ((latest.run_attempt ?? 1) === number) return latest.status === 'completed';
          // The run speaks of its latest attempt; that a later one is under way says nothing of an earlier one.
          const asked = { ...base, run_id: id, attempt_number: number };
          const { data } = await rest.actions.getWorkflowRunAttempt(asked);
          return data.status === 'completed';
        } catch (error) {
          if (error instanceof RequestError && (error.status === 404 || error.status === 403)) return null;
          throw error;
        }
      }),
  };
}

/** Somebody else, or another run, was faster. */
function unlessGone(error: unknown): void {
  if (!(error instanceof RequestError) || error.status !== 404) throw error;
}

class ListRefused extends Error {
  override readonly cause: RequestError;

  constructor(cause: RequestError) {
    super(cause.message);
    this.cause = cause;
  }
}

function toGitHubError(error: unknown): GitHubError {
  const cause = error instanceof ListRefused ? error.cause : error;
  // What a proxy in between has to say can be a whole page.
  const said = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').slice(0, 200);
  // Octokit calls a broken connection a 500 as well; there is no answer to it.
  return cause instanceof RequestError && cause.response !== undefined
    ? new GitHubError(`GitHub answered ${cause.status}: ${said}`, cause.status, { cause })
    : new GitHubError(`GitHub cannot be reached: ${said}`, undefined, { cause });
}

function toComment(comment: {
  readonly id: number;
  readonly body?: string | undefined;
  readonly user?: { readonly login: string } | null;
}): { id: number; body: string; author: string | null } {
  return { id: comment.id, body: comment.body ?? '', author: comment.user?.login ?? null };
}

function toPull(pull: {
  readonly number: number;
  readonly title: string;
  readonly user: { readonly login: string } | null;
  readonly head: { readonly sha: string };
  readonly merge_commit_sha: string | null;
  readonly merged_at: string | null;
  readonly updated_at: string;
}): PullRequest {
  return {
    number: pull.number,
    title: pull.title,
    author: pull.user?.login ?? null,
    head: pull.head.sha,
    // Before the merge this is a trial merge, which says nothing.
    mergeCommit: pull.merged_at === null ? null : pull.merge_commit_sha,
    mergedAt: pull.merged_at,
    updatedAt: pull.updated_at,
  };
}

function toIssue(issue: {
  readonly number: number;
  readonly title: string;
  readonly body?: string | null | undefined;
  readonly state: string;
  readonly labels: readonly (string | { readonly name?: string | undefined })[];
}): { number: number; title: string; body: string; state: 'open' | 'closed'; labels: string[] } {
  return {
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    state: issue.state === 'closed' ? 'closed' : 'open',
    labels: issue.labels.map((label) => (typeof label === 'string' ? label : (label.name ?? ''))),
  };
}

/** The GitHub port over Octokit, whose plugins retry, obey rate limits and page. */

import { Octokit, RequestError } from 'octokit';
import { ZodError } from 'zod';
import type { Proxies } from '../proxies.ts';
import { readGraphError } from './graphql-errors.ts';
import { type GitHub, GitHubError, type Push, type RepositoryPermission } from './port.ts';
import { type Ask, collectLogin, collectPullReview, collectPullsOfCommits } from './pull-review.ts';
import {
  rulesetsOf,
  toBranchProtection,
  toComment,
  toEnvironment,
  toIssue,
  toListedPull,
  toListedPulls,
  toLogins,
  toPull,
  toPush,
  toRepositoryFacts,
  toRun,
} from './rest-rows.ts';
import { createSend } from './send.ts';

export interface GitHubOptions {
  readonly token: string;
  /** One that may read the organisation's members, which the token of a job cannot be; null, or missing: there is none. */
  readonly teamsToken?: string | null | undefined;
  /** `owner/name`. */
  readonly repository: string;
  /** `https://api.github.com`, or that of a GitHub Enterprise server. */
  readonly apiUrl: string;
  /** Login that the token is expected to write as. */
  readonly login: string;
  /** Default: none. */
  readonly proxies?: Proxies;
  readonly userAgent: string;
  /** Milliseconds that the waits of retries are counted in: 1,000, so that they are seconds; less in tests, which then are not slowed down either. */
  readonly retryAfterBaseValue: number;
  /** Milliseconds after which a request is given up. Default 30,000. */
  readonly timeout?: number;
}

/** GitHub takes at most this many annotations in one request. */
const annotationsPerRequest = 50;
/** A branch that moved more often is not read to its end. */
const mostPushes = 3_000;
const permissions = ['admin', 'write', 'read', 'none'] as const;
/** Seconds. Limits are counted by the hour; an apply does not wait that long to say what it does. */
const longestWait = 60;
/** Octokit leaves a second between two writes; tests do not. */
const unpaced = { key: () => ({ schedule: (_options: unknown, work: () => unknown) => work() }) };

export function createGitHub(options: GitHubOptions): GitHub {
  const [owner = '', repo = ''] = options.repository.split('/');
  const base = { owner, repo };
  const page = { per_page: 100 };
  const { retryAfterBaseValue, timeout = 30_000, proxies = {} } = options;
  const mayWait = (after: number, _request: unknown, _octokit: unknown, tries: number): boolean =>
    tries < 2 && after <= longestWait;
  const connect = (auth: string): Octokit => {
    const client = new Octokit({
      auth,
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
      request: { fetch: createSend({ timeout, proxies }) },
    });
    // To Octokit's paging a list that is refused with 409 is an empty one, and an empty list would be taken for an answer.
    client.hook.error('request', (error, { method }) => {
      if (error instanceof RequestError && error.status === 409 && method === 'GET') throw new ListRefused(error);
      throw error;
    });
    return client;
  };
  const octokit = connect(options.token);
  const { rest } = octokit;
  let teamReader: Octokit | null = null;
  // One call has been retried to its end in vain: those after it are tried once, or every one of them would wait as long.
  let isDown = false;
  octokit.hook.before('request', (request) => {
    if (isDown) request.request.retries = 0;
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

  const ask: Ask = ({ query, variables }) => attempt(() => octokit.graphql<unknown>(query, { ...variables }));

  const readPermission = (login: string): Promise<RepositoryPermission> =>
    attempt(async () => {
      try {
        const { data } = await rest.repos.getCollaboratorPermissionLevel({ ...base, username: login });
        // Roles may have names of the organisation's own; what they allow at least is named beside them.
        if (data.role_name === 'maintain') return 'maintain';
        return permissions.find((one) => one === data.permission) ?? 'none';
      } catch (error) {
        if (error instanceof RequestError && error.status === 404) return 'none';
        throw error;
      }
    });

  let login: Promise<string> | undefined;

  return {
    login: options.login,
    readLogin() {
      login ??= collectLogin(ask);
      // What failed is asked again.
      login.catch(() => {
        login = undefined;
      });
      return login;
    },

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
    readRepository: () => attempt(async () => toRepositoryFacts((await rest.repos.get(base)).data)),
    listPullsOfBranch: (branch) =>
      attempt(async () => {
        const query = { ...base, ...page, state: 'all', head: `${owner}:${branch}` } as const;
        return toListedPulls(await octokit.paginate(rest.pulls.list, query));
      }),
    listPulls: (since) =>
      attempt(async () => {
        const query = { ...base, ...page, sort: 'created', direction: 'desc' } as const;
        const open = toListedPulls(await octokit.paginate(rest.pulls.list, { ...query, state: 'open' }));
        const found = new Map(open.map((pull) => [pull.number, pull]));
        for await (const { data } of octokit.paginate.iterator(rest.pulls.list, { ...query, state: 'all' })) {
          const isRecent = (at: string): boolean => Date.parse(at) >= since.getTime();
          for (const pull of toListedPulls(data)) if (isRecent(pull.createdAt)) found.set(pull.number, pull);
          if (!data.every((pull) => isRecent(pull.created_at))) break;
        }
        return [...found.values()].sort((a, b) => b.number - a.number);
      }),
    createPull: (pull) => attempt(async () => toListedPull((await rest.pulls.create({ ...base, ...pull })).data)),
    listPullsOfCommits: (shas) => collectPullsOfCommits(ask, { owner, name: repo }, shas),
    readPullReview: (number) => collectPullReview(ask, { owner, name: repo }, number),
    readPermission,
    async listTeamMembers(org, slug) {
      const { teamsToken } = options;
      if (org.toLowerCase() !== owner.toLowerCase()) {
        throw new GitHubError(`it is a team of ${org}, and the repository belongs to ${owner}`, undefined);
      }
      if (!teamsToken) throw new GitHubError('there is no token for it (input teams-token)', undefined);
      teamReader ??= connect(teamsToken);
      const reader = teamReader;
      return attempt(async () => {
        const members: string[] = [];
        const query = { ...page, org, team_slug: slug };
        for await (const { data } of reader.paginate.iterator(reader.rest.teams.listMembersInOrg, query)) {
          members.push(...toLogins(data));
        }
        return members;
      });
    },

    createCheck: ({ name, head, labels, conclusion, title, summary, annotations }) =>
      attempt(async () => {
        const rows = annotations.map(({ path, line, level, title: heading, message }) => ({
          path,
          start_line: line,
          end_line: line,
          annotation_level: level,
          title: heading.slice(0, 255),
          message: cutBytes(message, 60_000),
        }));
        const output = { title: title.slice(0, 255), summary: summary.slice(0, 65_535) };
        const { data } = await rest.checks.create({
          ...base,
          name,
          head_sha: head,
          external_id: labels.join(','),
          status: 'completed',
          conclusion,
          output: { ...output, annotations: rows.slice(0, annotationsPerRequest) },
        });
        for (let start = annotationsPerRequest; start < rows.length; start += annotationsPerRequest) {
          const more = rows.slice(start, start + annotationsPerRequest);
          await rest.checks.update({ ...base, check_run_id: data.id, output: { ...output, annotations: more } });
        }
      }),
    listChecks: (head) =>
      attempt(async () => {
        const checks = await octokit.paginate(rest.checks.listForRef, {
          ...base,
          ...page,
          ref: head,
          filter: 'latest',
        });
        return checks.map(({ name, external_id: id }) => ({ name, labels: (id ?? '').split(',').filter(Boolean) }));
      }),
    listRepositoryLabels: () =>
      attempt(async () => {
        const labels = await octokit.paginate(rest.issues.listLabelsForRepo, { ...base, ...page });
        return labels.map(({ name }) => name);
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

    listOwnIssues: (creator = options.login) =>
      attempt(async () => {
        const query = { ...base, ...page, state: 'all', creator } as const;
        const issues = await octokit.paginate(rest.issues.listForRepo, query);
        return issues.filter((issue) => issue.pull_request === undefined).map(toIssue);
      }),
    createIssue: (title, body) =>
      attempt(async () => toIssue((await rest.issues.create({ ...base, title, body })).data)),
    updateIssue: (number, change) =>
      attempt(async () => void (await rest.issues.update({ ...base, issue_number: number, ...change }))),

    readRun: (id) =>
      attempt(async () => {
        const answer = await rest.actions.getWorkflowRun({ ...base, run_id: id }).catch(nullIfClosed);
        return answer === null ? null : toRun(answer.data);
      }),
    hasRunEnded: (id, attemptNumber) =>
      attempt(async () => {
        const run = { ...base, run_id: id };
        const asked =
          attemptNumber === undefined
            ? rest.actions.getWorkflowRun(run)
            : rest.actions.getWorkflowRunAttempt({ ...run, attempt_number: attemptNumber });
        const answer = await asked.catch(nullIfClosed);
        return answer === null ? null : answer.data.status === 'completed';
      }),
    listPushes: (ref) =>
      attempt(async () => {
        const pushes: Push[] = [];
        try {
          const pages = octokit.paginate.iterator(rest.repos.listActivities, { ...base, ...page, ref });
          for await (const { data } of pages) {
            pushes.push(...data.map(toPush));
            // To stop and say nothing would let whoever pushes often enough hide a push.
            if (pushes.length > mostPushes) throw new GitHubError(`${ref} has moved too often to be read`, undefined);
          }
          return pushes;
        } catch (error) {
          return nullIfClosed(error);
        }
      }),
    readBranchProtection: (branch) =>
      attempt(async () => {
        const found = await rest.repos.getBranch({ ...base, branch }).catch(nullIfClosed);
        if (found === null) return null;
        const rules = await octokit
          .paginate(rest.repos.getBranchRules, { ...base, ...page, branch })
          .catch(nullIfClosed);
        const bypasses = await Promise.all(
          rulesetsOf(rules ?? []).map(async (id) => {
            const ruleset = await rest.repos.getRepoRuleset({ ...base, ruleset_id: id }).catch(nullIfClosed);
            const actors = ruleset?.data.bypass_actors;
            return actors === undefined ? null : actors.length > 0;
          }),
        );
        const isClassic = found.data.protected && found.data.protection.enabled !== false;
        if (!isClassic) return toBranchProtection(rules, 'none', bypasses);
        const classic = await rest.repos.getBranchProtection({ ...base, branch }).catch(nullIfClosed);
        return toBranchProtection(rules, classic?.data ?? null, bypasses);
      }),
    readEnvironment: (name) =>
      attempt(async () => {
        const at = { ...base, environment_name: name };
        const answer = await rest.repos.getEnvironment(at).catch(nullIfClosed);
        if (answer === null) return null;
        const isChosen = answer.data.deployment_branch_policy?.custom_branch_policies === true;
        const chosen = isChosen
          ? await octokit.paginate(rest.repos.listDeploymentBranchPolicies, { ...at, ...page }).catch(nullIfClosed)
          : null;
        return toEnvironment(answer.data, chosen);
      }),
  };
}

/** GitHub counts what an annotation says in bytes; no character is cut open. */
function cutBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  return Buffer.from(text)
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
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

/**
 * Null: it is not there, or not for this token. A limit that is reached has the same status and says nothing of either; taken
 * for "not there", it would be a way to hide things by asking often.
 */
function nullIfClosed(error: unknown): null {
  if (!(error instanceof RequestError) || (error.status !== 404 && error.status !== 403)) throw error;
  if (isLimit(error)) throw error;
  return null;
}

/** Asked too often: it says nothing of what the token may. */
function isLimit({ response }: RequestError): boolean {
  const headers = response?.headers;
  return headers?.['retry-after'] !== undefined || headers?.['x-ratelimit-remaining'] === '0';
}

function toGitHubError(error: unknown): GitHubError {
  if (error instanceof GitHubError) return error;
  const cause = error instanceof ListRefused ? error.cause : error;
  const told = cause instanceof RequestError ? null : readGraphError(cause);
  if (told !== null) return told;
  if (cause instanceof ZodError) {
    const place = cause.issues[0]?.path.join('.') ?? '';
    const where = place === '' ? '' : ` at ${place}`;
    return new GitHubError(`GitHub's answer has another form than it describes${where}`, 200, { cause });
  }
  // What a proxy in between has to say can be a whole page.
  const said = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').slice(0, 200);
  // Octokit calls a broken connection a 500 as well; there is no answer to it.
  return cause instanceof RequestError && cause.response !== undefined
    ? new GitHubError(`GitHub answered ${cause.status}: ${said}`, cause.status, { cause, isLimited: isLimit(cause) })
    : new GitHubError(`GitHub cannot be reached: ${said}`, undefined, { cause });
}

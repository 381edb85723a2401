/** Rows as GitHub tells them: people, repositories, labels, issues, comments. */

import type { Site } from './call.ts';
import {
  actionsBot,
  type CommentRow,
  findLabel,
  findRepository,
  fullName,
  type IssueRow,
  type JsonObject,
  type LabelRow,
  type Repository,
  roleOf,
} from './state.ts';

export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url');
}

export function apiOf({ urls }: Site, repository: Repository): string {
  return `${urls.api}/repos/${fullName(repository)}`;
}

export function htmlOf({ urls }: Site, repository: Repository): string {
  return `${urls.html}/${fullName(repository)}`;
}

/** Whose account is gone is a ghost here; GraphQL says null. */
export function renderUser({ state, urls }: Site, name: string) {
  const login = state.deleted.has(name) ? 'ghost' : name;
  const id = state.userId(login);
  const url = `${urls.api}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `${urls.html}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: `${urls.html}/${login.endsWith('[bot]') ? `apps/${login.slice(0, -5)}` : login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    user_view_type: 'public',
    site_admin: false,
  } satisfies JsonObject;
}

/** The app behind the token of workflow runs. */
export function renderApp(site: Site): JsonObject {
  return {
    id: 15_368,
    slug: 'github-actions',
    node_id: nodeId('App', 15_368),
    owner: renderUser(site, 'github'),
    name: 'GitHub Actions',
    description: 'Automate your workflow from idea to production',
    external_url: 'https://help.github.com/en/actions',
    html_url: `${site.urls.html}/apps/github-actions`,
    created_at: '2018-07-30T09:30:17Z',
    updated_at: '2024-04-10T20:33:16Z',
    permissions: { checks: 'write', issues: 'write', metadata: 'read', pull_requests: 'write' },
    events: [],
  };
}

export function associationOf(repository: Repository, login: string): string {
  const role = roleOf(repository, login);
  if (login === repository.owner) return 'OWNER';
  return repository.collaborators.has(login) && role !== 'none' ? 'COLLABORATOR' : 'NONE';
}

const partsOfRepository = [
  'contributors deployments downloads events forks hooks languages merges stargazers subscribers subscription tags teams',
  'archive{archive_format}{/ref} assignees{/user} blobs=git/blobs{/sha} branches{/branch} collaborators{/collaborator}',
  'comments{/number} commits{/sha} compare/{base}...{head} contents/{+path} git_commits=git/commits{/sha}',
  'git_refs=git/refs{/sha} git_tags=git/tags{/sha} issue_comment=issues/comments{/number} issues{/number} keys{/key_id}',
  'issue_events=issues/events{/number} labels{/name} milestones{/number} notifications{?since,all,participating}',
  'pulls{/number} releases{/id} statuses/{sha} trees=git/trees{/sha}',
]
  .join(' ')
  .split(' ');

export function renderRepository(site: Site, repository: Repository) {
  const url = apiOf(site, repository);
  const html = htmlOf(site, repository);
  const git = html.replace(/^https?:\/\//, '');
  const parts = partsOfRepository.map((part): [string, string] => {
    const [name = '', path = part] = part.split('=');
    return [`${/^\w+/.exec(name)?.[0]}_url`, `${url}/${path}`];
  });
  return {
    ...Object.fromEntries(parts),
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    owner: renderUser(site, repository.owner),
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    description: null,
    fork: repository.forkOf !== null,
    url,
    html_url: html,
    git_url: `git://${git}.git`,
    ssh_url: `git@${git.replace('/', ':')}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    default_branch: repository.defaultBranch,
    open_issues: repository.issues.filter(({ state }) => state === 'open').length,
    open_issues_count: repository.issues.filter(({ state }) => state === 'open').length,
    is_template: false,
    topics: [],
    has_issues: repository.hasIssues,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: repository.archived,
    disabled: false,
    allow_forking: true,
    web_commit_signoff_required: false,
    pushed_at: repository.createdAt,
    created_at: repository.createdAt,
    updated_at: repository.createdAt,
  } satisfies JsonObject;
}

/** What only the repository itself tells. */
export function renderFullRepository(site: Site, repository: Repository): JsonObject {
  const parent = repository.forkOf === null ? undefined : findRepository(site.state, repository.forkOf);
  const of = parent === undefined ? undefined : renderRepository(site, parent);
  return {
    ...renderRepository(site, repository),
    ...(of === undefined ? {} : { parent: of, source: of }),
    subscribers_count: 0,
    network_count: 0,
    allow_merge_commit: true,
    allow_squash_merge: true,
    allow_rebase_merge: true,
    allow_auto_merge: false,
    delete_branch_on_merge: false,
  };
}

export function renderLabel(site: Site, repository: Repository, label: LabelRow) {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${apiOf(site, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    description: label.description,
    color: label.color,
    default: false,
  } satisfies JsonObject;
}

export function renderLabels(site: Site, repository: Repository, issue: IssueRow) {
  return issue.labels.flatMap((name) => {
    const label = findLabel(repository, name);
    return label === undefined ? [] : [renderLabel(site, repository, label)];
  });
}

function renderReactions(url: string): JsonObject {
  const counts = { '+1': 0, '-1': 0, laugh: 0, hooray: 0, confused: 0, heart: 0, rocket: 0, eyes: 0 };
  return { url: `${url}/reactions`, total_count: 0, ...counts };
}

export function pageOf(site: Site, repository: Repository, issue: IssueRow): string {
  return `${htmlOf(site, repository)}/${issue.pull === null ? 'issues' : 'pull'}/${issue.number}`;
}

export function renderIssue(site: Site, repository: Repository, issue: IssueRow): JsonObject {
  const url = `${apiOf(site, repository)}/issues/${issue.number}`;
  const page = pageOf(site, repository, issue);
  const assignees = issue.assignees.map((login) => renderUser(site, login));
  return {
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    url,
    repository_url: apiOf(site, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: page,
    number: issue.number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    body: issue.body,
    user: renderUser(site, issue.user),
    labels: renderLabels(site, repository, issue),
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    locked: issue.locked,
    active_lock_reason: null,
    comments: repository.comments.filter((comment) => comment.issue === issue.number).length,
    closed_at: issue.closedAt,
    closed_by: issue.closedBy === null ? null : renderUser(site, issue.closedBy),
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    author_association: associationOf(repository, issue.user),
    performed_via_github_app: issue.viaActions ? renderApp(site) : null,
    reactions: renderReactions(url),
    ...(issue.pull !== null && {
      draft: issue.pull.draft,
      pull_request: {
        url: `${apiOf(site, repository)}/pulls/${issue.number}`,
        html_url: page,
        diff_url: `${page}.diff`,
        patch_url: `${page}.patch`,
        merged_at: issue.pull.mergedAt,
      },
    }),
  };
}

export function renderComment(site: Site, repository: Repository, comment: CommentRow): JsonObject {
  const url = `${apiOf(site, repository)}/issues/comments/${comment.id}`;
  const issue = repository.issues.find(({ number }) => number === comment.issue);
  const page = issue === undefined ? htmlOf(site, repository) : pageOf(site, repository, issue);
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${apiOf(site, repository)}/issues/${comment.issue}`,
    user: renderUser(site, comment.user),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: comment.user === actionsBot ? 'NONE' : associationOf(repository, comment.user),
    performed_via_github_app: comment.viaActions ? renderApp(site) : null,
    reactions: renderReactions(url),
  };
}

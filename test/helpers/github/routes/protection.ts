/** What stands around a branch or an environment, and who moved which branch. */

import { type Answer, type Call, notFound, type Route, takeGit } from '../call.ts';
import { noticePushes } from '../pushes.ts';
import { apiOf, htmlOf, nodeId, renderUser } from '../render.ts';
import { renderCommit } from '../render-git.ts';
import { type EnvironmentRow, type Json, type JsonObject, type ProtectionRow, type PushRow, roleOf } from '../state.ts';

const root = '/repos/{owner}/{repo}';

/** Not counted in pages but from a row on: `after` is where the page before ended. */
function answerActivity(call: Call): Answer {
  const { repository, query, state, urls, path } = call;
  noticePushes(state, repository, takeGit(call));
  const ref = query.get('ref');
  const kind = query.get('activity_type');
  const rows = repository.pushes.filter(
    (row) =>
      (ref === null || row.ref === ref || row.ref === `refs/heads/${ref}`) && (kind === null || row.kind === kind),
  );
  if (query.get('direction') !== 'asc') rows.reverse();
  const size = Math.min(Number(query.get('per_page') ?? 30), 100);
  const start = rows.findIndex(({ id }) => String(id) === query.get('after')) + 1;
  const page = rows.slice(start, start + size);
  const next = new URLSearchParams(query);
  next.set('after', String(page.at(-1)?.id));
  const hasMore = start + size < rows.length;
  const headers = hasMore ? { link: `<${urls.api}${path}?${next}>; rel="next"` } : {};
  return { status: 200, headers, body: page.map((row) => renderPush(call, row)) };
}

function renderPush(call: Call, { id, ref, before, after, kind, actor, at }: PushRow): JsonObject {
  const isGone = actor === null || call.state.deleted.has(actor);
  return {
    id,
    node_id: nodeId('Push', id),
    ref,
    before,
    after,
    timestamp: at,
    activity_type: kind,
    actor: isGone ? null : renderUser(call, actor),
  };
}

function takeEnvironment({ repository, params }: Call): EnvironmentRow {
  const found = repository.environments.find(({ name }) => name === params.environment_name);
  if (found === undefined) throw notFound();
  return found;
}

function renderEnvironment(call: Call, environment: EnvironmentRow): JsonObject {
  const { id, name, reviewers, preventsSelfReview, branches } = environment;
  const rules: JsonObject[] = [];
  if (reviewers.length > 0) {
    rules.push({
      id: id + 1,
      node_id: nodeId('Gate', id + 1),
      type: 'required_reviewers',
      prevent_self_review: preventsSelfReview,
      reviewers: reviewers.map((login) => ({ type: 'User', reviewer: renderUser(call, login) })),
    });
  }
  if (branches !== 'all') rules.push({ id: id + 2, node_id: nodeId('Gate', id + 2), type: 'branch_policy' });
  const { createdAt: made } = call.repository;
  return {
    id,
    node_id: nodeId('Environment', id),
    name,
    url: `${apiOf(call, call.repository)}/environments/${encodeURIComponent(name)}`,
    html_url: `${htmlOf(call, call.repository)}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: made,
    updated_at: made,
    protection_rules: rules,
    deployment_branch_policy:
      branches === 'all'
        ? null
        : { protected_branches: branches === 'protected', custom_branch_policies: branches === 'chosen' },
  };
}

function protectionsOf({ repository, params }: Call, by: ProtectionRow['by']): readonly ProtectionRow[] {
  return repository.protections.filter((row) => row.branch === params.branch && row.by === by);
}

function answerBranch(call: Call): Answer {
  const git = takeGit(call);
  const name = call.params.branch ?? '';
  const sha = git.refs().get(`refs/heads/${name}`)?.sha;
  if (sha === undefined) throw notFound();
  const url = `${apiOf(call, call.repository)}/branches/${name}`;
  const isClassic = protectionsOf(call, 'classic').length > 0;
  const body = {
    name,
    commit: renderCommit(call, call.repository, git, sha),
    _links: { self: url, html: `${htmlOf(call, call.repository)}/tree/${name}` },
    // True for either kind; what follows tells of classic protection alone.
    protected: isClassic || protectionsOf(call, 'ruleset').length > 0,
    protection: { enabled: isClassic },
    protection_url: `${url}/protection`,
  };
  return { status: 200, body };
}

function answerClassic(call: Call): Answer {
  const [row] = protectionsOf(call, 'classic');
  if (row === undefined) throw notFound();
  const url = `${apiOf(call, call.repository)}/branches/${row.branch}/protection`;
  const body = {
    url,
    ...(row.approvals !== null && {
      required_pull_request_reviews: {
        url: `${url}/required_pull_request_reviews`,
        dismiss_stale_reviews: row.dismissesStaleReviews,
        require_code_owner_reviews: row.needsCodeOwners,
        require_last_push_approval: row.needsLastPushApproval,
        required_approving_review_count: row.approvals,
      },
    }),
    enforce_admins: { url: `${url}/enforce_admins`, enabled: row.enforcesAdmins },
    ...(row.restrictsPushes && {
      restrictions: {
        url: `${url}/restrictions`,
        users_url: `${url}/restrictions/users`,
        teams_url: `${url}/restrictions/teams`,
        apps_url: `${url}/restrictions/apps`,
        users: [],
        teams: [],
        apps: [],
      },
    }),
    allow_force_pushes: { enabled: !row.blocksForcePushes },
    allow_deletions: { enabled: !row.blocksDeletion },
  };
  return { status: 200, body };
}

function listRules(call: Call): readonly Json[] {
  return protectionsOf(call, 'ruleset').flatMap((row): JsonObject[] => {
    const source = {
      ruleset_source_type: 'Repository',
      ruleset_source: `${call.repository.owner}/${call.repository.name}`,
      ruleset_id: call.repository.protections.indexOf(row) + 1,
    };
    return [
      ...(row.blocksDeletion ? [{ type: 'deletion', ...source }] : []),
      ...(row.blocksForcePushes ? [{ type: 'non_fast_forward', ...source }] : []),
      ...(row.restrictsPushes ? [{ type: 'update', ...source }] : []),
      ...(row.approvals === null
        ? []
        : [
            {
              type: 'pull_request',
              ...source,
              parameters: {
                required_approving_review_count: row.approvals,
                dismiss_stale_reviews_on_push: row.dismissesStaleReviews,
                require_code_owner_review: row.needsCodeOwners,
                require_last_push_approval: row.needsLastPushApproval,
                required_review_thread_resolution: false,
              },
            },
          ]),
    ];
  });
}

function answerRuleset(call: Call): Answer {
  const { repository, params, viewer } = call;
  const id = Number(params.ruleset_id);
  const row = repository.protections[id - 1];
  if (row?.by !== 'ruleset') throw notFound();
  const canWrite = viewer.grant.kind === 'user' && roleOf(repository, viewer.login) === 'admin';
  const body = {
    id,
    name: `rules of ${row.branch}`,
    target: 'branch',
    source_type: 'Repository',
    source: `${repository.owner}/${repository.name}`,
    enforcement: 'active',
    ...(canWrite && {
      bypass_actors: row.bypass.map((type) => ({
        actor_id: type === 'DeployKey' ? null : 5,
        actor_type: type,
        bypass_mode: 'always',
      })),
    }),
  };
  return { status: 200, body };
}

function listBranchPolicies(call: Call): Answer {
  const { id, chosen } = takeEnvironment(call);
  const policies = chosen.map((name, index) => ({
    id: id + 10 + index,
    node_id: nodeId('BranchPolicy', id + 10 + index),
    name,
    type: 'branch',
  }));
  return { status: 200, body: { total_count: policies.length, branch_policies: policies } };
}

export const protectionRoutes: readonly Route[] = [
  { method: 'GET', path: `${root}/activity`, needs: () => ['contents: read'], handle: answerActivity },
  {
    method: 'GET',
    path: `${root}/environments/{environment_name}`,
    needs: () => ['actions: read'],
    handle: (call) => ({ status: 200, body: renderEnvironment(call, takeEnvironment(call)) }),
  },
  {
    method: 'GET',
    path: `${root}/environments/{environment_name}/deployment-branch-policies`,
    needs: () => ['actions: read'],
    handle: listBranchPolicies,
  },
  {
    method: 'GET',
    path: `${root}/rulesets/{ruleset_id}`,
    needs: () => ['metadata: read'],
    handle: answerRuleset,
  },
  { method: 'GET', path: `${root}/branches/{branch}`, needs: () => ['contents: read'], handle: answerBranch },
  {
    method: 'GET',
    path: `${root}/branches/{branch}/protection`,
    needs: () => ['administration: read'],
    handle: answerClassic,
  },
  {
    method: 'GET',
    path: `${root}/rules/branches/{branch}`,
    needs: () => ['metadata: read'],
    handle: (call) => ({ status: 200, body: listRules(call) }),
  },
];
